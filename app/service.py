"""Service: what the routes and the command line have in common.

One object holds the worker pool, the HTTP client and the choice of the upstream. It knows no
routes and no terminal; it raises `ServiceError` for everything a user is to be told.
"""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING

from app.admission import (
    NamedLocks,
    Slots,
    require_comparison,
    settle_budget,
    settle_sampling,
    settle_strategy,
)
from app.caches import Caches, open_cache
from app.desk import Desk
from app.dialogue import Dialogue
from app.endings import reaches_nobody, read_result, stopped_early
from app.engine import Engine, RunRecord, RunSpec
from app.engines import make_engine
from app.experience import Experience
from app.failures import from_kernel
from app.forks import specify_fork
from app.ids import new_id
from app.issuer import Issuer
from app.jobs import Jobs
from app.kernel import PoolKernel
from app.ladders import name_source, price_ladder, price_roles
from app.memory_engine import utc_now
from app.protocol import CheckRequest, SolveRequest, SolveResult
from app.run_views import ForkRequest
from app.runs import Run, read_task
from app.security.opening import open_access
from app.security.permission import require_priority
from app.security.principal import caller
from app.settings import Settings
from app.shedding import Load
from app.webhooks import Courier, require_allowed
from backprompt.continued import continue_from
from backprompt.journal import Journal
from backprompt.upstream import Upstream
from critics.judge import Demand
from critics.line import Check
from critics.types import Judgement, KernelError
from critics.workers.pool import Pool

if TYPE_CHECKING:
    from app.telemetry.telemetry import Telemetry


class Service(Desk):
    """Checks answers and solves problems, within the limits of its settings.

    Attributes:
        settings: The configuration.
        pool: The workers.
        load: How much the service has to do.
        runs: Slots for runs.
        checks: Slots for checks.
        chats: Slots for chats that are passed through.
        issuer: Signs and logs certificates.
        jobs: Work that clients wait for.
        access: Who may ask, and what for.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        upstream: Upstream | None = None,
        pool: Pool | None = None,
        telemetry: "Telemetry | None" = None,
    ) -> None:
        """Start nothing yet.

        Args:
            settings: The configuration.
            upstream: Ask this one and look for none.
            pool: Use these workers and leave them open at the end.
            telemetry: Is told what happens.
        """
        super().__init__(settings, upstream, telemetry)
        worker = settings.worker
        self.pool = pool or Pool(
            size=worker.size,
            memory_mb=worker.memory_mb,
            recycle_after=worker.recycle_after,
            solver_size=worker.solvers or max(worker.size, 2),
        )
        self.runs = Slots(settings.limits.concurrent_runs, "runs")
        self._starts = NamedLocks()
        self.checks = Slots(settings.limits.concurrent_checks, "checks")
        self.chats = Slots(settings.limits.concurrent_passthrough, "passed-through chats")
        self.engine: Engine = make_engine(settings, self.make_run, self.announce, telemetry)
        self.access = open_access(settings, lambda: self.engine)
        self.caches = Caches(settings.caches)
        self.experience = Experience(lambda: self.engine)
        self.courier = Courier(settings.webhooks, lambda: self.client)
        self._owns_pool = pool is None
        self.issuer = Issuer(settings)
        self.jobs = Jobs()
        self.load = Load(settings.shedding, self.engine.queued)

    async def check(self, request: CheckRequest) -> Judgement:
        """Judge the caller's answer.

        Raises:
            ServiceError: The problem or its domain is wrong, or too many checks are under way.
        """
        check = Check(
            domain=request.domain,
            problem=request.problem,
            answer=request.answer,
            exact=request.exact,
        )
        worker = self.settings.worker
        with self.checks.take():
            try:
                return await self.pool.check(
                    check,
                    demand=request.assurance,
                    deadline_s=worker.deadline_s,
                    opinion_deadline_s=worker.opinion_deadline_s,
                )
            except KernelError as error:
                raise from_kernel(error, request.domain) from error

    async def specify(
        self,
        request: SolveRequest,
        *,
        run_id: str | None = None,
        dialogue: Dialogue | None = None,
    ) -> RunSpec:
        """Settle what a run is to do: read its problem, lay its wishes over the defaults.

        Nothing is spent by this.

        Args:
            request: What is asked for.
            run_id: The run's id; a new one by default.
            dialogue: The chat that the run is a part of.

        Raises:
            ServiceError: Whatever is wrong with the request, or that nobody can be asked.
        """
        if self.jobs.stopping:
            raise stopped_early()
        settings = self.settings
        require_allowed(request.webhook, settings.webhooks)
        require_priority(request.priority)
        strategy = settle_strategy(request.strategy, settings, request.domain)
        sampling = settle_sampling(request.sampling, settings, strategy)
        run_id = run_id or new_id("run")
        task = await read_task(self.pool, request, sampling, settings.worker, run_id)
        require_comparison(strategy, request.domain, task)
        known = open_cache(self.caches, request, caller().tenant).answer
        choice, profile = await self.choice(), dialogue.profile if dialogue else None
        rungs = price_ladder(choice, request.model, profile, settings, domain=request.domain)
        added = {"remembered": known, "rungs": rungs, "roles": price_roles(settings)}
        task = task.model_copy(update=added)
        spec = RunSpec(
            id=run_id,
            request=request,
            task=dialogue.lay_into(task) if dialogue else task,
            strategy=strategy,
            budget=settle_budget(request.budget, settings),
            created_at=utc_now(),
            tenant=caller().tenant,
            priority=request.priority,
            source=name_source(choice, request, strategy),
            profile=profile,
            traceparent=self.telemetry.traceparent if self.telemetry else None,
        )
        self.require_available(choice, spec)
        self._warm_engines(request)
        return await self.experience.teach(spec, settings)

    def _warm_engines(self, request: SolveRequest) -> None:
        if request.assurance is not Demand.SINGLE:
            self.pool.engines.warm(request.domain)

    async def make_run(self, spec: RunSpec, journal: Journal) -> Run:
        """Build the run that a specification describes, here and now.

        Raises:
            ServiceError: Nobody can be asked.
        """
        request, choice = spec.request, await self.choice()
        asked = self.find_upstream(choice, spec)
        return Run(
            request=request,
            task=spec.task,
            budget=spec.budget,
            strategy=spec.strategy,
            kernel=PoolKernel(
                self.pool,
                request.domain,
                spec.task.problem,
                request.assurance,
                self.settings.worker,
                self.issuer,
            ),
            upstream=continue_from(spec.continues.recorded if spec.continues else (), asked),
            source=name_source(choice, request, spec.strategy),
            id=spec.id,
            cache=open_cache(self.caches, request, spec.tenant),
            journal=journal,
            draft=spec.draft,
            within=(
                self.telemetry.watch(spec, journal).executing if self.telemetry else nullcontext
            ),
        )

    @asynccontextmanager
    async def open_run(self, request: SolveRequest) -> AsyncIterator[Run]:
        """Open a run that the caller executes itself. Nothing has been spent yet.

        Raises:
            ServiceError: Whatever is wrong with the request, or that nobody can be asked.
        """
        with self.runs.take():
            yield await self.make_run(await self.specify(request), Journal())

    @asynccontextmanager
    async def start_run(
        self,
        request: SolveRequest,
        *,
        run_id: str | None = None,
        body_sha256: str | None = None,
        dialogue: Dialogue | None = None,
    ) -> AsyncIterator[RunRecord]:
        """Start a run for a client that waits for it: it is cancelled when the client leaves.

        A run with an id of its own can be found again, so it is not cancelled.

        Raises:
            ServiceError: Whatever is wrong with the request, or that nobody can be asked.
        """
        with ExitStack() as held:
            async with self._starts.take(run_id):
                known = await self.engine.get(run_id) if run_id is not None else None
                if known is None:
                    held.enter_context(self.runs.take())
                spec = known.spec if known else None
                spec = spec or await self.specify(request, run_id=run_id, dialogue=dialogue)
                noted = {"body_sha256": body_sha256, "attended": True}
                begin = self.engine.start if known else self.access.begin
                record = await begin(spec.model_copy(update=noted))
            try:
                yield record
            finally:
                if run_id is None:
                    await self.engine.cancel(spec.id)

    async def enqueue(
        self,
        request: SolveRequest,
        *,
        run_id: str | None = None,
        body_sha256: str | None = None,
        dialogue: Dialogue | None = None,
    ) -> RunRecord:
        """Start a run that goes on by itself, or stand it in line.

        Raises:
            ServiceError: Whatever is wrong with the request, or that nobody can be asked.
        """
        known = await self.engine.get(run_id) if run_id is not None else None
        spec = (
            known.spec if known else await self.specify(request, run_id=run_id, dialogue=dialogue)
        )
        begin = self.engine.start if known else self.access.begin
        return await begin(spec.model_copy(update={"body_sha256": body_sha256}))

    async def announce(self, record: RunRecord) -> None:
        """Tell whoever wants to know that a run is over."""
        await self.access.settle(record)
        await self.courier.deliver(record)

    async def fork(self, run_id: str, wishes: ForkRequest) -> RunRecord:
        """Go on from a run that is over, without paying again for what it had bought.

        Raises:
            ServiceError: There is no such run, it is not over, or the new one is not possible.
        """
        choice = await self.choice()
        spec = await specify_fork(self.engine, self.settings, choice, run_id, wishes)
        self.require_available(choice, spec)
        return await self.access.begin(await self.experience.teach(spec, self.settings))

    async def finish(self, run_id: str) -> SolveResult:
        """Wait for the end of a run.

        Raises:
            ServiceError: The upstream failed, or the service was stopped: with the run's id and
                what was spent. Once something was spent a client must not send the request again
                by itself, since that would be paid again.
        """
        record = await self.engine.wait(run_id)
        if reaches_nobody(record):
            self.look_again()
        return read_result(record, stopping=self.jobs.stopping)

    def stop(self) -> None:
        """Cancel every job, and take no more."""
        self.engine.stop()
        self.jobs.stop()

    async def aclose(self) -> None:
        """End runs, workers, connections and the embedded model."""
        await self.engine.aclose()
        if self._owns_pool:
            await self.pool.aclose()
        self.access.close()
        await self.close_desk()
