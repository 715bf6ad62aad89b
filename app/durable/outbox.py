"""Outbox: tells that a run is over, at least once, whoever dies in between.

A row says who has to tell of a run. It is written together with the run's end and removed once
it was told; whoever finds one that nobody living is at tells of it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from app.durable.members import NOW
from app.durable.store import Store
from app.durable.tables import members, news
from app.engine import OnEnd, RunRecord

logger = logging.getLogger("llm_modulo.runs")


def claim_news(database: sa.Engine, executor: str, lease_s: float) -> list[str]:
    """Take over what the dead did not tell; lists all runs that this process has to tell of."""
    idle: Any = sa.true()  # a file has one process
    if database.dialect.name == "postgresql":
        living = sa.select(members.c.executor).where(members.c.seen > NOW - lease_s)
        idle = sa.or_(news.c.executor == executor, news.c.executor.not_in(living))
    claim = sa.update(news).where(idle).values(executor=executor).returning(news.c.run)
    with database.begin() as connection:
        return list(connection.execute(claim).scalars())


def drop_news(database: sa.Engine, run_id: str) -> None:
    """Note that a run was told of."""
    with database.begin() as connection:
        connection.execute(sa.delete(news).where(news.c.run == run_id))


class Outbox:
    """What this process has to tell."""

    def __init__(
        self,
        store: Store,
        executor: str,
        lease_s: float,
        call: Callable[..., Awaitable[Any]],
        on_end: OnEnd | None,
    ) -> None:
        """Tell nothing yet.

        Args:
            store: What is kept of runs.
            executor: This process.
            lease_s: Seconds without a beat after which a replica is dead.
            call: Calls a function of the store in a thread.
            on_end: Is told; `None`, and there is nothing to tell.
        """
        self._store, self._executor, self._lease_s = store, executor, lease_s
        self._call, self._on_end = call, on_end
        self._telling: dict[str, asyncio.Task[None]] = {}
        self._job: asyncio.Task[None] | None = None

    @property
    def teller(self) -> str | None:
        """Who tells of the runs that end here."""
        return None if self._on_end is None else self._executor

    def tell(self, record: RunRecord) -> None:
        """Tell of a run, unless that is under way."""
        run_id = record.spec.id
        if self._on_end is None or run_id in self._telling:
            return
        telling = self._telling[run_id] = asyncio.create_task(self._tell(record, self._on_end))
        telling.add_done_callback(lambda _: self._telling.pop(run_id, None))

    async def _tell(self, record: RunRecord, on_end: OnEnd) -> None:
        await on_end(record)
        await self._call(drop_news, self._store.database, record.spec.id)

    async def tell_rest(self) -> int:
        """Tell what nobody living tells; says of how many runs."""
        database, told = self._store.database, 0
        for run_id in await self._call(claim_news, database, self._executor, self._lease_s):
            if run_id in self._telling:
                continue
            record = await self._call(self._store.get_run, run_id)
            if record is None:
                await self._call(drop_news, database, run_id)
            else:
                self.tell(record)
                told += 1
        if told:
            logger.warning("%d runs had ended without anybody being told; they are told now", told)
        return told

    def open(self) -> None:
        """Look now and then for what nobody tells."""
        if self._on_end is not None:
            self._job = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while True:
            try:
                await self.tell_rest()
            except SQLAlchemyError as error:  # the database may be away for a while
                logger.warning("nobody was told: %s", type(error).__name__)
            await asyncio.sleep(self._lease_s)

    async def aclose(self) -> None:
        """End; what was not told is told by whoever comes next."""
        tasks = [*self._telling.values(), *((self._job,) if self._job else ())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
