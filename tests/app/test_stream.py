"""Streams and hang-ups, over a real server on 127.0.0.1."""

import asyncio
import json

import pytest

from app.upstreams import choose_upstream
from tests.app.conftest import REQUEST, make_app, port_of, served
from tests.upstream_server import HANG, Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOON_S = 60.0
"""Far more than anything here takes; a hang fails instead of waiting for ever."""


async def send(port: int, path: str, body: dict, accept: str = "text/event-stream", key: str = ""):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nhost: service\r\naccept: {accept}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(content)}\r\n"
        + (f"idempotency-key: {key}\r\n\r\n" if key else "\r\n")
    )
    writer.write(head.encode() + content)
    await writer.drain()
    return reader, writer


async def read_until(reader: asyncio.StreamReader, mark: bytes) -> bytes:
    async with asyncio.timeout(SOON_S):
        return await reader.readuntil(mark)


def frames(text: str) -> list[tuple[str, dict]]:
    found = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        if "event" in fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def upstream_settings(server: UpstreamServer) -> dict:
    return {"upstream": {"base_url": server.base_url, "model": "served-model", "retries": 0}}


async def test_events_come_live_and_the_result_last(pool):
    held = asyncio.Event()
    async with (
        UpstreamServer(Reply("bye"), Reply("hello", wait=held)) as upstream,
        served(make_app(pool, **upstream_settings(upstream))) as (_, port),
    ):
        reader, writer = await send(port, "/solve", REQUEST)
        head = await read_until(reader, b"\r\n\r\n")
        early = await read_until(reader, b"event: judged")
        held.set()
        late = await read_until(reader, b"0\r\n\r\n")
        writer.close()
    assert b"x-accel-buffering: no" in head.lower()
    assert b"no-transform" in head
    assert b"text/event-stream" in head
    assert b": keep-alive" in early
    name, result = frames((early + late).decode())[-1]
    assert (name, result["status"], result["answer"]) == ("result", "certified", "hello")


async def test_event_ids_count_up(pool):
    async with served(make_app(pool, "bye", "hello")) as (_, port):
        reader, writer = await send(port, "/solve", REQUEST)
        text = (await read_until(reader, b"0\r\n\r\n")).decode()
        writer.close()
    ids = [int(line[4:]) for line in text.splitlines() if line.startswith("id: ")]
    assert ids == list(range(len(ids)))
    assert len(ids) > 5


async def test_a_silent_upstream_is_bridged_by_comments_from_the_start(pool):
    async with (
        UpstreamServer(HANG) as upstream,
        served(make_app(pool, sse_keepalive_s=0.05, **upstream_settings(upstream))) as (_, port),
    ):
        reader, writer = await send(port, "/solve", REQUEST)
        for _ in range(4):
            await read_until(reader, b": keep-alive\n\n")
        writer.close()
        async with asyncio.timeout(SOON_S):
            await upstream.gone.wait()


@pytest.mark.parametrize("accept", ["text/event-stream", "application/json"])
async def test_a_client_that_hangs_up_ends_the_call_to_the_model(pool, accept):
    async with UpstreamServer(HANG) as upstream:
        app = make_app(pool, **upstream_settings(upstream))
        async with served(app) as (_, port):
            _, writer = await send(port, "/solve", REQUEST, accept)
            async with asyncio.timeout(SOON_S):
                await upstream.arrived.wait()
                assert app.state.service.runs.taken == 1
                writer.transport.abort()
                await upstream.gone.wait()
        assert app.state.service.runs.taken == 0
        assert upstream.disconnects == 1


async def test_a_client_that_hangs_up_frees_the_worker(pool):
    app = make_app(pool, worker={"deadline_s": 30})
    body = {"domain": "word", "problem": {"word": "hello"}, "answer": "!loop"}
    async with served(app) as (_, port):
        busy = [await send(port, "/check", body, "application/json") for _ in range(3)]
        for _, writer in busy:
            writer.transport.abort()
        reader, writer = await send(port, "/check", {**body, "answer": "hello"}, "*/*")
        assert b"accepted" in await read_until(reader, b'"accepted"')
        writer.close()


async def test_a_busy_service_begins_the_stream_before_it_has_read_the_problem(pool, monkeypatch):
    app = make_app(pool, "hello", sse_keepalive_s=0.05, worker={"deadline_s": 30})
    body = {"domain": "word", "problem": {"word": "hello"}, "answer": "!loop"}
    check, entered = app.state.service.check, asyncio.Semaphore(0)

    async def counted(request):
        entered.release()
        return await check(request)

    monkeypatch.setattr(app.state.service, "check", counted)
    async with served(app) as (_, port):
        busy = [await send(port, "/check", body, "application/json") for _ in range(pool.size)]
        async with asyncio.timeout(SOON_S):
            for _ in busy:
                await entered.acquire()
        good, first = await send(port, "/solve", REQUEST)
        wrong, second = await send(port, "/solve", {**REQUEST, "problem": {"word": "\u0001"}})
        gone, third = await send(port, "/solve", REQUEST)
        for reader in (good, wrong, gone):
            await read_until(reader, b": keep-alive\n\n")
        third.transport.abort()
        for _, writer in busy:
            writer.transport.abort()
        certified = frames((await read_until(good, b"0\r\n\r\n")).decode())[-1]
        refused = frames((await read_until(wrong, b"0\r\n\r\n")).decode())[-1]
        first.close()
        second.close()
    assert (certified[0], certified[1]["status"]) == ("result", "certified")
    assert (refused[0], refused[1]["code"]) == ("error", "invalid-problem")
    assert app.state.service.runs.taken == 0


async def test_what_is_wrong_with_a_request_has_its_own_status_also_on_streams(pool):
    async with served(make_app(pool, "hello")) as (_, port):
        reader, writer = await send(port, "/solve", {**REQUEST, "problem": {"word": "\u0001"}})
        head = await read_until(reader, b"\r\n\r\n")
        writer.close()
    assert b" 422 " in head
    assert b"application/problem+json" in head


async def test_an_upstream_that_fails_is_a_502_that_is_not_to_be_repeated(pool, caplog):
    async with UpstreamServer(Reply("bye"), default=Reply(status=500)) as upstream:
        app = make_app(pool, **upstream_settings(upstream))
        async with served(app) as (_, port):
            reader, writer = await send(port, "/solve", REQUEST, "application/json")
            head = (await read_until(reader, b"\r\n\r\n")).decode().lower()
            length = int(head.split("content-length: ")[1].split()[0])
            problem = json.loads(await reader.readexactly(length))
            writer.close()
            stream, writer = await send(port, "/solve", REQUEST)
            last = frames((await read_until(stream, b"0\r\n\r\n")).decode())[-1]
            writer.close()
    assert " 502 " in head
    assert "x-should-retry: false" in head
    assert problem["code"] == "upstream-failed"
    assert f"{problem['run']}: upstream-failed" in caplog.text
    assert problem["usage"]["prompt_tokens"] >= 10
    assert (last[0], last[1]["code"]) == ("error", "upstream-failed")


async def test_a_call_that_takes_too_long_ends_the_run(pool):
    async with UpstreamServer(Reply("bye"), HANG) as upstream:
        settings = upstream_settings(upstream)
        settings["upstream"]["timeout_s"] = 2.0
        async with served(make_app(pool, **settings)) as (_, port):
            reader, writer = await send(port, "/solve", REQUEST, "application/json")
            head = await read_until(reader, b"\r\n\r\n")
            body = await read_until(reader, b"}}")
            writer.close()
            async with asyncio.timeout(SOON_S):
                await upstream.gone.wait()
    assert b" 502 " in head
    assert b'"upstream-timeout"' in body


@pytest.mark.parametrize("accept", ["text/event-stream", "application/json"])
async def test_a_service_that_stops_says_so_with_what_was_spent(pool, accept):
    async with UpstreamServer(Reply("bye"), HANG) as upstream:
        app = make_app(pool, **upstream_settings(upstream))
        async with served(app) as (_, port):
            reader, writer = await send(port, "/solve", REQUEST, accept)
            async with asyncio.timeout(SOON_S):
                while len(upstream.seen) < 2:
                    upstream.arrived.clear()
                    await upstream.arrived.wait()
                app.state.service.stop()
                text = (await read_until(reader, b'"code":"shutting-down"')).decode()
                await upstream.gone.wait()
            late, other = await send(port, "/solve", REQUEST, "application/json")
            refused = await read_until(late, b"\r\n\r\n")
            writer.close()
            other.close()
    assert b" 503 " in refused
    assert b"retry-after" in refused.lower()
    if accept == "application/json":
        assert "x-should-retry: false" in text.lower()


async def test_a_server_on_loopback_is_found(pool, monkeypatch):
    async with UpstreamServer() as upstream:
        monkeypatch.setattr("app.upstreams.PORTS", (1, port_of(upstream)))
        app = make_app(pool, upstream={"embedded": False})
        service = app.state.service
        choice = await choose_upstream(service.settings, service.client)
        await service.aclose()
    assert (choice.kind, choice.model) == ("local", "served-model")
