"""Budget (what a run may spend) and Usage (what it has spent).

Invariant: a budget is never passed by more than the calls under way. `Budget.exhausted()` is
asked before every paid call, what is left caps each call, and `Usage` sums every call, whether
it ended well or not.
"""

import math
from dataclasses import dataclass
from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class Usage(BaseModel):
    """What has been spent: the sum over all calls of a run, failed and cancelled ones included."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    rounds: int = 0
    calls: int = 0
    candidates: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    """Includes the reasoning tokens."""
    reasoning_tokens: int = 0
    estimated_tokens: int = 0
    """How many of the tokens are our estimate, because the upstream reported none."""
    cost_usd: float = 0.0
    seconds: float = 0.0
    """Wall seconds since the start of the run, at the last recorded effect."""

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Self) -> Self:
        """Add two usages field by field; `seconds` is a reading of the clock, so the later wins."""
        total = {
            name: getattr(self, name) + getattr(other, name) for name in type(self).model_fields
        }
        total["seconds"] = max(self.seconds, other.seconds)
        return type(self)(**total)


@dataclass(frozen=True, slots=True)
class Left:
    """What may still be spent; `None` means any number.

    Attributes:
        seconds: Wall seconds.
        tokens: Prompt and completion tokens together.
        cost_usd: US dollars.
        now: The run's clock.
    """

    seconds: float = math.inf
    tokens: int | None = None
    cost_usd: float | None = None
    now: float = 0.0

    def under(self, other: "Left") -> "Left":
        """Give what both leave."""
        tokens = [left for left in (self.tokens, other.tokens) if left is not None]
        costs = [left for left in (self.cost_usd, other.cost_usd) if left is not None]
        return Left(
            seconds=min(self.seconds, other.seconds),
            tokens=min(tokens, default=None),
            cost_usd=min(costs, default=None),
            now=self.now,
        )


class Budget(BaseModel):
    """What a run may spend; `None` leaves a dimension open, but rounds and seconds are closed."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )

    rounds: int = Field(default=10, ge=1, le=1000)
    """Generate-judge rounds."""
    candidates: int | None = Field(default=None, ge=1, le=100_000)
    """Candidate texts judged, over all rounds."""
    seconds: float = Field(default=600.0, gt=0, le=86_400)
    """Wall seconds from the start of the run; a call under way at the end is cut off."""
    tokens: int | None = Field(default=None, ge=1)
    """Prompt and completion tokens together, over all calls."""
    cost_usd: float | None = Field(default=None, gt=0)
    """US dollars, by the prices configured per model; a model without a price costs 0."""

    def exhausted(self, usage: Usage) -> str | None:
        """Name the first dimension that is spent, or `None` while another call may be paid."""
        spent = {
            "rounds": usage.rounds >= self.rounds,
            "candidates": self.candidates is not None and usage.candidates >= self.candidates,
            "seconds": usage.seconds >= self.seconds,
            "tokens": self.tokens is not None and usage.tokens >= self.tokens,
            "cost_usd": self.cost_usd is not None and usage.cost_usd >= self.cost_usd,
        }
        return next((name for name, over in spent.items() if over), None)

    def left(self, usage: Usage) -> Left:
        """Give what may still be spent on calls."""
        return Left(
            seconds=self.seconds_left(usage),
            tokens=self.tokens_left(usage),
            cost_usd=self.cost_left(usage),
            now=usage.seconds,
        )

    def seconds_left(self, usage: Usage) -> float:
        """Give the wall seconds a call may still take."""
        return max(self.seconds - usage.seconds, 0.0)

    def tokens_left(self, usage: Usage) -> int | None:
        """Give the tokens that may still be spent; `None` means any number."""
        return None if self.tokens is None else max(self.tokens - usage.tokens, 0)

    def cost_left(self, usage: Usage) -> float | None:
        """Give the US dollars that may still be spent; `None` means any sum."""
        return None if self.cost_usd is None else max(self.cost_usd - usage.cost_usd, 0.0)
