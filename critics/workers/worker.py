"""A worker: one process that judges, and the socket to it."""

import asyncio
import os
import signal
from typing import Any

from critics.workers import frames

MIN_LATE_S, MAX_LATE_S = 0.05, 1.0
"""How late a deadline must be noticed for a second look, and the longest such look."""


class Lost(Exception):
    """A worker ended before it had answered.

    Attributes:
        code: `critic-deadline` or `critic-crashed`.
        cause: What is known of its end, in words.
    """

    def __init__(self, code: str, cause: str) -> None:
        super().__init__(cause)
        self.code = code
        self.cause = cause


class Worker:
    """One process and the socket to it."""

    def __init__(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.number = number
        self.jobs = 0
        self.retired = False
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """The wait status."""
        self._reader = reader
        self._writer = writer
        self._size: int | None = None

    async def send(self, frame: bytes) -> None:
        """Hand over a job."""
        self.jobs += 1
        self._writer.write(frame)
        await self._writer.drain()

    async def receive(self) -> dict[str, Any]:
        """Wait for one reply; a wait that was cut short can be taken up again.

        Raises:
            EOFError: The worker has ended.
        """
        if self._size is None:
            self._size = frames.length(await self._reader.readexactly(frames.HEADER.size))
        body = await self._reader.readexactly(self._size)
        self._size = None
        reply = frames.decode(body)
        self.retired = self.retired or reply["retire"] is True
        return reply

    def hang_up(self) -> None:
        """Close the socket, which ends an idle worker."""
        self._writer.transport.abort()

    async def converse(self, unsent: list[bytes], seconds: float) -> dict[str, Any]:
        """Send what is still to be sent, and wait for a reply, all before the deadline.

        Raises:
            Lost: The worker did not answer in time, or ended.
        """
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds
        try:
            try:
                async with asyncio.timeout_at(due):
                    while unsent:
                        await self.send(unsent.pop())
                    return await self.receive()
            except TimeoutError:
                # If this loop itself was held up, the reply may be here and not yet read.
                late = loop.time() - due
                async with asyncio.timeout(min(late, MAX_LATE_S) if late > MIN_LATE_S else 0):
                    return await self.receive()
        except TimeoutError as error:
            raise Lost("critic-deadline", f"it took more than {seconds:g} s") from error
        except (EOFError, ConnectionError, frames.FrameError) as error:
            raise Lost("critic-crashed", await self._obituary()) from error

    async def _obituary(self) -> str:
        """Tell how a worker ended. Its socket is closed by its end, so the notice is on its way."""
        try:
            status = await asyncio.wait_for(asyncio.shield(self.ended), 5.0)
        except TimeoutError:
            return "its process stopped answering"
        if os.WIFSIGNALED(status):
            return f"its process was ended by {signal.Signals(os.WTERMSIG(status)).name}"
        return f"its process ended with exit code {os.waitstatus_to_exitcode(status)}"
