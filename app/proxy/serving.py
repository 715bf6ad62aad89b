"""Serving: what every dialect does with a request, between its own reading and its own writing.

A dialect reads its body into a `ChatRequest`, then calls `answer` or `stream`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.errors import request_name
from app.failures import ServiceError
from app.intake import require_json
from app.proxy.chat_request import ChatRequest, Verification
from app.proxy.exchange import Exchange, Reply, open_exchange
from app.proxy.visitors import Caller, Visitors, identify
from app.service import Service
from app.stream import ClientGoneError, EventStream, attend
from app.strict_json import read_json

CLIENT_GONE = 499
"""Status for the log of a request whose client hung up; nobody receives it."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it came in.

    Attributes:
        request: The request itself.
        service: Who works.
        visitors: Who waits for which run.
        raw: The body's bytes.
        body: The same, parsed.
        headers: Names in lower case.
        path: The profile in the path, if there is one.
    """

    request: Request
    service: Service
    visitors: Visitors
    raw: bytes
    body: Any
    headers: Mapping[str, str]
    path: str | None

    @property
    def name(self) -> str:
        """The request's name, as in its `x-request-id` header."""
        return request_name(self.request)

    def caller(self, endpoint: str, wanted: Verification) -> Caller:
        """Say who asks for what, for a request that may be sent again."""
        return identify(self.headers, endpoint, self.raw, wanted)


async def receive(request: Request) -> Incoming:
    """Take in a request: its type, then its JSON.

    Raises:
        ServiceError: It is no JSON, or too deep.
    """
    require_json(request)
    service: Service = request.app.state.service
    raw = await request.body()
    return Incoming(
        request=request,
        service=service,
        visitors=request.app.state.visitors,
        raw=raw,
        body=read_json(raw, service.settings.limits.json_depth),
        headers={name.lower(): value for name, value in request.headers.items()},
        path=request.path_params.get("profile"),
    )


async def answer(
    incoming: Incoming,
    chat: ChatRequest,
    wanted: Verification,
    endpoint: str,
    write: Callable[[Reply], Response],
) -> Response:
    """Run the loop and answer with its reply; end it when the client hangs up.

    Raises:
        ServiceError: There is no reply.
    """

    async def work() -> Reply:
        caller = incoming.caller(endpoint, wanted)
        async with open_exchange(
            incoming.service, incoming.visitors, chat, wanted, caller
        ) as exchange:
            return await exchange.reply()

    try:
        return write(await attend(incoming.request, work()))
    except ClientGoneError:
        return Response(status_code=CLIENT_GONE)


@dataclass(frozen=True, slots=True)
class StreamWriter:
    """How a dialect writes a stream.

    Attributes:
        begin: Frames that open it.
        progress: A line per round.
        end: A reply, to the last frame.
        fail: A failure, to the last frame.
    """

    begin: Callable[[], Iterable[bytes]]
    progress: Callable[[str], Iterable[bytes]]
    end: Callable[[Reply], Iterable[bytes]]
    fail: Callable[[ServiceError], Iterable[bytes]]


async def stream(
    incoming: Incoming,
    chat: ChatRequest,
    wanted: Verification,
    endpoint: str,
    write: Callable[[Exchange | None], StreamWriter],
) -> Response:
    """Stream the loop's progress and its reply.

    The run is started before the first byte, so that what is wrong with the request has its own
    status. Where that takes long, the stream begins all the same, and a failure is a frame.

    Args:
        incoming: The request.
        chat: The same, read.
        wanted: What to verify.
        endpoint: What the request asks, for one that is sent again.
        write: Makes the writer, once the run is there; without a run it writes failures only.

    Raises:
        ServiceError: The request is wrong; nothing has been sent or spent.
    """
    held = AsyncExitStack()
    caller = incoming.caller(endpoint, wanted)
    context = open_exchange(incoming.service, incoming.visitors, chat, wanted, caller)
    opening = asyncio.ensure_future(held.enter_async_context(context))
    held.push_async_callback(_abandon, opening)
    patience_s = incoming.service.settings.sse_keepalive_s
    try:
        await attend(incoming.request, asyncio.wait({opening}, timeout=patience_s))
        if opening.done():
            opening.result()
    except (ClientGoneError, ServiceError) as error:
        await held.aclose()
        if isinstance(error, ServiceError):
            raise
        return Response(status_code=CLIENT_GONE)
    return EventStream(lambda frames: _narrate(opening, frames, write), patience_s, held)


async def _abandon(opening: "asyncio.Future[Exchange]") -> None:
    opening.cancel()
    await asyncio.wait({opening})


async def _narrate(
    opening: Awaitable[Exchange],
    frames: "asyncio.Queue[bytes]",
    write: Callable[[Exchange | None], StreamWriter],
) -> None:
    """Put progress and the reply into the queue, as the dialect writes them."""
    try:
        exchange = await asyncio.shield(opening)
    except ServiceError as error:
        _put(frames, write(None).fail(error))
        return
    await _tell(exchange, write(exchange), frames)


def follow(exchange: Exchange, writer: StreamWriter, keepalive_s: float) -> Response:
    """Stream a run that goes on whether or not anybody listens."""
    held = AsyncExitStack()
    held.enter_context(exchange.hold_stream())
    return EventStream(lambda frames: _tell(exchange, writer, frames), keepalive_s, held)


async def _tell(exchange: Exchange, writer: StreamWriter, frames: "asyncio.Queue[bytes]") -> None:
    try:
        _put(frames, writer.begin())
        async for line in exchange.lines():
            _put(frames, writer.progress(line))
        _put(frames, writer.end(await exchange.reply()))
    except ServiceError as error:
        _put(frames, writer.fail(error))


def _put(frames: "asyncio.Queue[bytes]", parts: Iterable[bytes]) -> None:
    for part in parts:
        frames.put_nowait(part)


Work = Coroutine[Any, Any, Response]
