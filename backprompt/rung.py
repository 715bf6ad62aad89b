"""rung: one model of a ladder, as data: what it may spend and what it costs.

Invariant: nothing here says how the model is reached, so a rung can stand in a run's record.
"""

from pydantic import BaseModel, ConfigDict, Field

from backprompt.budget import Left, Usage


class Rung(BaseModel):
    """A model, the part of the budget it may spend, and its price."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    model: str = ""
    """Its name, for the record."""
    rounds: int | None = Field(default=None, ge=1)
    tokens: int | None = Field(default=None, ge=1)
    cost_usd: float | None = Field(default=None, gt=0)
    seconds: float | None = Field(default=None, gt=0)
    max_tokens: int | None = Field(default=None, ge=1)
    """Most completion tokens of one of its calls."""
    price_input: float = Field(default=0.0, ge=0)
    """US dollars per million prompt tokens; 0 if it costs nothing or nobody knows."""
    price_output: float = Field(default=0.0, ge=0)
    """US dollars per million completion tokens."""

    def spent(self, usage: Usage) -> bool:
        """Say whether this much is all that the rung may spend."""
        parts = (
            (self.rounds, usage.rounds),
            (self.tokens, usage.tokens),
            (self.cost_usd, usage.cost_usd),
            (self.seconds, usage.seconds),
        )
        return any(cap is not None and used >= cap for cap, used in parts)

    def left(self, usage: Usage) -> Left:
        """Give what it may still spend."""
        seconds = float("inf") if self.seconds is None else self.seconds - usage.seconds
        return Left(
            seconds=max(seconds, 0.0),
            tokens=None if self.tokens is None else max(self.tokens - usage.tokens, 0),
            cost_usd=None if self.cost_usd is None else max(self.cost_usd - usage.cost_usd, 0.0),
        )

    def price(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Give the price of a call in US dollars."""
        return (
            prompt_tokens * self.price_input + completion_tokens * self.price_output
        ) / 1_000_000

    def buys(self, usd: float, prompt_tokens: int) -> int | None:
        """Give the completion tokens that a sum buys after the prompt; `None` if they are free."""
        if not self.price_output:
            return None
        return int((usd * 1_000_000 - prompt_tokens * self.price_input) / self.price_output)
