"""No certificate, no content: on every endpoint, in every stream mode, at every outcome.

The model says a canary in whatever it writes; not a word of it may reach a client that has not
asked for uncertified answers. The last tests show that these can fail.
"""

import json

import pytest

from app import runs
from app.proxy import directions, exchange
from tests.app.conftest import client, make_app
from tests.app.proxy.chats import (
    CHAT,
    MESSAGES_PATH,
    RESPONSES,
    chat,
    message,
    response,
    told,
)
from tests.upstream_server import Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

CANARY = "kanarienvogel-7f3a"
ENDPOINTS = {
    "chat": (CHAT, chat),
    "responses": (RESPONSES, response),
    "messages": (MESSAGES_PATH, message),
}
"""Path, and what makes a body that asks for the word `hello` there."""
MARKS = {
    "chat": "modulo:uncertified:",
    "responses": '"certified":false',
    "messages": '"certified":false',
}
"""What stands in every line that holds uncertified text."""
MODES = [False, True]
TOOLS = [{"type": "function", "function": {"name": "look_up", "parameters": {}}}]

each_way = pytest.mark.parametrize("stream", MODES, ids=["sync", "stream"])
everywhere = pytest.mark.parametrize("endpoint", ENDPOINTS)


async def send(app, endpoint: str, *, stream: bool, asked: dict | None = None, **fields) -> str:
    """Everything a client is sent, then everything that it can look up about its run."""
    path, write = ENDPOINTS[endpoint]
    async with client(app) as http:
        sent = told(await http.post(path, json=write(asked, stream=stream, **fields)))
        for run in (await http.get("/runs")).json()["runs"]:
            for below in ("", "/events"):
                sent += told(await http.get(f"/runs/{run['id']}{below}"))
    return sent


@everywhere
@each_way
@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"strategy": {"search": "parallel", "n": 3}},
        {"strategy": {"feedback": "constructive"}},
        {"budget": {"rounds": 1}},
        {"budget": {"tokens": 1}},
    ],
    ids=json.dumps,
)
async def test_a_rejected_candidate_stays_inside(pool, endpoint, stream, asked):
    sent = await send(make_app(pool, CANARY), endpoint, stream=stream, asked=asked)
    assert "budget_exhausted" in sent
    assert CANARY not in sent


@everywhere
@each_way
async def test_an_undecided_candidate_stays_inside(pool, endpoint, stream):
    asked = {"budget": {"rounds": 1}}
    sent = await send(make_app(pool, f"? {CANARY}"), endpoint, stream=stream, asked=asked)
    assert "budget_exhausted" in sent
    assert CANARY not in sent


@everywhere
@each_way
async def test_an_accepted_answer_without_the_demanded_assurance_stays_inside(
    pool, endpoint, stream
):
    asked = {"problem": {"word": CANARY}, "assurance": "proof"}
    sent = await send(make_app(pool, CANARY), endpoint, stream=stream, asked=asked)
    assert "not_certified" in sent
    assert CANARY not in sent.replace(json.dumps({"word": CANARY}), "")


@everywhere
@each_way
async def test_an_infeasible_problem_shows_no_guess(pool, endpoint, stream):
    asked = {"domain": "tested-word", "problem": {"word": ""}}
    sent = await send(make_app(pool, CANARY), endpoint, stream=stream, asked=asked)
    assert 'code":"infeasible"' in sent
    assert CANARY not in sent


@everywhere
@each_way
async def test_what_stands_around_a_certified_answer_stays_inside(pool, endpoint, stream):
    thinking = Reply(f"{CANARY} hello", message={"reasoning_content": CANARY, "refusal": CANARY})
    async with UpstreamServer(default=thinking) as upstream:
        app = make_app(pool, upstream={"base_url": upstream.base_url, "model": "scripted"})
        sent = await send(app, endpoint, stream=stream)
    assert "hello" in sent
    assert CANARY not in sent


@everywhere
@each_way
async def test_what_stands_beside_tool_calls_stays_inside(pool, endpoint, stream):
    call = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}
    calling = Reply(f"{CANARY} hello", message={"tool_calls": [call]}, finish_reason="tool_calls")
    async with UpstreamServer(default=calling) as upstream:
        app = make_app(pool, upstream={"base_url": upstream.base_url, "model": "scripted"})
        sent = await send(app, endpoint, stream=stream, tools=TOOLS)
    assert "look_up" in sent
    assert MARKS[endpoint] in sent
    assert CANARY not in sent


@everywhere
@each_way
async def test_what_an_upstream_echoes_of_the_prompt_stays_inside(pool, endpoint, stream):
    def refuse(body: dict) -> Reply:
        echo = {"error": {"message": f"cannot read {json.dumps(body['messages'])}"}}
        return Reply(status=400, body=json.dumps(echo).encode())

    async with UpstreamServer(Reply(CANARY), default=refuse) as upstream:
        app = make_app(pool, upstream={"base_url": upstream.base_url, "model": "scripted"})
        sent = await send(app, endpoint, stream=stream)
        assert CANARY in json.dumps(upstream.seen[-1].body)
    assert "upstream_refused" in sent
    assert CANARY not in sent


@everywhere
@each_way
@pytest.mark.parametrize("status", [200, 401, 429, 500])
async def test_what_a_failing_upstream_quotes_stays_inside(pool, endpoint, stream, status):
    quote = json.dumps({"error": {"message": f"cannot parse output: {CANARY}"}}).encode()
    async with UpstreamServer(Reply(CANARY), default=Reply(status=status, body=quote)) as upstream:
        settings = {"base_url": upstream.base_url, "model": "scripted", "retries": 0}
        sent = await send(make_app(pool, upstream=settings), endpoint, stream=stream)
    assert 'code":"upstream_' in sent
    assert CANARY not in sent


@everywhere
@each_way
async def test_who_asks_for_the_best_effort_sees_it_marked(pool, endpoint, stream):
    asked = {"on_fail": "best_effort", "budget": {"rounds": 1}}
    path, write = ENDPOINTS[endpoint]
    async with client(make_app(pool, CANARY)) as http:
        reply = await http.post(path, json=write(asked, stream=stream))
    assert reply.status_code == 200
    marked = [line for line in reply.text.splitlines() if CANARY in line]
    assert marked
    assert all(MARKS[endpoint] in line for line in marked)
    assert '"certified":false' in reply.text
    if not stream:
        assert reply.headers["x-llm-modulo-certified"] == "false"


def with_best_always(run: runs.Run, outcome) -> object:
    """A fault upstream of the door: every result carries its best candidate."""
    asked = run.request
    run.request = asked.model_copy(update={"on_fail": "best_effort"})
    result = _RESULT(run, outcome)
    run.request = asked
    return result.model_copy(update={"judgement": None})


_RESULT = runs.Run._result


@everywhere
@each_way
async def test_the_door_holds_even_where_the_candidate_stands_before_it(
    pool, monkeypatch, endpoint, stream
):
    monkeypatch.setattr(runs.Run, "_result", with_best_always)
    path, write = ENDPOINTS[endpoint]
    async with client(make_app(pool, CANARY)) as http:
        sent = told(await http.post(path, json=write(stream=stream)))
    assert "budget_exhausted" in sent
    assert CANARY not in sent


@everywhere
@each_way
async def test_a_door_that_stands_open_would_be_caught(pool, monkeypatch, endpoint, stream):
    """The tests above can fail: with `release` forwarding what it has, the canary arrives."""
    monkeypatch.setattr(runs.Run, "_result", with_best_always)
    monkeypatch.setattr(exchange, "release", lambda result, _on_fail: result.best.answer)
    path, write = ENDPOINTS[endpoint]
    async with client(make_app(pool, CANARY)) as http:
        assert CANARY in told(await http.post(path, json=write(stream=stream)))


@everywhere
@each_way
async def test_a_proxy_that_forgot_what_was_asked_would_be_caught(
    pool, monkeypatch, endpoint, stream
):
    monkeypatch.setattr(directions.Directed, "on_fail", property(lambda _: "best_effort"))
    path, write = ENDPOINTS[endpoint]
    async with client(make_app(pool, CANARY)) as http:
        assert CANARY in told(await http.post(path, json=write(stream=stream)))
