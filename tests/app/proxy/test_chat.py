"""`POST /v1/chat/completions`: what clients of OpenAI's API get."""

import base64
import hashlib
import json

import pytest

from app.profiles import Profile
from tests.app.conftest import client, make_app
from tests.app.proxy.chats import CHAT, MESSAGES, WORD, chat, content, frames, plain
from tests.upstream_server import Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

BROKEN = {"name": "x", "schema": {"type": 7}}
TOOLS = [{"type": "function", "function": {"name": "look_up", "parameters": {}}}]
CALL = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}


async def post(app, body, path=CHAT, **headers):
    async with client(app) as http:
        return await http.post(path, json=body, headers=headers)


def asks(upstream: UpstreamServer, **settings) -> dict:
    """Settings of a service that asks a server."""
    return {"upstream": {"base_url": upstream.base_url, "model": "scripted", **settings}}


async def test_a_certified_answer_is_a_completion_with_its_evidence(pool):
    async with client(make_app(pool, "bye", "hello")) as http:
        response = await http.post(CHAT, json=chat())
        told = response.json()
        run = (await http.get(f"/runs/{told['id'].removeprefix('chatcmpl-')}")).json()
    assert response.status_code == 200
    assert told["object"] == "chat.completion"
    assert told["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "hello", "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ]
    report = told["llm_modulo"]
    assert (report["certified"], report["status"], report["rounds"]) == (True, "certified", 2)
    assert run["result"]["certificate"] == report["certificate"]
    certificate = json.dumps(report["certificate"], sort_keys=True, separators=(",", ":"))
    short = hashlib.sha256(certificate.encode()).hexdigest()[:12]
    assert told["system_fingerprint"] == f"modulo:certified:{short}"
    assert response.headers["x-llm-modulo-certified"] == "true"
    assert response.headers["x-llm-modulo-run-id"] == run["id"]
    assert response.headers["x-llm-modulo-rounds"] == "2"


async def test_usage_is_the_sum_over_all_rounds(pool):
    usages = [{"prompt_tokens": 10, "completion_tokens": 5}, {"prompt_tokens": 7}]
    replies = [Reply("bye", usage=usages[0]), Reply("hello", usage=usages[1])]
    async with UpstreamServer(*replies) as upstream:
        told = (await post(make_app(pool, **asks(upstream)), chat())).json()
    assert told["usage"]["prompt_tokens"] == 17
    assert told["usage"]["completion_tokens"] > 5
    assert told["llm_modulo"]["usage_last"]["prompt_tokens"] == 7


async def test_no_certificate_is_a_refusal_that_no_sdk_sends_again(pool):
    response = await post(make_app(pool, "bye"), chat())
    error = response.json()["error"]
    assert response.status_code == 422
    assert (error["type"], error["code"]) == ("verification_failed", "budget_exhausted")
    assert response.headers["x-should-retry"] == "false"
    assert error["llm_modulo"]["usage"]["rounds"] == 3
    assert error["llm_modulo"]["codes"] == ["word-wrong"]
    assert error["message"].startswith("no answer was certified within 3 rounds and ")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"domain": "tested-word", "problem": {"word": ""}}, "infeasible"),
        ({"assurance": "proof", "problem": {"word": "bye"}}, "not_certified"),
    ],
)
async def test_other_refusals_have_codes_of_their_own(pool, asked, code):
    response = await post(make_app(pool, "bye"), chat(asked))
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (422, code)
    assert error["llm_modulo"]["certified"] is False


async def test_a_stream_says_what_happens_then_the_answer_in_pieces(pool):
    word = "w" * 200
    app = make_app(pool, "bye", word)
    asked = chat({"problem": {"word": word}}, stream=True, stream_options={"include_usage": True})
    response = await post(app, asked)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-accel-buffering"] == "no"
    assert response.text.startswith(": keep-alive\n\n")
    chunks = frames(response.text)
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert content(chunks) == word
    pieces = [c for c in chunks if c["choices"] and c["choices"][0]["delta"].get("content")]
    assert len(pieces) > 1
    assert content(chunks, "reasoning_content").splitlines() == [
        "Round 1: asking the model.",
        "Round 1: rejected (word-wrong), score 0.50.",
        "Round 2: asking the model.",
        "Round 2: accepted, score 1.00.",
    ]
    assert content(chunks, "reasoning") == content(chunks, "reasoning_content")
    *_, last, usage = chunks
    assert last["choices"][0]["finish_reason"] == "stop"
    assert last["llm_modulo"]["certified"] is True
    assert last["system_fingerprint"].startswith("modulo:certified:")
    assert usage["choices"] == []
    assert usage["usage"]["total_tokens"] > 0
    assert len({(chunk["id"], chunk["created"]) for chunk in chunks}) == 1


@pytest.mark.parametrize("asked", [{"progress": False}, {}])
async def test_progress_can_be_switched_off(pool, asked):
    proxy = {} if asked else {"proxy": {"progress": False}}
    response = await post(make_app(pool, "bye", "hello", **proxy), chat(asked, stream=True))
    chunks = frames(response.text)
    assert content(chunks, "reasoning_content") == ""
    assert content(chunks) == "hello"
    assert all(chunk["choices"] for chunk in chunks)


async def test_a_refusal_in_a_stream_is_an_error_frame_and_the_end(pool):
    response = await post(make_app(pool, "bye"), chat(stream=True))
    assert response.status_code == 200
    *_, last = frames(response.text)
    assert last["error"]["code"] == "budget_exhausted"
    assert last["error"]["llm_modulo"]["run"].startswith("run_")


async def test_what_is_wrong_with_a_streamed_request_has_its_own_status(pool):
    response = await post(make_app(pool, "bye"), chat({"problem": {"w": 1}}, stream=True))
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_problem")


async def test_the_model_sees_the_callers_own_messages_first(pool):
    messages = [
        {"role": "developer", "content": "Be brief.", "name": "boss"},
        {"role": "user", "content": [{"type": "text", "text": "Which?"}, {"type": "image_url"}]},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "five letters"},
    ]
    async with UpstreamServer(Reply("bye"), Reply("hello")) as upstream:
        asked = chat(messages=messages, temperature=0.5, top_p=0.9, metadata={"a": "b"}, n=1)
        response = await post(make_app(pool, **asks(upstream)), asked)
    assert response.status_code == 200
    first, second = (seen.body for seen in upstream.seen)
    assert first["messages"][:4] == messages == second["messages"][:4]
    assert first["messages"][4]["content"].startswith("Guess the word.")
    assert "`bye` is not the word" in second["messages"][-1]["content"]
    assert (first["temperature"], first["top_p"], first["metadata"]) == (0.5, 0.9, {"a": "b"})
    assert {"llm_modulo", "stream", "n"}.isdisjoint(first)


async def test_the_upstream_gets_its_own_key(pool):
    async with (
        UpstreamServer(default=Reply("hello")) as upstream,
        client(make_app(pool, **asks(upstream, api_key="theirs"))) as http,
    ):
        for asked in (chat(), plain()):
            await http.post(CHAT, json=asked, headers={"authorization": "Bearer ours"})
    assert [seen.headers["authorization"] for seen in upstream.seen] == ["Bearer theirs"] * 2


@pytest.mark.parametrize("stream", [False, True])
async def test_tool_calls_are_handed_through_and_the_loop_goes_on_with_the_result(pool, stream):
    calling = Reply("hello", message={"tool_calls": [CALL]}, finish_reason="tool_calls")
    async with UpstreamServer(calling, Reply("bye"), Reply("hello")) as upstream:
        app = make_app(pool, **asks(upstream))
        async with client(app) as http:
            first = await http.post(CHAT, json=chat(tools=TOOLS, stream=stream))
            result = {"role": "tool", "tool_call_id": "call_1", "content": "five letters"}
            asked = [*MESSAGES, {"role": "assistant", "tool_calls": [CALL]}, result]
            second = await http.post(CHAT, json=chat(tools=TOOLS, messages=asked))
    if stream:
        chunks = frames(first.text)
        told = chunks[-1]
        calls = [c for chunk in chunks for c in chunk["choices"][0]["delta"].get("tool_calls", [])]
        assert calls == [{"index": 0, **CALL}]
        assert content(chunks) == ""
    else:
        told = first.json()
        assert told["choices"][0]["message"]["tool_calls"] == [CALL]
        assert told["choices"][0]["message"]["content"] is None
    assert told["choices"][0]["finish_reason"] == "tool_calls"
    assert told["llm_modulo"]["certified"] is False
    assert told["llm_modulo"]["reason"] == "tool-calls"
    assert second.json()["choices"][0]["message"]["content"] == "hello"
    assert second.json()["llm_modulo"]["rounds"] == 2
    assert upstream.seen[0].body["tools"] == TOOLS


@pytest.mark.parametrize("offered", [{}, {"tools": TOOLS, "tool_choice": "none"}])
async def test_tool_calls_that_nobody_offered_are_no_way_out(pool, offered):
    calling = Reply("hello", message={"tool_calls": [CALL]})
    async with UpstreamServer(default=calling) as upstream:
        response = await post(make_app(pool, **asks(upstream)), chat(**offered))
    assert response.json()["choices"][0]["message"]["content"] == "hello"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"n": 2}, "n"),
        ({"n": [1]}, "n"),
        ({"messages": []}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": [{"content": "hello"}]}, "messages.0"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": 7}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"stop": {"a": 1}}, "stop"),
        ({"functions": []}, "functions"),
        ({"model": 7}, "model"),
        ({"model": ""}, "model"),
        ({"llm_modulo": []}, "llm_modulo"),
        ({"llmModulo": WORD}, "llmModulo"),
        ({"llm_modulo": {**WORD, "problem": {"wrod": "x"}}}, "llm_modulo.problem.word"),
        ({"llm_modulo": {**WORD, "budget": {"rounds": 900}}}, "llm_modulo.budget.rounds"),
        (
            {"temperature": 0, "llm_modulo": {**WORD, "strategy": {"feedback": "none"}}},
            "temperature",
        ),
        (
            {"llm_modulo": {}, "response_format": {"type": "json_schema", "json_schema": BROKEN}},
            "response_format.json_schema.schema.type",
        ),
        ({"llm_modulo": {**WORD, "bugdet": {}}}, "llm_modulo.bugdet"),
        ({"llm_modulo": {**WORD, "budget": {"rounds": 0}}}, "llm_modulo.budget.rounds"),
        ({"llm_modulo": {"problem": {"word": "x"}}}, "llm_modulo.domain"),
        ({"llm_modulo": {"domain": "word"}}, "llm_modulo.problem"),
        ({"llm_modulo": {"domain": "pddl"}}, "llm_modulo.problem"),
        ({"llm_modulo": {"domain": "json-schema"}}, "llm_modulo.problem"),
    ],
)
async def test_what_is_wrong_is_named(pool, fields, param):
    response = await post(make_app(pool, "hello"), {**chat(), **fields})
    error = response.json()["error"]
    assert (response.status_code, error["param"]) == (400, param)
    assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"llm_modulo": {**WORD, "domain": "wrod"}}, 400, "domain_unknown"),
        ({"llm_modulo": {**WORD, "profile": "puzzels"}}, 404, "profile_unknown"),
        ({"model": "climb/bigg"}, 404, "model_unknown"),
        ({"llm_modulo": {**WORD, "budget": {"rounds": 1000}}}, 400, "budget_above_cap"),
    ],
)
async def test_names_that_nobody_knows_are_refused(pool, fields, status, code):
    profiles = {"puzzles": {"domain": "word"}, "climb": {"models": [{"model": "big"}]}}
    app = make_app(pool, "hello", profiles=profiles)
    response = await post(app, {**chat(), **fields})
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


PROFILES = {
    "puzzle": Profile(domain="word", problem={"word": "hello"}, budget={"rounds": 2}),
    "other": Profile(domain="word", problem={"word": "other"}, on_fail="best_effort"),
}


@pytest.mark.parametrize(
    ("path", "body", "headers", "said"),
    [
        ("/p/puzzle/v1/chat/completions", {}, {}, "hello"),
        (CHAT, {"model": "puzzle/scripted"}, {}, "hello"),
        ("/p/other/v1/chat/completions", {"model": "puzzle/scripted"}, {}, "hello"),
        (CHAT, {"model": "puzzle"}, {}, "hello"),
        (CHAT, {}, {"x-llm-modulo-profile": "puzzle"}, "hello"),
        (CHAT, {"model": "other/scripted"}, {"x-llm-modulo-profile": "puzzle"}, "hello"),
        (CHAT, {"llm_modulo": {"profile": "puzzle"}}, {"x-llm-modulo-profile": "other"}, "hello"),
        (CHAT, {"llm_modulo": {"profile": "other", "problem": {"word": "hello"}}}, {}, "hello"),
        ("/p/puzzle/v1/chat/completions", {"llm_modulo": {"problem": {"word": "x"}}}, {}, "x"),
        (CHAT, {"model": "scripted"}, {}, "other"),
    ],
)
async def test_the_first_place_that_names_a_profile_wins(pool, path, body, headers, said):
    app = make_app(pool, "hello other x", profiles=PROFILES, proxy={"default_profile": "other"})
    response = await post(app, {**plain(), **body}, path, **headers)
    told = response.json()
    assert told["choices"][0]["message"]["content"] == said
    assert told["llm_modulo"]["certified"] is True


async def test_headers_carry_a_budget(pool):
    headers = {"x-llm-modulo-max-rounds": "1", "x-llm-modulo-domain": "word"}
    asked = plain(llm_modulo={"problem": {"word": "hello"}})
    response = await post(make_app(pool, "bye"), asked, **headers)
    assert response.json()["error"]["llm_modulo"]["usage"]["rounds"] == 1
    response = await post(make_app(pool, "bye"), asked, **{"x-llm-modulo-max-round": "1"})
    assert "did you mean `x-llm-modulo-max-rounds`?" in response.json()["error"]["message"]


async def test_a_ladder_is_climbed_within_one_budget(pool):
    async with UpstreamServer(default=Reply("bye")) as upstream:
        profile = Profile(
            domain="word",
            problem={"word": "hello"},
            budget={"rounds": 4},
            models=[
                {"model": "small", "rounds": 2},
                {"model": "big", "base_url": upstream.base_url, "api_key": "big-key"},
            ],
        )
        app = make_app(pool, **asks(upstream, api_key="key"), profiles={"climb": profile})
        async with client(app) as http:
            response = await http.post(CHAT, json=plain(model="climb/small"))
            again = await http.post(CHAT, json=plain(model="climb/big"))
    told = [(seen.body["model"], seen.headers["authorization"]) for seen in upstream.seen]
    small, big = ("small", "Bearer key"), ("big", "Bearer big-key")
    assert told == [small, small, big, big, big, big, big, big]
    assert response.json()["error"]["llm_modulo"]["usage"]["calls"] == 4
    assert again.json()["error"]["code"] == "budget_exhausted"


async def test_a_problem_in_the_conversation_is_taken_and_shown_in_the_certificate(pool):
    domain = "(define (domain lamp) (:predicates (lit)) (:action light :effect (lit)))"
    problem = "(define (problem one) (:domain lamp) (:init) (:goal (lit)))"
    text = f"Please.\n```pddl\n{domain}\n{problem}\n```"
    async with UpstreamServer(default=Reply("(light)")) as upstream:
        app = make_app(pool, **asks(upstream))
        asked = plain(messages=[{"role": "user", "content": text}], llm_modulo={"domain": "pddl"})
        response = await post(app, asked)
    told = response.json()
    assert told["choices"][0]["message"]["content"] == "(light)"
    run = told["llm_modulo"]["run"]
    first, ours = upstream.seen[0].body["messages"]
    assert first["content"] == text
    assert "(define" not in ours["content"]
    assert run.startswith("run_")
    certificate = json.dumps(_decoded(told["llm_modulo"]["certificate"]))
    assert "(define (problem one)" in certificate


async def test_half_a_problem_in_the_conversation_is_refused(pool):
    text = "```pddl\n(define (problem one) (:domain lamp) (:init) (:goal (lit)))\n```"
    asked = plain(messages=[{"role": "user", "content": text}], llm_modulo={"domain": "pddl"})
    response = await post(make_app(pool, "(light)"), asked)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, "problem_missing")
    assert "holds a PDDL problem, but no PDDL domain" in error["message"]


async def test_a_profile_that_recognises_passes_the_rest_through(pool):
    app = make_app(pool, "hi", profiles={"plans": Profile(recognise=True)})
    response = await post(app, plain(), "/p/plans/v1/chat/completions")
    assert response.json()["llm_modulo"] == {"certified": None}


async def test_a_problem_of_the_profile_is_verified_where_the_conversation_has_none(pool):
    script = "(declare-const x Int)(assert (= x 4))"
    four = Profile(domain="smt", problem={"smtlib": script}, recognise=True)
    half = Profile(domain="pddl", problem={"domain": "(define (domain d))"}, recognise=True)
    app = make_app(pool, '{"x": 4}', profiles={"four": four, "half": half})
    told = (await post(app, plain(), "/p/four/v1/chat/completions")).json()
    assert told["llm_modulo"]["certified"] is True
    told = (await post(app, plain(), "/p/half/v1/chat/completions")).json()
    assert told["llm_modulo"]["certified"] is None


async def test_a_response_format_is_verified_by_default(pool):
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    async with UpstreamServer(Reply('{"a": "no"}'), Reply('{"a": 7}')) as upstream:
        app = make_app(pool, **asks(upstream))
        response = await post(app, plain(response_format=wanted))
    told = response.json()
    assert json.loads(told["choices"][0]["message"]["content"]) == {"a": 7}
    assert (told["llm_modulo"]["domain"], told["llm_modulo"]["rounds"]) == ("json-schema", 2)
    assert upstream.seen[0].body["messages"] == MESSAGES
    assert upstream.seen[0].body["response_format"] == wanted


async def test_a_response_format_is_left_alone_where_that_is_configured(pool):
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}
    app = make_app(pool, "hi", proxy={"schemas": False})
    response = await post(app, plain(response_format=wanted))
    assert response.json()["llm_modulo"] == {"certified": None}


def _decoded(certificate: dict) -> object:
    """The statement inside the envelope."""
    return json.loads(base64.b64decode(certificate["payload"]))
