"""translation: asks a model several times to put the same prose into formal language.

The model is asked afresh each time, so that its readings are as independent as one model's can
be. What they mean, and whether they agree, is decided elsewhere.

Invariants:
    * The budget is asked before every call, and what is left of it caps the call.
    * What was spent is told also where a call fails.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict

from backprompt.budget import Budget, Usage
from backprompt.calls import Meter, allow
from backprompt.rung import Rung
from backprompt.upstream import (
    Completion,
    Message,
    Request,
    Sampling,
    Upstream,
    UpstreamError,
    estimate_usage,
)

VARIETY = 0.7
"""Temperature where the configured one is 0, at which a model only repeats itself."""


class TranslationReport(BaseModel):
    """Who translated prose into the formal answer that was judged, and what came."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    by: str
    """The model, as the upstream reported it."""
    k: int
    """How many translations were asked for."""
    texts: tuple[str, ...]
    """The model's responses as they came; the readings that were judged are in `candidate`."""
    usage: Usage
    """What they took."""
    relative_to: Literal["translation"] = "translation"
    """What the verdict and every finding are relative to."""
    note: str = (
        "The verdict is about the formal claims in `candidate`, into which a model translated the "
        "prose; that they say what the prose says is not checked."
    )
    """What that means, in one sentence."""


@dataclass(frozen=True, slots=True)
class Translations:
    """What a model answered.

    Attributes:
        texts: Its responses, as they came.
        model: Its name as it reported it last; the upstream's where it was never asked.
        usage: What all calls took.
        short: Which dimension of the budget ended it early, or `recording`; `None` if nothing did.
    """

    texts: tuple[str, ...]
    model: str
    usage: Usage
    short: str | None = None


async def translate(
    prompt: str,
    count: int,
    *,
    upstream: Upstream,
    budget: Budget,
    sampling: Sampling,
    price: Rung | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Translations:
    """Ask for `count` translations, one after the other, as far as the budget goes.

    Args:
        prompt: What to ask.
        count: How many translations are wanted.
        upstream: Whom to ask.
        budget: What may be spent.
        sampling: How the model is to sample; temperature 0 becomes `VARIETY`.
        price: What the model costs; nothing by default.
        clock: Reads seconds.

    Raises:
        UpstreamError: A call failed for good; its usage is that of all calls together.
    """
    varied, began = _varied(sampling), clock()
    session = _Session(prompt, upstream, budget, varied, price or Rung(), clock, began)
    short: str | None = None
    while short is None and len(session.answers) < count:
        short = await session.ask_once()
    return Translations(
        texts=tuple(answer.text for answer in session.answers),
        model=session.answers[-1].model if session.answers else upstream.name,
        usage=session.usage,
        short=short,
    )


def _varied(sampling: Sampling) -> Sampling:
    return (
        sampling.model_copy(update={"temperature": VARIETY}) if _is_greedy(sampling) else sampling
    )


def _is_greedy(sampling: Sampling) -> bool:
    return sampling.temperature is not None and sampling.temperature <= 0


@dataclass(slots=True)
class _Session:
    """The calls of one translation and what they have cost so far."""

    prompt: str
    upstream: Upstream
    budget: Budget
    sampling: Sampling
    price: Rung
    clock: Callable[[], float]
    started: float
    answers: list[Completion] = field(default_factory=list)
    meter: Meter = field(default_factory=Meter)
    usage: Usage = field(default_factory=Usage)

    async def ask_once(self) -> str | None:
        """Ask once more, or say why not."""
        self._spend(Usage())
        if short := self.budget.exhausted(self.usage):
            return short
        left, prompt = self.budget.left(self.usage), self.meter.measure(len(self.prompt))
        grant = allow(left, self.price, prompt, 1, self.sampling.max_tokens)
        if not grant.width:
            return grant.lacks
        request = Request(
            messages=(Message(role="user", content=self.prompt),),
            sampling=self.sampling,
            timeout_s=left.seconds,
            call=len(self.answers),
            max_tokens_left=grant.room,
            max_cost_usd=grant.cost_usd,
        )
        return await self._send(request)

    async def _send(self, request: Request) -> str | None:
        try:
            async with asyncio.timeout(request.timeout_s):
                answer = await self.upstream.generate(request)
        except TimeoutError:
            self._spend(estimate_usage(request))
            return "seconds"
        except UpstreamError as error:
            self._spend(error.usage)
            return self._short_of(error)
        self._spend(answer.usage)
        self.meter.learn(request, answer.usage)
        self.answers.append(answer)
        return None

    def _short_of(self, error: UpstreamError) -> str:
        """Tell an end that was to be expected from a failure."""
        if error.code == "recording-ended":
            return "recording"
        if error.code == "upstream-timeout" and self.budget.exhausted(self.usage) == "seconds":
            return "seconds"
        raise UpstreamError(
            error.code, str(error), status=error.status, usage=self.usage
        ) from error

    def _spend(self, usage: Usage) -> None:
        passed = round(self.clock() - self.started, 3)
        self.usage = (self.usage + usage).model_copy(update={"seconds": passed})
