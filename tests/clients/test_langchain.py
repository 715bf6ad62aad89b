"""langchain-openai, unmodified."""

import asyncio

import openai
import pytest
from langchain_openai import ChatOpenAI

from tests.clients.conftest import CERTIFIABLE, HOLD, HOPELESS, QUESTION, closed

pytestmark = pytest.mark.asyncio(loop_scope="module")


def chat(proxy, problem: dict | None) -> ChatOpenAI:
    named = {"extra_body": {"llm_modulo": problem}} if problem else {}
    return ChatOpenAI(base_url=proxy.base_url, api_key="unused", model="served-model", **named)


async def test_a_certified_answer(proxy):
    said = await chat(proxy, CERTIFIABLE).ainvoke(QUESTION)
    assert said.content == "hello"
    assert said.response_metadata["system_fingerprint"].startswith("modulo:certified:")
    assert said.response_metadata["id"].startswith("chatcmpl-run_")
    assert said.usage_metadata["total_tokens"] == 30


async def test_a_refusal_is_raised_and_not_sent_again(proxy):
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        await chat(proxy, HOPELESS).ainvoke(QUESTION)
    assert caught.value.code == "budget_exhausted"
    assert len(proxy.upstream.seen) == HOPELESS["budget"]["rounds"]


async def test_a_stream(proxy):
    chunks = [chunk async for chunk in chat(proxy, CERTIFIABLE).astream(QUESTION)]
    assert "".join(chunk.text for chunk in chunks) == "hello"
    merged = chunks[0]
    for chunk in chunks[1:]:
        merged += chunk
    assert merged.response_metadata["finish_reason"] == "stop"


async def test_a_refusal_in_a_stream_is_raised(proxy):
    async def use() -> None:
        async for chunk in chat(proxy, HOPELESS).astream(QUESTION):
            assert chunk.text == ""

    with pytest.raises(openai.APIError) as caught:
        await use()
    assert caught.value.code == "budget_exhausted"


async def test_the_synchronous_client(proxy):
    said = await asyncio.to_thread(chat(proxy, CERTIFIABLE).invoke, QUESTION)
    assert said.content == "hello"


async def test_a_client_that_cancels_closes_the_models_connection(proxy):
    asking = asyncio.ensure_future(chat(proxy, CERTIFIABLE).ainvoke(HOLD))
    await proxy.upstream.holding.wait()
    asking.cancel()
    assert await closed(proxy)
    await asyncio.wait({asking})


async def test_what_names_nothing_to_verify_is_passed_on(proxy):
    assert (await chat(proxy, None).ainvoke(QUESTION)).content == "bye"
