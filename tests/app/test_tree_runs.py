"""Trees over verified moves, through the whole service."""

import pytest

from critics.domain import find_domain
from critics.statement import read_envelope
from critics.verification import Outcome, verify
from tests.app.conftest import client, make_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLAN = {"domain": "pddl", "problem": dict(find_domain("pddl").examples[0].problem)}
TREE = {"search": "tree"}


async def test_a_free_search_is_certified_without_a_call_and_says_what_it_was(pool):
    async with client(make_app(pool, "no call")) as http:
        response = await http.post("/solve", json={**PLAN, "strategy": TREE})
    result = response.json()
    assert response.status_code == 200, result
    assert (result["status"], result["origin"]) == ("certified", "search")
    assert (result["usage"]["calls"], result["search"]["model_calls"]) == (0, 0)
    provenance = read_envelope(result["certificate"]).provenance
    assert (provenance.origin, provenance.search) == ("search", result["search"])
    assert verify(result["certificate"]).outcome is Outcome.VERIFIED


async def test_a_guided_search_goes_on_without_a_model_that_gives_no_probabilities(pool):
    strategy = {**TREE, "tree": {"free": False}}
    async with client(make_app(pool, *["I cannot say"] * 40)) as http:
        body = {**PLAN, "strategy": strategy, "trace": True}
        result = (await http.post("/solve", json=body)).json()
    assert (result["status"], result["origin"]) == ("certified", "model_guided_search")
    assert result["search"]["model_calls"] == result["usage"]["calls"] > 0
    changed = [event for event in result["trace"] if event["event"] == "prior-changed"]
    assert changed[-1]["to"] == "uniform"


async def test_events_show_numbers_and_no_move(pool):
    strategy = {**TREE, "tree": {"free": False, "prior": "uniform"}}
    async with client(make_app(pool, "no call")) as http:
        run = (await http.post("/solve", json={**PLAN, "strategy": strategy})).json()
        shown = (await http.get(f"/runs/{run['id']}/events")).text
    assert "node-expanded" in shown
    assert "path-found" in shown
    tree = [line for line in shown.splitlines() if "node-expanded" in line or "path-found" in line]
    assert "atlas" not in "".join(tree)


@pytest.mark.parametrize("domain", ["json-schema", "word"])
async def test_a_domain_without_moves_is_refused(pool, domain):
    body = {"domain": domain, "problem": {"word": "hello"}, "strategy": TREE}
    async with client(make_app(pool, "hello")) as http:
        response = await http.post("/solve", json=body)
        explained = await http.get("/errors/tree-unsupported")
    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "tree-unsupported")
    assert problem["errors"][0]["pointer"] == "#/strategy/search"
    assert explained.status_code == 200


async def test_an_estimate_that_the_domain_does_not_have_leaves_ordinary_rounds(pool):
    strategy = {**TREE, "tree": {"estimate": "made-up"}}
    body = {**PLAN, "strategy": strategy, "budget": {"rounds": 1}}
    async with client(make_app(pool, "no plan")) as http:
        result = (await http.post("/solve", json=body)).json()
    assert (result["status"], result["rounds"]) == ("exhausted", 1)
