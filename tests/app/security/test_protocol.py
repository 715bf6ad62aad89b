"""Connections whose requests never come to an end."""

import asyncio
from contextlib import asynccontextmanager, suppress

import uvicorn

from app.security.protocol import within

SOON_S = 60.0


async def answer(scope, receive, send):
    assert scope["type"] == "http"
    while scope["path"] == "/" and (await receive())["more_body"]:
        pass
    headers = [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


@asynccontextmanager
async def serving(seconds):
    config = uvicorn.Config(answer, http=within(seconds), lifespan="off", log_level="error")
    config.load()
    state = uvicorn.Server(config).server_state
    loop = asyncio.get_running_loop()

    def connect():
        return config.http_protocol_class(config=config, server_state=state, app_state={})

    server = await loop.create_server(connect, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()


async def say(at, *parts):
    """Send parts, one whole answer apart; gives what came until the connection was closed."""
    reader, writer = await asyncio.open_connection(*at)
    async with asyncio.timeout(SOON_S):
        for number, part in enumerate(parts):
            if number:
                await reader.readuntil(b"\r\n\r\n")
            writer.write(part)
            await writer.drain()
        rest = await reader.read()
    writer.close()
    return rest


GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


async def test_a_head_that_does_not_end_is_given_up():
    async with serving(1.0) as at:
        assert await say(at, b"") == b""
        assert await say(at, b"GET / HTTP/1.1\r\nhost: x\r\nx-") == b""
        assert await say(at, GET, b"GET / HT") == b""


async def _is_closed(reader):
    try:
        return not await asyncio.wait_for(reader.read(1), 0.05)
    except ConnectionError:
        return True


async def test_a_body_that_goes_on_after_its_answer_is_given_up():
    async with serving(1.0) as at:
        reader, writer = await asyncio.open_connection(*at)
        writer.write(b"POST /refused HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n")
        async with asyncio.timeout(SOON_S):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            closed = False
            while not closed:
                writer.write(b"x")
                with suppress(TimeoutError):
                    closed = await _is_closed(reader)
        writer.close()


async def test_what_follows_an_unread_body_is_answered():
    async with serving(SOON_S) as at:
        post = b"POST /refused HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n"
        last = b"x" + GET.replace(b"host", b"connection: close\r\nhost")
        assert (await say(at, post, last)).startswith(b"HTTP/1.1 200")


async def test_a_request_that_takes_long_after_its_head_is_not_cut():
    async with serving(1.0) as at:
        body = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 1\r\n\r\n"
        reader, writer = await asyncio.open_connection(*at)
        writer.write(body)
        loop = asyncio.get_running_loop()
        late = loop.create_future()
        loop.call_later(2.0, late.set_result, None)  # twice what a head may take
        await late
        writer.write(b"x")
        async with asyncio.timeout(SOON_S):
            said = await reader.read()
        writer.close()
    assert said.startswith(b"HTTP/1.1 200")
