"""climb: when the loop leaves a model for the next one of the ladder, and why.

The loop decides, from recorded results alone, and each call carries the rung it goes to, so a
replay climbs the same way. Without a ladder there is one rung, which is never left.

Invariants:
    * A rung is never gone back to.
    * What a call on a rung may cost at worst fits into what is left, or the call is not made.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from backprompt.budget import Left, Usage
from backprompt.calls import Allowance, allow
from backprompt.progress import Stall
from backprompt.rung import Rung
from backprompt.strategy import Strategy
from backprompt.upstream import Sampling

Why = Literal[
    "no-progress",
    "repeated-answer",
    "same-error",
    "rung-spent",
    "upstream-failed",
    "too-expensive",
]
"""Why a rung is left."""
MUST: frozenset[Why] = frozenset({"rung-spent", "upstream-failed"})
"""Reasons that leave no way to stay."""


@dataclass(slots=True)
class Climb:
    """Where a run stands on its ladder.

    Attributes:
        rungs: The ladder; at least one rung.
        strategy: How many stalls, or errors of one kind, a rung may have.
        at: The present rung.
        leaving: Why it is to be left, if it is.
    """

    rungs: Sequence[Rung]
    strategy: Strategy
    at: int = 0
    leaving: Why | None = None
    _spent: Usage = field(default_factory=Usage)
    _began: float = 0.0
    _stalls: int = 0
    _code: str | None = None
    _same: int = 0

    def __post_init__(self) -> None:
        """Begin where the strategy says."""
        self.at = min(max(self.at, self.strategy.first_rung), len(self.rungs) - 1)

    @property
    def top(self) -> bool:
        """Say whether there is no rung above."""
        return self.at == len(self.rungs) - 1

    @property
    def rung(self) -> Rung:
        """The present rung."""
        return self.rungs[self.at]

    def charge(self, usage: Usage) -> None:
        """Add what a round or a call has spent."""
        self._spent += usage

    def close_round(self, stall: Stall | None, code: str | None, seconds: float) -> None:
        """Take in a round.

        Args:
            stall: Why the conversation starts afresh, if it does.
            code: What was wrong with the best answer first of all.
            seconds: The run's clock.
        """
        self._stalls += stall is not None
        self._same = self._same + 1 if code is not None and code == self._code else 1
        self._code = code
        patience, alike = self.strategy.escalate_after, self.strategy.same_error_after
        if self.spent(seconds):
            self.leaving = "rung-spent"
        elif stall is not None and patience is not None and self._stalls >= patience:
            self.leaving = stall
        elif code is not None and alike is not None and self._same >= alike:
            self.leaving = "same-error"

    def choose(
        self, left: Left, measure: Callable[[int], int], width: int, sampling: Sampling
    ) -> "Choice | None":
        """Choose the rung of the next round; `None` if no call can be made on any.

        A rung whose call would not fit at its worst is passed over for one above it whose call
        does. Only where there is none, the completion is capped by what is left.

        Args:
            left: What is left of the budget.
            measure: Gives the tokens of the next prompt on a rung.
            width: Calls wanted.
            sampling: Whose `max_tokens` holds where a rung has none.
        """
        if self.leaving is None and self.spent(left.now):
            self.leaving = "rung-spent"
        above = self.at + 1
        first = above if self.leaving else self.at
        grants = {
            at: allow(self._left(at, left), rung, measure(at), width, self.cap(at, sampling))
            for at, rung in enumerate(self.rungs)
            if at >= self.at
        }
        full = (at for at in grants if at >= first and grants[at].whole)
        short = (at for at in grants if at >= above and grants[at].width)
        at = next(full, None)
        if at is None and self.leaving not in MUST and grants[self.at].width:
            at = self.at
        at = next(short, None) if at is None else at
        if at is None:
            return None
        why: Why | None = (self.leaving or "too-expensive") if at != self.at else None
        return Choice(at, grants[at], why)

    def lacks(self, left: Left, prompt: int, sampling: Sampling) -> str:
        """Say of what there is too little for a call on the present rung."""
        cap = self.cap(self.at, sampling)
        return allow(self._left(self.at, left), self.rung, prompt, 1, cap).lacks or "rung"

    def spent(self, seconds: float) -> bool:
        """Say whether the present rung has spent its part."""
        return self.rung.spent(self._used(seconds))

    def step(self, at: int, seconds: float) -> None:
        """Stand on another rung."""
        self.at, self._began, self._spent = at, seconds, Usage()
        self._stalls, self._same, self._code = 0, 0, None

    def cap(self, at: int, sampling: Sampling) -> int | None:
        """Give the most completion tokens of a call on a rung, as far as anybody says."""
        caps = (self.rungs[at].max_tokens, sampling.max_tokens)
        return min((cap for cap in caps if cap is not None), default=None)

    def left(self, left: Left, pending: Usage | None = None) -> Left:
        """Give what of the budget's rest the present rung may spend beside what is pending."""
        used = self._used(left.now)
        return left.under(self.rung.left(used + pending if pending else used))

    def _used(self, seconds: float) -> Usage:
        return self._spent.model_copy(update={"seconds": max(seconds - self._began, 0.0)})

    def _left(self, at: int, left: Left) -> Left:
        used = self._used(left.now) if at == self.at else Usage()
        return left.under(self.rungs[at].left(used))


@dataclass(frozen=True, slots=True)
class Choice:
    """The rung of a round.

    Attributes:
        at: Its number.
        grant: The calls that are made on it.
        why: Why it is another one than before; `None` if it is the same.
    """

    at: int
    grant: Allowance
    why: Why | None
