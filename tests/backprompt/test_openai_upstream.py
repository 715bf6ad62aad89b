"""OpenAIUpstream against a real server that misbehaves."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from backprompt.budget import Budget
from backprompt.journal import Journal
from backprompt.loop import solve
from backprompt.openai_upstream import OpenAIUpstream, Price, make_client
from backprompt.strategy import Strategy
from backprompt.upstream import Completion, Message, Request, Sampling, UpstreamError
from tests.backprompt.toy import TASK, live
from tests.upstream_server import HANG, Behaviour, Reply, UpstreamServer

KEY = "sk-secret-key-of-the-test"
DONE = Reply("42")


def request(timeout_s: float = 30.0, **more: object) -> Request:
    messages = (Message(role="user", content="Name the number."),)
    return Request(messages=messages, timeout_s=timeout_s, call=0, **more)


@asynccontextmanager
async def serving(
    *behaviours: Behaviour, **options: object
) -> AsyncIterator[tuple[OpenAIUpstream, UpstreamServer]]:
    async with UpstreamServer(*behaviours) as server, make_client() as client:
        options = {"api_key": KEY, "backoff_s": 0.001, "client": client, **options}
        yield OpenAIUpstream(server.base_url, "asked-model", **options), server


async def ask(*behaviours: Behaviour, **options: object) -> Completion:
    async with serving(*behaviours, **options) as (upstream, _):
        return await upstream.generate(request())


async def failure(*behaviours: Behaviour, **options: object) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await ask(*behaviours, **options)
    assert KEY not in str(caught.value)
    return caught.value


async def test_a_completion_is_read_whole() -> None:
    usage = {
        "prompt_tokens": 11,
        "completion_tokens": 30,
        "completion_tokens_details": {"reasoning_tokens": 20},
    }
    reply = Reply("<think>hm</think>42", usage=usage, message={"reasoning_content": "let me see"})
    read = await ask(reply, prices={"asked-model": Price(input=1, output=10)})
    assert (read.text, read.reasoning) == ("<think>hm</think>42", "let me see")
    assert (read.model, read.finish_reason) == ("served-model", "stop")
    assert (read.usage.prompt_tokens, read.usage.completion_tokens) == (11, 30)
    assert (read.usage.reasoning_tokens, read.usage.estimated_tokens) == (20, 0)
    assert read.usage.cost_usd == pytest.approx(0.000311)
    assert read.usage.calls == 1


async def test_the_request_carries_what_was_asked_and_nothing_else() -> None:
    sampling = Sampling(
        temperature=0.5, reasoning_effort="low", max_tokens=9, seed=3, stop=("END",)
    )
    async with serving(DONE, DONE) as (upstream, server):
        await upstream.generate(request(sampling=sampling))
        await upstream.generate(request())
    full, bare = (seen.body for seen in server.seen)
    assert full == {
        "model": "asked-model",
        "messages": [{"role": "user", "content": "Name the number."}],
        "temperature": 0.5,
        "reasoning_effort": "low",
        "max_tokens": 9,
        "seed": 3,
        "stop": ["END"],
    }
    assert set(bare) == {"model", "messages"}
    assert server.seen[0].headers["authorization"] == f"Bearer {KEY}"
    assert server.seen[0].path == "/v1/chat/completions"


async def test_calls_share_a_connection() -> None:
    async with serving(DONE, DONE) as (upstream, server):
        await upstream.generate(request())
        await upstream.generate(request())
    assert server.connections == 1


async def test_the_schema_is_sent_only_to_an_endpoint_that_takes_one() -> None:
    schema = {"type": "integer"}
    async with serving(structured=True) as (upstream, server):
        await upstream.generate(request(answer_schema=schema))
    assert server.seen[0].body["response_format"]["json_schema"]["schema"] == schema
    async with serving() as (upstream, server):
        await upstream.generate(request(answer_schema=schema))
    assert "response_format" not in server.seen[0].body


async def test_missing_usage_is_estimated_and_marked() -> None:
    read = await ask(Reply("x" * 400, usage=None))
    assert (read.usage.prompt_tokens, read.usage.completion_tokens) == (4, 100)
    assert read.usage.estimated_tokens == 104


@pytest.mark.parametrize("reported", [{"prompt_tokens": -1}, {"prompt_tokens": "9"}, {}])
async def test_nonsense_usage_is_no_usage(reported: dict) -> None:
    read = await ask(Reply("42", usage=reported))
    assert read.usage.estimated_tokens == read.usage.tokens > 0


async def test_an_answer_is_not_quoted_whatever_its_status() -> None:
    assert (await ask(Reply("42", status=201))).text == "42"
    assert "no-certificate" not in str(await failure(Reply("no-certificate", status=300)))


@pytest.mark.parametrize("coding", ["gzip, gzip", "zstd", "br"])
async def test_what_could_unpack_without_bound_is_not_read(coding: str) -> None:
    error = await failure(Reply(headers={"content-encoding": coding}))
    assert error.code == "upstream-invalid"
    packed = Reply(body=gzip.compress(DONE.payload()), headers={"content-encoding": "gzip"})
    assert (await ask(packed)).text == "42"


@pytest.mark.parametrize(
    "body",
    [
        b"<html>gateway</html>",
        b"",
        b"[1, 2]",
        b'{"choices": []}',
        b'{"choices": [{"message": "text"}]}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
async def test_a_body_that_is_no_completion_is_an_error_of_its_own(body: bytes) -> None:
    error = await failure(Reply(body=body))
    assert error.code == "upstream-invalid"
    assert "gateway" not in str(error)
    assert error.usage.estimated_tokens > 0


async def test_an_error_inside_a_200_is_an_error() -> None:
    error = await failure(Reply(body=b'{"error": {"message": "no capacity"}}'))
    assert error.code == "upstream-failed"
    assert "no capacity" in str(error)


async def test_a_response_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backprompt.openai_upstream.MAX_RESPONSE_BYTES", 1000)
    error = await failure(Reply("x" * 2000))
    assert error.code == "upstream-invalid"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, ""),
        ([{"type": "text", "text": "4"}, {"type": "image"}, {"text": "2"}], "42"),
        ("a\ud800b", "a?b"),
        (17, ""),
    ],
)
async def test_odd_contents_become_text(content: object, text: str) -> None:
    assert (await ask(Reply(message={"content": content}))).text == text


async def test_a_hanging_upstream_is_cut_at_the_end_of_the_budget() -> None:
    async with serving(HANG) as (upstream, server):
        with pytest.raises(UpstreamError) as caught:
            await upstream.generate(request(timeout_s=0.1))
        await server.gone.wait()
    assert caught.value.code == "upstream-timeout"
    assert caught.value.usage.estimated_tokens > 0


async def test_cancelling_closes_the_connection() -> None:
    async with serving(HANG) as (upstream, server):
        call = asyncio.create_task(upstream.generate(request()))
        await server.arrived.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await server.gone.wait()
    assert server.disconnects == 1


async def test_an_endpoint_may_call_the_cap_otherwise() -> None:
    told = {"error": {"message": "use 'max_completion_tokens' instead of 'max_tokens'"}}
    refusal = Reply(status=400, body=json.dumps(told).encode())
    async with serving(refusal, DONE, DONE, retries=0) as (upstream, server):
        for _ in range(2):
            await upstream.generate(request(sampling=Sampling(max_tokens=7)))
    caps = [("max_tokens" in s.body, "max_completion_tokens" in s.body) for s in server.seen]
    assert caps == [(True, False), (False, True), (False, True)]


async def test_the_budget_lowers_the_cap() -> None:
    prices = {"asked-model": Price(input=0, output=10)}
    async with serving(prices=prices) as (upstream, server):
        await upstream.generate(request(max_cost_usd=0.001))
        await upstream.generate(request(max_cost_usd=0.001, sampling=Sampling(max_tokens=5)))
        await upstream.generate(request(max_cost_usd=0.001, max_tokens_left=70))
    assert [seen.body["max_tokens"] for seen in server.seen] == [100, 5, 70]


def up_to(limit: int) -> Callable[[dict], Reply]:
    """Refuse caps above a limit, as most endpoints do."""

    def reply(body: dict) -> Reply:
        if body.get("max_tokens", 0) <= limit:
            return DONE
        told = {"error": {"message": f"max_tokens is too large; at most {limit}"}}
        return Reply(status=400, body=json.dumps(told).encode())

    return reply


async def test_a_budget_above_the_model_s_own_limit_is_no_cap() -> None:
    async with serving() as (upstream, server):
        server.default = up_to(1000)
        for left in (5000, 4000, 6000, 900):
            assert (await upstream.generate(request(max_tokens_left=left))).text == "42"
    caps = [seen.body.get("max_tokens") for seen in server.seen]
    assert caps == [5000, None, 4000, None, None, 900]


async def test_the_caller_s_own_cap_is_never_dropped() -> None:
    async with serving() as (upstream, server):
        server.default = up_to(1000)
        with pytest.raises(UpstreamError, match="at most 1000"):
            await upstream.generate(request(sampling=Sampling(max_tokens=2000)))
    assert len(server.seen) == 1


async def test_a_key_that_cannot_be_sent_is_refused_unquoted() -> None:
    with pytest.raises(ValueError, match="API key") as caught:
        OpenAIUpstream("http://127.0.0.1:1/v1", "m", api_key="bad\nkey")
    assert "bad" not in str(caught.value)


async def test_a_shared_client_outlives_its_upstream() -> None:
    async with UpstreamServer() as server, make_client() as client:
        await OpenAIUpstream(server.base_url, "m", client=client).aclose()
        assert not client.is_closed
        assert isinstance(client, httpx.AsyncClient)
        own = OpenAIUpstream(server.base_url, "m")
        await own.generate(request())
        await own.aclose()
        assert own._client.is_closed


async def test_a_proxy_of_the_environment_is_not_asked_about_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert (await ask(DONE)).text == "42"


async def test_an_unreadable_error_message_does_no_harm_to_the_journal() -> None:
    told = Reply(status=400, body=b'{"error": {"message": "odd \\ud800 text"}}')
    journal = Journal()
    async with serving(told) as (upstream, _):
        outcome = await solve(
            TASK, strategy=Strategy(), budget=Budget(), effects=live(upstream), journal=journal
        )
    assert outcome.reason == "upstream-refused"
    assert Journal.load(journal.dump()).events == journal.events


async def test_the_losers_of_a_round_are_cancelled_at_the_upstream() -> None:
    strategy = Strategy(search="parallel", n=3)
    journal = Journal()
    async with serving(HANG, HANG, DONE) as (upstream, server):
        outcome = await solve(
            TASK, strategy=strategy, budget=Budget(), effects=live(upstream), journal=journal
        )
        while server.disconnects < 2:
            server.gone.clear()
            await server.gone.wait()
    assert outcome.answer == "42"
    assert outcome.usage.calls == 3
    assert outcome.usage.tokens == 15 + outcome.usage.estimated_tokens


async def test_a_hanging_upstream_ends_the_run_with_its_budget() -> None:
    journal = Journal()
    async with serving(HANG) as (upstream, server):
        outcome = await solve(
            TASK,
            strategy=Strategy(),
            budget=Budget(seconds=0.1),
            effects=live(upstream),
            journal=journal,
        )
        await server.gone.wait()
    assert (outcome.status, outcome.reason) == ("exhausted", "seconds")
    assert outcome.usage.calls == 1
    assert outcome.usage.estimated_tokens == outcome.usage.tokens > 0


def test_a_base_url_that_is_none_is_told_at_once():
    with pytest.raises(ValueError, match="base URL cannot be read"):
        OpenAIUpstream("http://[::1/v1", "m")


async def test_a_callers_messages_and_parameters_go_as_they_came() -> None:
    said = {"role": "user", "content": [{"type": "image_url"}], "name": "me"}
    extra = {"tools": [{"a": 1}], "top_p": 0.5, "model": "forged", "messages": []}
    async with serving(Reply("42")) as (upstream, server):
        await upstream.generate(request(conversation=(said,), extra=extra))
    body = server.seen[0].body
    assert body["messages"] == [said, {"role": "user", "content": "Name the number."}]
    assert (body["tools"], body["top_p"], body["model"]) == ([{"a": 1}], 0.5, "asked-model")


async def test_tool_calls_are_read_and_broken_ones_are_no_answer() -> None:
    call = {"id": "1", "function": {"name": "f", "arguments": "{}"}}
    assert (await ask(Reply(message={"tool_calls": [call]}))).tool_calls == (call,)
    broken = b'{"choices": [{"message": {"content": "", "tool_calls": [{"a": NaN}]}}]}'
    assert (await failure(Reply(body=broken))).code == "upstream-invalid"


@pytest.mark.parametrize("status", [400, 500])
async def test_an_endpoint_that_wants_alternating_turns_gets_them(status: int) -> None:
    refusal = {"error": {"message": "Conversation roles must alternate user/assistant/..."}}
    refuse = Reply(status=status, body=json.dumps(refusal).encode())
    said = ({"role": "system", "content": "s"}, {"role": "user", "content": "hello"})
    async with serving(refuse, Reply("42"), Reply("42")) as (upstream, server):
        for _ in range(2):
            answer = await upstream.generate(request(conversation=said))
    told = [seen.body["messages"] for seen in server.seen]
    assert answer.text == "42"
    assert [len(messages) for messages in told] == [3, 2, 2]
    assert told[1] == [said[0], {"role": "user", "content": "hello\n\nName the number."}]


async def test_a_refusal_that_turns_cannot_mend_is_told_once() -> None:
    refuse = Reply(status=400, body=b'{"error": {"message": "roles must alternate"}}')
    async with serving(refuse, refuse) as (upstream, server):
        with pytest.raises(UpstreamError, match="must alternate"):
            await upstream.generate(request())
    assert len(server.seen) == 1
