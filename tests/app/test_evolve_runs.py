"""Better and better answers, through the whole service."""

import json

import pytest

from critics.domain import find_domain
from critics.statement import read_envelope
from critics.verification import Outcome, verify
from tests.app.conftest import client, make_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = {"domain": "coloring", "problem": {"edges": [["a", "b"], ["b", "c"], ["c", "d"]]}}
PATH["problem"]["colors"] = 4
COLORINGS = [
    json.dumps(dict(zip("abcd", colors, strict=True)))
    for colors in ("wxyz", "wwyz", "wxyx", "xwyx", "wxwx", "wxyw")
]
EVOLVE = {"search": "evolve", "evolve": {"islands": 1}}


async def test_the_best_answer_is_certified_and_its_story_is_told(pool):
    body = {**PATH, "strategy": EVOLVE, "budget": {"rounds": 6}}
    async with client(make_app(pool, *COLORINGS)) as http:
        response = await http.post("/solve", json=body)
        result = response.json()
        events = (await http.get(f"/runs/{result['id']}/events")).text
        page = await http.get(f"/console/runs/{result['id']}")
    assert (response.status_code, result["status"]) == (200, "certified"), result
    assert result["answer"] == COLORINGS[4]
    bred = result["evolution"]
    assert (bred["objective"], bred["sense"], bred["value"]) == ("colours used", "min", "2")
    told = [(one["value"], one["round"], one["call"]) for one in bred["history"]]
    assert told == [("4", 1, 0), ("3", 3, 2), ("2", 5, 4)]
    assert bred["measured"] == 5
    assert verify(result["certificate"]).outcome is Outcome.VERIFIED
    measured = [line for line in events.splitlines() if '"answer-measured"' in line]
    assert len(measured) == 5
    assert all("value" not in line for line in measured)
    assert page.status_code == 200
    assert "candidate 4 has the value 2, kept on island 0, the best" in page.text


async def test_the_model_is_shown_what_was_accepted(pool):
    body = {**PATH, "strategy": EVOLVE, "budget": {"rounds": 2}, "trace": True}
    async with client(make_app(pool, *COLORINGS)) as http:
        result = (await http.post("/solve", json=body)).json()
    first, second = [event for event in result["trace"] if event["event"] == "round-started"]
    assert (first["shots"], second["shots"]) == ([], [0])
    asked = first["messages"][0]["content"]
    assert "smaller number is better. The number is: colours used" in asked
    said = second["messages"][0]["content"]
    assert f"Answer with colours used = 4:\n{COLORINGS[0]}" in said
    assert said.endswith("Give a different correct answer, with colours used less than 4.")


async def test_a_proof_that_nothing_is_better_ends_the_run(pool):
    bounds = {"type": "int", "min": 1, "max": 9}
    problem = {
        "variables": {"x": bounds, "y": bounds},
        "constraints": [{"name": "sum", "expr": "x + y >= 5"}],
        "objective": {"minimize": "x + 2 * y"},
    }
    answers = ['{"x": 5, "y": 5}', '{"x": 1, "y": 1}', '{"x": 4, "y": 1}', '{"x": 9, "y": 9}']
    body = {"domain": "smt", "problem": problem, "strategy": EVOLVE}
    async with client(make_app(pool, *answers)) as http:
        result = (await http.post("/solve", json=body)).json()
    assert (result["answer"], result["optimal"], result["rounds"]) == (answers[2], True, 3)
    assert (result["objective"], result["evolution"]["value"]) == ("6", "6")
    assert read_envelope(result["certificate"]).claim == "optimal"


async def test_the_run_ends_at_its_target_and_goes_on_from_what_is_remembered(pool):
    strategy = {"search": "evolve", "evolve": {"islands": 1, "target": 3}}
    async with client(make_app(pool, *COLORINGS, caches={"answers": True})) as http:
        first = (await http.post("/solve", json={**PATH, "strategy": strategy})).json()
        body = {**PATH, "strategy": EVOLVE, "budget": {"rounds": 5}}
        second = (await http.post("/solve", json=body)).json()
    assert (first["answer"], first["rounds"]) == (COLORINGS[2], 3)
    values = [one["value"] for one in second["evolution"]["history"]]
    assert (values, second["answer"]) == (["3", "2"], COLORINGS[4])
    assert first["evolution"]["history"][-1]["call"] == 2
    assert second["evolution"]["history"][0]["call"] is None


RULES = [{"name": "positive", "expr": "x > 0"}]
UNCOMPARED = [
    ("trip", dict(find_domain("trip").examples[0].problem)),
    ("json-schema", {"schema": {"type": "object"}}),
    ("smt", {"variables": {"x": {"type": "int"}}, "constraints": RULES}),
]


@pytest.mark.parametrize(("domain", "problem"), UNCOMPARED)
async def test_a_problem_that_compares_no_answers_is_refused(pool, domain, problem):
    body = {"domain": domain, "problem": problem, "strategy": EVOLVE}
    async with client(make_app(pool, "no call")) as http:
        response = await http.post("/solve", json=body)
        explained = await http.get("/errors/evolve-unsupported")
    told = response.json()
    assert (response.status_code, told["code"]) == (422, "evolve-unsupported"), told
    assert told["errors"][0]["pointer"] == "#/strategy/search"
    assert explained.status_code == 200


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"strategy": {"search": "evolve", "evolve": {"target": "x"}}}, "target"),
        ({"strategy": {"search": "evolve", "evolve": {"islands": 0}}}, "islands"),
        ({"strategy": {"search": "evolve", "evolve": {"target": "9" * 9_000}}}, "target"),
        ({"strategy": EVOLVE, "sampling": {"temperature": 0}}, "temperature"),
        ({"strategy": {**EVOLVE, "prefer": {}}}, "strategy"),
    ],
)
async def test_options_that_mean_nothing_are_refused(pool, changes, pointer):
    async with client(make_app(pool, "no call")) as http:
        response = await http.post("/solve", json={**PATH, **changes})
    assert response.status_code == 422
    assert pointer in response.text


async def test_an_answer_without_success_shows_no_value(pool):
    body = {**PATH, "strategy": EVOLVE, "budget": {"rounds": 2}}
    async with client(make_app(pool, '{"a": "w"}')) as http:
        result = (await http.post("/solve", json=body)).json()
    assert (result["status"], result["evolution"], result["answer"]) == ("exhausted", None, None)
