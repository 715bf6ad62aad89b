"""The `anthropic` package, unmodified."""

import asyncio

import anthropic
import pytest
import pytest_asyncio

from tests.clients.conftest import CERTIFIABLE, HOLD, HOPELESS, QUESTION, closed

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASK = {
    "model": "served-model",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": QUESTION}],
}
WAIT = {**ASK, "messages": [{"role": "user", "content": HOLD}]}
VERIFY = {"extra_body": {"llm_modulo": CERTIFIABLE}}
REFUSE = {"extra_body": {"llm_modulo": HOPELESS}}


@pytest_asyncio.fixture(loop_scope="module")
async def client(proxy):
    async with anthropic.AsyncAnthropic(base_url=proxy.url, api_key="unused") as client:
        yield client


async def test_a_certified_answer(client):
    done = await client.messages.create(**ASK, **VERIFY)
    assert [block.text for block in done.content] == ["hello"]
    assert (done.stop_reason, done.id[:8]) == ("end_turn", "msg_run_")
    assert (done.usage.input_tokens, done.usage.output_tokens) == (20, 10)
    assert done.model_extra["llm_modulo"]["certified"] is True


async def test_a_refusal_is_raised_and_not_sent_again(client, proxy):
    with pytest.raises(anthropic.UnprocessableEntityError) as caught:
        await client.messages.create(**ASK, **REFUSE)
    assert caught.value.type == "verification_failed"
    assert caught.value.error_code == "budget_exhausted"
    assert "bye" not in str(caught.value.body)
    assert len(proxy.upstream.seen) == HOPELESS["budget"]["rounds"]


async def test_a_stream(client):
    async with client.messages.stream(**ASK, **VERIFY) as stream:
        text = "".join([piece async for piece in stream.text_stream])
        done = await stream.get_final_message()
    assert (text, done.stop_reason) == ("hello", "end_turn")
    assert done.usage.output_tokens == 10


async def test_progress_is_thinking_for_who_asks_for_it(client):
    asked = {**ASK, "thinking": {"type": "adaptive"}}
    async with client.messages.stream(**asked, **VERIFY) as stream:
        done = await stream.get_final_message()
    assert [block.type for block in done.content] == ["thinking", "text"]
    assert "Round 1" in done.content[0].thinking


async def test_a_refusal_in_a_stream_is_raised(client, proxy):
    seen = []

    async def use() -> None:
        async with client.messages.stream(**ASK, **REFUSE) as stream:
            seen.extend([piece async for piece in stream.text_stream])

    with pytest.raises(anthropic.APIStatusError) as caught:
        await use()
    assert (caught.value.type, seen) == ("verification_failed", [])
    assert "bye" not in str(caught.value.body)
    assert len(proxy.upstream.seen) == HOPELESS["budget"]["rounds"]


async def test_the_synchronous_client(proxy):
    def use() -> None:
        with anthropic.Anthropic(base_url=proxy.url, api_key="unused") as client:
            assert client.messages.create(**ASK, **VERIFY).content[0].text == "hello"

    await asyncio.to_thread(use)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("named", [VERIFY, {}])
async def test_a_client_that_cancels_closes_the_models_connection(client, proxy, stream, named):
    async def use() -> None:
        done = await client.messages.create(**WAIT, **named, stream=stream)
        if stream:
            async for _ in done:
                pass

    asking = asyncio.ensure_future(use())
    await proxy.upstream.holding.wait()
    asking.cancel()
    assert await closed(proxy)
    await asyncio.wait({asking})


async def test_what_names_nothing_to_verify_is_asked_once(client, proxy):
    done = await client.messages.create(**ASK, system="Be brief.")
    assert done.content[0].text == "bye"
    assert done.model_extra["llm_modulo"]["certified"] is None
    sent = proxy.upstream.seen[0].body
    assert sent["messages"][0] == {"role": "system", "content": "Be brief."}
    assert sent["max_tokens"] == 100


async def test_tokens_are_estimated(client):
    counted = await client.messages.count_tokens(model="m", messages=ASK["messages"])
    assert counted.input_tokens == -(-len(QUESTION) // 4)


async def test_what_is_wrong_is_told_in_anthropics_words(client):
    with pytest.raises(anthropic.BadRequestError) as caught:
        await client.messages.create(**ASK, extra_body={"llm_modulo": {"domian": "word"}})
    assert caught.value.type == "invalid_request_error"
    assert "domain" in str(caught.value)
