"""Server-sent events, and noticing that nobody listens any more.

Invariants:
    * The first bytes leave at once, and a comment follows whenever `keepalive_s` pass in silence,
      so that no proxy on the way gives up during a long model call.
    * When the client is gone, the work behind the answer is cancelled, with what it pays for.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, aclosing
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

T = TypeVar("T")

HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
}
KEEP_ALIVE = b": keep-alive\n\n"


class ClientGoneError(Exception):
    """The client hung up; there is nobody to answer."""


def frame(event: str, data: Mapping[str, Any], number: int | None = None) -> bytes:
    """Write one server-sent event; JSON holds no raw line break, so one `data` line is enough."""
    head = "" if number is None else f"id: {number}\n"
    body = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f"event: {event}\n{head}data: {body}\n\n".encode()


async def attend(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Do the work unless the client hangs up first; then cancel it.

    Raises:
        ClientGoneError: The client hung up, and the work has been cancelled.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_hang_up(request.receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientGoneError
        return task.result()
    finally:
        await _end(task, gone)


async def while_listening(receive: Receive, writing: Coroutine[Any, Any, None]) -> None:
    """Write a response until it is written or nobody listens any more."""
    task = asyncio.ensure_future(writing)
    gone = asyncio.ensure_future(_hang_up(receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
    finally:
        await _end(task, gone)


class EventStream(Response):
    """A response that sends frames as they come.

    Args:
        source: Called when the stream begins; puts frames into the queue it is given, and ends
            the stream by returning.
        keepalive_s: Seconds of silence after which a comment is sent.
        held: What the source needs; released when the stream is over, begun or not.
    """

    def __init__(
        self,
        source: Callable[["asyncio.Queue[bytes]"], Coroutine[Any, Any, None]],
        keepalive_s: float,
        held: AsyncExitStack,
    ) -> None:
        """Keep the source; it starts with the response."""
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._source = source
        self._keepalive_s = keepalive_s
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI
        """Send the frames until the source ends or the client hangs up."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        async with self._held:
            await send(start)
            await while_listening(receive, self._write(send))

    async def _write(self, send: Send) -> None:
        async with aclosing(self._parts()) as parts:
            async for part in parts:
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _parts(self) -> AsyncGenerator[bytes, None]:
        frames: asyncio.Queue[bytes] = asyncio.Queue()
        work = asyncio.ensure_future(self._source(frames))
        try:
            yield KEEP_ALIVE
            while not (work.done() and frames.empty()):
                part = await _next(frames, work, self._keepalive_s)
                if part is not None:
                    yield part
            work.result()
        finally:
            await _end(work)


async def _next(
    frames: "asyncio.Queue[bytes]", work: "asyncio.Future[None]", patience_s: float
) -> bytes | None:
    """Wait for a frame; a silence gives a comment, the end of the work gives `None`."""
    waiting: asyncio.Future[bytes] = asyncio.ensure_future(frames.get())
    both: set[asyncio.Future[Any]] = {waiting, work}
    try:
        await asyncio.wait(both, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
        return None if work.done() else KEEP_ALIVE
    finally:
        await _end(waiting)


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _end(*futures: "asyncio.Future[Any]") -> None:
    """Cancel what still runs and wait until it has cleaned up."""
    for future in futures:
        future.cancel()
    await asyncio.gather(*futures, return_exceptions=True)
