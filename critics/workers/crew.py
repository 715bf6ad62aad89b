"""A crew: worker processes of one kind, as the service sees them.

Invariants:
    * A job belongs to exactly one worker, and a worker has at most one job; whatever happens to
      it is told for that job alone, which is never tried again behind the caller's back.
    * A deadline is kept by SIGKILL. It counts from the moment the job has a worker; waiting for
      one is in order of arrival and bounded by the caller.
    * A caller that goes away (cancellation) takes its worker with it.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from critics.workers import frames
from critics.workers.worker import Lost, Worker

Receive: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]

START_SECONDS = 60.0
KEPT_VARIABLES = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "PATH", "TMPDIR", "TZ", "VIRTUAL_ENV")


class NotStartedError(RuntimeError):
    """The processes that judge cannot be started."""


class Crew:
    """At most `size` workers, forked when needed from a zygote of their own.

    Of those without a job at most `spares` are kept; by default all.
    """

    def __init__(
        self,
        *,
        size: int,
        memory_mb: int,
        recycle_after: int,
        idle_s: float,
        preload: Sequence[str] = (),
        keep_zygote: bool = True,
        spares: int | None = None,
    ) -> None:
        self.size = size
        self._spares = size if spares is None else spares
        self._idle_s = idle_s
        self._busy = 0
        self._rest_timer: asyncio.TimerHandle | None = None
        self._resting: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[None] | None = None
        self._memory_mb = memory_mb
        self._recycle_after = recycle_after
        self._preload = tuple(preload)
        self._keep_zygote = keep_zygote
        self._slots = asyncio.Semaphore(size)
        self._starting = asyncio.Lock()
        self._zygote: Zygote | None = None
        self._spare: list[Worker] = []
        self._closed = False
        self.lost: Counter[str] = Counter()
        """How many workers ended before they had answered, by code."""
        self.fault: str | None = None
        """Why no worker could be started when that was last tried."""

    @property
    def busy(self) -> int:
        """Number of workers that have a job."""
        return min(self._busy, self.size)

    @property
    def idle(self) -> int:
        """Number of workers that wait for a job."""
        return len(self._spare)

    async def ask(self, job: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Have one job done that has one reply.

        Raises:
            Lost: The worker crashed or was killed at its deadline.
            frames.FrameError: The job cannot be sent; no worker saw it.
        """
        async with self.replies(job, seconds) as receive:
            return await receive()

    @contextlib.asynccontextmanager
    async def replies(self, job: Mapping[str, Any], seconds: float) -> AsyncIterator[Receive]:
        """Have one job done that has several replies; the deadline holds for each.

        The caller takes every reply that the job has; if it leaves early, the worker is killed.
        """
        unsent = [frames.encode({**job, "seconds": seconds})]
        async with self._slots, self._awake():
            worker = await self._take()
            finished = False
            try:
                yield partial(worker.converse, unsent, seconds)
                finished = True
            except Lost as lost:
                self.lost[lost.code] += 1
                raise
            finally:
                if finished:
                    self._release(worker)
                else:
                    self._kill(worker)

    async def aclose(self) -> None:
        """End every process and wait until all are gone."""
        self._closed = True
        if self._rest_timer is not None:
            self._rest_timer.cancel()
        if self._warming is not None:
            self._warming.cancel()
        tasks = [task for task in (self._resting, self._warming) if task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)
        async with self._starting:
            self._dismiss()
            if self._zygote is not None:
                await self._zygote.aclose()
                self._zygote = None

    def warm(self) -> None:
        """Start in the background, so that a later job need not wait for the imports."""
        if not self._closed and (self._warming is None or self._warming.done()):
            self._warming = asyncio.create_task(self._warm())

    async def _warm(self) -> None:
        async with self._awake():
            with contextlib.suppress(RuntimeError):
                await self.start()

    async def start(self) -> None:
        """Make sure that workers can be forked.

        Raises:
            NotStartedError: No process can be started.
            RuntimeError: The crew is closed.
        """
        async with self._starting:
            if self._closed:
                raise RuntimeError("the worker pool is closed")
            if self._zygote is not None and self._zygote.alive:
                await self._zygote.wait_ready()
                return
            self._dismiss()
            if self._zygote is not None:
                await self._zygote.aclose()
            self._zygote = Zygote(self._memory_mb, self._preload)
            await self._zygote.wait_ready()

    @contextlib.asynccontextmanager
    async def _awake(self) -> AsyncIterator[None]:
        self._busy += 1
        if self._rest_timer is not None:
            self._rest_timer.cancel()
        try:
            yield
        finally:
            self._busy -= 1
            if not self._busy and not self._closed:
                loop = asyncio.get_running_loop()
                self._rest_timer = loop.call_later(self._idle_s, self.rest)

    def rest(self) -> None:
        """Give idle memory back: the spare workers, and a zygote that is not to be kept."""
        if self._busy or self._closed:
            return
        self._dismiss()
        if not self._keep_zygote and self._zygote is not None:
            zygote, self._zygote = self._zygote, None
            self._resting = asyncio.create_task(zygote.aclose())

    async def _take(self) -> Worker:
        self.fault = None
        while self._spare:
            worker = self._spare.pop()
            if not worker.ended.done():
                return worker
            worker.hang_up()
        try:
            await self.start()
        except NotStartedError as error:
            self.fault = str(error)
            raise Lost("critic-crashed", str(error)) from error
        if self._zygote is None:
            raise RuntimeError("the worker pool is closed")
        return await self._zygote.fork()

    def _release(self, worker: Worker) -> None:
        worn = worker.retired or worker.jobs >= self._recycle_after
        if worn or worker.ended.done() or self._closed or self.idle >= self._spares:
            worker.hang_up()
        else:
            self._spare.append(worker)

    def _kill(self, worker: Worker) -> None:
        worker.hang_up()
        if self._zygote is not None and not worker.ended.done():
            self._zygote.kill(worker)

    def _dismiss(self) -> None:
        for worker in self._spare:
            worker.hang_up()
        self._spare.clear()


class Zygote:
    """The service's handle on a zygote process (see `critics.workers.zygote`)."""

    def __init__(self, memory_mb: int, preload: Sequence[str]) -> None:
        self._loop = asyncio.get_running_loop()
        self._control, theirs = socket.socketpair()
        arguments = (theirs.fileno(), memory_mb, tuple(preload))
        code = (
            f"import sys; sys.path[:] = {[entry or str(Path.cwd()) for entry in sys.path]!r}; "
            f"from critics.workers.zygote import main; main(*{arguments!r})"
        )
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", code],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                # A worker may write no file, so writing to a log file would kill it.
                stderr=subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,
            )
        except OSError as error:
            self._control.close()
            raise NotStartedError(f"no process can be started: {error.strerror}") from error
        finally:
            theirs.close()
        self._control.setblocking(False)  # noqa: FBT003  # the socket's own interface
        self._workers: dict[int, Worker] = {}
        self._count = 0
        self._unread = b""
        self.alive = True
        self._ready = asyncio.Event()
        self._loop.add_reader(self._control, self._read)

    async def wait_ready(self) -> None:
        """Wait until the domains are imported.

        Raises:
            NotStartedError: The process ended instead, or takes too long.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), START_SECONDS)
        if not (self._ready.is_set() and self.alive):
            await self.aclose()
            raise NotStartedError("no worker process can be started")

    async def fork(self) -> Worker:
        """Ask for one more worker; the first job may be sent at once."""
        self._count += 1
        number = self._count
        ours, theirs = socket.socketpair()
        with theirs, contextlib.ExitStack() as undo:
            undo.callback(ours.close)
            worker = Worker(number, *await asyncio.open_connection(sock=ours))
            undo.pop_all()
            self._workers[number] = worker
            try:
                self._order(frames.FORK, worker, theirs)
            except OSError:
                self._bury(number, signal.SIGKILL)
        return worker

    def kill(self, worker: Worker) -> None:
        """Have a worker killed, if it still lives."""
        with contextlib.suppress(OSError):
            self._order(frames.KILL, worker)

    def _order(self, action: bytes, worker: Worker, *channels: socket.socket) -> None:
        # Nine bytes on a socket whose other side does nothing but read it: this never blocks.
        order = frames.ORDER.pack(action, worker.number)
        socket.send_fds(self._control, [order], [channel.fileno() for channel in channels])

    async def aclose(self) -> None:
        """End the zygote and with it all its workers."""
        if self.alive and not self._ready.is_set():
            self._process.kill()  # it is still importing and would not notice; it has no workers
        self._bereave()
        await asyncio.to_thread(self._process.wait)

    def _read(self) -> None:
        try:
            received = self._control.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self._bereave()
            return
        self._unread += received
        while len(self._unread) >= frames.NOTICE.size:
            number, status = frames.NOTICE.unpack_from(self._unread)
            self._unread = self._unread[frames.NOTICE.size :]
            if number:
                self._bury(number, status)
            else:
                self._ready.set()

    def _bury(self, number: int, status: int) -> None:
        worker = self._workers.pop(number)
        if not worker.ended.done():
            worker.ended.set_result(status)

    def _bereave(self) -> None:
        if not self.alive:
            return
        self.alive = False
        self._loop.remove_reader(self._control)
        self._control.close()
        for number in list(self._workers):
            self._bury(number, signal.SIGKILL)
        self._ready.set()


def _environment() -> dict[str, str]:
    """Give the workers what Python needs, and no secret; asserts stay on."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {**kept, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
