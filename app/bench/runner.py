"""runner: does the cells of a benchmark that are not done yet, through the service's own code.

Invariants:
    * A cell is written down once its run is over, and never half.
    * A call that was paid is not paid again: an interrupted run is played from its record.
    * Every certificate is proved again at once, in processes that share nothing with the run's.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from app.bench.cells import Cell, CellRecord, Step, Verified, trace
from app.bench.guesses import NO_GRAMMAR
from app.bench.playing import Played, Recording
from app.bench.results import Results
from app.bench.sources import Nobody, Sources
from app.bench.suite import CONTROLS
from app.failures import ServiceError
from app.protocol import SolveResult
from app.runs import Run
from app.service import Service
from app.setting_groups import CacheSettings, Caps, LogSettings
from app.settings import Settings
from backprompt.budget import Budget
from backprompt.strategy import Strategy
from backprompt.upstream import Completion, Request, Upstream
from critics.statement import read_envelope
from critics.types import KernelError
from critics.workers.pool import Pool

VERIFY_S = 120.0
"""Seconds that proving a certificate again may take."""
PATIENCE = 5
"""Runs in a row that an upstream may fail before its other cells are left for another time."""

Told = Callable[[CellRecord], None]


class Switch:
    """The one upstream of a service that runs many cells: each task is led to its own."""

    def __init__(self) -> None:
        """Lead nowhere."""
        self._current: ContextVar[Upstream] = ContextVar("upstream")

    @property
    def name(self) -> str:
        """The name of the current task's upstream."""
        return self._current.get(Nobody()).name

    def lead(self, upstream: Upstream) -> None:
        """Ask this one for the current task and those it starts."""
        self._current.set(upstream)

    async def generate(self, request: Request) -> Completion:
        """Ask the current task's upstream."""
        return await self._current.get(Nobody()).generate(request)

    async def aclose(self) -> None:
        """Hold nothing: the upstreams are closed by whoever has opened them."""


@dataclass
class Bench:
    """A benchmark under way.

    Attributes:
        cells: All of them, in order.
        results: Where they are kept.
        settings: Of this machine: workers and the configured upstream.
        concurrency: Runs at once.
        journals: Whether the records of finished runs are kept.
        told: Called with every record as it is kept.
        abandoned: Upstreams that failed too often, and what they said.
    """

    cells: Sequence[Cell]
    results: Results
    settings: Settings
    concurrency: int
    journals: bool
    told: Told
    abandoned: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Start nothing yet."""
        self._failing: Counter[str] = Counter()
        self._memory: dict[str, Completion] = {}

    async def run(self) -> None:
        """Run every cell that is not finished.

        Raises:
            ServiceError: An upstream cannot be made, or the folder cannot be written.
        """
        waiting = iter([cell for cell in self.cells if not self.results.is_finished(cell)])
        async with self._opened() as desk, asyncio.TaskGroup() as group:
            for _ in range(self.concurrency):
                group.create_task(self._work(desk, waiting))

    async def _work(self, desk: "Desk", waiting: Any) -> None:
        for cell in waiting:
            if cell.upstream in self.abandoned:
                continue
            record = await asyncio.create_task(self._do(desk, cell))
            self.results.add(record)
            self.results.close(cell)
            self._watch(record)
            self.told(record)

    def _watch(self, record: CellRecord) -> None:
        """Give an upstream up that fails again and again."""
        name = record.upstream
        self._failing[name] = self._failing[name] + 1 if record.status == "failed" else 0
        if self._failing[name] >= PATIENCE:
            self.abandoned[name] = record.message or record.reason or "it failed"

    async def _do(self, desk: "Desk", cell: Cell) -> CellRecord:
        try:
            played = self._play(cell, await desk.sources.upstream_of(cell))
            desk.switch.lead(played)
            request = cell.suite.request(cell.problem, cell.arm, cell.seed)
            async with desk.service.open_run(request) as run:
                with self.results.following(cell, run.journal):
                    result = await run.execute()
        except (ServiceError, ValidationError) as error:
            return refuse(cell, error)
        record = describe(cell, run, result, played.seconds)
        if result.certificate is not None:
            self.results.keep_certificate(cell, result.certificate)
            verified = await prove_again(desk.verifier, cell, result)
            record = record.model_copy(update={"verified": verified})
        if self.journals:
            self.results.keep_journal(cell, run.journal)
        return record

    def _play(self, cell: Cell, upstream: Upstream) -> Played | Recording:
        """Put before a cell's upstream what need not be bought again."""
        if cell.source.kind == "replay":
            return Recording(upstream)
        shared = None if cell.source.kind in CONTROLS else self._memory
        return Played(upstream, self.results.recorded(cell), shared)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator["Desk"]:
        switch = Switch()
        service = Service(_settings(self.settings, self.concurrency), upstream=switch)
        named = {cell.upstream: cell.source for cell in self.cells}
        sources = Sources(named, self.settings, service.client)
        worker = self.settings.worker
        try:
            async with Pool(size=1, memory_mb=worker.memory_mb) as verifier:
                yield Desk(service, sources, switch, verifier)
        finally:
            await sources.aclose()
            await service.aclose()


@dataclass(frozen=True)
class Desk:
    """What a benchmark works with."""

    service: Service
    sources: Sources
    switch: Switch
    verifier: Pool


def describe(
    cell: Cell, run: Run, result: SolveResult, latencies: Mapping[int, float]
) -> CellRecord:
    """Write down how a run ended.

    Args:
        cell: What was done.
        run: The run.
        result: How it ended.
        latencies: What the calls took that were played, by number.
    """
    steps = trace(run.journal.events)
    usage, made = result.usage, _made(result)
    late = [step.model_copy(update={"seconds": _later(step, latencies)}) for step in steps]
    return _blank(cell).model_copy(
        update={
            "status": _status(cell, result),
            "reason": result.reason,
            "message": run.failure[:300] if result.status == "failed" and run.failure else None,
            "certified": result.certified,
            "infeasible": result.status == "infeasible" and result.certificate is not None,
            "origin": made.get("origin") if result.certified else None,
            "search": made.get("search") or {},
            "optimal": result.optimal,
            "rounds": usage.rounds,
            "calls": usage.calls,
            "candidates": usage.candidates,
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "estimated_tokens": usage.estimated_tokens,
            "cost_usd": usage.cost_usd,
            "seconds": round(usage.seconds + sum(latencies.values()), 3),
            "model": result.model,
            "steps": tuple(late),
            "run": result.id,
        }
    )


def _status(cell: Cell, result: SolveResult) -> str:
    """Name how a run ended: without a model it has done all it can when it would ask one."""
    if result.reason == NO_GRAMMAR:
        return "refused"
    if cell.source.kind == "none" and result.reason == "upstream-none":
        return "exhausted"
    return result.status


def refuse(cell: Cell, error: ServiceError | ValidationError) -> CellRecord:
    """Write down that a run was not begun: the service refuses it, or this version cannot."""
    said = str(error) if isinstance(error, ServiceError) else error.errors()[0]["msg"]
    code = error.code if isinstance(error, ServiceError) else "invalid-request"
    ours = code.startswith(("upstream-", "weights-"))
    update = {"status": "failed" if ours else "refused", "reason": code, "message": said[:300]}
    return _blank(cell).model_copy(update=update)


async def prove_again(verifier: Pool, cell: Cell, result: SolveResult) -> Verified:
    """Prove a certificate again, about this problem and this answer."""
    try:
        found = await verifier.notary.verify(
            result.certificate or {},
            signature=False,
            problem=cell.problem.problem,
            answer=result.answer,
            deadline_s=VERIFY_S,
        )
    except KernelError:
        return "undecided"
    outcome: Verified = found.outcome.value
    return outcome


def _blank(cell: Cell) -> CellRecord:
    problem = cell.problem
    return CellRecord(
        key=cell.key,
        problem=problem.id,
        problem_sha256=problem.sha256,
        domain=problem.domain,
        group=problem.group or problem.domain,
        solvable=problem.solvable,
        strategy=cell.strategy,
        upstream=cell.upstream,
        repeat=cell.repeat,
        seed=cell.seed,
        status="cancelled",
        at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _made(result: SolveResult) -> dict[str, Any]:
    """Read who found what was certified."""
    if result.certificate is None:
        return {}
    return read_envelope(result.certificate).provenance.model_dump(mode="json")


def _later(step: Step, latencies: Mapping[int, float]) -> float:
    """Add the seconds of the played calls up to a step."""
    before = sum(seconds for call, seconds in latencies.items() if call <= step.call)
    return round(step.seconds + before, 3)


def _settings(settings: Settings, concurrency: int) -> Settings:
    """Keep of this machine's settings what cannot change a result."""
    limits = settings.limits.model_copy(update={"concurrent_runs": concurrency})
    return settings.model_copy(
        update={
            "budget": Budget(),
            "caps": Caps(rounds=1000, seconds=86_400, n=64),
            "strategy": Strategy(),
            "limits": limits,
            "caches": CacheSettings(feasibility=False, judgements=False),
            "log": LogSettings(enabled=False),
            "database_url": None,
            "webhooks": type(settings.webhooks)(),
            "profiles": {},
        }
    )
