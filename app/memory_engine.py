"""An engine that keeps its runs in memory: nothing outlives the process.

Invariants:
    * At most `concurrent` runs are executed at once; further ones wait in line, at most `queued`.
    * Of the runs that are over, the latest `kept` stay.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.admission import RETRY_AFTER_S
from app.engine import (
    Executable,
    MakeRun,
    Observer,
    OnEnd,
    RunPage,
    RunQuery,
    RunRecord,
    RunSpec,
    State,
    age,
    matches,
    require_same,
)
from app.failures import ServiceError
from app.protocol import SolveResult
from backprompt.budget import Usage
from backprompt.events import Event
from backprompt.journal import Journal

FAULT = "a fault in llm-modulo itself ended the run"


@dataclass(slots=True)
class _Kept:
    """A run, and what is needed to follow and to end it."""

    record: RunRecord
    journal: Journal = field(default_factory=Journal)
    task: "asyncio.Task[None] | None" = None
    over: asyncio.Event = field(default_factory=asyncio.Event)


def utc_now() -> datetime:
    """Read the clock, with its time zone."""
    return datetime.now(UTC)


class MemoryEngine:
    """Keeps and executes runs in this process."""

    def __init__(
        self,
        make_run: MakeRun,
        *,
        concurrent: int = 32,
        queued: int = 1000,
        kept: int = 1000,
        on_end: OnEnd | None = None,
        observer: Observer | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Start empty.

        Args:
            make_run: Builds what is executed.
            concurrent: Most runs at once.
            queued: Most runs that wait for their turn.
            kept: Most runs that are remembered after their end.
            on_end: Is told of every run that is over.
            observer: Likewise, for the record.
            clock: Reads the time.
        """
        self._make_run = make_run
        self._turns = asyncio.Semaphore(concurrent)
        self._concurrent = concurrent
        self._queued = queued
        self._limit = kept
        self._clock = clock
        self._on_end, self._observer = on_end, observer
        self._runs: dict[str, _Kept] = {}
        self._telling: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> int:
        """Number of runs under way."""
        return sum(kept.record.state == "running" for kept in self._runs.values())

    async def queued(self) -> int:
        """Count the runs that wait for their turn."""
        return sum(kept.record.state == "queued" for kept in self._runs.values())

    async def start(self, spec: RunSpec) -> RunRecord:
        """Start a run, or find the one of the same id."""
        known = self._runs.get(spec.id)
        if known is not None:
            return require_same(known.record, spec)
        unfinished = sum(not kept.record.over for kept in self._runs.values())
        if unfinished >= self._concurrent + self._queued:
            raise ServiceError(
                "too-many-runs",
                f"{unfinished} runs are not over, which is this server's limit",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        kept = _Kept(RunRecord(spec=spec, state="queued"))
        self._runs[spec.id] = kept
        kept.task = asyncio.create_task(self._execute(kept))
        kept.task.add_done_callback(lambda task: self._close(kept, task))
        return kept.record

    async def get(self, run_id: str) -> RunRecord | None:
        """Find a run."""
        kept = self._runs.get(run_id)
        return None if kept is None else self._current(kept)

    async def list(self, query: RunQuery) -> RunPage:
        """List runs, newest first."""
        cursor = self._runs.get(query.before or "")
        records = sorted(map(self._current, self._runs.values()), key=age, reverse=True)
        found = [
            record
            for record in records
            if matches(record, query) and (cursor is None or age(record) < age(cursor.record))
        ]
        page = found[: query.limit]
        more = len(found) > query.limit
        return RunPage(runs=tuple(page), next=page[-1].spec.id if more else None)

    async def events(self, run_id: str, after: int = -1) -> AsyncIterator[Event]:
        """Yield a run's events after number `after`, past and future, until it is over."""
        kept = self._runs.get(run_id)
        if kept is None:
            return
        follower = kept.journal.follow(after)
        over = asyncio.create_task(kept.over.wait())
        step: asyncio.Future[Event] | None = None
        try:
            while True:
                step = asyncio.ensure_future(anext(follower))
                await asyncio.wait({step, over}, return_when=asyncio.FIRST_COMPLETED)
                if not step.done():  # it ended without ever beginning
                    return
                try:
                    event = step.result()
                except StopAsyncIteration:
                    return
                yield event
        finally:
            over.cancel()
            if step is not None and not step.done():  # or whoever reads has gone
                step.cancel()
                await asyncio.wait({step})
            await follower.aclose()

    async def wait(self, run_id: str) -> RunRecord:
        """Wait until a run is over."""
        kept = self._runs[run_id]
        await kept.over.wait()
        if kept.task is not None and kept.task.done() and not kept.task.cancelled():
            kept.task.result()  # a fault of ours is the caller's to report
        return kept.record

    async def cancel(self, run_id: str) -> RunRecord | None:
        """End a run and what it pays for."""
        kept = self._runs.get(run_id)
        if kept is None:
            return None
        if kept.task is not None and not kept.record.over:
            kept.task.cancel()
            await kept.over.wait()
        return kept.record

    async def delete(self, run_id: str) -> bool:
        """Forget a run that is over."""
        kept = self._runs.get(run_id)
        if kept is None or not kept.record.over:
            return False
        del self._runs[run_id]
        return True

    async def recover(self) -> int:
        """Find nothing: what a dead process held in memory is gone."""
        return 0

    def stop(self) -> None:
        """End every run."""
        for kept in self._runs.values():
            if kept.task is not None:
                kept.task.cancel()

    async def aclose(self) -> None:
        """End every run and wait until each has cleaned up."""
        self.stop()
        tasks = [kept.task for kept in self._runs.values() if kept.task is not None]
        for telling in self._telling:
            telling.cancel()
        tasks += self._telling
        await asyncio.gather(*tasks, return_exceptions=True)

    def _current(self, kept: _Kept) -> RunRecord:
        if kept.record.over or not kept.journal.events:
            return kept.record
        return kept.record.model_copy(update={"usage": spent(kept.journal)})

    async def _execute(self, kept: _Kept) -> None:
        run: Executable | None = None
        try:
            async with self._turns:
                self._update(kept, state="running", started_at=self._clock())
                run = await self._make_run(kept.record.spec, kept.journal)
                result = await run.execute()
            failure = run.explain_failure() if result.status == "failed" else None
            self._end(kept, result.status, result, failure)
        except asyncio.CancelledError:
            self._end(kept, "cancelled", run.cancelled() if run else None, None)
            raise
        except ServiceError as error:
            self._end(kept, "failed", None, error.detail)

    def _close(self, kept: _Kept, task: "asyncio.Task[None]") -> None:
        """Settle what became of a run, also of one that was cancelled before its first step."""
        if not kept.record.over:
            state: State = "cancelled" if task.cancelled() else "failed"
            self._end(kept, state, None, None if task.cancelled() else FAULT)
        kept.over.set()
        if self._observer is not None:
            self._observer.run_over(kept.record)
        self._tell(kept.record)
        self._forget()

    def _tell(self, record: RunRecord) -> None:
        if self._on_end is None:
            return
        telling = asyncio.ensure_future(self._on_end(record))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    def _end(
        self, kept: _Kept, state: State, result: SolveResult | None, failure: str | None
    ) -> None:
        self._update(
            kept,
            state=state,
            ended_at=self._clock(),
            result=result,
            failure=failure,
            usage=result.usage if result else spent(kept.journal),
        )

    def _update(self, kept: _Kept, **changes: object) -> None:
        kept.record = kept.record.model_copy(update=changes)

    def _forget(self) -> None:
        over = [key for key, kept in self._runs.items() if kept.record.over]
        for key in over[: max(len(over) - self._limit, 0)]:
            del self._runs[key]


def spent(journal: Journal) -> Usage:
    """Read from a journal what a run has spent so far."""
    if journal.ended is not None:
        return journal.ended.usage
    found = (getattr(event, "spent", None) for event in reversed(journal.events))
    return next((usage for usage in found if isinstance(usage, Usage)), Usage())
