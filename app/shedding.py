"""Shedding: new work is refused while the service can hardly do the work it has.

Invariants:
    * What is refused has cost nothing yet, and health, results and cancellations are never
      refused: a loaded service must be seen, read and relieved.
    * New work waits, unread, until the event loop gets round to it.
"""

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from app.admission import RETRY_AFTER_S
from app.failures import ServiceError
from app.pace import Pace
from app.setting_groups import SheddingSettings

LOOK_S = 0.25
"""Seconds between two looks."""
COUNT_S = 2.0
"""Seconds between two counts of the runs that wait."""
TURN_S = 30.0
"""Seconds that new work waits for its turn while the event loop is behind."""
LOOKS = 3
"""Looks in a row that must find the event loop late: a single stall is no load."""
MIB = 1024 * 1024
STATM = Path("/proc/self/statm")


class Load:
    """Looks how loaded this process is."""

    def __init__(
        self,
        settings: SheddingSettings,
        count_queued: Callable[[], Awaitable[int | None]],
        *,
        read_memory: Callable[[], int | None] | None = None,
    ) -> None:
        """Look at nothing yet.

        Args:
            settings: What is too much.
            count_queued: Counts the runs that wait; `None` while nobody can tell.
            read_memory: Reads the resident memory in bytes; `None` where nobody can tell.
        """
        self._settings, self._count_queued = settings, count_queued
        self._read_memory = read_memory or resident_bytes
        self._late: deque[float] = deque([0.0] * LOOKS, maxlen=LOOKS)
        self._memory: int | None = None
        self._queued: int | None = None
        self._pace = Pace()

    @property
    def lag_s(self) -> float:
        """Seconds by which the event loop was late in each of the latest looks, at least."""
        return min(self._late)

    @property
    def reason(self) -> str | None:
        """Why no more can be taken; `None` if more can."""
        most = self._settings
        if most.lag_s is not None and self.lag_s > most.lag_s:
            return "lag"
        if most.memory_mb is not None and (self._memory or 0) > most.memory_mb * MIB:
            return "memory"
        if most.queued is not None and (self._queued or 0) >= most.queued:
            return "queue"
        return None

    async def turn(self) -> str | None:
        """Wait for the time to begin something; says why it cannot be begun, if it did not come."""
        try:
            async with asyncio.timeout(TURN_S):
                await self._pace.turn()
        except TimeoutError:
            return "lag"
        return self.reason

    def look(self, late_s: float) -> None:
        """Note by how much the event loop was late, and look at the memory."""
        self._late.append(max(late_s, 0.0))
        if self._settings.memory_mb is not None:
            self._memory = self._read_memory()

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look again and again meanwhile."""
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        next_count = 0.0
        while True:
            due = loop.time() + LOOK_S
            await asyncio.sleep(LOOK_S)
            self.look(loop.time() - due)
            if self._settings.queued is not None and loop.time() >= next_count:
                self._queued = await self._count_queued()
                next_count = loop.time() + COUNT_S


class Shedder:
    """ASGI middleware that refuses new work while there is too much."""

    def __init__(self, app: ASGIApp, *, load: Load, note: Callable[[str], None]) -> None:
        """Wrap an application; `note` is told why something was refused."""
        self.app = app
        self._load, self._note = load, note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse new work, unread, or pass the request on."""
        if scope["type"] == "http" and is_new_work(scope["method"], scope["path"]):
            reason = self._load.reason or await self._load.turn()
            if reason is not None:
                self._note(reason)
                raise overloaded(reason)
        await self.app(scope, receive, send)


def is_new_work(method: str, path: str) -> bool:
    """Say whether a request adds work: it posts something that is no cancellation."""
    return method == "POST" and not path.endswith("/cancel")


def overloaded(reason: str) -> ServiceError:
    """Refuse new work."""
    said = {
        "lag": "the service is behind with the work it has",
        "memory": "the service uses as much memory as it may",
        "queue": "too many runs wait for their turn",
    }
    return ServiceError("overloaded", said[reason], headers={"Retry-After": str(RETRY_AFTER_S)})


def resident_bytes() -> int | None:
    """Read how much memory of this process is resident; `None` where there is no `/proc`."""
    try:
        pages = int(STATM.read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
