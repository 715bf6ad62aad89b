"""Jobs: work that clients wait for, and that ends when the service is stopped."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from app.endings import stopped_early

T = TypeVar("T")


class Jobs:
    """The work under way.

    Attributes:
        stopping: Whether the service was told to stop.
    """

    def __init__(self) -> None:
        """Start with nothing to do."""
        self.stopping = False
        self._jobs: set[asyncio.Future[Any]] = set()

    async def attend_to(self, job: Coroutine[Any, Any, T]) -> T:
        """Do a job to its end, unless the service is stopped first.

        Raises:
            ServiceError: `shutting-down`: the job was cancelled, and has cleaned up.
        """
        task = asyncio.ensure_future(job)
        self._jobs.add(task)
        if self.stopping:
            task.cancel()
        try:
            return await task
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if caller is None or caller.cancelling() or not self.stopping:
                raise
            raise stopped_early() from None
        finally:
            self._jobs.discard(task)

    def stop(self) -> None:
        """Cancel every job, and take no more."""
        self.stopping = True
        for job in self._jobs:
            job.cancel()
