"""Nothing that can be sent causes a traceback or a 5xx."""

import json

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.proxy import exchange
from tests.app.conftest import client, make_app, served
from tests.app.proxy.chats import CHAT, MESSAGES, WORD, chat, frames
from tests.app.proxy.wire import read_all
from tests.upstream_server import Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON = {"content-type": "application/json"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(pool):
    profiles = {"plans": {"domain": "pddl", "recognise": True}, "any": {"recognise": True}}
    app = make_app(pool, "hello {}", profiles=profiles, budget={"rounds": 1})
    async with client(app) as http:
        yield http


def understood(response):
    """The status of an answer that is either a completion or an error object."""
    told = response.json()
    if response.status_code == 200:
        assert told["object"] == "chat.completion"
    else:
        assert {"message", "type", "param", "code"} <= set(told["error"])
        assert response.status_code < 500
    return response.status_code


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/v1/nothing", "GET", 404),
        ("/v1", "GET", 404),
        ("/p/plans/v1/nothing", "POST", 404),
        (CHAT, "GET", 405),
        ("/v1/models", "POST", 405),
        ("/p/none/v1/models", "GET", 404),
        ("/v1/models/none", "GET", 404),
    ],
)
async def test_paths_that_are_not_there(http, path, method, status):
    response = await http.request(method, path)
    assert understood(response) == status


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"{", JSON, 400, "invalid_json"),
        (b"", JSON, 400, "invalid_json"),
        (b"[]", JSON, 400, "invalid_request"),
        (b'"x"', JSON, 400, "invalid_request"),
        (b'{"model":"a","model":"b"}', JSON, 400, "invalid_json"),
        (b'{"messages":' + b"[" * 100 + b"]" * 100 + b"}", JSON, 400, "invalid_json"),
        (b'{"x":"\\ud800"}', JSON, 400, "invalid_json"),
        (b"{}", {"content-type": "text/plain"}, 415, "media_type_unsupported"),
        (b"{}", {}, 415, "media_type_unsupported"),
        (b" " * 4_000_001, JSON, 413, "body_too_large"),
    ],
)
async def test_bodies_that_are_none(http, content, headers, status, code):
    response = await http.post(CHAT, content=content, headers=headers)
    assert understood(response) == status
    assert response.json()["error"]["code"] == code


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False)
) | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
PARTS = st.dictionaries(st.sampled_from(["type", "text", "image_url"]), VALUES)
FENCED = st.sampled_from(["```pddl\n(define (problem x) (:domain y))\n```", "```smt2\n(x)\n```"])
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "system", "tool", "assistant"]) | VALUES},
    optional={"content": FENCED | VALUES | st.lists(PARTS), "tool_calls": VALUES},
)
ASKED = st.fixed_dictionaries(
    {},
    optional={
        "domain": st.sampled_from(["word", "pddl", "smt", "json-schema", "none"]) | VALUES,
        "problem": st.sampled_from([WORD["problem"], {}]) | VALUES,
        "profile": st.sampled_from(["plans", "any"]) | VALUES,
        "on_fail": st.sampled_from(["error", "best_effort"]) | VALUES,
        "budget": st.just({"rounds": 1}) | VALUES,
        "strategy": VALUES,
        "assurance": VALUES,
        "progress": VALUES,
    },
)
FORMAT = st.fixed_dictionaries(
    {"type": st.sampled_from(["json_schema", "json_object", "text"]) | VALUES},
    optional={"json_schema": st.fixed_dictionaries({"schema": VALUES}) | VALUES},
)
BODIES = st.fixed_dictionaries(
    {"messages": st.just(MESSAGES) | st.lists(MESSAGE, max_size=3) | VALUES},
    optional={
        "model": st.sampled_from(["scripted", "plans/scripted", "plans", "any/"]) | VALUES,
        "llm_modulo": ASKED | VALUES,
        "response_format": FORMAT | VALUES,
        "n": VALUES,
        "temperature": VALUES,
        "stop": VALUES,
        "max_tokens": VALUES,
        "tools": VALUES,
        "stream_options": VALUES,
    },
)


@settings(
    max_examples=75,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=BODIES)
async def test_whatever_a_body_holds_is_understood_or_refused(http, body):
    response = await http.post(CHAT, json=body)
    understood(response)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b'{"choices": [{"message": {"content": "hello \\ud800"}}]}'),
        Reply(body=b'{"choices": [{"message": {"tool_calls": [{"a": NaN}], "content": "x"}}]}'),
        Reply(body=b'{"choices": [{"message": {"tool_calls": [{"a": "\\ud800"}]}}]}'),
        Reply(body=b'{"choices": [{"message": {"tool_calls": ' + b"[" * 90 + b"]" * 90 + b"}}]}"),
        Reply(body=b'{"choices": [{"message": {"tool_calls": 7, "content": 8}}], "model": []}'),
        Reply("hello", model=" a\r\nx-forged: \u20ac\ud800 "),
        Reply(body=b"<html>"),
        Reply(body=b"", status=204),
    ],
)
async def test_whatever_an_upstream_says_is_an_answer_or_an_error(pool, stream, reply):
    tools = [{"type": "function", "function": {"name": "f"}}]
    async with UpstreamServer(default=reply) as upstream:
        where = {"base_url": upstream.base_url, "model": "scripted", "retries": 0}
        async with client(make_app(pool, upstream=where)) as http:
            response = await http.post(CHAT, json=chat(tools=tools, stream=stream))
    last = frames(response.text)[-1] if stream else response.json()
    error = last.get("error", {})
    assert error.get("code", "upstream_invalid") != "internal_error"
    assert error or last["choices"]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_fault_of_ours_is_told_in_the_dialect(pool, monkeypatch, caplog, stream):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(exchange, "release", fail)
    async with served(make_app(pool, "hello")) as at:
        answer = await read_all(at, chat(stream=stream))
    last = answer.split("data: ")[-2] if stream else answer.split("\r\n\r\n", 1)[1]
    document, _ = json.JSONDecoder().raw_decode(last)
    assert document["error"]["code"] == "internal_error"
    assert "ZeroDivisionError" in caplog.text
    assert "ZeroDivisionError" not in answer
    if stream:
        assert "data: [DONE]" in answer
    else:
        assert "x-should-retry: false" in answer
