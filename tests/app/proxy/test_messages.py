"""`/v1/messages`: answers at once and as streams, and errors in Anthropic's words."""

import json

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.app.conftest import client, make_app
from tests.app.proxy.chats import MESSAGES_PATH, WORD, message
from tests.upstream_server import Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOOLS = [{"type": "function", "function": {"name": "look_up", "parameters": {}}}]
CALL = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": '{"a":1}'}}


def events(text: str) -> list[dict]:
    lines = [line for line in text.splitlines() if line.startswith("data: ")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


async def post(app, body, path=MESSAGES_PATH, **headers):
    async with client(app) as http:
        return await http.post(path, json=body, headers=headers)


@pytest.mark.parametrize("path", [MESSAGES_PATH, "/p/plain/v1/messages"])
async def test_a_certified_message(pool, path):
    app = make_app(pool, "bye", "hello", profiles={"plain": {}})
    answer = await post(app, message(), path)
    told = answer.json()
    assert told["content"] == [{"type": "text", "text": "hello"}]
    assert (told["stop_reason"], told["llm_modulo"]["certified"]) == ("end_turn", True)
    assert answer.headers["x-llm-modulo-certified"] == "true"


@pytest.mark.parametrize("stream", [False, True])
async def test_calls_of_tools_are_handed_through_and_the_loop_goes_on(pool, stream):
    calling = Reply(message={"tool_calls": [CALL]}, finish_reason="tool_calls")
    async with UpstreamServer(calling, Reply("hello")) as upstream:
        at = {"base_url": upstream.base_url, "model": "scripted"}
        async with client(make_app(pool, upstream=at)) as http:
            body = message(tools=TOOLS, stream=stream)
            first = await http.post(MESSAGES_PATH, json=body)
            said = {"type": "tool_use", "id": "call_1", "name": "look_up", "input": {"a": 1}}
            result = {"type": "tool_result", "tool_use_id": "call_1", "content": "found"}
            turns = [
                *body["messages"],
                {"role": "assistant", "content": [said]},
                {"role": "user", "content": [result]},
            ]
            second = await http.post(MESSAGES_PATH, json=message(tools=TOOLS, messages=turns))
    if stream:
        told = events(first.text)
        starts = [event for event in told if event["type"] == "content_block_start"]
        assert starts[0]["content_block"] == {**said, "input": {}}
        deltas = [event["delta"] for event in told if event["type"] == "content_block_delta"]
        assert json.loads(deltas[0]["partial_json"]) == {"a": 1}
        assert told[-2]["delta"]["stop_reason"] == "tool_use"
    else:
        assert first.json()["content"] == [said]
        assert first.json()["llm_modulo"]["certified"] is False
    assert second.json()["llm_modulo"]["certified"] is True


@pytest.mark.parametrize("said", ['{"a": NaN}', '{"a": 1e999}', "[1]", "{"])
async def test_arguments_that_are_no_json_object_are_given_as_text(pool, said):
    function = {"name": "look_up", "arguments": said}
    calling = Reply("", message={"tool_calls": [{"id": "c", "function": function}]})
    async with UpstreamServer(calling) as upstream:
        app = make_app(pool, upstream={"base_url": upstream.base_url, "model": "scripted"})
        async with client(app) as http:
            told = (await http.post(MESSAGES_PATH, json=message(tools=TOOLS))).json()
    assert told["content"][0]["input"] == {"arguments": said}


async def test_the_events_of_a_stream_come_in_order(pool):
    answer = await post(make_app(pool, "hello"), message(stream=True))
    assert [event["type"] for event in events(answer.text)] == [
        "message_start",
        "ping",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert answer.text.startswith(": keep-alive")


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({}, 400, "invalid_request_error"),
        ([], 400, "invalid_request_error"),
        (message(max_tokens=None), 400, "invalid_request_error"),
        (message(messages=[]), 400, "invalid_request_error"),
        (message({"domain": "none"}), 400, "invalid_request_error"),
        (message({"budget": {"rounds": 1}}), 422, "verification_failed"),
    ],
)
async def test_errors_are_in_anthropics_words(pool, body, status, kind):
    answer = await post(make_app(pool, "bye"), body)
    told = answer.json()
    assert (answer.status_code, told["type"]) == (status, "error")
    assert told["error"]["type"] == kind
    assert told["error"]["message"]


@pytest.mark.parametrize(("finish", "stop"), [("length", "max_tokens"), ("stop", "end_turn")])
async def test_why_a_plain_text_ended_is_told(pool, finish, stop):
    async with UpstreamServer(Reply("bye", finish_reason=finish)) as upstream:
        at = {"base_url": upstream.base_url, "model": "scripted"}
        body = message()
        del body["llm_modulo"]
        answer = await post(make_app(pool, upstream=at), body)
    assert answer.json()["stop_reason"] == stop
    assert answer.headers["x-llm-modulo-certified"] == "null"


@pytest.mark.parametrize("stream", [False, True])
async def test_what_is_not_to_be_verified_can_be_refused(pool, stream):
    body = message(stream=stream)
    del body["llm_modulo"]
    answer = await post(make_app(pool, "bye", proxy={"passthrough": False}), body)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["error_code"] == "nothing_to_verify"


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=9)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
KINDS = ["text", "image", "tool_use", "tool_result", "thinking", "document"]
BLOCKS = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(KINDS) | VALUES},
        optional=dict.fromkeys(("text", "source", "input", "content", "name", "id"), VALUES),
    ),
    max_size=3,
)
TURNS = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant"]) | VALUES, "content": BLOCKS | VALUES}
    ),
    max_size=3,
)
BODIES = st.fixed_dictionaries(
    {"model": st.just("scripted"), "max_tokens": st.just(9), "messages": TURNS | VALUES},
    optional={
        "llm_modulo": st.just({**WORD, "budget": {"rounds": 1}}),
        "stream": VALUES,
        **dict.fromkeys(("metadata", "output_config", "stop_sequences", "thinking"), VALUES),
        **dict.fromkeys(("system", "tools"), BLOCKS | VALUES),
        "tool_choice": VALUES,
    },
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(pool):
    async with client(make_app(pool, "hello")) as http:
        yield http


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=BODIES)
async def test_no_body_is_a_fault_of_ours(http, body):
    answer = await http.post(MESSAGES_PATH, json=body)
    assert answer.status_code < 500
    if answer.headers["content-type"].startswith("application/json"):
        assert answer.json()["type"] in {"message", "error"}
    counted = await http.post(f"{MESSAGES_PATH}/count_tokens", json=body)
    assert counted.status_code < 500
