"""statistics: intervals and tests, without a dependency.

Sources: Wilson's score interval (E. B. Wilson, JASA 22, 1927); McNemar's test in its exact,
binomial form (Q. McNemar, Psychometrika 12, 1947); the percentile bootstrap over clusters (Efron
and Tibshirani, An Introduction to the Bootstrap, 1993), where a cluster is a problem, since runs
of the same problem are not independent.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Z95 = 1.959963984540054
"""Quantile of the normal distribution for a two-sided interval of 95 %."""
RESAMPLES = 2000
SEED = 20261122
"""Of the bootstrap: the same results give the same report."""
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its interval of 95 %.

    Attributes:
        hits: How many.
        of: Of how many.
    """

    hits: int
    of: int

    @property
    def share(self) -> float:
        """The share itself; 0 of none."""
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's score interval; everything is possible where nothing was tried."""
        if not self.of:
            return 0.0, 1.0
        n, p = self.of, self.share
        middle = p + Z95**2 / (2 * n)
        half = Z95 * math.sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
        scale = 1 + Z95**2 / n
        return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better one row is than another one on the same problems.

    Attributes:
        problems: How many both have.
        mean: Difference of their certified rates, problem by problem.
        interval: Of 95 %, by bootstrap over problems.
        better: Pairs of runs that only the first one certified.
        worse: Pairs that only the second one certified.
        p: Of McNemar's exact test, two-sided: how likely a split as uneven as this is by chance.
        p_worse: The same, one-sided: small where the first row is really worse.
    """

    problems: int
    mean: float
    interval: tuple[float, float]
    better: int
    worse: int
    p: float
    p_worse: float

    @property
    def significantly_worse(self) -> bool:
        """Whether chance hardly explains that the first row certified less."""
        return self.p_worse < LEVEL


def compare(
    first: Mapping[tuple[str, int], bool], second: Mapping[tuple[str, int], bool]
) -> Difference | None:
    """Compare two rows on the runs that both have: `(problem, repeat)` to whether it succeeded.

    Where the rows have different numbers of repeats, McNemar's test uses the common ones, and the
    difference of rates uses all.

    Returns:
        Nothing if they have no problem in common.
    """
    one, two = _by_problem(first), _by_problem(second)
    shared = sorted(one.keys() & two.keys())
    if not shared:
        return None
    gains = [_mean(one[name]) - _mean(two[name]) for name in shared]
    pairs = [(first[key], second[key]) for key in first.keys() & second.keys()]
    better = sum(a and not b for a, b in pairs)
    worse = sum(b and not a for a, b in pairs)
    return Difference(
        problems=len(shared),
        mean=_mean(gains),
        interval=bootstrap(gains, _mean),
        better=better,
        worse=worse,
        p=mcnemar(better, worse),
        p_worse=_tail(worse, better + worse),
    )


def mcnemar(better: int, worse: int) -> float:
    """Give the two-sided p of McNemar's exact test for discordant pairs."""
    return min(1.0, 2 * _tail(max(better, worse), better + worse))


def bootstrap(
    values: Sequence[float], statistic: Callable[[Sequence[float]], float]
) -> tuple[float, float]:
    """Give the percentile interval of 95 % of a statistic, resampling its values."""
    draw = random.Random(SEED)  # noqa: S311  # a yardstick, no secret
    drawn = sorted(statistic(draw.choices(values, k=len(values))) for _ in range(RESAMPLES))
    cut = round(RESAMPLES * LEVEL / 2)
    return drawn[cut], drawn[-cut - 1]


def median(values: Sequence[float]) -> float | None:
    """Give the middle value; nothing of nothing."""
    if not values:
        return None
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _tail(hits: int, of: int) -> float:
    """Give the chance of at least so many heads of so many fair coins."""
    return float(sum(math.comb(of, k) for k in range(hits, of + 1)) / 2**of)


def _by_problem(row: Mapping[tuple[str, int], bool]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for (problem, _), won in row.items():
        found.setdefault(problem, []).append(float(won))
    return found


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
