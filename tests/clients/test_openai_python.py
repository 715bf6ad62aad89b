"""openai-python, unmodified: sync, async, streams, responses and raw responses."""

import asyncio

import openai
import pytest
import pytest_asyncio
from pydantic import BaseModel

from tests.clients.conftest import CERTIFIABLE, HOLD, HOPELESS, QUESTION, closed, proxied
from tests.upstream_server import Reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASK = {"model": "served-model", "messages": [{"role": "user", "content": QUESTION}]}
WAIT = {"model": "served-model", "messages": [{"role": "user", "content": HOLD}]}
VERIFY = {"extra_body": {"llm_modulo": CERTIFIABLE}}
REFUSE = {"extra_body": {"llm_modulo": HOPELESS}}


@pytest_asyncio.fixture(loop_scope="module")
async def client(proxy):
    async with openai.AsyncOpenAI(base_url=proxy.base_url, api_key="unused") as client:
        yield client


def check_certified(done) -> None:
    assert done.choices[0].message.content == "hello"
    assert done.choices[0].finish_reason == "stop"
    assert done.id.startswith("chatcmpl-run_")
    assert done.system_fingerprint.startswith("modulo:certified:")
    assert done.usage.total_tokens == 30
    assert done.model_extra["llm_modulo"]["certified"] is True
    assert done.model_extra["llm_modulo"]["certificate"]


def check_refused(error, upstream) -> None:
    assert error.code == "budget_exhausted"
    assert error.type == "verification_failed"
    assert "bye" not in str(error.body)
    assert len(upstream.seen) == HOPELESS["budget"]["rounds"]


async def test_a_certified_answer(client):
    check_certified(await client.chat.completions.create(**ASK, **VERIFY))


async def test_a_refusal_is_raised_and_not_sent_again(client, proxy):
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        await client.chat.completions.create(**ASK, **REFUSE)
    check_refused(caught.value, proxy.upstream)
    assert caught.value.response.headers["x-should-retry"] == "false"


async def test_the_synchronous_client(proxy):
    def use() -> None:
        with openai.OpenAI(base_url=proxy.base_url, api_key="unused") as client:
            check_certified(client.chat.completions.create(**ASK, **VERIFY))
            stream = client.chat.completions.create(**ASK, **VERIFY, stream=True)
            parts = [chunk.choices[0].delta.content or "" for chunk in stream]
            assert "".join(parts) == "hello"
            with pytest.raises(openai.UnprocessableEntityError):
                client.chat.completions.create(**ASK, **REFUSE)

    await asyncio.to_thread(use)
    assert len(proxy.upstream.seen) == 2 + 2 + 2


async def test_a_raw_response_shows_the_headers(client):
    raw = await client.chat.completions.with_raw_response.create(**ASK, **VERIFY)
    assert raw.headers["x-llm-modulo-certified"] == "true"
    assert raw.headers["x-llm-modulo-run-id"].startswith("run_")
    check_certified(raw.parse())


async def test_a_stream(client):
    asked = {"stream": True, "stream_options": {"include_usage": True}}
    chunks = [one async for one in await client.chat.completions.create(**ASK, **VERIFY, **asked)]
    choices = [chunk.choices[0] for chunk in chunks if chunk.choices]
    assert "".join(choice.delta.content or "" for choice in choices) == "hello"
    assert "Round 1" in "".join(
        getattr(choice.delta, "reasoning_content", None) or "" for choice in choices
    )
    assert choices[0].delta.role == "assistant"
    assert choices[-1].finish_reason == "stop"
    assert chunks[-1].usage.total_tokens == 30
    assert len({chunk.id for chunk in chunks}) == 1


async def test_a_refusal_in_a_stream_is_raised(client, proxy):
    text = []

    async def use() -> None:
        async for chunk in await client.chat.completions.create(**ASK, **REFUSE, stream=True):
            text.extend(choice.delta.content or "" for choice in chunk.choices)

    with pytest.raises(openai.APIError) as caught:
        await use()
    check_refused(caught.value, proxy.upstream)
    assert "".join(text) == ""


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("named", [VERIFY, {}])
async def test_a_client_that_cancels_closes_the_models_connection(client, proxy, stream, named):
    async def use() -> None:
        done = await client.chat.completions.create(**WAIT, **named, stream=stream)
        if stream:
            async for _ in done:
                pass

    asking = asyncio.ensure_future(use())
    await proxy.upstream.holding.wait()
    asking.cancel()
    assert await closed(proxy)
    await asyncio.wait({asking})


async def test_what_names_nothing_to_verify_is_passed_on(client, proxy):
    raw = await client.chat.completions.with_raw_response.create(**ASK, user="u", seed=7)
    assert raw.parse().choices[0].message.content == "bye"
    assert raw.headers["x-llm-modulo-certified"] == "null"
    assert proxy.upstream.seen[0].body == {**ASK, "user": "u", "seed": 7}
    assert "unused" not in str(proxy.upstream.seen[0].headers)


async def test_models_are_listed(client):
    assert "served-model" in [model.id async for model in client.models.list()]


RESPOND = {"model": "served-model", "input": QUESTION}


async def test_a_certified_response(client):
    done = await client.responses.create(**RESPOND, **VERIFY, metadata={"k": "v"})
    assert (done.output_text, done.status) == ("hello", "completed")
    assert done.id.startswith("resp_run_")
    assert done.usage.total_tokens == 30
    assert done.metadata == {"k": "v"}
    assert done.model_extra["llm_modulo"]["certified"] is True
    assert (await client.responses.retrieve(done.id)).output_text == "hello"


async def test_a_refused_response_is_raised_and_not_sent_again(client, proxy):
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        await client.responses.create(**RESPOND, **REFUSE)
    check_refused(caught.value, proxy.upstream)


async def test_a_streamed_response(client):
    async with client.responses.stream(**RESPOND, **VERIFY) as stream:
        kinds = [event.type async for event in stream]
        done = await stream.get_final_response()
    assert done.output_text == "hello"
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert "response.output_text.delta" in kinds


async def test_a_refused_response_in_a_stream_fails(client, proxy):
    stream = await client.responses.create(**RESPOND, **REFUSE, stream=True)
    events = [event async for event in stream]
    assert events[-1].type == "response.failed"
    assert events[-1].response.error.code == "budget_exhausted"
    assert "bye" not in "".join(event.to_json() for event in events)
    assert len(proxy.upstream.seen) == HOPELESS["budget"]["rounds"]


async def test_a_response_in_the_background(client, proxy):
    asked = {**RESPOND, "input": HOLD, "background": True}
    queued = await client.responses.create(**asked, **VERIFY)
    assert queued.status in {"queued", "in_progress"}
    await proxy.upstream.holding.wait()
    assert (await client.responses.retrieve(queued.id)).status == "in_progress"
    assert (await client.responses.cancel(queued.id)).status == "cancelled"
    assert await closed(proxy)


async def test_a_response_in_the_background_is_fetched_as_a_stream(client):
    queued = await client.responses.create(**RESPOND, background=True, **VERIFY)
    stream = await client.responses.retrieve(queued.id, stream=True)
    events = [event async for event in stream]
    assert events[-1].type == "response.completed"
    assert (await client.responses.retrieve(queued.id)).output_text == "hello"


async def test_a_response_goes_on_from_another(client, proxy):
    first = await client.responses.create(**RESPOND, **VERIFY)
    asked = {**RESPOND, "input": "And again?", "previous_response_id": first.id}
    await client.responses.create(**asked, instructions="Be brief.")
    sent = proxy.upstream.seen[-1].body["messages"]
    assert [message["content"] for message in sent] == [
        "Be brief.",
        QUESTION,
        "hello",
        "And again?",
    ]


async def test_a_response_that_is_not_kept_cannot_be_gone_on_from(client):
    first = await client.responses.create(**RESPOND, **VERIFY, store=False)
    for unknown in (first.id, "resp_none"):
        with pytest.raises(openai.BadRequestError) as caught:
            await client.responses.create(**RESPOND, previous_response_id=unknown)
        assert caught.value.code == "previous_response_not_found"


async def test_a_plain_response(client, proxy):
    done = await client.responses.create(**RESPOND)
    assert done.output_text == "bye"
    assert done.model_extra["llm_modulo"] == {"certified": None}
    async with client.responses.stream(**RESPOND) as stream:
        assert (await stream.get_final_response()).output_text == "bye"
    assert "llm_modulo" not in proxy.upstream.seen[0].body


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("named", [VERIFY, {}])
async def test_a_client_that_cancels_a_response_closes_the_models_connection(
    client, proxy, stream, named
):
    async def use() -> None:
        done = await client.responses.create(**{**RESPOND, "input": HOLD}, **named, stream=stream)
        if stream:
            async for _ in done:
                pass

    asking = asyncio.ensure_future(use())
    await proxy.upstream.holding.wait()
    asking.cancel()
    assert await closed(proxy)
    await asyncio.wait({asking})


class Answer(BaseModel):
    number: int


@pytest.mark.parametrize("dialect", ["chat", "responses"])
async def test_structured_output_is_verified_against_its_schema(pool, dialect):
    wrong, right = Reply('{"number": "one"}'), Reply('{"number": 1}')
    async with (
        proxied(pool, wrong, right) as proxy,
        openai.AsyncOpenAI(base_url=proxy.base_url, api_key="unused") as client,
    ):
        if dialect == "chat":
            done = await client.chat.completions.parse(**ASK, response_format=Answer)
            parsed = done.choices[0].message.parsed
        else:
            done = await client.responses.parse(**RESPOND, text_format=Answer)
            parsed = done.output_parsed
        assert len(proxy.upstream.seen) == 2
    assert parsed == Answer(number=1)
    assert done.model_extra["llm_modulo"]["certified"] is True
