"""Runs: from a request to a result.

A run is opened (validated, admitted, its problem read) before anything is spent, and executed
once. What a client may see of it is decided in two functions of this module, `show_event` and
`_result`, and nowhere else.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

from pydantic import JsonValue

from app.caches import CachedKernel, ProblemCache
from app.drafts import Draft, find_problem
from app.failures import ServiceError, from_kernel
from app.formalizing import formalizing, require_text
from app.kernel import PoolKernel
from app.protocol import Best, PublicJudgement, SolveRequest, SolveResult
from app.setting_groups import WorkerSettings
from backprompt.budget import Budget, Usage
from backprompt.disclosure import public, traced
from backprompt.doubts import FUTILE
from backprompt.effects import Certificate, Effects, LiveEffects
from backprompt.events import CallFailed, CallFinished, Event, Status
from backprompt.formalize import Formalization
from backprompt.journal import Journal
from backprompt.loop import solve
from backprompt.outcome import Outcome
from backprompt.render import printable
from backprompt.strategy import Strategy
from backprompt.task import Task
from backprompt.tree.report import Growth
from backprompt.upstream import Sampling, Upstream
from critics.domain import find_domain
from critics.statement import Formalized, read_envelope
from critics.types import (
    Comparison,
    Judgement,
    KernelError,
    Optimality,
    Undecided,
)
from critics.workers.pool import Pool

logger = logging.getLogger("llm_modulo.runs")

HARMLESS = frozenset(
    {"upstream-none", "upstream-unreachable", "upstream-timeout", "upstream-refused"}
)
"""Failures of a call before which, or without which, no model has said anything."""
MODEL_CHARS = 200
"""An upstream may call its model anything; so much of it is shown."""
OPTIMAL: Mapping[Optimality, bool | None] = MappingProxyType(
    {Optimality.OPTIMAL: True, Optimality.IMPROVABLE: False, Optimality.UNKNOWN: None}
)


def unrecorded(effects: LiveEffects) -> Effects:
    """Store nothing."""
    return effects


@dataclass(slots=True)
class Run:
    """One solve.

    Attributes:
        request: What was asked.
        task: The problem in words.
        budget: What it may spend.
        strategy: How it reacts.
        kernel: Its critics.
        upstream: Whom it asks.
        source: What kind of upstream that is.
        id: `run_…`, sortable by time.
        cache: What is known from earlier runs.
        journal: Its record, growing while it runs.
        result: How it ended, once it has.
        best: The judgement of the certified or best candidate, once it has ended; for whoever
            runs the loop on their own machine, never for a client.
        draft: What its client has answered about a problem in plain language.
        formalization: The problem that was made of it.
        within: What it is executed in, for whoever watches it.
    """

    request: SolveRequest
    task: Task
    budget: Budget
    strategy: Strategy
    kernel: PoolKernel
    upstream: Upstream
    source: str
    id: str
    cache: ProblemCache
    journal: Journal = field(default_factory=Journal)
    result: SolveResult | None = None
    best: Judgement | None = None
    draft: Draft | None = None
    formalization: Formalization | None = None
    within: Callable[[], AbstractContextManager[None]] = nullcontext

    async def execute(self, record: Callable[[LiveEffects], Effects] = unrecorded) -> SolveResult:
        """Run the loop to its end. Cancelling this cancels the call under way.

        Args:
            record: Wraps the effects, to store what they return and to play it again.
        """
        with self.within():
            return await self._execute(record)

    async def _execute(self, record: Callable[[LiveEffects], Effects]) -> SolveResult:
        domain = find_domain(self.task.domain)
        tested = domain.feasibility is not None
        cache = self.cache
        effects = LiveEffects(
            CachedKernel(self.kernel, cache),
            cache.over(self.upstream),
            feasibility=partial(cache.feasibility, self.kernel.feasibility) if tested else None,
            certify_infeasible=self.kernel.certify_infeasible if tested else None,
            hints=self.kernel.hints,
            solver=self.kernel.solver if domain.solver is not None else None,
            present=self.kernel.present if domain.arrangement is not None else None,
            rollout=self.kernel.rollout if domain.prefix is not None else None,
            measure=self.kernel.measure if domain.objective is not None else None,
        )
        recorded = record(effects)
        if self.request.text is not None:
            ended = await find_problem(self, recorded)
            if ended is not None:
                return ended
        outcome = await solve(
            self.task,
            strategy=self.strategy,
            budget=self.budget,
            effects=recorded,
            journal=self.journal,
        )
        self.best = outcome.judgement
        result = self.tell(outcome, self.formalization)
        if outcome.status is Status.FAILED:
            told = printable(self.failure or outcome.message or "")
            said = f"the run failed: {outcome.reason}"  # all that a line of JSON may hold
            extra = {"run_id": self.id, "said": said}
            logger.warning("%s: %s: %s", self.id, outcome.reason, told, extra=extra)
        return result

    async def take_problem(
        self, made: Formalization, recorded: Formalized, spent: Usage, calls: int
    ) -> None:
        """Take the problem that a text means; what is judged from now on is an answer to it.

        Raises:
            ServiceError: It could not be read.
        """
        self.kernel.problem = made.problem or {}
        request = self.request.model_copy(update={"problem": made.problem, "text": None})
        task = await read_task(
            self.kernel.pool, request, self.task.sampling, self.kernel.worker, self.id
        )
        settled = {name: getattr(self.task, name) for name in ("rungs", "roles", "chosen")}
        changes = {"formalized": recorded, "spent": spent, "first_call": calls}
        self.task = task.model_copy(update=settled | changes)
        self.formalization = made

    def tell(self, outcome: Outcome, made: Formalization | None) -> SolveResult:
        """Write down how the run has ended."""
        self.result = self._result(outcome).model_copy(update={"formalization": made})
        return self.result

    def cancelled(self) -> SolveResult:
        """Say how the run ended that was cancelled; what it found stays untold."""
        ended = self.journal.ended
        usage = ended.usage if ended else Usage()
        return self._result(Outcome(status=Status.CANCELLED, reason="cancelled", usage=usage))

    def show_event(self, event: Event) -> dict[str, JsonValue]:
        """Show an event to the client: without any text of an answer, unless asked for it."""
        return show_event(self.request, event)

    def explain_failure(self) -> str:
        """Say why the run, or the upstream, failed.

        An upstream's own words may echo the prompt, and with it a rejected candidate; those of a
        5xx or of an unreadable answer may even quote what the model was just saying. They are
        repeated only where neither can be, or where the client may see everything.
        """
        ended = self.journal.ended
        if ended is not None and ended.reason in FUTILE:
            return FUTILE[ended.reason]
        failed = self._failures
        answered = any(isinstance(event, CallFinished) for event in self.journal.events)
        if not failed:
            return f"the {self.source} upstream failed"
        harmless = failed[-1].code in HARMLESS and not answered
        if harmless or shows_all(self.request):
            return failed[-1].message[:500]
        status = f" with HTTP status {failed[-1].status}" if failed[-1].status else ""
        return f"the {self.source} upstream failed{status} in round {failed[-1].round}"

    @property
    def failure(self) -> str | None:
        """What the upstream said of the last call that failed; it may echo the prompt."""
        return self._failures[-1].message if self._failures else None

    @property
    def _failures(self) -> list[CallFailed]:
        return [event for event in self.journal.events if isinstance(event, CallFailed)]

    def _result(self, outcome: Outcome) -> SolveResult:
        certified = outcome.certificate is not None and outcome.answer is not None
        refuted = outcome.status is Status.INFEASIBLE
        compared = _compared(outcome.certificate if certified else None)
        judged = outcome.judgement
        shown = judged if certified or judged is None else PublicJudgement.of(judged)
        wanted = self.request.on_fail == "best_effort" and not certified
        best = Best(answer=judged.candidate, judgement=judged) if wanted and judged else None
        return SolveResult(
            id=self.id,
            status=outcome.status.value,
            certified=certified,
            answer=outcome.answer if certified else None,
            certificate=outcome.certificate if certified or refuted else None,
            optimal=OPTIMAL[compared.status] if compared else None,
            objective=compared.objective if compared else None,
            origin=outcome.origin if certified else None,
            search=_grown(outcome.certificate if certified else None),
            evolution=outcome.evolution if certified else None,
            rounds=outcome.usage.rounds,
            usage=outcome.usage,
            budget=self.budget,
            reason=outcome.reason,
            judgement=shown,
            feasibility=outcome.feasibility if outcome.status is Status.INFEASIBLE else None,
            best=best,
            cached=tuple(sorted(self.cache.hits)),
            upstream=self.source,
            model=outcome.models[-1][:MODEL_CHARS] if outcome.models else None,
            elapsed_s=outcome.usage.seconds,
            trace=tuple(map(self.show_event, self.journal.events)) if self.request.trace else None,
        )


def shows_all(request: SolveRequest) -> bool:
    """Say whether the client asked to see answers that are not certified."""
    return request.trace or request.on_fail == "best_effort"


def show_event(request: SolveRequest, event: Event) -> dict[str, JsonValue]:
    """Show an event to the client: without any text of an answer, unless asked for it."""
    return traced(event) if shows_all(request) else public(event)


def _compared(certificate: Certificate | None) -> Comparison | None:
    """Read how a certified answer compares with all others."""
    return read_envelope(certificate).optimality if certificate else None


def _grown(certificate: Certificate | None) -> Growth | None:
    """Read how much search there was in a certified answer."""
    made = read_envelope(certificate).provenance.search if certificate else None
    return None if made is None else Growth.model_validate(made)


async def read_task(
    pool: Pool, request: SolveRequest, sampling: Sampling, worker: WorkerSettings, run_id: str
) -> Task:
    """Read the problem in a worker and put it into words; plain language is left for the run.

    Raises:
        ServiceError: The problem or its domain is wrong, or could not be read.
    """
    if request.text is not None:
        require_text(request.text)
        formalizing(pool, request.domain, worker)
        return Task(domain=request.domain, prompt="", sampling=sampling, run_id=run_id)
    try:
        prepared = await pool.prepare(request.domain, request.problem, deadline_s=worker.deadline_s)
    except Undecided as error:
        raise ServiceError("problem-not-read", str(error)) from error
    except KernelError as error:
        raise from_kernel(error, request.domain) from error
    return Task(
        run_id=run_id,
        domain=request.domain,
        problem=request.problem,
        prompt=prepared.prompt,
        answer_format=prepared.answer_format,
        answer_schema=prepared.answer_schema,
        instructions=request.instructions or "",
        examples=request.examples,
        start_from=request.start_from,
        undecided=prepared.undecided,
        objective=prepared.objective,
        sampling=sampling,
    )
