"""`POST /solve` with a text, and the runs that wait for their client's word on it."""

import asyncio
import base64
import json
from contextlib import asynccontextmanager

import pytest

from app.main import create_app
from app.settings import Settings
from backprompt.budget import Usage
from backprompt.upstream import UpstreamError
from tests.app.conftest import client
from tests.app.plain_language import EXACT, PROBLEM, RIGHT, TEXT, WRONG, Model, formalises, said

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOUBTFUL = said({**PROBLEM, "duration_min": 25})
NO_HOURS = {name: value for name, value in PROBLEM.items() if name != "work_hours"}


@asynccontextmanager
async def service(pool, model, **settings):
    quiet = {"discover": False, "embedded": False}
    app = create_app(Settings(upstream=quiet, **settings), upstream=model.upstream, pool=pool)
    async with client(app) as http:
        yield http


def text(**more):
    return {"domain": "calendar", "text": TEXT, "budget": {"rounds": 3}, **more}


def predicate(result):
    return json.loads(base64.b64decode(result["certificate"]["payload"]))["predicate"]


def counted(result):
    """Say how a run ended, why, and after how many calls."""
    return result["status"], result["reason"], result["usage"]["calls"]


async def test_a_known_wording_is_solved_at_once(pool):
    model = Model(answers=[WRONG, RIGHT])
    async with service(pool, model) as http:
        result = (await http.post("/solve", json=text(text=EXACT))).json()
    assert (result["status"], result["rounds"]) == ("certified", 2)
    assert model.formalised == 0
    assert result["formalization"]["made_by"] == "parser:natural-plan-calendar"
    told = predicate(result)
    assert told["provenance"]["formalized"]["made_by"] == "parser:natural-plan-calendar"
    assert told["provenance"]["formalized"]["confirmed"] is False


async def test_a_text_without_doubts_is_formalised_and_solved(pool):
    model = Model([said()])
    async with service(pool, model) as http:
        result = (await http.post("/solve", json=text())).json()
        run = (await http.get(f"/runs/{result['id']}")).json()
    assert counted(result) == ("certified", None, 2)
    assert json.loads(result["answer"]) == json.loads(RIGHT)
    assert "model:scripted, not confirmed by the user" in predicate(result)["scope"]
    assert run["result"]["formalization"]["problem"] == result["formalization"]["problem"]
    assert [request.call for request in model.seen] == [0, 1]


async def test_a_doubtful_problem_waits_and_goes_on_when_it_is_confirmed(pool):
    model = Model([DOUBTFUL], ['{"day": "Monday", "start": "10:30", "end": "10:55"}'])
    async with service(pool, model) as http:
        waiting = (await http.post("/solve", json=text())).json()
        assert counted(waiting) == ("needs_input", "problem-unconfirmed", 2)
        assert (waiting["answer"], waiting["certificate"]) == (None, None)
        assert {doubt["what"] for doubt in waiting["formalization"]["doubts"]} >= {"25"}
        where = f"/runs/{waiting['id']}"
        assert (await http.get(where)).json()["state"] == "needs_input"
        result = (await http.post(f"{where}/answer", json={"confirm": True})).json()
        again = await http.post(f"{where}/answer", json={"confirm": True})
    assert (result["id"], counted(result)) == (waiting["id"], ("certified", None, 3))
    assert "confirmed by the user" in predicate(result)["scope"]
    assert "not confirmed" not in predicate(result)["scope"]
    assert (again.status_code, again.json()["code"]) == (409, "run-not-waiting")


async def test_a_missing_field_is_asked_and_its_answer_completes_the_problem(pool):
    model = Model([said(NO_HOURS, "work_hours"), said()])
    short = TEXT.replace(", between 9:00 and 12:00", "")
    async with service(pool, model) as http:
        waiting = (await http.post("/solve", json=text(text=short))).json()
        assert counted(waiting) == ("needs_input", "problem-incomplete", 1)
        assert [m["field"] for m in waiting["formalization"]["missing"]] == ["work_hours"]
        where = f"/runs/{waiting['id']}/answer"
        early = await http.post(where, json={"confirm": True})
        assert (early.status_code, early.json()["code"]) == (422, "invalid-request")
        answers = {"answers": {"work_hours": "between 9:00 and 12:00"}}
        result = (await http.post(where, json=answers)).json()
    assert (result["id"], counted(result)) == (waiting["id"], ("certified", None, 3))
    assert result["formalization"]["confirmed"] is False


async def test_a_client_may_send_the_problem_itself(pool):
    model = Model([DOUBTFUL])
    async with service(pool, model) as http:
        waiting = (await http.post("/solve", json=text())).json()
        where = f"/runs/{waiting['id']}/answer"
        wrong = await http.post(where, json={"problem": {**PROBLEM, "duration_min": "long"}})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid-problem")
        result = (await http.post(where, json={"problem": PROBLEM})).json()
    assert result["status"] == "certified"
    assert result["formalization"]["made_by"] == "user"
    assert predicate(result)["provenance"]["formalized"]["confirmed"] is True


@pytest.mark.parametrize(
    ("confirm", "formal", "status"),
    [
        ("always", said(), "needs_input"),
        ("if_doubtful", said(), "certified"),
        ("never", DOUBTFUL, "exhausted"),
        ("never", said(NO_HOURS, "work_hours"), "needs_input"),
        ("never", "no", "needs_input"),
    ],
)
async def test_when_a_run_waits_is_the_clients_choice(pool, confirm, formal, status):
    async with service(pool, Model([formal])) as http:
        result = (await http.post("/solve", json=text(confirm=confirm))).json()
    assert result["status"] == status
    assert result["certified"] is (status == "certified")


async def test_an_exact_reading_waits_too_where_every_one_is_to_be_confirmed(pool):
    model = Model()
    async with service(pool, model) as http:
        waiting = (await http.post("/solve", json=text(text=EXACT, confirm="always"))).json()
        assert (counted(waiting), model.seen) == (("needs_input", "problem-unconfirmed", 0), [])
        where = f"/runs/{waiting['id']}/answer"
        result = (await http.post(where, json={"confirm": True})).json()
    assert result["status"] == "certified"


async def test_formalising_is_paid_from_the_runs_budget(pool):
    for formal, tokens in ((said(), 1), ("no", 3000)):
        model = Model([formal])
        async with service(pool, model) as http:
            result = (await http.post("/solve", json=text(budget={"tokens": tokens}))).json()
        assert counted(result)[:2] == ("exhausted", "tokens")
        assert result["usage"]["calls"] == len(model.seen)
        assert bool(model.seen) is (tokens > 1)
        spent = result["usage"]["prompt_tokens"] + result["usage"]["completion_tokens"]
        assert spent <= tokens


async def test_a_run_goes_on_by_itself_and_its_events_tell_of_no_problem(pool):
    model = Model([DOUBTFUL])
    hushed = {"prefer": "respond-async"}
    async with service(pool, model) as http:
        accepted = await http.post("/solve", json=text(), headers=hushed)
        assert accepted.status_code == 202
        where = accepted.headers["location"]
        events = (await http.get(f"{where}/events")).text
        assert '"event":"formalized"' in events.replace(" ", "")
        assert "Ann" not in events.partition("event: result")[0]
        answered = await http.post(f"{where}/answer", json={"problem": PROBLEM}, headers=hushed)
        assert (answered.status_code, answered.headers["location"]) == (202, where)
        events = (await http.get(f"{where}/events")).text
        assert '"status":"certified"' in events.replace(" ", "")


async def test_an_upstream_that_fails_while_formalising_fails_the_run(pool):
    model = Model(["unused"])

    model.upstream._respond = raise_upstream
    async with service(pool, model) as http:
        response = await http.post("/solve", json=text())
    assert (response.status_code, response.json()["code"]) == (502, "upstream-failed")
    assert response.json()["usage"]["calls"] == 1
    assert response.headers["x-should-retry"] == "false"


def raise_upstream(_request):
    usage = Usage(calls=1, prompt_tokens=7)
    raise UpstreamError("upstream-failed", "it broke", status=500, usage=usage)


async def test_a_run_that_is_cancelled_while_it_is_formalised_says_what_it_cost(pool):
    asked = asyncio.Event()
    model = Model()

    async def wait(_request):
        asked.set()
        await asyncio.Event().wait()

    model.upstream._respond = wait
    async with service(pool, model) as http:
        accepted = await http.post("/solve", json=text(), headers={"prefer": "respond-async"})
        await asked.wait()
        where = accepted.headers["location"]
        cancelled = (await http.post(f"{where}/cancel")).json()
        answered = await http.post(f"{where}/answer", json={"confirm": True})
    assert cancelled["state"] == "cancelled"
    assert answered.json()["code"] == "run-not-waiting"


async def test_of_two_answers_at_once_one_counts(pool):
    async with service(pool, Model([DOUBTFUL])) as http:
        waiting = (await http.post("/solve", json=text())).json()
        where = f"/runs/{waiting['id']}/answer"
        both = await asyncio.gather(
            *(http.post(where, json={"problem": PROBLEM}) for _ in range(2))
        )
        run = (await http.get(f"/runs/{waiting['id']}")).json()
    assert sorted(response.status_code for response in both) == [200, 409]
    assert (run["state"], run["usage"]["calls"]) == ("certified", 3)


async def test_a_run_waits_also_while_the_service_is_down(pool, tmp_path):
    kept = {"database_url": f"sqlite:///{tmp_path}/runs.db"}
    async with service(pool, Model([DOUBTFUL]), **kept) as http:
        waiting = (await http.post("/solve", json=text())).json()
    async with service(pool, Model(), **kept) as http:
        where = f"/runs/{waiting['id']}"
        shown = (await http.get(where)).json()
        assert shown["result"]["formalization"]["doubts"]
        result = (await http.post(f"{where}/answer", json={"problem": PROBLEM})).json()
    assert (result["id"], counted(result)) == (waiting["id"], ("certified", None, 3))


async def test_the_record_of_an_answered_run_can_be_played_again(pool):
    async with service(pool, Model([said(NO_HOURS, "work_hours"), said()])) as http:
        short = TEXT.replace(", between 9:00 and 12:00", "")
        waiting = (await http.post("/solve", json=text(text=short, trace=True))).json()
        answers = {"answers": {"work_hours": "between 9:00 and 12:00"}}
        result = (await http.post(f"/runs/{waiting['id']}/answer", json=answers)).json()
    calls = [event["call"] for event in result["trace"] if event["event"] == "call-finished"]
    assert calls == [0, 1]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid-request"),
        ({"confirm": False}, "invalid-request"),
        ({"confirm": True, "answers": {"a": 1}}, "invalid-request"),
        ({"answers": {}}, "invalid-request"),
    ],
)
async def test_an_answer_says_one_thing(pool, body, code):
    async with service(pool, Model([DOUBTFUL])) as http:
        waiting = (await http.post("/solve", json=text())).json()
        response = await http.post(f"/runs/{waiting['id']}/answer", json=body)
    assert (response.status_code, response.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"domain": "calendar"}, "invalid-request"),
        (text(problem=PROBLEM), "invalid-request"),
        (text(text="  "), "invalid-request"),
        (text(domain="pddl"), "formalization-unsupported"),
        (text(domain="nothing"), "domain-unknown"),
        (text(confirm="perhaps"), "invalid-request"),
    ],
)
async def test_what_is_no_problem_is_refused_unasked(pool, request_, code):
    model = Model([said()])
    async with service(pool, model) as http:
        response = await http.post("/solve", json=request_)
    assert (response.json()["code"], model.seen) == (code, [])


async def test_an_unknown_run_and_one_with_a_typed_problem_cannot_be_answered(pool):
    async with service(pool, Model()) as http:
        typed = {"domain": "calendar", "problem": PROBLEM}
        done = (await http.post("/solve", json=typed)).json()
        responses = [
            await http.post(f"/runs/{name}/answer", json={"confirm": True})
            for name in ("run_unknown", done["id"])
        ]
    assert [r.json()["code"] for r in responses] == ["run-unknown", "run-not-waiting"]
    assert done["formalization"] is None


async def test_the_problem_that_is_judged_is_the_one_that_was_told(pool):
    model = Model([said()], [WRONG])
    async with service(pool, model) as http:
        result = (await http.post("/solve", json=text(on_fail="best_effort"))).json()
    assert result["status"] == "exhausted"
    assert result["best"]["judgement"]["verdict"] == "rejected"
    asked = next(request for request in model.seen if not formalises(request))
    assert "Ann" in asked.messages[0].content
