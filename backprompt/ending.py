"""ending: how a run ends, as far as that is known while it goes on.

Invariants:
    * A certified answer is never taken back, and nothing but a certificate makes one.
    * What is proved to have no answer ends so, unless an answer is certified.
"""

from dataclasses import dataclass, field, replace

from backprompt.budget import Budget, Usage
from backprompt.doubts import FUTILE
from backprompt.effects import Certificate
from backprompt.entries import Candidate, Stop, Won
from backprompt.events import Origin, Status
from backprompt.outcome import Outcome
from backprompt.upstream import UpstreamError
from critics.types import Feasibility, Feasible, Judgement


@dataclass(slots=True)
class Ending:
    """What decides the end.

    Attributes:
        stop: Why nothing more is asked of a model.
        wanted: How many certified answers are wanted before one is chosen; `None` is endless.
        accepted: The certified answers so far.
        won: The one that was chosen.
        feasibility: Whether there is any answer.
    """

    wanted: int | None = 1
    stop: Stop | None = None
    accepted: list[Won] = field(default_factory=list)
    won: Won | None = None
    feasibility: Feasibility | None = None

    @property
    def decided(self) -> bool:
        """Say whether nothing more is asked of a model, whatever the budget."""
        return self.won is not None or self.stop is not None

    @property
    def open(self) -> bool:
        """Say whether a proof that there is no answer would still change how the run ends."""
        spent = self.stop is None or self.stop.status is Status.EXHAUSTED
        return not self.accepted and spent

    @property
    def mendable(self) -> bool:
        """Say whether an answer that no model made would still change how the run ends."""
        return not self.accepted and (self.stop is None or self.stop.mendable)

    @property
    def infeasible(self) -> bool:
        """Say whether the run ends because there is no answer."""
        refuted = self.stop is not None and self.stop.status is Status.INFEASIBLE
        return refuted and not self.accepted

    def bars(self, origin: Origin) -> bool:
        """Say whether a candidate of this origin can no longer change how the run ends."""
        if origin is not Origin.SOLVER:
            return self.decided
        compared = self.wanted is None and not self.decided  # a better answer may always come
        return not (self.mendable or compared)

    def tested(self, found: Feasibility) -> None:
        """Take in whether there is any answer."""
        self.feasibility = found
        if found.status is Feasible.INFEASIBLE and (self.open or self.mendable):
            self.stop = Stop(Status.INFEASIBLE, "infeasible", "the problem has no answer")

    def win(
        self, number: int, candidate: Candidate, judgement: Judgement, made: Certificate
    ) -> None:
        """Take in the certificate of an answer; the run is won once there are enough."""
        self.accepted.append(Won(candidate, judgement, made, number))
        if self.wanted is not None and len(self.accepted) >= self.wanted:
            self.won = self.accepted[0]

    def refute(self, made: Certificate) -> None:
        """Take in the certificate that there is no answer."""
        if self.stop is not None:
            self.stop = replace(self.stop, certificate=made)

    def spend(self, dimension: str | None, said: str) -> None:
        """Stop because something is spent."""
        self.stop = Stop(Status.EXHAUSTED, dimension, said, mendable=True)

    def give_up(self, *codes: str) -> None:
        """Stop for the first of these codes: no answer can mend it."""
        for code in codes[:1]:
            self.stop = Stop(Status.FAILED, code, FUTILE[code])

    def fail(self, error: UpstreamError, seconds_left: float) -> None:
        """Stop because the model could not be asked."""
        status, reason = Status.FAILED, error.code
        if error.code in {"recording-ended", "call-lost"}:
            status = Status.EXHAUSTED
        elif error.code == "upstream-timeout" and not seconds_left:
            status, reason = Status.EXHAUSTED, "seconds"
        self.stop = Stop(status, reason, str(error), mendable=True)

    def settle(self, budget: Budget, usage: Usage) -> Stop:
        """Say why the run ends, now that it does."""
        if self.accepted:
            self.won = self.won or self.accepted[0]
            return Stop(Status.CERTIFIED)
        if self.stop is not None:
            return self.stop
        spent = budget.exhausted(usage)
        return Stop(Status.EXHAUSTED, spent, f"the budget's `{spent}` are spent")

    def outcome(
        self, stop: Stop, best: Judgement | None, usage: Usage, models: tuple[str, ...]
    ) -> Outcome:
        """Write down how the run ended."""
        won = self.won if stop.status is Status.CERTIFIED else None
        return Outcome(
            status=stop.status,
            answer=won.judgement.candidate if won else None,
            certificate=won.certificate if won else stop.certificate,
            origin=won.candidate.origin if won else None,
            judgement=won.judgement if won else best,
            reason=stop.reason,
            message=stop.message,
            feasibility=self.feasibility,
            usage=usage,
            models=models,
        )
