"""DurableEngine: runs that outlive the process, and replicas that share them.

Invariants:
    * An answer that was paid for is stored before the loop sees it; after a crash it is played.
    * A call is announced before it is paid. One that was announced and never answered counts as
      spent, so that a process which keeps dying cannot pass a run's budget.
    * A run that keeps killing its process is given up after a few attempts.
    * How a run ended is written once, together with its last events.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import OperationalError

from app.durable.execution import Execution, Policy
from app.durable.inspection import count_queued, read_state
from app.durable.location import Location, lock_file, open_database
from app.durable.members import Members
from app.durable.outbox import Outbox
from app.durable.patience import Patience
from app.durable.publisher import Publisher
from app.durable.slots import FileSlots, SharedSlots, Slots
from app.durable.store import Store, too_many
from app.durable.workflows import QueueLimits, Workflows
from app.engine import (
    UNFINISHED,
    MakeRun,
    Observer,
    OnEnd,
    RunPage,
    RunQuery,
    RunRecord,
    RunSpec,
    require_same,
)
from app.ids import new_id
from app.memory_engine import FAULT, utc_now
from app.pace import Pace
from app.setting_groups import ClusterSettings
from backprompt.events import Ended, Event

LOCAL = "local"
"""The one executor of a file; it takes up what it had left itself."""
LOOK_S = 0.1
"""Seconds between two looks at a run that another process executes."""
LOCAL_LOOK_S = 10.0
"""Likewise, where this process executes it, which will say so itself when it is over."""
CANCEL_LOOK_S = 0.4
"""Seconds between two looks for runs that another process wants cancelled."""
CANCEL_S = 10.0
"""Seconds that the process which executes a run has to cancel it."""
PRUNE_S = 600.0
"""Seconds between two looks for runs that are old enough to be forgotten."""
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Room:
    """How many runs there may be.

    Attributes:
        concurrent: Executed at once by this process.
        queued: That wait for their turn, beyond those.
        per_tenant: Of one tenant, executed at once by all processes.
        per_upstream: Calls to one upstream at once, by all processes; `None` for any number.
    """

    concurrent: int = 32
    queued: int = 1000
    per_tenant: int | None = None
    per_upstream: int | None = None


@dataclass(slots=True, eq=False)
class _Local:
    """A run that this process executes."""

    task: "asyncio.Task[None]"
    over: asyncio.Event = field(default_factory=asyncio.Event)


class DurableEngine:
    """Keeps runs in a database, and executes them."""

    def __init__(
        self,
        make_run: MakeRun,
        location: Location,
        room: Room = Room(),
        cluster: ClusterSettings = ClusterSettings(),  # noqa: B008  # frozen
        *,
        on_end: OnEnd | None = None,
        observer: Observer | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            make_run: Builds what is executed.
            location: Where runs are kept.
            room: How many there may be.
            cluster: How replicas share them.
            on_end: Is told of every run that is over, at least once.
            observer: Is told of runs that end here, and of calls to the database.
        """
        self._make_run, self._location, self._room = make_run, location, room
        self._stopping = False
        self._observer = observer
        self._patience = Patience(lambda: self._stopping, observer)
        self._call, self._ask = self._patience.call, self._patience.ask
        self._cluster = cluster
        self.executor = new_id("executor") if location.shared else LOCAL
        database = open_database(location, synchronous=cluster.synchronous)
        self._store = Store(database)
        self._workflows = Workflows(location, database, self.executor, self._execute, observer)
        self._members = Members(database, self._workflows, self.executor, cluster.lease_s)
        self._slots: Slots = (
            SharedSlots(self._store, self.executor, room.per_upstream, cluster.lease_s, self._call)
            if location.shared
            else FileSlots(room.per_upstream)
        )
        self._publisher = Publisher(lambda batch: self._call(self._store.add_events, batch))
        self._outbox = Outbox(self._store, self.executor, cluster.lease_s, self._call, on_end)
        self._turns, self._pace = asyncio.Semaphore(room.concurrent), Pace()
        self._local: dict[str, _Local] = {}
        self._opening = asyncio.Lock()
        self._open = False
        self._unlock: Callable[[], None] = lambda: None
        self._jobs: list[asyncio.Task[None]] = []

    @property
    def running(self) -> int:
        """Number of runs that this process is executing."""
        return len(self._local)

    async def queued(self) -> int:
        """Count the runs that wait for their turn."""
        await self._ensure()
        return await self._ask(count_queued, self._store.database)

    async def recover(self) -> int:
        """Open the database, and take up what a process left unfinished when it died."""
        async with self._opening:
            if not self._open:
                await self._launch()
                self._open = True
        return await self._find_lost(0.0)

    async def _launch(self) -> None:
        if self._location.path is not None:
            self._unlock = lock_file(self._location.path)
        await self._ask(self._store.prepare)
        if self._location.shared:
            await self._call(self._members.join)
        per_tenant = self._room.per_tenant or self._room.concurrent
        self._workflows.launch(QueueLimits(self._room.concurrent, per_tenant))
        await self._workflows.open_queue()
        if self._location.shared:
            self._members.start()
            self._jobs.append(asyncio.create_task(self._watch_cancels()))
        self._jobs.append(asyncio.create_task(self._tidy()))
        self._outbox.open()

    async def _ensure(self) -> None:
        if not self._open:
            await self.recover()

    async def start(self, spec: RunSpec) -> RunRecord:
        """Start a run, or find the one of the same id."""
        await self._ensure()
        if self._stopping:
            raise too_many(len(self._local))
        room = self._room.concurrent + self._room.queued
        known = await self._ask(self._store.add_run, spec, room)
        if known is not None:
            return require_same(known, spec)
        if spec.attended:
            await self._workflows.start(spec.id)
        else:
            await self._workflows.enqueue(spec.id, spec.tenant, spec.priority)
        return RunRecord(spec=spec, state="queued")

    async def get(self, run_id: str) -> RunRecord | None:
        """Find a run."""
        await self._ensure()
        return await self._ask(self._store.get_run, run_id)

    async def list(self, query: RunQuery) -> RunPage:
        """List runs, newest first."""
        await self._ensure()
        return await self._ask(self._store.list_runs, query)

    async def events(self, run_id: str, after: int = -1) -> AsyncIterator[Event]:
        """Yield a run's events after number `after`, past and future, until it is over."""
        await self._ensure()
        while True:
            publication = self._publisher.publications.get(run_id)
            grown = publication.grown if publication else None
            record = await self._call(self._store.get_run, run_id)
            for event in (page := await self._call(self._store.read_events, run_id, after)):
                yield event
                after = event.seq
                if isinstance(event, Ended):
                    return
            if not page:
                if record is None or record.over or self._stopping:
                    return
                await _wait_for(grown, LOOK_S)

    async def wait(self, run_id: str) -> RunRecord:
        """Wait until a run is over, or handed over because this process ends."""
        await self._ensure()
        while True:
            state = await self._patience.look(read_state, self._store.database, run_id)
            if state not in UNFINISHED or self._stopping:
                record = await self._patience.look(self._store.get_run, run_id)
                if record is None:
                    raise KeyError(run_id)
                return record
            local = self._local.get(run_id)  # read after the state: one that began since is seen
            await _wait_for(local.over if local else None, LOCAL_LOOK_S if local else LOOK_S)

    async def cancel(self, run_id: str) -> RunRecord | None:
        """End a run and what it pays for; a run that is handed over is left alone."""
        await self._ensure()
        record = await self._ask(self._store.get_run, run_id)
        if record is None or record.over or self._stopping:
            return record
        await self._ask(self._store.ask_cancel, run_id)
        if record.state == "queued" and run_id not in self._local:
            await self._settle(run_id, state="cancelled")
            await self._workflows.withdraw(run_id)
        elif (local := self._local.get(run_id)) is not None:
            local.task.cancel()
        try:
            async with asyncio.timeout(CANCEL_S):
                return await self.wait(run_id)
        except TimeoutError:  # whoever executed it has died; who takes it over will cancel it
            return await self._call(self._store.get_run, run_id)

    async def delete(self, run_id: str) -> bool:
        """Forget a run that is over."""
        await self._ensure()
        if not await self._ask(self._store.delete_run, run_id):
            return False
        await self._workflows.forget([run_id])
        return True

    def stop(self) -> None:
        """Hand every run over: it goes on elsewhere, or when this process is started again."""
        self._stopping = True
        for publication in self._publisher.publications.values():
            publication.close()
        for local in self._local.values():
            local.task.cancel()

    async def aclose(self) -> None:
        """Hand every run over, and release everything."""
        self.stop()
        waiting = [local.task for local in self._local.values()]
        if waiting:
            await asyncio.wait(waiting)
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)
        await self._outbox.aclose()
        await self._publisher.aclose()
        if self._open:
            if self._location.shared:
                with suppress(OperationalError):  # away, so others will find this process dead
                    await self._call(self._members.leave)
                    await self._call(self._workflows.take_over, [self.executor])
            await self._workflows.aclose()
        self._patience.close()
        self._store.database.dispose()
        self._unlock()

    async def _execute(self, run_id: str) -> None:
        """Execute a run: the body of its workflow."""
        task = asyncio.create_task(self._take_turn(run_id))
        local = self._local[run_id] = _Local(task)
        try:
            await asyncio.wait({task})
            if task.cancelled():
                if self._stopping:
                    raise asyncio.CancelledError  # so that the workflow stays unfinished
                await self._settle(run_id, state="cancelled")
            elif (error := task.exception()) is not None:
                if self._stopping and isinstance(error, OperationalError):
                    raise asyncio.CancelledError  # as above
                await self._settle(run_id, state="failed", failure=FAULT)
                raise error  # a fault of ours
        finally:
            task.cancel()
            if self._local.get(run_id) is local:
                del self._local[run_id]
            local.over.set()

    async def _take_turn(self, run_id: str) -> None:
        async with self._turns:
            await self._pace.turn()
            begun = await self._call(self._store.begin_run, run_id, self.executor, time.time())
            if begun is None:
                return
            record, cancelled = begun
            if cancelled:
                raise asyncio.CancelledError
            execution = Execution(self._policy(), record)
            try:
                await execution.run()
            except asyncio.CancelledError:
                if self._stopping:
                    await self._call(self._store.release_run, run_id)
                raise

    def _policy(self) -> Policy:
        return Policy(
            make_run=self._make_run,
            store=self._store,
            workflows=self._workflows,
            publisher=self._publisher,
            slots=self._slots,
            executor=self.executor,
            attempts=self._cluster.attempts,
            call=self._call,
            end=self._end,
            pace=self._pace.turn,
        )

    async def _settle(self, run_id: str, **how: Any) -> None:
        """Note how a run ended, unless that is noted."""
        record = await self._call(self._store.get_run, run_id)
        if record is not None and not record.over:
            ended = record.model_copy(update={"ended_at": utc_now(), **how})
            await self._end(ended, [])

    async def _end(self, record: RunRecord, rest: Sequence[Event]) -> None:
        """Note how a run ended, and tell who wants to know."""
        if await self._call(self._store.end_run, record, rest, self._outbox.teller):
            if self._observer is not None:
                self._observer.run_over(record)
            self._outbox.tell(record)

    async def _watch_cancels(self) -> None:
        """Cancel the runs that another process wants cancelled."""
        while True:
            await asyncio.sleep(CANCEL_LOOK_S)
            for run_id in await self._call(self._store.to_cancel, self.executor):
                if (local := self._local.get(run_id)) is not None:
                    local.task.cancel()

    async def _find_lost(self, older_s: float) -> int:
        """Start the runs that were added, but never got to the queue."""
        found = 0
        for run_id, tenant, spec in await self._call(self._store.waiting, time.time() - older_s):
            if not await self._workflows.known(run_id):
                priority = RunSpec.model_validate_json(spec).priority
                await self._workflows.enqueue(run_id, tenant, priority)
                found += 1
        return found

    async def _tidy(self) -> None:
        """Find lost runs and forget old ones, now and then."""
        while True:
            await asyncio.sleep(PRUNE_S)
            await self._find_lost(self._cluster.lease_s)
            await self.prune()

    async def prune(self) -> int:
        """Forget the runs that ended too long ago; says how many."""
        before = time.time() - self._cluster.kept_days * DAY_S
        gone = 0
        while old := await self._call(self._store.ended_before, before, 100):
            for run_id in old:
                await self.delete(run_id)
            gone += len(old)
        return gone


async def _wait_for(event: asyncio.Event | None, timeout_s: float) -> None:
    if event is None:
        await asyncio.sleep(timeout_s)
        return
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return
