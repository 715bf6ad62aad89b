"""LocalUpstream: a model in a child process of ours, asked over HTTP like any other.

Invariants:
    * The child starts at the first call (or at `start()`), is started again when it has died, and
      never outlives this object: it ends with `aclose()` and with the parent process.
    * The API key is made here, per process, and handed over by a pipe; nobody else knows it.
    * There is no second code path: once the child listens, an ordinary upstream talks to it.
"""

import asyncio
import json
import secrets
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress

from backprompt.upstream import Completion, Request, Upstream, UpstreamError

START_S = 120.0
"""Seconds the model may take to load; a cold disk reads a gigabyte in that time."""
DYING_S = 2.0
"""Seconds between a broken connection and the end of the process that broke it."""
TAIL_CHARS = 2000
"""How much of the child's standard error is kept for messages."""

Connect = Callable[[str, str], Upstream]
"""Makes the upstream that talks to a base URL (ending in `/v1`) with an API key."""


class LocalUpstream:
    """An embedded model.

    Attributes:
        name: The model's name.
    """

    def __init__(
        self, command: Sequence[str], *, name: str, connect: Connect, start_s: float = START_S
    ) -> None:
        """Say how to start the child; nothing is started yet.

        Args:
            command: Starts a server that reads its API key from standard input, prints
                `{"url": ...}` when it is ready, and ends when standard input closes.
            name: The model's name.
            connect: Makes the client.
            start_s: Seconds until a child that is not ready is given up.
        """
        self.name = name
        self._command = tuple(command)
        self._connect = connect
        self._start_s = start_s
        self._child: _Child | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Load the model now instead of at the first call.

        Raises:
            UpstreamError: `upstream-failed` if the child cannot be started or dies,
                `upstream-timeout` if it is not ready in time.
        """
        await self._ready()

    async def generate(self, request: Request) -> Completion:
        """Ask once; a child that dies under the call is replaced and asked once more."""
        deadline = time.monotonic() + request.timeout_s
        try:
            async with asyncio.timeout(request.timeout_s):
                child = await self._ready()
        except TimeoutError as error:
            raise UpstreamError(
                "upstream-timeout", f"`{self.name}` was not loaded within the call's time"
            ) from error
        try:
            return await child.upstream.generate(_within(request, deadline))
        except UpstreamError as error:
            if not await child.explains(error) or time.monotonic() >= deadline:
                raise
        child = await self._ready()
        try:
            return await child.upstream.generate(_within(request, deadline))
        except UpstreamError as error:
            if not await child.explains(error):
                raise
            message = f"the process of `{self.name}` died twice under one call: {child.last_words}"
            raise UpstreamError("upstream-failed", message, usage=error.usage) from error

    async def aclose(self) -> None:
        """End the child."""
        async with self._starting:
            child, self._child = self._child, None
            if child:
                await child.end()

    async def _ready(self) -> "_Child":
        async with self._starting:
            if self._child and not self._child.alive:
                await self._child.end()
                self._child = None
            if not self._child:
                self._child = await _start(self._command, self.name, self._connect, self._start_s)
            return self._child


def _within(request: Request, deadline: float) -> Request:
    left = max(0.001, deadline - time.monotonic())
    return request.model_copy(update={"timeout_s": left})


class _Child:
    """One running process, the client that talks to it, and the end of what it said."""

    upstream: Upstream

    def __init__(self, process: Process) -> None:
        self._process = process
        self._tail = ""
        self._drains = [asyncio.create_task(self._drain(process.stderr))]

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    @property
    def last_words(self) -> str:
        """The last line the process wrote, and how it ended."""
        said = [line.strip() for line in self._tail.splitlines() if line.strip()]
        ended = "" if self.alive else f" (exit status {self._process.returncode})"
        return (said[-1][:300] if said else "it said nothing") + ended

    async def explains(self, error: UpstreamError) -> bool:
        """Say whether a call failed because the process died; its end may be a moment away."""
        if error.code != "upstream-unreachable":
            return False
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), DYING_S)
        return not self.alive

    async def listen(self, key: str) -> str:
        """Hand the key over and wait for the URL; an empty text means that the process ended."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:  # pragma: no cover  # both are pipes
            raise TypeError("the child needs pipes")
        with suppress(BrokenPipeError, ConnectionResetError):
            stdin.write(f"{key}\n".encode())
            await stdin.drain()
        while line := await stdout.readline():
            with suppress(ValueError, KeyError, TypeError):
                url = str(json.loads(line)["url"])
                self._drains.append(asyncio.create_task(self._drain(stdout)))
                return url
        await self._process.wait()
        await asyncio.gather(*self._drains)
        return ""

    async def end(self) -> None:
        """Kill the process and wait until it is gone."""
        if self.alive:
            with suppress(ProcessLookupError):
                self._process.kill()
        await self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        await asyncio.gather(*self._drains)
        if hasattr(self, "upstream"):
            await self.upstream.aclose()

    async def _drain(self, stream: asyncio.StreamReader | None) -> None:
        while stream and (chunk := await stream.read(4096)):
            self._tail = (self._tail + chunk.decode("utf-8", "replace"))[-TAIL_CHARS:]


async def _start(command: Sequence[str], name: str, connect: Connect, start_s: float) -> _Child:
    key = secrets.token_urlsafe(32)
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
    except OSError as error:
        message = f"`{name}` cannot be started: {error}"
        raise UpstreamError("upstream-failed", message) from error
    child = _Child(process)
    ready = False
    try:
        async with asyncio.timeout(start_s):
            url = await child.listen(key)
        if not url:
            message = f"the process of `{name}` ended before it was ready: {child.last_words}"
            raise UpstreamError("upstream-failed", message)
        child.upstream = connect(f"{url}/v1", key)
        ready = True
    except TimeoutError as error:
        message = f"`{name}` was not ready after {start_s:g} s: {child.last_words}"
        raise UpstreamError("upstream-timeout", message) from error
    finally:
        if not ready:
            await child.end()
    return child
