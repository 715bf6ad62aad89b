"""Blackboard: what one run knows so far; every decision of the loop reads it, every event is here.

Invariants:
    * `usage` is the sum over all calls that were started, however they ended.
    * The same text is judged once; a repeated answer changes the strategy instead.
    * What the model is told next is the conversation's affair; it is given each round once.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backprompt.budget import Budget, Usage
from backprompt.calls import Meter
from backprompt.climb import Climb
from backprompt.conversation import Conversation
from backprompt.doubts import FUTILE, doubt
from backprompt.effects import Certificate, Effects
from backprompt.ending import Ending
from backprompt.entries import Answer, Candidate, Known, Round, Stop, Won, is_better
from backprompt.events import (
    CallFailed,
    CallFinished,
    CandidateFound,
    CandidateRepeated,
    Certified,
    Decided,
    Ended,
    Event,
    FeasibilityTested,
    Hinted,
    InfeasibilityCertified,
    Judged,
    NoCandidate,
    Origin,
    RunStarted,
    Status,
    ToolsCalled,
)
from backprompt.evolve.islands import make_islands
from backprompt.journal import Journal
from backprompt.outcome import Outcome
from backprompt.prompt import Turn
from backprompt.render import tell_missing
from backprompt.rung import Rung
from backprompt.strategy import Feedback, Strategy
from backprompt.task import Task
from backprompt.tree.report import Growth
from backprompt.upstream import Completion, Request, UpstreamError
from critics.certificate import Provenance
from critics.statement import read_envelope
from critics.types import (
    Diagnostic,
    Feasibility,
    HintLevel,
    Judgement,
    Solved,
    Verdict,
)

GROWN = frozenset({Origin.SEARCH, Origin.MODEL_GUIDED_SEARCH})
GRACE_S = 15.0
"""Seconds past the budget within which the candidates of the last answer are still judged."""

MISSING_CHARS = 2_000
"""Characters of a response without an answer that the next prompt repeats, from its end."""


if TYPE_CHECKING:
    from backprompt.tree.continuation import Offered


@dataclass
class Blackboard:
    """The state of one run."""

    task: Task
    strategy: Strategy
    budget: Budget
    effects: Effects
    journal: Journal
    usage: Usage = field(default_factory=Usage)
    """What a model may have of the budget is `share`; a solver that comes last keeps the rest."""
    best: Judgement | None = None
    test: asyncio.Task[Feasibility | None] | None = None
    """The feasibility test, while it runs beside the rounds."""
    solver: asyncio.Task[Solved | None] | None = None
    """The solver, while it looks for an answer."""
    solver_asked: bool = False
    author: Origin = Origin.MODEL
    """Who makes the answers of the next round."""
    failure: UpstreamError | None = None
    """Why the model of the last rung could not be asked."""
    restarted: bool = False
    """Whether the conversation starts afresh."""
    stuck: bool = False
    """Whether neither another start nor another model is left to try, but a solver held back."""
    growth: Growth | None = None
    """What the tree took in which the next candidate was found."""
    offered: "Offered | None" = None
    """The verified prefix that a model may go on from, if it is asked to."""
    hint_rounds: int = 0
    """Rounds so far after which a hint might have been given."""

    def __post_init__(self) -> None:
        """Open the journal."""
        self._judged: dict[str, Known] = {}
        self._models: dict[str, None] = {}
        self.round = Round()
        self.conversation = Conversation(self.task, self.strategy)
        self.meter = Meter()
        self.climb = Climb(self.task.rungs or (Rung(),), self.strategy)
        self.usage = self.task.spent
        self.next_call = self.task.first_call
        self.under_way: dict[int, Usage] = {}
        self.share = self.strategy.share(self.budget)
        self.islands = make_islands(self.task, self.strategy)
        self.ending = Ending(None if self.islands else self.strategy.wanted)
        self.note(
            RunStarted(
                task=self.task,
                strategy=self.strategy,
                budget=self.budget,
                upstream=self.effects.upstream_name,
            )
        )
        if self.task.undecided:
            self.ending.give_up("not-covered")

    @property
    def settled(self) -> bool:
        """Say whether no further candidate of a model needs to, or may, be judged."""
        return self._late or self._full(self.share) or self.decided

    @property
    def decided(self) -> bool:
        """Say whether nothing more is asked of a model, whatever the budget."""
        return self.ending.decided

    @property
    def open(self) -> bool:
        """Say whether a proof that there is no answer would still change how the run ends."""
        return self.ending.open

    @property
    def mendable(self) -> bool:
        """Say whether an answer that no model made would still change how the run ends."""
        return self.ending.mendable

    @property
    def infeasible(self) -> bool:
        """Say whether the run ends because there is no answer."""
        return self.ending.infeasible

    def bars(self, candidate: Candidate) -> bool:
        """Say whether a candidate needs not to, or may not, be judged any more."""
        whole = self.budget if candidate.origin is Origin.SOLVER else self.share
        return self._late or self._full(whole) or self.ending.bars(candidate.origin)

    @property
    def _late(self) -> bool:
        return self.usage.seconds >= self.budget.seconds + GRACE_S

    def _full(self, budget: Budget) -> bool:
        return budget.candidates is not None and self.usage.candidates >= budget.candidates

    @property
    def pending(self) -> Usage:
        """What the calls under way may cost at their worst."""
        return sum(self.under_way.values(), Usage())

    def take_numbers(self, count: int) -> tuple[int, ...]:
        """Number so many calls."""
        first, self.next_call = self.next_call, self.next_call + count
        return tuple(range(first, self.next_call))

    @staticmethod
    def one_round(*, back: bool = False) -> Usage:
        """Count one round, or take one back."""
        return Usage(rounds=-1 if back else 1)

    # What came back.

    def call_finished(self, request: Request, completion: Completion) -> None:
        """Note an answer and what it cost."""
        self.under_way.pop(request.call, None)
        paid = Usage() if completion.recorded else completion.usage.model_copy(update={"calls": 1})
        usage = self._charge(paid)
        self.meter.learn(request, usage)
        self._models[completion.model] = None
        self.note(
            CallFinished(call=request.call, completion=completion, usage=usage, spent=self.usage)
        )
        self.round.responses += 1

    def call_failed(self, request: Request, error: UpstreamError) -> None:
        """Note a call without an answer and what it cost all the same."""
        self.under_way.pop(request.call, None)
        usage = self._charge(error.usage)
        self.note(
            CallFailed(
                call=request.call,
                code=error.code,
                message=str(error),
                status=error.status,
                usage=usage,
                spent=self.usage,
            )
        )
        self.round.failure = self.round.failure or error

    def missing(self, answer: Answer) -> None:
        """Note a response in which there is nothing to judge."""
        self.note(NoCandidate(call=answer.call))
        text, why = answer.completion.text, answer.completion.finish_reason
        if self.round.missing is None:
            told = tell_missing(text, why, self.strategy.told)
            self.round.missing = Turn(text.strip()[-MISSING_CHARS:], told)

    def tools_called(self, answer: Answer) -> None:
        """End the run with a response that calls the caller's tools; its text is not judged."""
        self.note(ToolsCalled(call=answer.call, tool_calls=answer.completion.tool_calls))
        said = "the model calls the caller's tools"
        self.ending.stop = Stop(Status.NEEDS_INPUT, "tool-calls", said)

    def recall(self, candidate: Candidate) -> bool:
        """Say whether the same text was judged before, and note that it came again."""
        known = self._judged.get(candidate.text)
        if known is None or candidate.call is None:
            return False
        self.note(CandidateRepeated(candidate=known.number, call=candidate.call))
        if known.round < self.usage.rounds:
            self.round.repeats += 1
            self._consider(known.judgement, repeated=True)
        if self.islands is not None and self.islands.meet(candidate.text):
            self.round.gains = self.islands.here.gains
        return True

    def found(self, candidate: Candidate) -> int:
        """Number a new candidate."""
        number = self.usage.candidates
        self.usage += Usage(candidates=1)
        self.note(
            CandidateFound(
                candidate=number,
                call=candidate.call,
                origin=candidate.origin,
                text=candidate.text,
            )
        )
        return number

    def judged(self, number: int, candidate: Candidate, judgement: Judgement) -> None:
        """Note what the critics say; the model hears of its own answers only."""
        self.note(Judged(candidate=number, judgement=judgement))
        self._judged[judgement.candidate] = Known(number, self.usage.rounds, judgement)
        own = candidate.origin is not Origin.SOLVER
        self.round.news += own
        if is_better(judgement, self.best):
            self.best = judgement
        if judgement.verdict is Verdict.UNKNOWN:
            self.ending.give_up(*(code for code in judgement.codes if code in FUTILE))
        if judgement.verdict is not Verdict.ACCEPTED and own:
            self._consider(judgement, repeated=False)

    @property
    def to_hint(self) -> str | None:
        """The answer that the next prompt gives a hint on, if it gives any."""
        best = self.round.best
        if self.strategy.told is not Feedback.CONSTRUCTIVE or best is None or self.settled:
            return None
        useful = best.verdict is Verdict.REJECTED and self.share.exhausted(self.usage) is None
        return best.candidate if useful else None

    def hinted(self, level: HintLevel, findings: Sequence[Diagnostic]) -> None:
        """Note a hint for the next prompt."""
        if self.round.best is not None:
            number = self._judged[self.round.best.candidate].number
            self.round.hints = tuple(findings)
            self.note(Hinted(candidate=number, level=level, findings=self.round.hints))

    def read_test(self) -> None:
        """Take the feasibility test's result, once it is there."""
        if self.test is not None and self.test.done():
            found, self.test = self.test.result(), None
            if found is not None:
                self.tested(found)

    def tested(self, found: Feasibility) -> None:
        """Note whether there is any answer; without one, it is over."""
        self.note(FeasibilityTested(feasibility=found))
        self.ending.tested(found)

    # How it ends.

    def provenance(self, origin: Origin) -> Provenance:
        """Say who found what is to be certified."""
        return Provenance(
            origin=origin.value,
            run=self.task.run_id,
            rounds=self.usage.rounds,
            models=tuple(self._models),
            usage=self.usage.model_dump(mode="json"),
            formalized=self.task.formalized,
            search=self.growth.model_dump() if self.growth and origin in GROWN else None,
        )

    def certified(
        self, number: int, candidate: Candidate, judgement: Judgement, made: Certificate | None
    ) -> None:
        """Note the certificate; without one that will do, the answer does not count as accepted."""
        doubted = doubt(judgement, made, require_optimal=self.strategy.require_optimal)
        if doubted is None and made is not None:
            self.note(Certified(candidate=number, certificate=made))
            self.ending.win(number, candidate, judgement, made)
            if self.islands is not None and self._is_enough(candidate, made):
                self.prefer(self.accepted[-1])
            if candidate.origin is not Origin.SOLVER:
                self._consider(judgement, repeated=False)
        elif doubted is not None:
            why, degraded = doubted
            if self.islands is not None:
                self.islands.refuse(lost=why == "not-repeatable")
            self.note(Decided(decision="not-certified", why=why))
            self._judged[candidate.text] = Known(number, self.usage.rounds, degraded)
            self.best = degraded if self.best is judgement else self.best
            self.ending.give_up(*(code for code in degraded.codes if code in FUTILE))
            if candidate.origin is not Origin.SOLVER:
                self._consider(degraded, repeated=False)

    def _is_enough(self, candidate: Candidate, made: Certificate) -> bool:
        assert self.islands is not None  # noqa: S101  # the only caller has looked
        optimal = read_envelope(made).claim == "optimal"
        return self.islands.confirm(self.usage.rounds, candidate.call, optimal=optimal)

    def kept(self, judgement: Judgement) -> None:
        """Note an accepted answer that needs no certificate, since a better one has it."""
        self._consider(judgement, repeated=False)

    def certified_infeasible(self, made: Certificate | None) -> None:
        """Note the certificate that there is no answer; without one the evidence stands alone."""
        if made is not None:
            self.note(InfeasibilityCertified(certificate=made))
            self.ending.refute(made)

    @property
    def accepted(self) -> Sequence[Won]:
        """The certified answers so far; more than one only where the strategy chooses."""
        return self.ending.accepted

    def prefer(self, chosen: Won) -> None:
        """Take one of the certified answers."""
        self.ending.won = chosen

    def end(self) -> Outcome:
        """End a run in which nothing more can or may be done."""
        return self._end(self.ending.settle(self.share, self.usage))

    def abort(self, status: Status, reason: str) -> None:
        """End a run from outside."""
        self._end(Stop(status, reason))

    def _end(self, stop: Stop) -> Outcome:
        self.note(
            Ended(status=stop.status, reason=stop.reason, message=stop.message, usage=self.usage)
        )
        told = self.ending.outcome(stop, self.best, self.usage, tuple(self._models))
        bred = self.islands.report() if self.islands else None
        return told.model_copy(update={"evolution": bred})

    def _consider(self, judgement: Judgement, *, repeated: bool) -> None:
        """Keep the best of the round's candidates for the back-prompt, the later of equals."""
        if judgement.verdict is Verdict.ACCEPTED:
            self.round.right, self.round.repeated = judgement, repeated
            return
        if self.round.score <= judgement.score:
            self.round.best, self.round.repeated = judgement, repeated

    def _charge(self, usage: Usage) -> Usage:
        own = usage.model_copy(update={"rounds": 0, "candidates": 0, "seconds": 0.0})
        self.usage += own
        self.climb.charge(own)
        self.round.calls += own.calls
        return own

    def note(self, event: Event) -> None:
        """Write an event into the record, with the time and the round."""
        at = max(self.usage.seconds, self.effects.elapsed())
        self.usage = self.usage.model_copy(update={"seconds": at})
        self.journal.append(event.model_copy(update={"at": at, "round": self.usage.rounds}))
