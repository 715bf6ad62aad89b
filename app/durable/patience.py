"""patience: calls of the store, made again for as long as the database is away.

Invariant: a run outlasts any absence of its database; only what is asked for a client fails.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from app.admission import RETRY_AFTER_S
from app.engine import Observer
from app.failures import ServiceError

T = TypeVar("T")
logger = logging.getLogger("llm_modulo.runs")

AWAY_S = 10.0
"""Seconds for which a client waits for a database that is away."""
AGAIN_S = 0.5
"""Seconds between two tries."""


class Patience:
    """Makes calls that block, in threads."""

    def __init__(self, is_ending: Callable[[], bool], observer: Observer | None = None) -> None:
        """Make calls until this process ends; the observer is told of each."""
        self._is_ending, self._observer = is_ending, observer
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="modulo-store")
        self._asking = ThreadPoolExecutor(max_workers=4, thread_name_prefix="modulo-ask")

    async def call(self, function: Callable[..., T], *args: Any) -> T:
        """Call, again while the database is away.

        Raises:
            OperationalError: This process ends, and the database is away.
        """
        return await self._call(self._threads, function, *args)

    async def look(self, function: Callable[..., T], *args: Any) -> T:
        """Likewise, to read for a client who waits: not in line behind what runs have to store."""
        return await self._call(self._asking, function, *args)

    async def _call(self, threads: ThreadPoolExecutor, function: Callable[..., T], *args: Any) -> T:
        loop, told = asyncio.get_running_loop(), False
        while True:
            try:
                return await loop.run_in_executor(threads, self._time, function, *args)
            except OperationalError as error:
                if self._is_ending():
                    raise
                if not told:
                    logger.warning("the database is away: %s", error.orig)
            told = True
            await asyncio.sleep(AGAIN_S)

    def _time(self, function: Callable[..., T], *args: Any) -> T:
        began, failed = time.monotonic(), False
        try:
            return function(*args)
        except SQLAlchemyError:
            failed = True
            raise
        finally:
            if self._observer is not None:
                name = function.__name__.lstrip("_")
                self._observer.stored(name, time.monotonic() - began, failed=failed)

    async def ask(self, function: Callable[..., T], *args: Any) -> T:
        """Call for a client, who does not wait long, nor in line behind what runs have to store.

        Raises:
            ServiceError: `database-away`.
        """
        try:
            async with asyncio.timeout(AWAY_S):
                return await self._call(self._asking, function, *args)
        except (TimeoutError, OperationalError) as error:
            raise ServiceError(
                "database-away",
                "the database in which runs are kept does not answer",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            ) from error

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown()
        self._asking.shutdown()
