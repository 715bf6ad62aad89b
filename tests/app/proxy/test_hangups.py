"""Clients that hang up, and clients that ask again, over a real server."""

import asyncio
import json

import pytest

from app.proxy.visitors import GRACE_S
from tests.app.conftest import make_app, served
from tests.app.proxy.chats import CHAT, chat, plain
from tests.app.proxy.wire import SOON_S, read_all, read_until, send
from tests.promptness import soonest
from tests.upstream_server import HANG, Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROMISE_S = 1.0
"""Within which the upstream's connection is closed once the client has gone."""


def asks(upstream: UpstreamServer, **settings) -> dict:
    return {
        "upstream": {"base_url": upstream.base_url, "model": "scripted", "retries": 0},
        **settings,
    }


async def leave(upstream: UpstreamServer, writer: asyncio.StreamWriter) -> float:
    """Hang up; gives the seconds until the model's connection is closed."""
    loop = asyncio.get_running_loop()
    left = loop.time()
    writer.transport.abort()
    async with asyncio.timeout(SOON_S):
        await upstream.gone.wait()
    return loop.time() - left


@pytest.fixture
def patient(monkeypatch):
    """Let runs wait for clients that come back, however slow this machine is."""
    monkeypatch.setattr("app.proxy.visitors.GRACE_S", SOON_S)


def body_of(answer: str) -> dict:
    return json.loads(answer.split("\r\n\r\n", 1)[1])


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("write", [chat, plain], ids=["verified", "passed"])
async def test_a_client_that_hangs_up_ends_the_call_to_the_model(pool, write, stream):
    async def hang_up() -> float:
        async with (
            UpstreamServer(HANG) as upstream,
            served(make_app(pool, **asks(upstream))) as at,
        ):
            _, writer = await send(at, write(stream=stream))
            await upstream.holding.wait()
            return await leave(upstream, writer)

    assert await soonest(hang_up, PROMISE_S) <= PROMISE_S


async def test_a_client_that_hangs_up_in_a_passed_stream_ends_it(pool):
    async def hang_up() -> float:
        held = Reply("one two three", wait=asyncio.Event(), hold_after=2)
        async with (
            UpstreamServer(held) as upstream,
            served(make_app(pool, **asks(upstream))) as at,
        ):
            reader, writer = await send(at, plain(stream=True))
            await read_until(reader, b"one")
            return await leave(upstream, writer)

    assert await soonest(hang_up, PROMISE_S) <= PROMISE_S


async def test_a_silent_upstream_is_bridged_by_comments_from_the_start(pool):
    async with (
        UpstreamServer(HANG) as upstream,
        served(make_app(pool, **asks(upstream, sse_keepalive_s=0.05))) as at,
    ):
        reader, writer = await send(at, chat({"progress": False}, stream=True))
        await read_until(reader, b": keep-alive")
        await read_until(reader, b'"role":"assistant"')
        for _ in range(3):
            await read_until(reader, b": keep-alive")
        writer.close()


@pytest.mark.parametrize("stream", [False, True])
async def test_a_retry_joins_the_run_that_is_under_way(pool, stream):
    held = asyncio.Event()
    async with UpstreamServer(Reply("hello", wait=held)) as upstream:
        app = make_app(pool, **asks(upstream))
        visitors = app.state.visitors
        async with served(app) as at:
            await join_and_leave(at, upstream, visitors, held, stream=stream)
    assert len(upstream.seen) == 1
    assert upstream.disconnects == 0


async def join_and_leave(at, upstream, visitors, held, *, stream):
    _, one = await send(at, chat(stream=stream), authorization="Bearer me")
    await upstream.holding.wait()
    second, two = await send(
        at, chat(stream=stream), authorization="Bearer me", x_stainless_retry_count="1"
    )
    await visited(visitors, 2)
    one.transport.abort()
    await visited(visitors, 1)
    held.set()
    answer = await read_until(second, b'"certificate"')
    two.close()
    assert "hello" in answer


async def visited(visitors, count: int) -> None:
    """Wait until so many requests wait for a run."""
    async with asyncio.timeout(SOON_S):
        while sum(visitors._waiting.values()) != count:  # noqa: ASYNC110  # a test, looking inside
            await asyncio.sleep(0)


async def test_a_retry_finds_the_run_that_has_just_finished(pool):
    async with (
        UpstreamServer(Reply("hello")) as upstream,
        served(make_app(pool, **asks(upstream))) as at,
    ):
        first = body_of(await read_all(at, chat()))
        again = body_of(await read_all(at, chat(), x_stainless_retry_count="1"))
    assert again == first
    assert len(upstream.seen) == 1


@pytest.mark.parametrize("header", ["x_stainless_retry_count", "idempotency_key"])
async def test_retries_at_the_same_time_pay_once(pool, header):
    async with (
        UpstreamServer(default=Reply("hello")) as upstream,
        served(make_app(pool, **asks(upstream))) as at,
    ):
        answers = await asyncio.gather(*[read_all(at, chat(), **{header: "1"}) for _ in range(6)])
    assert len({body_of(answer)["id"] for answer in answers}) == 1
    assert len(upstream.seen) == 1


@pytest.mark.parametrize(
    ("change", "headers"),
    [
        ({}, {}),
        ({}, {"x_stainless_retry_count": "0"}),
        ({"user": "b"}, {"x_stainless_retry_count": "1"}),
        ({}, {"x_stainless_retry_count": "1", "authorization": "Bearer other"}),
    ],
)
async def test_another_request_is_another_run(pool, change, headers):
    async with (
        UpstreamServer(default=Reply("hello")) as upstream,
        served(make_app(pool, **asks(upstream))) as at,
    ):
        first = body_of(await read_all(at, chat()))
        other = body_of(await read_all(at, chat(**change), **headers))
    assert other["id"] != first["id"]
    assert len(upstream.seen) == 2


WORDS = {name: {"domain": "word", "problem": {"word": name}} for name in ("hello", "other")}
FIRST = {"path": "/p/hello/v1/chat/completions"}


@pytest.mark.parametrize("key", [{"x_stainless_retry_count": "1"}, {"idempotency_key": "k"}])
@pytest.mark.parametrize(
    "second",
    [
        {"path": "/p/other/v1/chat/completions"},
        {"path": CHAT, "x_llm_modulo_profile": "other"},
        {**FIRST, "x_llm_modulo_assurance": "proof"},
    ],
)
async def test_what_is_verified_is_part_of_a_request_wherever_it_is_said(pool, key, second):
    async with (
        UpstreamServer(default=Reply("hello")) as upstream,
        served(make_app(pool, **asks(upstream), profiles=WORDS, budget={"rounds": 1})) as at,
    ):
        first = body_of(await read_all(at, plain(), **FIRST, **key))
        other = body_of(await read_all(at, plain(), **second, **key))
    assert first["llm_modulo"]["certified"] is True
    conflict = "idempotency_key" in key
    assert (other["error"]["code"] == "idempotency_conflict") is conflict
    assert conflict or other["error"]["type"] == "verification_failed"


async def test_a_retry_of_a_cancelled_run_goes_on_from_what_was_paid_for(pool):
    async with (
        UpstreamServer(Reply("bye"), HANG, Reply("hello")) as upstream,
        served(make_app(pool, **asks(upstream))) as at,
    ):
        _, writer = await send(at, chat())
        await upstream.holding.wait()
        writer.transport.abort()
        await upstream.gone.wait()
        answer = body_of(await read_all(at, chat(), x_stainless_retry_count="1"))
    assert answer["choices"][0]["message"]["content"] == "hello"
    assert (answer["llm_modulo"]["rounds"], answer["usage"]["prompt_tokens"]) == (2, 10)
    assert len(upstream.seen) == 3


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_tries_again_at_once_finds_its_run_alive(pool, stream):
    held = asyncio.Event()
    async with (
        UpstreamServer(Reply("hello", wait=held)) as upstream,
        served(make_app(pool, **asks(upstream))) as at,
    ):
        _, writer = await send(at, chat(stream=stream), x_stainless_retry_count="0")
        await upstream.holding.wait()
        writer.transport.abort()
        coming = asyncio.create_task(read_all(at, chat(stream=stream), x_stainless_retry_count="1"))
        held.set()
        assert "hello" in await coming
    assert len(upstream.seen) == 1
    assert upstream.disconnects == 0


async def test_a_client_that_does_not_come_back_ends_its_run_all_the_same(pool):
    async def hang_up() -> float:
        async with (
            UpstreamServer(HANG) as upstream,
            served(make_app(pool, **asks(upstream))) as at,
        ):
            _, writer = await send(at, chat(), x_stainless_retry_count="0")
            await upstream.holding.wait()
            return await leave(upstream, writer)

    took_s = await soonest(hang_up, GRACE_S + PROMISE_S)
    assert GRACE_S <= took_s <= GRACE_S + PROMISE_S


async def test_an_idempotency_key_keeps_the_run_for_who_comes_back(pool):
    held = asyncio.Event()
    async with (
        UpstreamServer(Reply("hello", wait=held)) as upstream,
        served(make_app(pool, **asks(upstream))) as at,
    ):
        _, writer = await send(at, chat(), idempotency_key="k1")
        await upstream.holding.wait()
        writer.transport.abort()
        coming = asyncio.create_task(read_all(at, chat(), idempotency_key="k1"))
        held.set()
        answer = await coming
        conflict = await read_all(at, chat(user="other"), idempotency_key="k1")
    assert "hello" in answer
    assert len(upstream.seen) == 1
    assert upstream.disconnects == 0
    assert conflict.startswith("HTTP/1.1 409")
    assert "x-should-retry: false" in conflict


async def test_a_key_of_no_length_is_refused(pool):
    async with served(make_app(pool, "hello")) as at:
        answer = await read_all(at, chat(), path=CHAT, idempotency_key="k" * 256)
    assert answer.startswith("HTTP/1.1 400")
