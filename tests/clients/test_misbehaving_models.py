"""What openai-python makes of a model server that misbehaves behind us."""

import asyncio

import openai
import pytest

from tests.clients.conftest import CERTIFIABLE, QUESTION, proxied
from tests.upstream_server import RESET, Reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASK = {"model": "served-model", "messages": [{"role": "user", "content": QUESTION}]}
VERIFY = {"extra_body": {"llm_modulo": CERTIFIABLE}}
BUSY = Reply(status=429, body=b'{"error":{"message":"slow down"}}', headers={"retry-after-ms": "1"})
BROKEN = Reply(status=500, body=b'{"error":{"message":"oops"}}')
GARBLED = Reply(body=b'{"choices": [')


def client(proxy, **options) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=proxy.base_url, api_key="unused", **options)


@pytest.mark.parametrize("trouble", [BUSY, BROKEN], ids=["429", "500"])
async def test_a_client_tries_again_while_nothing_was_paid(pool, trouble):
    async with proxied(pool, trouble) as proxy, client(proxy) as asking:
        done = await asking.chat.completions.create(**ASK, **VERIFY)
    assert done.choices[0].message.content == "hello"
    assert len(proxy.upstream.seen) == 1 + 2


@pytest.mark.parametrize(
    "trouble", [BUSY, BROKEN, GARBLED, RESET], ids=["429", "500", "garbled", "reset"]
)
async def test_a_client_does_not_try_again_once_something_was_paid(pool, trouble):
    async with proxied(pool, Reply("bye"), trouble) as proxy, client(proxy) as asking:
        with pytest.raises(openai.APIStatusError) as caught:
            await asking.chat.completions.create(**ASK, **VERIFY)
    assert caught.value.code.startswith("upstream_")
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert len(proxy.upstream.seen) == 2


async def test_a_server_that_is_busy_is_passed_through_with_its_own_words(pool):
    async with proxied(pool, BUSY) as proxy, client(proxy, max_retries=0) as asking:
        with pytest.raises(openai.RateLimitError) as caught:
            await asking.chat.completions.create(**ASK)
    assert "slow down" in str(caught.value)
    assert caught.value.response.headers["retry-after-ms"] == "1"


async def test_a_stream_that_breaks_off_is_raised(pool):
    broken = Reply("one two three", cut=2)
    async with proxied(pool, broken) as proxy, client(proxy) as asking:
        stream = await asking.chat.completions.create(**ASK, stream=True)
        with pytest.raises(openai.APIError) as caught:
            [chunk async for chunk in stream]
    assert caught.value.code == "upstream_unreachable"


async def test_slow_tokens_arrive_as_they_are_made(pool):
    held = asyncio.Event()
    slow = Reply("one two", wait=held, hold_after=2)
    async with proxied(pool, slow) as proxy, client(proxy) as asking:
        stream = await asking.chat.completions.create(**ASK, stream=True)
        text = ""
        async for chunk in stream:
            text += chunk.choices[0].delta.content or ""
            if text == "one ":
                await proxy.upstream.holding.wait()
                held.set()
    assert text == "one two"


async def test_a_server_without_usage_is_estimated(pool):
    async with (
        proxied(pool, Reply("hello", usage=None)) as proxy,
        client(proxy) as asking,
    ):
        done = await asking.chat.completions.create(**ASK, **VERIFY)
    assert done.usage.total_tokens > 0
    estimated = done.model_extra["llm_modulo"]["usage"]["estimated_tokens"]
    assert estimated == done.usage.total_tokens


async def test_a_server_that_ignores_n_is_asked_n_times(pool):
    wide = {**CERTIFIABLE, "strategy": {"search": "parallel", "n": 2}}
    async with proxied(pool) as proxy, client(proxy) as asking:
        done = await asking.chat.completions.create(**ASK, extra_body={"llm_modulo": wide})
    assert done.choices[0].message.content == "hello"
    assert len(proxy.upstream.seen) >= 3
    assert all("n" not in seen.body for seen in proxy.upstream.seen)
