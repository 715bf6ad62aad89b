"""Batches: a stream of checks, judged on all workers and answered in order.

Works on endless streams: what is under way is bounded in lines and bytes, and an answer is written
as soon as all answers before it are, so that a caller may wait for one answer before it sends the
next line.
"""

import asyncio
import concurrent.futures
import inspect
import os
import threading
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from critics.judge import Demand
from critics.line import (
    MAX_LINE_BYTES,
    LineError,
    check_line,
    error_line,
    judgement_line,
    read_check,
)
from critics.types import KernelError
from critics.workers.pool import Pool

__all__ = ["check_line", "check_stream", "read_lines"]

CHUNK_LINES = 16
"""Most lines one worker gets at once."""
CHUNK_BYTES = 1 << 20
WINDOW_BYTES = 64 << 20
"""Most bytes of lines that are read and not yet answered."""
READ_BYTES = 1 << 16

Write = Callable[[bytes], Awaitable[None] | None]


@dataclass(slots=True)
class Slot:
    """A line's place in the output."""

    line: bytes
    answer: asyncio.Future[bytes] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Window:
    """The lines that are read and not yet answered, in order."""

    def __init__(self, lines: int) -> None:
        self._max_lines = lines
        self._bytes = 0
        self._changed = asyncio.Condition()
        self._unwritten: deque[Slot] = deque()
        self._undone: deque[Slot] = deque()
        self._ended = False

    async def add(self, line: bytes) -> None:
        """Wait for room, then append a line."""
        async with self._changed:
            await self._changed.wait_for(self._has_room)
            slot = Slot(line)
            self._bytes += len(line)
            self._unwritten.append(slot)
            self._undone.append(slot)
            self._changed.notify_all()

    async def end(self) -> None:
        """Say that no line will follow."""
        async with self._changed:
            self._ended = True
            self._changed.notify_all()

    async def chunk(self, workers: int) -> list[Slot]:
        """Take the next lines to answer: a fair share of what is waiting; empty at the end."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._undone or self._ended)
            count = min(CHUNK_LINES, -(-len(self._undone) // workers))
            chunk: list[Slot] = []
            size = 0
            while self._undone and len(chunk) < count and size < CHUNK_BYTES:
                chunk.append(self._undone.popleft())
                size += len(chunk[-1].line)
            return chunk

    async def answered(self) -> list[bytes]:
        """Wait for the next answers in order and take all that are there; empty at the end."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._unwritten or self._ended)
            if not self._unwritten:
                return []
            first = self._unwritten[0]
        await asyncio.wait([first.answer])
        async with self._changed:
            answers: list[bytes] = []
            while self._unwritten and self._unwritten[0].answer.done():
                slot = self._unwritten.popleft()
                self._bytes -= len(slot.line)
                answers.append(slot.answer.result())
            self._changed.notify_all()
            return answers

    def _has_room(self) -> bool:
        return len(self._unwritten) < self._max_lines and (
            self._bytes < WINDOW_BYTES or not self._unwritten
        )


async def check_stream(
    pool: Pool,
    lines: AsyncIterable[bytes] | Iterable[bytes],
    write: Write,
    *,
    demand: Demand = Demand.SINGLE,
    deadline_s: float = 10.0,
    opinion_deadline_s: float = 3.0,
) -> int:
    """Answer a stream of lines in order.

    A blank line is answered with an error like any other bad line, unless it is the last.

    Args:
        pool: Judges them.
        lines: The lines, with or without their line breaks. `read_lines` makes them of a file
            descriptor; a plain iterable must not block.
        write: Gets whole answer lines, several at once when they are there.
        demand: The assurance asked for.
        deadline_s: Seconds for each line.
        opinion_deadline_s: Seconds for each second opinion.

    Raises:
        RuntimeError: No worker process can be started.
        OSError: `write` failed.

    Returns:
        How many lines were answered.
    """
    window = Window(2 * CHUNK_LINES * pool.size)

    async def work() -> None:
        while chunk := await window.chunk(pool.size):
            if demand is Demand.SINGLE:
                own = [slot.line for slot in chunk]
                await pool.check_lines(own, _into(chunk), deadline_s=deadline_s)
            else:
                for slot in chunk:
                    answer = await _check(pool, slot.line, demand, deadline_s, opinion_deadline_s)
                    slot.answer.set_result(answer)

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_feed(window, lines))
            for _ in range(pool.size):
                tasks.create_task(work())
            return await _drain(window, write)
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None


async def _drain(window: Window, write: Write) -> int:
    count = 0
    while answers := await window.answered():
        count += len(answers)
        written = write(b"".join(answer + b"\n" for answer in answers))
        if inspect.isawaitable(written):
            await written
    return count


def _into(chunk: list[Slot]) -> Callable[[bytes], None]:
    waiting = iter(chunk)

    def deliver(answer: bytes) -> None:
        next(waiting).answer.set_result(answer)

    return deliver


async def read_lines(descriptor: int) -> AsyncIterator[bytes]:
    """Read lines from a file, a pipe or a terminal as they come.

    A line over the cap is cut, so that no line can fill the memory; it is answered with an error.

    Args:
        descriptor: Must stay open until the end. A thread reads it, so that nothing else waits.
    """
    loop = asyncio.get_running_loop()
    parts: asyncio.Queue[bytes] = asyncio.Queue(2)

    def pump() -> None:
        # The loop may end before what is read is taken; a queue that is full is then cancelled.
        with suppress(concurrent.futures.CancelledError):
            while True:
                part = os.read(descriptor, READ_BYTES)
                put = parts.put(part)
                try:
                    taken = asyncio.run_coroutine_threadsafe(put, loop)
                    while not concurrent.futures.wait([taken], timeout=1.0).done:
                        if loop.is_closed():
                            raise RuntimeError("the loop has ended")  # noqa: TRY301  # one way out for both
                    taken.result()
                except RuntimeError:
                    put.close()
                    return
                if not part:
                    return

    threading.Thread(target=pump, name="read-lines", daemon=True).start()
    rest = bytearray()
    while part := await parts.get():
        *whole, tail = part.split(b"\n")
        for line in whole:
            yield bytes(rest + line)[: MAX_LINE_BYTES + 1]
            rest.clear()
        rest += tail
        del rest[MAX_LINE_BYTES + 1 :]
    if rest:
        yield bytes(rest)


async def _feed(window: Window, lines: AsyncIterable[bytes] | Iterable[bytes]) -> None:
    blank = False
    async for raw in _each(lines):
        line = raw[: MAX_LINE_BYTES + 2].rstrip(b"\r\n")[: MAX_LINE_BYTES + 1]
        if blank:
            await window.add(b"")
        blank = not line.strip()
        if not blank:
            await window.add(line)
    await window.end()


async def _each(lines: AsyncIterable[bytes] | Iterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(lines, AsyncIterable):
        async for line in lines:
            yield line
    else:
        for line in lines:
            yield line


async def _check(
    pool: Pool, line: bytes, demand: Demand, deadline_s: float, opinion_deadline_s: float
) -> bytes:
    try:
        check = read_check(line)
    except LineError as error:
        return error_line(error.identity, error.diagnostics[0])
    try:
        judgement = await pool.check(
            check, demand=demand, deadline_s=deadline_s, opinion_deadline_s=opinion_deadline_s
        )
    except KernelError as error:
        return error_line(check.id, error.diagnostics[0])
    return judgement_line(check.id, judgement)
