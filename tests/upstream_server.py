"""A small chat-completions server on 127.0.0.1 that can be told to misbehave.

`behaviours` are used up one per request; when none is left, `default` answers. Every request is
recorded, and so is whether its client went away before the answer was written.
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
    cut: int | None = None
    """Sends only so many bytes of the body and drops the connection."""

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
        if told == HANG or (isinstance(told, Reply) and told.wait is not None):
            held = told.wait if isinstance(told, Reply) and told.wait else asyncio.Event()
            if not await _outlasts(reader, held):
                self.disconnects += 1
                self.gone.set()
                return False
        reply = told(seen.body) if callable(told) else told
        assert isinstance(reply, Reply)
        _write(writer, reply)
        await writer.drain()
        if reply.cut is not None:
            writer.transport.abort()
        return reply.cut is None


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
    lines = [f"HTTP/1.1 {reply.status} Told", *(f"{name}: {value}" for name, value in head.items())]
    writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body[: reply.cut])
