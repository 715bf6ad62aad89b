"""`/v1/responses`: answers at once, as streams and in the background."""

import asyncio
import json

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.proxy.response_store import ResponseStore
from tests.app.conftest import client, make_app, served
from tests.app.proxy.chats import RESPONSES, WORD, response, told
from tests.app.proxy.wire import read_until, send
from tests.upstream_server import Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

CANARY = "kanarienvogel-7f3a"
TOOLS = [{"type": "function", "function": {"name": "look_up", "parameters": {}}}]
CALL = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": '{"a":1}'}}


def asks(upstream: UpstreamServer) -> dict:
    return {"upstream": {"base_url": upstream.base_url, "model": "scripted", "retries": 0}}


def events(text: str) -> list[dict]:
    lines = [line for line in text.splitlines() if line.startswith("data: ")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


async def test_a_certified_response(pool):
    async with client(make_app(pool, "bye", "hello")) as http:
        answer = await http.post(RESPONSES, json=response(metadata={"k": "v"}))
        told = answer.json()
        again = (await http.get(f"{RESPONSES}/{told['id']}")).json()
        run = (await http.get(f"/runs/{told['id'].removeprefix('resp_')}")).json()
    assert (told["status"], told["output"][0]["content"][0]["text"]) == ("completed", "hello")
    assert told["llm_modulo"]["certificate"] == run["result"]["certificate"]
    assert answer.headers["x-llm-modulo-certified"] == "true"
    assert again == told


async def test_a_best_effort_is_incomplete(pool):
    asked = {"on_fail": "best_effort", "budget": {"rounds": 1}}
    async with client(make_app(pool, "bye")) as http:
        told = (await http.post(RESPONSES, json=response(asked))).json()
    assert (told["status"], told["incomplete_details"]) == (
        "incomplete",
        {"reason": "not_certified"},
    )
    assert told["output"][0]["content"][0]["text"] == "bye"


async def test_calls_of_tools_are_handed_through_and_the_loop_goes_on(pool):
    calling = Reply(message={"tool_calls": [CALL]}, finish_reason="tool_calls")
    async with (
        UpstreamServer(calling, Reply("hello")) as upstream,
        client(make_app(pool, **asks(upstream))) as http,
    ):
        first = (await http.post(RESPONSES, json=response(tools=TOOLS))).json()
        result = {"type": "function_call_output", "call_id": "call_1", "output": "found"}
        more = {"input": [result], "previous_response_id": first["id"]}
        second = (await http.post(RESPONSES, json=response(tools=TOOLS, **more))).json()
        sent = upstream.seen[-1].body["messages"]
    [item] = first["output"]
    assert (item["type"], item["name"], item["arguments"]) == (
        "function_call",
        "look_up",
        '{"a":1}',
    )
    assert first["llm_modulo"]["certified"] is False
    assert second["llm_modulo"]["certified"] is True
    assert sent[1]["tool_calls"] == [CALL]
    assert sent[2] == {"role": "tool", "tool_call_id": "call_1", "content": "found"}


async def test_a_json_schema_is_verified(pool):
    schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    body = {
        "model": "scripted",
        "input": "A number, please.",
        "text": {"format": {"type": "json_schema", "name": "number", "schema": schema}},
    }
    async with client(make_app(pool, '{"n": "one"}', '{"n": 1}')) as http:
        told = (await http.post(RESPONSES, json=body)).json()
    assert json.loads(told["output"][0]["content"][0]["text"]) == {"n": 1}
    assert told["llm_modulo"]["certified"] is True


@pytest.mark.parametrize("stream", [False, True])
async def test_a_rejected_candidate_in_the_background_stays_inside(pool, stream):
    async with client(make_app(pool, CANARY)) as http:
        first = await http.post(RESPONSES, json=response(background=True, stream=stream))
        shown = first.json()["id"] if not stream else events(first.text)[0]["response"]["id"]
        followed = await http.get(f"{RESPONSES}/{shown}?stream=true")
        last = await http.get(f"{RESPONSES}/{shown}")
    assert last.json()["status"] == "failed"
    assert last.json()["error"]["code"] == "budget_exhausted"
    assert events(followed.text)[-1]["type"] == "response.failed"
    assert CANARY not in told(first) + told(followed) + told(last)


@pytest.mark.parametrize("headers", [{"idempotency-key": "k"}, {"x-stainless-retry-count": "1"}])
async def test_what_is_sent_again_finds_its_response_in_the_background(pool, headers):
    body = response(background=True)
    async with client(make_app(pool, "hello")) as http:
        first = (await http.post(RESPONSES, json=body, headers=headers)).json()
        second = (await http.post(RESPONSES, json=body, headers=headers)).json()
    assert first["id"] == second["id"]


async def test_a_response_in_the_background_outlives_its_stream(pool):
    async with (
        UpstreamServer(Reply("hello")) as upstream,
        served(make_app(pool, **asks(upstream))) as at,
    ):
        asked = response(background=True, stream=True)
        reader, writer = await send(at, asked, path=RESPONSES)
        head = await read_until(reader, b"response.in_progress\ndata")
        writer.transport.abort()
        response_id = events(head)[0]["response"]["id"]
        again, other = await _get(at, f"{RESPONSES}/{response_id}?stream=true")
        assert "response.completed" in await read_until(again, b"response.completed")
        other.close()


async def _get(at, path: str):
    reader, writer = await asyncio.open_connection(*at)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: service\r\n\r\n".encode())
    return reader, writer


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"background": True, "store": False}, "background"),
        ({"input": 7}, "input"),
        ({"model": None}, "model"),
        ({"text": {"format": {"type": "xml"}}}, "text.format"),
        ({"previous_response_id": "resp_x"}, None),
    ],
)
async def test_what_is_wrong_is_a_400_that_names_it(pool, changes, param):
    async with client(make_app(pool, "hello")) as http:
        answer = await http.post(RESPONSES, json={**response(), **changes})
    assert answer.status_code == 400
    assert (answer.json()["error"]["param"] or "").startswith(param or "")


async def test_a_response_is_shown_to_its_own_key_only(pool):
    own, other = {"authorization": "Bearer a"}, {"authorization": "Bearer b"}
    async with client(make_app(pool, "hello")) as http:
        shown = (await http.post(RESPONSES, json=response(), headers=own)).json()["id"]
        path = f"{RESPONSES}/{shown}"
        answers = [
            await http.get(path, headers=other),
            await http.delete(path, headers=other),
            await http.post(f"{path}/cancel", headers=other),
            await http.post(RESPONSES, json=response(previous_response_id=shown), headers=other),
            await http.get(path, headers=own),
            await http.delete(path, headers=own),
            await http.get(path, headers=own),
        ]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 400, 200, 200, 404]


async def test_a_response_outlives_its_process_as_long_as_its_run_does(pool):
    app = make_app(pool, "hello")
    async with client(app) as http:
        first = (await http.post(RESPONSES, json=response())).json()
        app.state.responses = ResponseStore()
        again = (await http.get(f"{RESPONSES}/{first['id']}")).json()
        unknown = await http.get(f"{RESPONSES}/resp_run_none")
    assert (again["status"], again["output"]) == (first["status"], first["output"])
    assert again["llm_modulo"] == first["llm_modulo"]
    assert unknown.status_code == 404


async def test_a_long_answer_counts_where_it_is_kept(pool):
    async with UpstreamServer(default=Reply("x" * 1000)) as upstream:
        app = make_app(pool, **asks(upstream))
        app.state.responses = ResponseStore(most_bytes=2500)
        async with client(app) as http:
            body = {"model": "scripted", "input": "Hi."}
            made = [(await http.post(RESPONSES, json=body)).json()["id"] for _ in range(3)]
            shown = [(await http.get(f"{RESPONSES}/{name}")).status_code for name in made]
    assert shown == [404, 200, 200]


async def test_a_refusal_cannot_be_gone_on_from(pool):
    async with client(make_app(pool, "bye")) as http:
        refused = await http.post(RESPONSES, json=response({"budget": {"rounds": 1}}))
        run = refused.json()["error"]["llm_modulo"]["run"]
        body = response(background=True, previous_response_id=f"resp_{run}")
        unknown = await http.post(RESPONSES, json=body)
        queued = response({"budget": {"rounds": 1}}, background=True)
        shown = (await http.post(RESPONSES, json=queued)).json()["id"]
        await http.get(f"{RESPONSES}/{shown}?stream=true")
        failed = await http.post(RESPONSES, json=response(previous_response_id=shown))
    for answer in (unknown, failed):
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "previous_response_not_found"
    assert "has no answer" in failed.json()["error"]["message"]


async def test_what_is_not_to_be_stored_is_not_shown(pool):
    async with client(make_app(pool, "hello")) as http:
        first = (await http.post(RESPONSES, json=response(store=False))).json()
        again = await http.get(f"{RESPONSES}/{first['id']}")
    assert again.status_code == 404


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=9)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
KINDS = ["message", "function_call", "function_call_output", "reasoning", "input_text", "function"]
ITEMS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(KINDS) | VALUES,
            "role": st.sampled_from(["user", "assistant", "system", "tool"]) | VALUES,
            "content": VALUES | st.lists(st.fixed_dictionaries({"type": st.sampled_from(KINDS)})),
            "text": VALUES,
            "name": VALUES,
            "arguments": VALUES,
            "output": VALUES,
            "call_id": VALUES,
        },
    ),
    max_size=4,
)
BODIES = st.fixed_dictionaries(
    {"model": st.just("scripted"), "input": ITEMS | VALUES},
    optional={
        "llm_modulo": st.just({**WORD, "budget": {"rounds": 1}}),
        "instructions": VALUES,
        "previous_response_id": VALUES,
        "stream": VALUES,
        "background": st.just(value=False) | VALUES,
        "store": VALUES,
        "metadata": VALUES,
        "text": VALUES | st.fixed_dictionaries({"format": VALUES}),
        "tools": ITEMS | VALUES,
        "tool_choice": VALUES,
        "reasoning": VALUES,
        "max_output_tokens": VALUES,
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
    answer = await http.post(RESPONSES, json=body)
    assert answer.status_code < 500
    if answer.headers["content-type"].startswith("application/json"):
        found = answer.json()
        assert found.get("object") == "response" or found["error"]["code"]
