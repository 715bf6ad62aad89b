"""Slots: how many calls to one upstream are under way at once.

Invariant: a slot is held for one call only, never while critics judge, and a process that has
died holds none.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

from app.ids import new_id

LOOK_S = 0.1
"""Seconds between two tries for a slot that other processes share."""


class Slots(Protocol):
    """Bounds the calls to upstreams."""

    def hold(self, upstream: str) -> AbstractAsyncContextManager[None]:
        """Wait for a slot, and hold it."""
        ...


class FileSlots:
    """Slots of one process."""

    def __init__(self, limit: int | None) -> None:
        """Allow so many calls to each upstream; `None` allows any number."""
        self._limit = limit
        self._free: dict[str, asyncio.Semaphore] = {}

    @asynccontextmanager
    async def hold(self, upstream: str) -> AsyncIterator[None]:
        """Wait for a slot, and hold it."""
        if self._limit is None:
            yield
            return
        async with self._free.setdefault(upstream, asyncio.Semaphore(self._limit)):
            yield


class SlotTable(Protocol):
    """Where shared slots are noted."""

    def take_slot(self, upstream: str, token: str, limit: int, lease_s: float) -> bool:
        """Take a slot, if one is free of those that the living hold."""
        ...

    def give_slot(self, upstream: str, token: str) -> None:
        """Give a slot back."""
        ...


class SharedSlots:
    """Slots that all replicas share."""

    def __init__(
        self,
        table: SlotTable,
        executor: str,
        limit: int | None,
        lease_s: float,
        call: Callable[..., Coroutine[Any, Any, Any]],
    ) -> None:
        """Allow so many calls to each upstream; `None` allows any number."""
        self._table, self._executor, self._limit = table, executor, limit
        self._lease_s, self._call = lease_s, call

    @asynccontextmanager
    async def hold(self, upstream: str) -> AsyncIterator[None]:
        """Wait for a slot, and hold it."""
        if self._limit is None:
            yield
            return
        token = f"{self._executor}/{new_id('slot')}"
        try:
            take = (self._table.take_slot, upstream, token, self._limit, self._lease_s)
            while not await self._call(*take):  # noqa: ASYNC110  # no event crosses processes
                await asyncio.sleep(LOOK_S)
            yield
        finally:
            await asyncio.shield(self._call(self._table.give_slot, upstream, token))
