"""bounds: the most that a benchmark can spend, before it spends anything."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.bench.cells import Cell
from app.bench.suite import CONTROLS, Source, Suite

FREE = CONTROLS | {"none", "replay"}
"""Kinds of upstreams that cost neither money nor much time."""
UNCAPPED_TOKENS = 4096
"""Completion tokens that a call is reckoned with where nothing caps it."""
PROMPT_TOKENS = 2000
"""Prompt tokens that a call is reckoned with: nobody has counted them yet."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The most that may happen.

    Attributes:
        calls: Calls to models.
        tokens: Their prompt and completion tokens.
        cost_usd: What these cost, by the prices in the suite.
        seconds: Wall seconds, if every run that asks a model takes all it may.
        unpriced: Upstreams without a price, whose cost is not in the sum.
    """

    calls: int
    tokens: int
    cost_usd: float
    seconds: float
    unpriced: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Tell it to people."""
        yield f"at most {self.calls:,} calls of models, about {self.tokens:,} tokens at the worst"
        yield f"at most ${self.cost_usd:,.2f}, {self.seconds / 3600:,.1f} h"
        if self.unpriced:
            yield f"without a price, and not in the sum: {', '.join(self.unpriced)}"

    def to_json(self) -> dict[str, object]:
        """Tell it to programs."""
        return {
            "calls": self.calls,
            "tokens": self.tokens,
            "cost_usd": self.cost_usd,
            "seconds": self.seconds,
            "unpriced": list(self.unpriced),
        }


def bound_of(suite: Suite, cells: Sequence[Cell]) -> Bound:
    """Add up the budgets of these cells."""
    calls = tokens = 0
    cost = seconds = 0.0
    unpriced: dict[str, None] = {}
    for cell in cells:
        if cell.source.kind in FREE:
            continue
        budget, sampling = suite.settle(cell.arm)
        seconds += budget.seconds / suite.concurrency
        width = max(cell.arm.strategy.n, 1)
        most = budget.rounds * width
        each = PROMPT_TOKENS + (sampling.max_tokens or UNCAPPED_TOKENS)
        spent = min(most * each, budget.tokens + each if budget.tokens else most * each)
        calls, tokens = calls + most, tokens + spent
        if cell.source.price is None and cell.source.kind != "embedded":
            unpriced[cell.upstream] = None
        cost += min(_price(cell.source, most, spent), budget.cost_usd or float("inf"))
    return Bound(calls, tokens, round(cost, 4), round(seconds, 1), tuple(unpriced))


def _price(source: Source, calls: int, tokens: int) -> float:
    """Price a number of tokens: those of the prompts, and the rest as completions."""
    if source.price is None:
        return 0.0
    prompts = min(calls * PROMPT_TOKENS, tokens)
    paid = prompts * source.price.input + (tokens - prompts) * source.price.output
    return paid / 1_000_000
