"""Connections whose requests never come to an end of their heads."""

import asyncio
from contextlib import asynccontextmanager

import uvicorn

from app.security.protocol import within

SOON_S = 30.0


async def answer(scope, receive, send):
    assert scope["type"] == "http"
    while (await receive())["more_body"]:
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
    async with serving(0.2) as at:
        assert await say(at, b"") == b""
        assert await say(at, b"GET / HTTP/1.1\r\nhost: x\r\nx-") == b""
        assert await say(at, GET, b"GET / HT") == b""


async def test_a_request_that_takes_long_after_its_head_is_not_cut():
    async with serving(0.05) as at:
        body = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 1\r\n\r\n"
        reader, writer = await asyncio.open_connection(*at)
        writer.write(body)
        loop = asyncio.get_running_loop()
        late = loop.create_future()
        loop.call_later(0.3, late.set_result, None)  # six times what a head may take
        await late
        writer.write(b"x")
        async with asyncio.timeout(SOON_S):
            said = await reader.read()
        writer.close()
    assert said.startswith(b"HTTP/1.1 200")
