"""`POST /reward`: what it pays, what it refuses, and that nothing a model writes is an error."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.samples import SWITCH
from tests.app.conftest import client, make_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORD = {"word": "hello"}


def rewarding(*completions, **options):
    return {"domain": "word", "problem": WORD, "completions": completions, **options}


async def post(pool, body, status=200, **limits):
    async with client(make_app(pool, limits=limits)) as http:
        response = await http.post("/reward", json=body)
    assert response.status_code == status, response.text
    return response.json()


async def test_completions_of_one_problem_are_rewarded_in_order(pool):
    told = await post(pool, rewarding("hello", "bye", "", "hello hello", "hello bye"))
    assert told["rewards"] == [1, 0, 0, 1, 0]
    verdicts = [result["verdict"] for result in told["results"]]
    assert verdicts == ["accepted", "rejected", "rejected", "accepted", "rejected"]
    assert [result["answers"] for result in told["results"]] == [1, 1, 0, 1, 2]
    assert told["results"][1]["codes"] == ["word-wrong"]
    assert told["results"][2]["codes"] == ["no-candidate"]
    assert {result["judged_by"] for result in told["results"]} == {"word 1"}
    assert told["holdout"] is None


async def test_one_of_several_answers_is_enough_only_where_that_is_asked_for(pool):
    spam = "hello bye night day"
    assert (await post(pool, rewarding(spam)))["rewards"] == [0]
    assert (await post(pool, rewarding(spam, answers="any")))["rewards"] == [1]


async def test_weights_are_summed_and_only_what_is_accepted_gets_all(pool):
    weights = {"verdict": 2, "progress": 1, "prefix": 0.5}
    told = await post(pool, rewarding("hello", "bye", "?", weights=weights))
    assert told["rewards"] == [3.5, 0.5, 0]  # a word that is wrong has one error: progress 1/2
    assert told["results"][2]["verdict"] == "unknown"
    assert told["results"][2]["codes"] == ["word-undecided"]


async def test_a_batch_of_problems_is_answered_in_order(pool):
    items = [
        {"domain": "pddl", "problem": SWITCH, "completions": ["(turn-on lamp)", "(fly)"]},
        {"domain": "word", "problem": WORD, "completion": "hello"},
        {"domain": "pddl", "problem": SWITCH, "completion": None},
    ]
    told = await post(pool, {"items": items, "steps": True})
    assert told["rewards"] == [1, 0, 1, 0]
    assert told["results"][0]["steps"] == [1]
    assert [result["judged_by"] for result in told["results"]] == [
        *("pddl 1", "pddl 1", "word 1", "pddl 1")
    ]


@pytest.mark.parametrize(
    ("completion", "reward"),
    [
        ([{"role": "user", "content": "?"}, {"role": "assistant", "content": "hello"}], 1),
        ([{"role": "assistant", "content": [{"type": "text", "text": "hello"}]}], 1),
        ({"role": "assistant", "content": "hello"}, 1),
        ([{"role": "assistant", "content": "hello"}, {"role": "user", "content": "hello"}], 0),
        ([{"role": "assistant", "content": [{"type": "image", "text": "hello"}]}], 0),
        ([{"role": "assistant", "content": None}], 0),
        ([{"role": "assistant", "tool_calls": []}], 0),
        (["hello"], 0),
        ([], 0),
        ({}, 0),
        (None, 0),
        (42, 0),
        (True, 0),
    ],
)
async def test_the_last_message_of_the_assistant_counts(pool, completion, reward):
    told = await post(pool, rewarding(completion))
    assert told["rewards"] == [reward]
    if not reward:
        assert told["results"][0]["codes"] == ["completion-not-text"]


async def test_what_hangs_or_cannot_be_decided_costs_nobody_else_a_reward(pool):
    app = make_app(pool, worker={"deadline_s": 1.0})
    async with client(app) as http:
        body = rewarding("hello", "!loop", "?", "hello ", "!loop", weights={"progress": 1})
        response = await http.post("/reward", json=body)
    told = response.json()
    assert told["rewards"] == [2, 0, 0, 2, 0]
    assert [result["verdict"] for result in told["results"]] == [
        *("accepted", "unknown", "unknown", "accepted", "unknown")
    ]
    assert told["results"][1]["codes"] == ["critic-deadline"]


async def test_a_batch_that_takes_too_long_is_cut_off_as_unknown(pool):
    limits = {"reward_seconds": 1.0}
    app = make_app(pool, worker={"deadline_s": 60.0}, limits=limits)
    async with client(app) as http:
        loops = [f"!loop {number}" for number in range(40)]
        response = await http.post("/reward", json=rewarding(*loops))
    told = response.json()
    assert told["rewards"] == [0] * 40
    assert {result["verdict"] for result in told["results"]} == {"unknown"}


async def test_a_huge_completion_is_refused_unread(pool):
    told = await post(pool, rewarding("hello " + " " * 1_000_000, "hello" * 150_000))
    assert told["rewards"] == [0, 0]
    codes = [result["codes"] for result in told["results"]]
    assert codes == [["completion-too-large"], ["word-wrong"]]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.recursive(
            st.none()
            | st.booleans()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(st.characters(exclude_categories=["Cs"])),
            lambda part: (
                st.lists(part, max_size=3)
                | st.dictionaries(st.sampled_from(["role", "content", "type", "text"]), part)
            ),
            max_leaves=6,
        ).filter(lambda value: "hello" not in json.dumps(value)),
        min_size=1,
        max_size=8,
    )
)
async def test_no_junk_is_an_error_or_worth_anything(pool, junk):
    told = await post(pool, rewarding(*junk, weights={"prefix": 1}))
    assert told["rewards"] == [0] * len(junk)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "a request has `domain`"),
        ({"items": []}, "a request has `domain`"),
        ({"domain": "word", "problem": WORD}, "a request has `domain`"),
        (rewarding(), "a request has `domain`"),
        (rewarding("a", items=[{"domain": "word", "problem": WORD, "completion": "a"}]), "stands"),
        ({"items": [{"domain": "word", "problem": WORD}]}, "an item has a `completion`"),
        (
            {"items": [{"domain": "word", "problem": WORD, "completion": 1, "completions": [1]}]},
            "an item has",
        ),
        (rewarding("a", weights={"verdict": 0}), "at least one weight"),
        (rewarding("a", weights={"verdict": -1}), "greater than or equal"),
        (rewarding("a", weights={"verdit": 1}), "did you mean `verdict`"),
        (rewarding("a", answers="last"), "input should be"),
        (rewarding(*["a"] * 65, holdout=True), "at most 64"),
        (rewarding(*["a"] * 6), "at most 5"),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused(pool, body, detail):
    told = await post(pool, body, 422, reward_completions=5)
    assert told["code"] == "invalid-request"
    assert detail in json.dumps(told, ensure_ascii=False)


async def test_a_wrong_problem_is_named(pool):
    told = await post(pool, rewarding("a") | {"problem": {"word": "\n"}}, 422)
    assert told["code"] == "invalid-problem"
    good = {"domain": "word", "problem": WORD, "completion": "hello"}
    items = [good, good, {**good, "problem": {"word": "\n"}}]
    told = await post(pool, {"items": items}, 422)
    assert told["code"] == "invalid-problem"
    assert told["errors"][0]["pointer"].startswith("#/items/2/problem")
    told = await post(pool, {"items": [good, {**good, "domain": "wrod"}]}, 422)
    assert told["code"] == "domain-unknown"


async def test_problems_of_a_batch_may_hold_many_values(pool):
    items = [
        {"domain": "word", "problem": {"word": "hello", "more": [0] * 9_000}, "completion": "x"}
        for _ in range(3)
    ]
    told = await post(pool, {"items": items}, 422)
    assert told["code"] == "invalid-problem"  # the word knows no `more`; but it was read
    told = await post(pool, {"items": [{"flood": [0] * 11_000}]}, 422)
    assert "values beside its problem" in told["detail"]


async def test_a_batch_takes_one_slot_of_the_checks(pool):
    app = make_app(pool, limits={"concurrent_checks": 1})
    async with client(app) as http:
        with app.state.service.checks.take():
            busy = await http.post("/reward", json=rewarding("hello"))
        served = await http.post("/reward", json=rewarding("hello", "bye"))
        assert app.state.service.checks.taken == 0
    assert (busy.status_code, busy.json()["code"]) == (429, "too-many-runs")
    assert int(busy.headers["retry-after"]) > 0
    assert served.json()["rewards"] == [1, 0]


async def test_an_engine_of_its_own_is_asked_beside_and_never_counted(pool):
    pytest.importorskip("unified_planning")
    texts = ["(turn-on lamp)", "(turn-on lamp)\n(turn-on lamp)", "nothing", None]
    body = {"domain": "pddl", "problem": SWITCH, "completions": texts}
    plain = await post(pool, body)
    async with client(make_app(pool, worker={"opinion_deadline_s": 60.0})) as http:
        told = (await http.post("/reward", json={**body, "holdout": True})).json()
    assert told["rewards"] == plain["rewards"] == [1, 0, 0, 0]
    assert told["holdout"] == {"agreed": 2, "disagreed": 0, "unavailable": 2}
    said = [result["holdout"] for result in told["results"]]
    assert [each["verdict"] for each in said] == ["accepted", "rejected", "unknown", "unknown"]
    assert [each["agrees"] for each in said] == [True, True, None, None]
    assert said[0]["engine"].startswith("unified-planning")
