"""A small chat-completions server on 127.0.0.1 that can be told to misbehave.

`behaviours` are used up one per request; when none is left, `default` answers. Every request is
recorded, and so is whether its client went away before the answer was written. A request with
`stream: true` gets the same answer as server-sent events, a word at a time.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

HANG = "hang"
"""Reads the request and never answers."""
RESET = "reset"
"""Reads the request and drops the connection."""
DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True)
class Reply:
    """One answer. `text` makes a completion; `body` is sent as it stands instead."""

    text: str = "42"
    status: int = 200
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    usage: Mapping[str, Any] | None = field(
        default_factory=lambda: {"prompt_tokens": 10, "completion_tokens": 5}
    )
    message: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    finish_reason: str = "stop"
    model: str = "served-model"
    wait: asyncio.Event | None = None
    """Holds the answer back until it is set, or until the client goes."""
    hold_after: int | None = None
    """In a stream, `wait` holds back what follows so many events, instead of everything."""
    cut: int | None = None
    """Sends only so many bytes of the body (in a stream: events) and drops the connection."""

    def payload(self) -> bytes:
        """Give the body."""
        if self.body is not None:
            return self.body
        message = {"role": "assistant", "content": self.text, **self.message}
        choice = {"index": 0, "message": message, "finish_reason": self.finish_reason}
        data = {"id": "c1", "object": "chat.completion", "model": self.model, "choices": [choice]}
        if self.usage is not None:
            data["usage"] = dict(self.usage)
        return json.dumps({**data, **self.extra}).encode()

    def events(self, *, with_usage: bool) -> list[bytes]:
        """Give the same completion as server-sent events."""
        words = [f"{word} " for word in self.text.split(" ")]
        words[-1] = words[-1][:-1]
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "", **self.message}]
        deltas += [{"content": word} for word in words]
        rows = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
        rows.append({"index": 0, "delta": {}, "finish_reason": self.finish_reason})
        base = {"id": "c1", "object": "chat.completion.chunk", "model": self.model, **self.extra}
        chunks = [{**base, "choices": [row]} for row in rows]
        if with_usage and self.usage is not None:
            chunks.append({**base, "choices": [], "usage": dict(self.usage)})
        return [*(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks), DONE]


Behaviour = Reply | str | Callable[[dict[str, Any]], Reply]


@dataclass
class Seen:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class UpstreamServer:
    """The server; `async with UpstreamServer() as server` starts and stops it."""

    def __init__(self, *behaviours: Behaviour, default: Behaviour | None = None) -> None:
        self.behaviours = list(behaviours)
        self.default: Behaviour = default if default is not None else Reply()
        self.seen: list[Seen] = []
        self.arrived = asyncio.Event()
        """Set whenever a request has been read."""
        self.holding = asyncio.Event()
        """Set once an answer is being held back."""
        self.gone = asyncio.Event()
        """Set once a client went away while its answer was being held back."""
        self.disconnects = 0
        self.connections = 0
        self.base_url = ""
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.base_url = f"http://127.0.0.1:{port}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self.connections += 1
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                async for seen in _requests(reader):
                    if not await self._answer(seen, reader, writer):
                        break
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(
        self, seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; say whether the connection stays open."""
        if seen.path.endswith("/models"):
            listed = {"object": "list", "data": [{"id": "served-model", "object": "model"}]}
            _write(writer, Reply(body=json.dumps(listed).encode()))
            await writer.drain()
            return True
        self.seen.append(seen)
        self.arrived.set()
        told = self.behaviours.pop(0) if self.behaviours else self.default
        if told == RESET:
            writer.transport.abort()
            return False
        if told == HANG:
            return await self._hold(reader, asyncio.Event())
        reply = told(seen.body) if callable(told) else told
        assert isinstance(reply, Reply)
        streamed = seen.body.get("stream") is True and reply.status == 200 and reply.body is None
        early = reply.hold_after is None or not streamed
        if reply.wait is not None and early and not await self._hold(reader, reply.wait):
            return False
        if streamed:
            return await self._stream(seen, reply, reader, writer)
        _write(writer, reply)
        await writer.drain()
        if reply.cut is not None:
            writer.transport.abort()
        return reply.cut is None

    async def _hold(self, reader: asyncio.StreamReader, held: asyncio.Event) -> bool:
        """Hold an answer back; say whether its client is still there."""
        self.holding.set()
        if await _outlasts(reader, held):
            return True
        self.disconnects += 1
        self.gone.set()
        return False

    async def _stream(
        self, seen: Seen, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Stream an answer, one event per chunk; say whether the connection stays open."""
        asked = seen.body.get("stream_options") or {}
        head = {"content-type": "text/event-stream", "transfer-encoding": "chunked"}
        _write_head(writer, reply.status, {**head, **reply.headers})
        for number, event in enumerate(reply.events(with_usage=asked.get("include_usage") is True)):
            if number == reply.hold_after and reply.wait is not None:
                await writer.drain()
                if not await self._hold(reader, reply.wait):
                    return False
            if number == reply.cut:
                await writer.drain()
                writer.transport.abort()
                return False
            writer.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


async def _requests(reader: asyncio.StreamReader) -> AsyncIterator[Seen]:
    while line := await reader.readline():
        path = line.decode("latin-1").split()[1]
        headers = {}
        while (raw := (await reader.readline()).decode("latin-1").strip()) != "":
            name, _, value = raw.partition(":")
            headers[name.lower()] = value.strip()
        content = await reader.readexactly(int(headers.get("content-length", 0)))
        yield Seen(path, headers, json.loads(content) if content else {})


async def _outlasts(reader: asyncio.StreamReader, held: asyncio.Event) -> bool:
    """Wait for the event; say `False` if the client goes first."""
    gone, ready = asyncio.ensure_future(reader.read(1)), asyncio.ensure_future(held.wait())
    try:
        await asyncio.wait({gone, ready}, return_when=asyncio.FIRST_COMPLETED)
        return ready.done()
    finally:
        gone.cancel()
        ready.cancel()
        await asyncio.gather(gone, ready, return_exceptions=True)


def _write(writer: asyncio.StreamWriter, reply: Reply) -> None:
    body = reply.payload()
    head = {"content-type": "application/json", "content-length": str(len(body)), **reply.headers}
    _write_head(writer, reply.status, head)
    writer.write(body[: reply.cut])


def _write_head(writer: asyncio.StreamWriter, status: int, head: Mapping[str, str]) -> None:
    lines = [f"HTTP/1.1 {status} Told", *(f"{name}: {value}" for name, value in head.items())]
    writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")
