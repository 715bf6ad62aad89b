"""Portfolio: chooses a way to search for `strategy: auto`, from how earlier runs have ended.

A bandit (UCB1 with a prior, Auer et al. 2002) over a short list of ways, per tenant, domain and
model. Cold start: without any run the prior alone decides, which is the order of the list.

Invariants:
    * The choice is a pure function of the tallies, and both are in the run's task: anyone can
      repeat it from the journal.
    * A field that was set beside `auto` is kept; a way that contradicts it is not open.
    * A solver is never switched on or off: who may answer is the caller's decision.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from app.engine import RunRecord
from backprompt.events import Origin
from backprompt.strategy import Feedback, History, Search, Strategy
from backprompt.task import Chosen, Tally
from backprompt.tree.options import Prior, TreeOptions
from backprompt.upstream import Sampling
from critics.domain import Domain

PRIOR_RUNS = 2.0
"""The prior counts as much as so many runs."""
CURIOSITY = 0.3
"""Weight of what is not known yet."""
TYPICAL_TOKENS = 4_000
"""A certified run of so many tokens is worth half of what cost can take away."""
TYPICAL_USD = 0.05
"""The same in US dollars, where the model has a price."""
COST_SHARE = 0.25
"""The most that cost takes away from a certified run."""
HIGHER_RUNG = 0.03
"""What beginning one rung higher is thought to be worth less, before anything was seen."""
MOST_RUNGS = 3
"""Rungs of a ladder that a run may begin at."""
SAYS_NOTHING = frozenset({Origin.USER, Origin.CACHE})
"""Origins of answers that no search has found."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A way to search.

    Attributes:
        name: For the journal.
        fields: Of the strategy.
        prior: What it is thought to be worth before anything was seen, in [0, 1].
        needs: The hook that a domain must have for it.
    """

    name: str
    fields: Mapping[str, Any]
    prior: float
    needs: str | None = None


def _arm(name: str, prior: float, needs: str | None = None, **fields: Any) -> Arm:
    return Arm(name, MappingProxyType(fields), prior, needs)


ARMS = (
    _arm(
        "search-first",
        0.9,
        "prefix",
        feedback=Feedback.EXPLAIN,
        history=History.LATEST,
        search=Search.TREE,
        tree=TreeOptions(prior=Prior.UNIFORM),
    ),
    _arm("explain", 0.6, feedback=Feedback.EXPLAIN, history=History.LATEST),
    _arm("constructive", 0.58, "hint", feedback=Feedback.CONSTRUCTIVE, history=History.LATEST),
    _arm("first", 0.56, feedback=Feedback.FIRST, history=History.LATEST),
    _arm("last-three", 0.54, feedback=Feedback.ALL, history=History.LAST_K, k=3),
    _arm("resample", 0.52, feedback=Feedback.NONE),
    _arm(
        "guided",
        0.51,
        "prefix",
        feedback=Feedback.EXPLAIN,
        history=History.LATEST,
        search=Search.TREE,
        tree=TreeOptions(free=False),
    ),
    _arm("wide", 0.5, feedback=Feedback.NONE, search=Search.PARALLEL, n=4),
)
"""Ways to search, in the order of a cold start."""


def choose_strategy(
    strategy: Strategy,
    *,
    fixed: AbstractSet[str],
    domain: Domain,
    sampling: Sampling,
    runs: Iterable[RunRecord],
    rungs: int = 1,
    widest: int = 64,
) -> tuple[Strategy, Chosen | None]:
    """Choose a way to search, and lay it under what is fixed.

    Args:
        strategy: As the caller and the operator want it.
        fixed: The fields that one of them has set.
        domain: The problem's domain.
        sampling: Ways that need variety are not open at temperature 0.
        runs: Earlier runs of this domain with this model.
        rungs: Models of the ladder.
        widest: Most answers that a round may ask for.

    Returns:
        The strategy, and how it was chosen; `None` if no way is open.
    """
    open_arms = dict[str, tuple[Arm, Strategy]]()
    for arm in _begin_anywhere(rungs):
        laid = _lay(arm, strategy, fixed, domain, sampling)
        if laid is not None and laid.n <= widest:
            open_arms[arm.name] = (arm, laid)
    if not open_arms:
        return strategy, None
    tallies = count_runs(runs, {name: laid for name, (_, laid) in open_arms.items()})
    name = choose_arm({name: arm.prior for name, (arm, _) in open_arms.items()}, tallies)
    return open_arms[name][1], Chosen(arm=name, tallies=tallies)


def choose_arm(priors: Mapping[str, float], tallies: Mapping[str, Tally]) -> str:
    """Choose by the upper confidence bound; the first of equals, in the order of the priors."""
    total = sum(tally.runs for tally in tallies.values())

    def bound(name: str) -> float:
        tally = tallies[name]
        runs = tally.runs + PRIOR_RUNS
        mean = (tally.worth + PRIOR_RUNS * priors[name]) / runs
        return mean + CURIOSITY * math.sqrt(math.log(total + 1) / runs)

    return max(priors, key=bound)


def count_runs(runs: Iterable[RunRecord], strategies: Mapping[str, Strategy]) -> dict[str, Tally]:
    """Count the runs that went each way, and what they were worth."""
    worths: dict[str, list[float]] = {name: [] for name in strategies}
    for record in runs:
        worth = weigh_run(record)
        for name, strategy in strategies.items():
            if worth is not None and _went(record.spec.strategy, strategy):
                worths[name].append(worth)
    return {
        name: Tally(runs=len(found), worth=round(math.fsum(found), 6))
        for name, found in worths.items()
    }


def weigh_run(record: RunRecord) -> float | None:
    """Say what a run was worth, in [0, 1]; `None` if it says nothing of its way to search.

    What a solver has answered, the search has not.
    """
    result = record.result
    if result is None or record.state not in {"certified", "exhausted"}:
        return None
    if result.origin in SAYS_NOTHING:
        return None
    if not result.certified or result.origin is Origin.SOLVER:
        return 0.0
    tokens, usd = record.usage.tokens, record.usage.cost_usd
    cost = max(tokens / (tokens + TYPICAL_TOKENS), usd / (usd + TYPICAL_USD))
    return 1 - COST_SHARE * cost


def _begin_anywhere(rungs: int) -> Iterator[Arm]:
    """Give every way, beginning at each rung of the ladder; a higher one later in the list."""
    for rung in range(min(rungs, MOST_RUNGS)):
        for arm in ARMS:
            name = f"{arm.name}@{rung}" if rung else arm.name
            fields = MappingProxyType({**arm.fields, "first_rung": rung})
            yield Arm(name, fields, arm.prior - rung * HIGHER_RUNG, arm.needs)


def _lay(
    arm: Arm, strategy: Strategy, fixed: AbstractSet[str], domain: Domain, sampling: Sampling
) -> Strategy | None:
    """Lay an arm under what is fixed; `None` where that contradicts it, or where it can't work."""
    if arm.needs is not None and getattr(domain, arm.needs) is None:
        return None
    if any(getattr(strategy, name) != arm.fields[name] for name in fixed & arm.fields.keys()):
        return None
    try:
        laid = Strategy.model_validate(strategy.model_dump() | dict(arm.fields))
        laid.require_variety(sampling)
    except (ValidationError, ValueError):
        return None
    return laid


def _went(one: Strategy, other: Strategy) -> bool:
    """Say whether two strategies search in the same way, whoever has chosen it."""
    names = {name for arm in ARMS for name in arm.fields} | {"first_rung"}
    return all(getattr(one, name) == getattr(other, name) for name in names)
