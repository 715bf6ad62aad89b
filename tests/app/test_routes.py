"""The routes, without a network."""

import pytest

from critics.statement import read_envelope
from tests.app.conftest import REQUEST, client, make_app, port_of
from tests.upstream_server import Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_rejected_answer_is_corrected_and_certified(pool):
    async with client(make_app(pool, "bye", "hello")) as http:
        response = await http.post("/solve", json=REQUEST)
    result = response.json()
    assert response.status_code == 200
    assert (result["status"], result["answer"], result["rounds"]) == ("certified", "hello", 2)
    certificate = read_envelope(result["certificate"])
    assert certificate.candidate.text == "hello"
    assert certificate.provenance.run == result["id"]
    assert result["certified"] is True
    assert result["judgement"]["verdict"] == "accepted"
    assert result["usage"]["calls"] == 2


async def test_a_spent_budget_is_a_result(pool):
    async with client(make_app(pool, "bye", "tschüs", "ciao")) as http:
        response = await http.post("/solve", json=REQUEST)
    result = response.json()
    assert response.status_code == 200
    assert (result["status"], result["reason"], result["rounds"]) == ("exhausted", "rounds", 3)
    assert result["answer"] is result["certificate"] is result["best"] is None
    assert result["judgement"]["codes"] == ["word-wrong"]


async def test_best_effort_is_marked_uncertified(pool):
    async with client(make_app(pool, "bye")) as http:
        response = await http.post("/solve", json={**REQUEST, "on_fail": "best_effort"})
    result = response.json()
    assert result["certified"] is result["best"]["certified"] is False
    assert result["answer"] is None
    assert result["best"]["answer"] == "bye"


async def test_without_an_upstream_nothing_is_solved_but_everything_is_checked(pool):
    async with client(make_app(pool)) as http:
        solved = await http.post("/solve", json=REQUEST)
        ready = await http.get("/readyz")
        checked = await http.post(
            "/check", json={"domain": "word", "problem": {"word": "hello"}, "answer": "hello"}
        )
    assert (solved.status_code, solved.json()["code"]) == (503, "upstream-none")
    assert "modulo models pull" in solved.json()["help"][0]
    assert (ready.status_code, ready.json()["upstream"]) == (503, "none")
    assert checked.json()["verdict"] == "accepted"


async def test_the_problem_is_read_before_anything_is_asked(pool):
    async with client(make_app(pool)) as http:
        response = await http.post("/solve", json={**REQUEST, "problem": {"word": "\u0001"}})
    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "invalid-problem")
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["errors"][0] == {
        "pointer": "#/problem/word",
        "code": "word-unprintable",
        "detail": "the word has no letters",
        "line": 1,
        "column": 2,
        "help": [],
    }
    assert len(problem["errors"]) == 2


@pytest.mark.parametrize(
    ("answer", "exact", "verdict", "codes"),
    [
        ("hello", True, "accepted", []),
        ("well, hello", True, "rejected", ["word-wrong"]),
        ("well, hello", False, "accepted", []),
        ("bye now", False, "rejected", ["word-wrong"]),
        ("", False, "rejected", ["no-candidate"]),
        ("?", True, "unknown", ["word-undecided"]),
    ],
)
async def test_check_says_what_the_critics_say(pool, answer, exact, verdict, codes):
    body = {"domain": "word", "problem": {"word": "hello"}, "answer": answer, "exact": exact}
    async with client(make_app(pool)) as http:
        response = await http.post("/check", json=body)
    assert response.status_code == 200
    assert (response.json()["verdict"], response.json()["codes"]) == (verdict, codes)


async def test_a_check_that_hangs_is_unknown_and_the_next_one_is_answered(pool):
    app = make_app(pool, worker={"deadline_s": 3})
    body = {"domain": "word", "problem": {"word": "hello"}, "answer": "!loop"}
    async with client(app) as http:
        hung = await http.post("/check", json=body)
        next_one = await http.post("/check", json={**body, "answer": "hello"})
    assert (hung.json()["verdict"], hung.json()["codes"]) == ("unknown", ["critic-deadline"])
    assert next_one.json()["verdict"] == "accepted"


async def test_a_problem_that_cannot_be_read_in_time_is_refused(pool):
    app = make_app(pool, "hello", worker={"deadline_s": 3})
    async with client(app) as http:
        response = await http.post("/solve", json={**REQUEST, "problem": {"word": "!loop"}})
    assert (response.status_code, response.json()["code"]) == (422, "problem-not-read")


async def test_a_busy_service_says_when_to_come_back(pool):
    app = make_app(pool, "hello", limits={"concurrent_runs": 1, "concurrent_checks": 1})
    service = app.state.service
    check = {"domain": "word", "problem": {"word": "hello"}, "answer": "hello"}
    async with client(app) as http:
        with service.runs.take(), service.checks.take():
            refused = [
                await http.post("/solve", json=REQUEST),
                await http.post("/check", json=check),
            ]
        served = await http.post("/solve", json=REQUEST)
    for response in refused:
        assert (response.status_code, response.json()["code"]) == (429, "too-many-runs")
        assert int(response.headers["retry-after"]) > 0
    assert served.json()["status"] == "certified"


@pytest.mark.parametrize(
    ("budget", "pointer", "named"),
    [
        ({"rounds": 101}, "#/budget/rounds", "caps.rounds"),
        ({"seconds": 4000}, "#/budget/seconds", "3600"),
    ],
)
async def test_a_budget_above_a_cap_is_refused_by_name(pool, budget, pointer, named):
    async with client(make_app(pool, "hello")) as http:
        response = await http.post("/solve", json={**REQUEST, "budget": budget})
    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "budget-above-cap")
    assert problem["errors"][0]["pointer"] == pointer
    assert named in problem["detail"]


async def test_start_from_is_judged_before_anyone_is_asked(pool):
    async with client(make_app(pool, "bye")) as http:
        response = await http.post("/solve", json={**REQUEST, "start_from": "hello"})
    result = response.json()
    assert (result["status"], result["usage"]["calls"]) == ("certified", 0)
    assert read_envelope(result["certificate"]).provenance.origin == "user"


async def test_domains_and_codes_are_listed(pool):
    async with client(make_app(pool)) as http:
        listed = (await http.get("/domains")).json()
        shown = (await http.get("/domains/word")).json()
        missing = await http.get("/domains/wrod")
        codes = (await http.get("/errors")).json()
        code = (await http.get("/errors/word-wrong")).json()
        unknown = await http.get("/errors/word-wrogn")
    assert "word" in [domain["name"] for domain in listed]
    assert shown["critics"][0]["sound"] is True
    assert shown["problem_schema"]["properties"]["word"]
    assert missing.status_code == 404
    assert "did you mean `word`?" in missing.json()["detail"]
    assert {"word-wrong", "critic-crashed", "invalid-json"} <= {code["code"] for code in codes}
    assert code["title"] == "A wrong word"
    assert (unknown.status_code, unknown.json()["code"]) == (404, "code-unknown")
    assert "did you mean `word-wrong`?" in unknown.json()["detail"]


async def test_every_code_is_explained_where_its_type_points(pool):
    async with client(make_app(pool)) as http:
        for listed in (await http.get("/errors")).json():
            explained = await http.get(f"/errors/{listed['code']}")
            assert explained.status_code == 200
            assert explained.json()["action"]


async def test_a_problem_that_nobody_can_decide_costs_no_call(pool):
    durative = {
        "domain": "(define (domain d) (:requirements :durative-actions) (:predicates (on))"
        " (:durative-action a :parameters () :duration (= ?duration 1)"
        " :condition (at start (on)) :effect (at end (on))))",
        "problem": "(define (problem p) (:domain d) (:init (on)) (:goal (on)))",
    }
    async with client(make_app(pool, "(a)")) as http:
        response = await http.post("/solve", json={"domain": "pddl", "problem": durative})
    result = response.json()
    assert (result["status"], result["reason"]) == ("failed", "not-covered")
    assert result["usage"]["calls"] == 0
    assert result["answer"] is None


async def test_the_best_of_several_answers_is_reported(pool):
    body = {"domain": "word", "problem": {"word": "hello"}, "exact": False}
    async with client(make_app(pool)) as http:
        response = await http.post("/check", json={**body, "answer": "? bye"})
    assert response.json()["verdict"] in {"rejected", "unknown"}
    assert response.json()["candidate"] in {"?", "bye"}


@pytest.mark.parametrize(("assurance", "status"), [("auto", "infeasible"), ("cross", "exhausted")])
async def test_a_problem_without_an_answer_ends_as_infeasible_with_evidence(
    pool, assurance, status
):
    body = {"domain": "tested-word", "problem": {"word": ""}, "assurance": assurance}
    async with client(make_app(pool, " ")) as http:
        result = (await http.post("/solve", json=body)).json()
    assert result["status"] == status
    assert result["answer"] is None
    assert not result["certified"]
    if status == "infeasible":
        assert read_envelope(result["certificate"]).claim == "infeasible"
        assert result["feasibility"]["diagnostics"][0]["code"] == "word-empty"
    else:
        assert result["feasibility"] is result["certificate"] is None


async def test_a_model_server_that_has_gone_is_looked_for_again(pool, monkeypatch):
    async with UpstreamServer(default=Reply("hello")) as first:
        monkeypatch.setattr("app.upstreams.PORTS", (port_of(first),))
        app = make_app(pool, upstream={"embedded": False, "retries": 0})
        async with client(app) as http:
            assert (await http.get("/readyz")).json()["upstream"] == "local"
            await first.__aexit__()
            gone = await http.post("/solve", json=REQUEST)
            async with UpstreamServer(default=Reply("hello")) as second:
                monkeypatch.setattr("app.upstreams.PORTS", (port_of(second),))
                found = await http.post("/solve", json=REQUEST)
    assert (gone.status_code, gone.json()["code"]) == (502, "upstream-unreachable")
    assert (found.json()["status"], found.json()["upstream"]) == ("certified", "local")


async def test_a_browser_is_led_to_the_console(pool):
    async with client(make_app(pool)) as http:
        response = await http.get("/", follow_redirects=True)
        described = await http.get("/docs")
    assert (response.status_code, response.url.path) == (200, "/console")
    assert "openapi.json" in described.text
