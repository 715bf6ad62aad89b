"""What names nothing to verify is sent on as it came, and marked."""

import asyncio
import json

import pytest

from app.main import create_app
from app.proxy.passthrough import mark
from app.settings import Settings
from backprompt.upstream import Completion, ScriptedUpstream, UpstreamError
from tests.app.conftest import client, make_app, served
from tests.app.proxy.chats import CHAT, chat, content, frames, plain
from tests.app.proxy.wire import read_all, read_until, send
from tests.upstream_server import HANG, RESET, Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")


def asks(upstream: UpstreamServer, **settings) -> dict:
    return {"upstream": {"base_url": upstream.base_url, "model": "served-model", **settings}}


async def test_an_answer_is_what_the_upstream_said_and_our_mark(pool):
    said = Reply("hi", extra={"x_new_field": {"a": [1, None]}}, headers={"x-ratelimit-left": "7"})
    async with (
        UpstreamServer(said) as upstream,
        client(make_app(pool, **asks(upstream))) as http,
    ):
        response = await http.post(CHAT, json=plain())
    told = response.json()
    assert told.pop("llm_modulo") == {"certified": None}
    assert told == json.loads(said.payload())
    assert response.headers["x-llm-modulo-certified"] == "null"
    assert response.headers["x-ratelimit-left"] == "7"


async def test_a_body_is_sent_on_byte_by_byte(pool):
    raw = b'{ "messages": [{"role":"user","content":"\\u00e9 \xc3\xa9"}], "new":1e2, "model":"m"}'
    async with (
        UpstreamServer() as upstream,
        client(make_app(pool, **asks(upstream))) as http,
    ):
        headers = {"content-type": "application/json", "authorization": "Bearer secret"}
        await http.post(CHAT, content=raw, headers=headers)
    seen = upstream.seen[0]
    assert int(seen.headers["content-length"]) == len(raw)
    assert seen.body == json.loads(raw)
    assert "secret" not in json.dumps(seen.headers)


async def test_what_is_ours_is_taken_out(pool):
    asked = plain(model="free/other-model", llm_modulo={"progress": False}, odd={"kept": True})
    async with (
        UpstreamServer() as upstream,
        client(make_app(pool, **asks(upstream), profiles={"free": {"recognise": True}})) as http,
    ):
        await http.post(CHAT, json=asked, headers={"x-llm-modulo-on-fail": "error"})
    seen = upstream.seen[0]
    assert seen.body["model"] == "other-model"
    assert seen.body["odd"] == {"kept": True}
    assert not [name for name in [*seen.headers, *seen.body] if "modulo" in name]


async def test_a_stream_is_not_touched(pool):
    said = Reply("one two three", extra={"x_new_field": 1})
    asked = plain(stream=True, stream_options={"include_usage": True})
    async with (
        UpstreamServer(said) as upstream,
        client(make_app(pool, **asks(upstream))) as http,
    ):
        response = await http.post(CHAT, json=asked)
    assert response.content == b"".join(said.events(with_usage=True))
    assert response.headers["x-llm-modulo-certified"] == "null"
    assert response.headers["content-type"] == "text/event-stream"
    assert upstream.seen[0].body["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("status", [400, 401, 402, 404, 429, 500, 503])
@pytest.mark.parametrize("stream", [False, True])
async def test_an_upstreams_error_is_its_own(pool, status, stream):
    body = b'{"error": {"message": "no", "type": "t", "param": null, "code": "c"}}'
    said = Reply(status=status, body=body, headers={"retry-after": "3"})
    async with (
        UpstreamServer(said) as upstream,
        client(make_app(pool, **asks(upstream))) as http,
    ):
        response = await http.post(CHAT, json=plain(stream=stream))
    assert (response.status_code, response.content) == (status, body)
    assert response.headers["retry-after"] == "3"
    assert len(upstream.seen) == 1


async def test_a_key_that_the_upstream_quotes_stays_here(pool):
    refusal = Reply(status=401, body=b'{"error":{"message":"Incorrect API key: sk-secret-0123"}}')
    async with UpstreamServer(refusal) as upstream:
        settings = asks(upstream)
        settings["upstream"]["api_key"] = "sk-secret-0123"
        async with client(make_app(pool, **settings)) as http:
            response = await http.post(CHAT, json=plain())
    assert response.status_code == 401
    assert response.json()["error"]["message"] == "Incorrect API key: ***"


@pytest.mark.parametrize(
    ("told", "code", "retry"),
    [(RESET, "upstream_unreachable", "false"), (Reply(cut=30), "upstream_unreachable", "false")],
)
async def test_an_upstream_that_breaks_off_may_have_been_paid(pool, told, code, retry):
    async with (
        UpstreamServer(told) as upstream,
        client(make_app(pool, **asks(upstream))) as http,
    ):
        response = await http.post(CHAT, json=plain())
    assert (response.status_code, response.json()["error"]["code"]) == (502, code)
    assert response.headers["x-should-retry"] == retry


@pytest.mark.parametrize("status", [307, 600, 999])
async def test_nobody_is_sent_elsewhere_or_a_status_that_is_none(pool, status):
    away = Reply(status=status, headers={"location": "http://elsewhere.example/v1"})
    async with (
        UpstreamServer(away) as upstream,
        client(make_app(pool, **asks(upstream))) as http,
    ):
        response = await http.post(CHAT, json=plain())
    assert (response.status_code, response.json()["error"]["code"]) == (502, "upstream_invalid")
    assert "location" not in response.headers


async def test_an_upstream_that_is_not_there_may_be_asked_again(pool):
    async with UpstreamServer() as upstream:
        settings = asks(upstream)
    async with client(make_app(pool, **settings)) as http:
        response = await http.post(CHAT, json=plain())
    assert response.json()["error"]["code"] == "upstream_unreachable"
    assert "x-should-retry" not in response.headers


async def test_a_silent_upstream_is_given_up(pool):
    async with (
        UpstreamServer(HANG) as upstream,
        client(make_app(pool, **asks(upstream, timeout_s=0.1))) as http,
    ):
        response = await http.post(CHAT, json=plain())
    assert response.json()["error"]["code"] == "upstream_timeout"


@pytest.mark.parametrize("stream", [False, True])
async def test_headers_go_on_as_they_are_but_those_of_the_connection(pool, stream):
    headers = {
        "x-odd": "caf\u00e9 \u20ac".encode().decode("latin-1"),
        "set-cookie": "a=b",
        "x-llm-modulo-certified": "true",
        "connection": "keep-alive",
    }
    async with (
        UpstreamServer(Reply("hi", headers=headers)) as upstream,
        served(make_app(pool, **asks(upstream))) as at,
    ):
        head = (await read_all(at, plain(stream=stream))).partition("\r\n\r\n")[0].lower()
    assert "x-odd: caf\u00e9 \u20ac" in head
    assert head.count("x-llm-modulo-certified") == 1
    assert "x-llm-modulo-certified: null" in head
    assert "set-cookie" not in head
    assert head.count("\r\ncontent-type:") == 1


async def test_a_stream_that_breaks_off_ends_with_an_error(pool):
    seen = asyncio.Event()
    broken = Reply("one two three", wait=seen, hold_after=2, cut=2)
    async with (
        UpstreamServer(broken) as upstream,
        served(make_app(pool, **asks(upstream))) as at,
    ):
        reader, writer = await send(at, plain(stream=True), connection="close")
        early = await read_until(reader, b'"one "')
        seen.set()
        late = await read_until(reader, b"[DONE]")
        writer.close()
    assert "upstream_unreachable" not in early
    assert '"code":"upstream_unreachable"' in late


async def test_passing_through_can_be_switched_off(pool):
    app = make_app(pool, "hello", proxy={"passthrough": False})
    async with client(app) as http:
        response = await http.post(CHAT, json=plain())
        certified = await http.post(CHAT, json=chat())
    assert (response.status_code, response.json()["error"]["code"]) == (400, "nothing_to_verify")
    assert certified.status_code == 200


async def test_there_may_be_nobody_to_ask(pool):
    async with client(make_app(pool)) as http:
        for body in (plain(), chat()):
            response = await http.post(CHAT, json=body)
            assert (response.status_code, response.json()["error"]["code"]) == (
                503,
                "upstream_none",
            )
            assert response.headers["x-should-retry"] == "false"


async def test_no_more_are_passed_through_at_once_than_allowed(pool):
    async with (
        UpstreamServer(HANG) as upstream,
        served(make_app(pool, **asks(upstream), limits={"concurrent_passthrough": 1})) as at,
    ):
        _, first = await send(at, plain())
        await upstream.arrived.wait()
        second = await read_all(at, plain())
        first.close()
    assert second.startswith("HTTP/1.1 429")
    assert "retry-after" in second.lower()


@pytest.mark.parametrize("stream", [False, True])
async def test_an_upstream_that_is_no_endpoint_is_asked_once(pool, stream):
    tool = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    seen = []

    def respond(request):
        seen.append(request)
        usage = {"calls": 1, "prompt_tokens": 3}
        return Completion(text="hi", model="own", tool_calls=(tool,), usage=usage)

    app = create_app(Settings(), upstream=ScriptedUpstream(respond, name="own"), pool=pool)
    asked = plain(model="own", stream=stream, stream_options={"include_usage": True})
    async with client(app) as http:
        response = await http.post(CHAT, json=asked)
    assert response.headers["x-llm-modulo-certified"] == "null"
    assert seen[0].conversation == tuple(asked["messages"])
    if stream:
        chunks = frames(response.text)
        assert content(chunks) == "hi"
        assert chunks[-1]["usage"]["prompt_tokens"] == 3
    else:
        told = response.json()
        assert told["choices"][0]["message"]["tool_calls"] == [tool]
        assert told["llm_modulo"] == {"certified": None}


async def test_an_upstream_that_is_no_endpoint_may_fail(pool):
    def fail(_request):
        raise UpstreamError("upstream-failed", "it broke", status=500)

    app = create_app(Settings(), upstream=ScriptedUpstream(fail), pool=pool)
    async with client(app) as http:
        response = await http.post(CHAT, json=plain())
    assert (response.status_code, response.json()["error"]["code"]) == (502, "upstream_failed")


@pytest.mark.parametrize(
    ("body", "marked"),
    [
        (b'{"a":1}', {"a": 1, "llm_modulo": {"certified": None}}),
        (b"{}", {"llm_modulo": {"certified": None}}),
        (b"{ }\n", {"llm_modulo": {"certified": None}}),
        (
            b'{"llm_modulo":{"certified":true},"system_fingerprint":"modulo:certified:1"}',
            {"llm_modulo": {"certified": None}, "system_fingerprint": None},
        ),
        (
            b'{"\\u006clm_modulo":{"certified":true}}',
            {"llm_modulo": {"certified": None}},
        ),
        (
            b'{"llm_m\\u006fdulo":1,"system_fingerprint":"m\\u006Fdulo:certified:1"}',
            {"llm_modulo": {"certified": None}, "system_fingerprint": None},
        ),
    ],
)
async def test_a_mark_that_the_upstream_forged_is_replaced(body, marked):
    assert json.loads(mark(body)) == marked


@pytest.mark.parametrize("body", [b"", b"[1]", b"oops", b'"{}"', b"{modulo", b"{modulo}"])
async def test_what_is_no_object_stays_as_it_is(body):
    assert mark(body) == body
