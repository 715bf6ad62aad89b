"""metering: counts what calls to a model cost where no run does."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.security.books import Amount
from app.setting_groups import Price
from backprompt.budget import Budget, Usage
from backprompt.upstream import (
    CHARS_PER_TOKEN,
    Completion,
    Request,
    Upstream,
    UpstreamError,
    estimate_tokens,
    estimate_usage,
)


@dataclass(slots=True)
class Meter:
    """What something that is no run may spend, and has spent.

    Attributes:
        budget: What it may.
        prices: By the name of the model.
        usage: What it has; a call that was cut off counts as the most that it may have cost.
    """

    budget: Budget
    prices: Mapping[str, Price]
    usage: Usage = field(default_factory=Usage)

    def over(self, upstream: Upstream) -> "Metered":
        """Count the calls to an upstream."""
        return Metered(upstream, self)

    def add_lost(self, request: Request, model: str) -> None:
        """Count a call that was cut off."""
        caps = [request.sampling.max_tokens, request.max_tokens_left]
        most = min((cap for cap in caps if cap is not None), default=0)
        lost = estimate_usage(request, most * CHARS_PER_TOKEN)
        price = self.prices.get(model)
        cost = (
            (lost.prompt_tokens * price.input + lost.completion_tokens * price.output) / 1_000_000
            if price
            else 0.0
        )
        self.usage += lost.model_copy(update={"cost_usd": cost})


@dataclass(frozen=True, slots=True)
class Metered:
    """An upstream whose calls are counted."""

    upstream: Upstream
    meter: Meter

    @property
    def name(self) -> str:
        """The upstream's name."""
        return self.upstream.name

    async def generate(self, request: Request) -> Completion:
        """Ask once, and count it."""
        try:
            completion = await self.upstream.generate(request)
        except UpstreamError as error:
            self.meter.usage += error.usage
            raise
        except asyncio.CancelledError:
            self.meter.add_lost(request, self.name)
            raise
        self.meter.usage += completion.usage
        return completion

    async def aclose(self) -> None:
        """Close the upstream."""
        await self.upstream.aclose()


def first_call(chars: int) -> Amount:
    """Give what a first call costs at least."""
    return Amount(runs=1, tokens=estimate_tokens(chars))
