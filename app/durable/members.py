"""Members: which replicas are alive, and who goes on with the runs of those that are not.

Time is the database's clock alone, so that replicas need not agree on theirs.

Invariants:
    * A replica is known before it executes anything.
    * Who is dead is read from the runs that somebody should be executing, not from a list of
      members: whatever went wrong once is tried again with the next beat.
    * A replica that was itself frozen takes over nothing until a full lease has passed: it would
      take the living for dead.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import SQLAlchemyError

from app.durable.tables import members, slots

logger = logging.getLogger("llm_modulo.runs")

BEATS = 6
"""Beats in one lease."""
FORGET = 20
"""Leases after which a dead member's row is removed."""
NOW = sa.func.extract("epoch", sa.func.clock_timestamp())
REAPER = 7_261_032
"""Key of the advisory lock that one replica holds while it takes over."""


class Executions(Protocol):
    """What is executed, by whom."""

    def executors(self) -> set[str]:
        """List the processes that execute runs."""
        ...

    def take_over(self, dead: list[str]) -> int:
        """Stand the runs of dead processes in line again."""
        ...


class Members:
    """The replicas of one database (PostgreSQL)."""

    def __init__(
        self,
        database: sa.Engine,
        executions: Executions,
        executor: str,
        lease_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Belong to no database yet.

        Args:
            database: The shared database.
            executions: What is executed.
            executor: This process.
            lease_s: Seconds without a beat after which a replica is dead.
            clock: Reads seconds; goes on while this process is frozen.
        """
        self._database, self._executions, self._executor = database, executions, executor
        self._lease_s, self._clock = lease_s, clock
        self._beaten = clock()
        self._trusted_at = float("-inf")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="modulo-heart", daemon=True)

    def join(self) -> None:
        """Become known."""
        with self._database.begin() as connection:
            beat = postgresql.insert(members).values(executor=self._executor, seen=NOW)
            connection.execute(
                beat.on_conflict_do_update(index_elements=["executor"], set_={"seen": NOW})
            )

    def start(self) -> None:
        """Beat and take over from now on, in a thread of its own."""
        self._beaten = self._clock()
        self._thread.start()

    def leave(self) -> None:
        """Say that others may go on with the runs of this replica at once."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=self._lease_s)
        with self._database.begin() as connection:
            connection.execute(sa.delete(members).where(members.c.executor == self._executor))
            connection.execute(sa.delete(slots).where(slots.c.executor == self._executor))

    def alive(self, connection: sa.Connection) -> set[str]:
        """List the replicas that were seen within the lease."""
        select = sa.select(members.c.executor).where(members.c.seen > NOW - self._lease_s)
        return set(connection.execute(select).scalars())

    def beat(self) -> int:
        """Say that this replica is alive, and take over from those that are not.

        Returns:
            How many runs were taken over.
        """
        now = self._clock()
        if now - self._beaten > self._lease_s / 2:
            self._trusted_at = now + self._lease_s
            logger.warning("this replica stood still for %.1f s", now - self._beaten)
        self.join()
        self._beaten = self._clock()
        return self._reap() if now >= self._trusted_at else 0

    def _reap(self) -> int:
        with self._database.begin() as connection:
            lock = sa.select(sa.func.pg_try_advisory_xact_lock(REAPER))
            if not connection.execute(lock).scalar():
                return 0  # another replica is at it
            dead = self._executions.executors() - self.alive(connection)
            taken = self._executions.take_over(sorted(dead)) if dead else 0
            old = NOW - self._lease_s * FORGET
            connection.execute(sa.delete(members).where(members.c.seen < old))
        if taken:
            logger.warning("took over %d runs of %d replicas that have died", taken, len(dead))
        return taken

    def _run(self) -> None:
        while not self._ended.wait(self._lease_s / BEATS):
            try:
                self.beat()
            except SQLAlchemyError as error:  # the database may be away for a while
                logger.warning("no heartbeat: %s", type(error).__name__)
