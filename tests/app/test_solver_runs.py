"""Solvers beside a model, through the whole service."""

import asyncio

import pytest

from critics.statement import read_envelope
from critics.verification import Outcome, verify
from tests.app.conftest import client, make_app, served
from tests.app.gate import Gate
from tests.app.proxy.chats import CHAT, chat
from tests.app.proxy.wire import read_all, send
from tests.upstream_server import HANG, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODY = {"discover": False, "embedded": False}
SOLVED = {"domain": "solved-word", "problem": {"word": "hello"}, "budget": {"rounds": 2}}


@pytest.fixture
def gate(tmp_path):
    made = Gate(tmp_path)
    yield made
    made.release()


def asking(upstream: UpstreamServer) -> dict:
    return {"upstream": {"base_url": upstream.base_url, "model": "scripted", "retries": 0}}


def wish(mode: str, **more: object) -> dict:
    return {**SOLVED, "strategy": {"solver": mode}, **more}


@pytest.mark.parametrize(
    ("mode", "answers", "calls"),
    [("fallback", ("bye",), 2), ("only", (), 0), ("fallback", (), 0), ("only", ("hello",), 0)],
)
async def test_a_solver_answers_where_a_model_does_not(pool, mode, answers, calls):
    async with client(make_app(pool, *answers)) as http:
        response = await http.post("/solve", json=wish(mode))
    result = response.json()
    assert response.status_code == 200, result
    assert (result["status"], result["answer"], result["origin"]) == (
        "certified",
        "hello",
        "solver",
    )
    assert result["usage"]["calls"] == calls
    assert read_envelope(result["certificate"]).provenance.origin == "solver"
    assert verify(result["certificate"]).outcome is Outcome.VERIFIED
    assert result["upstream"] == ("none" if mode == "only" or not answers else "configured")


async def test_a_model_that_answers_is_named_as_the_origin(pool):
    async with client(make_app(pool, "bye", "hello")) as http:
        result = (await http.post("/solve", json=wish("fallback"))).json()
    assert (result["origin"], result["rounds"]) == ("model", 2)


async def test_a_solver_that_gives_up_gives_nothing_out(pool):
    async with client(make_app(pool)) as http:
        unasked = wish("only", problem={"word": "?"})
        result = (await http.post("/solve", json=unasked)).json()
        failed = await http.post("/solve", json=wish("fallback", problem={"word": "?"}))
    assert (result["status"], result["reason"]) == ("exhausted", "solver-gave-up")
    assert result["answer"] is result["origin"] is result["certificate"] is None
    assert (failed.status_code, failed.json()["code"]) == (503, "upstream-none")


@pytest.mark.parametrize("mode", ["fallback", "race", "only", "hint"])
async def test_a_domain_without_a_solver_is_refused_one(pool, mode):
    async with client(make_app(pool, "hello")) as http:
        response = await http.post("/solve", json=wish(mode, domain="word"))
    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "solver-none")
    assert problem["errors"][0]["pointer"] == "#/strategy/solver"


async def test_a_servers_default_asks_no_solver_that_is_not_there(pool):
    app = make_app(pool, "hello", strategy={"solver": "fallback"})
    async with client(app) as http:
        result = (await http.post("/solve", json={**SOLVED, "domain": "word"})).json()
    assert (result["status"], result["origin"]) == ("certified", "model")


async def test_a_service_that_asks_solvers_only_is_ready_without_a_model(pool):
    async with client(make_app(pool, strategy={"solver": "only"})) as http:
        ready = await http.get("/readyz")
        result = (await http.post("/solve", json=SOLVED)).json()
    assert (ready.status_code, ready.json()["upstream"]) == (200, "none")
    assert result["origin"] == "solver"


async def test_the_solver_wins_the_race_and_the_call_to_the_model_is_ended(pool):
    async with (
        UpstreamServer(HANG) as upstream,
        client(make_app(pool, **asking(upstream))) as http,
    ):
        result = (await http.post("/solve", json=wish("race"))).json()
        async with asyncio.timeout(60):
            await upstream.gone.wait()
    assert (result["origin"], result["usage"]["calls"]) == ("solver", 1)
    assert result["usage"]["prompt_tokens"] == result["usage"]["estimated_tokens"] > 0


async def test_the_model_wins_the_race_and_the_solvers_process_is_ended(pool, gate):
    app = make_app(pool, "bye", str(gate.path))
    async with client(app) as http:
        run = asyncio.create_task(http.post("/solve", json=wish("race", problem=gate.problem)))
        await gate.reached()
        result = (await run).json()
        await gate.left()
    assert (result["status"], result["origin"]) == ("certified", "model")
    assert result["usage"]["calls"] == 2


async def test_a_client_that_hangs_up_ends_solver_and_call(pool, gate):
    async with (
        UpstreamServer(HANG) as upstream,
        served(make_app(pool, **asking(upstream))) as at,
    ):
        _, writer = await send(at, wish("race", problem=gate.problem), "/solve")
        await upstream.holding.wait()
        await gate.reached()
        writer.transport.abort()
        await gate.left()
        async with asyncio.timeout(60):
            await upstream.gone.wait()


async def test_a_cancelled_run_ends_its_solver(pool, gate):
    later = {"prefer": "respond-async"}
    async with client(make_app(pool)) as http:
        body = wish("only", problem=gate.problem)
        run = (await http.post("/solve", json=body, headers=later)).headers["location"]
        await gate.reached()
        ended = (await http.post(f"{run}/cancel")).json()
        await gate.left()
    assert ended["state"] == "cancelled"


@pytest.mark.parametrize("header", [True, False])
async def test_a_chat_says_that_a_solver_answered(pool, header):
    named = {"X-LLM-Modulo-Solver": "only"} if header else {}
    wanted = {"domain": "solved-word"} | ({} if header else {"strategy": {"solver": "only"}})
    async with client(make_app(pool)) as http:
        response = await http.post(CHAT, json=chat(wanted), headers=named)
    said = response.json()
    assert response.status_code == 200, said
    assert said["choices"][0]["message"]["content"] == "hello"
    assert said["llm_modulo"]["origin"] == "solver"
    assert response.headers["x-llm-modulo-origin"] == "solver"


async def test_a_streamed_chat_ends_with_the_solvers_answer(pool):
    async with served(make_app(pool)) as at:
        wanted = {"domain": "solved-word", "strategy": {"solver": "only"}}
        said = await read_all(at, chat(wanted, stream=True))
    assert "hello" in said
    assert "data: [DONE]" in said
