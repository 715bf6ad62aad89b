"""portfolio: what would have happened had recorded rows been tried one after the other.

Nothing is run: each stage plays the first rounds of a row that the benchmark has recorded for the
same problem and repeat. That is what would have happened, because a stage begins with a fresh
conversation, exactly as the recorded run did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.bench.cells import COUNTED, CellRecord, Step
from app.bench.statistics import Rate, bootstrap, median
from app.bench.suite import Stage, Suite

Found = Mapping[tuple[str, str], Sequence[CellRecord]]


@dataclass(frozen=True, slots=True)
class Cost:
    """What was spent."""

    calls: float = 0
    tokens: float = 0
    seconds: float = 0.0
    cost_usd: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        """Add field by field."""
        return Cost(
            self.calls + other.calls,
            self.tokens + other.tokens,
            self.seconds + other.seconds,
            self.cost_usd + other.cost_usd,
        )


@dataclass(frozen=True, slots=True)
class Play:
    """One problem through the stages.

    Attributes:
        certified: Whether a stage certified an answer.
        stage: 0-based number of that stage.
        cost: What all stages spent.
        alone: What the reference, the last stage but for solvers, spent alone.
        alone_certified: Whether that one certified an answer.
    """

    certified: bool
    stage: int | None
    cost: Cost
    alone: Cost
    alone_certified: bool


@dataclass(frozen=True)
class Played:
    """A portfolio over all problems that every stage has recorded."""

    stages: Sequence[Stage]
    reference: Stage
    plays: Sequence[Play]

    @property
    def certified(self) -> Rate:
        """What it would have certified."""
        return Rate(sum(play.certified for play in self.plays), len(self.plays))

    @property
    def alone(self) -> Rate:
        """What the reference certified alone."""
        return Rate(sum(play.alone_certified for play in self.plays), len(self.plays))

    def spent(self, field: str, *, alone: bool = False) -> float:
        """Add up a field of the cost."""
        costs = (play.alone if alone else play.cost for play in self.plays)
        return float(sum(getattr(cost, field) for cost in costs))

    def saved(self, field: str) -> tuple[float, tuple[float, float]] | None:
        """Give the share of the reference's cost that is saved, with its interval of 95 %."""
        pairs = [(getattr(p.alone, field), getattr(p.cost, field)) for p in self.plays]
        if not sum(alone for alone, _ in pairs):
            return None

        def share(drawn: Sequence[float]) -> float:
            chosen = [pairs[int(number)] for number in drawn]
            alone = sum(one for one, _ in chosen)
            return 1 - sum(other for _, other in chosen) / alone if alone else 0.0

        numbers = [float(number) for number in range(len(pairs))]
        return share(numbers), bootstrap(numbers, share)

    def by_stage(self) -> list[int]:
        """Count the certificates of each stage."""
        return [sum(play.stage == n for play in self.plays) for n in range(len(self.stages))]

    def to_json(self) -> dict[str, Any]:
        """Tell it to programs."""
        fields = ("calls", "tokens", "seconds", "cost_usd")
        return {
            "stages": [stage.model_dump(exclude_defaults=True) for stage in self.stages],
            "problems": len(self.plays),
            "certified": self.certified.hits,
            "by_stage": self.by_stage(),
            "median_seconds": median([play.cost.seconds for play in self.plays]),
            "spent": {field: round(self.spent(field), 4) for field in fields},
            "reference": {
                "strategy": self.reference.strategy,
                "upstream": self.reference.upstream,
                "certified": self.alone.hits,
                "spent": {field: round(self.spent(field, alone=True), 4) for field in fields},
            },
            "saved": {field: self.saved(field) for field in fields},
        }


def play(stages: Sequence[Stage], found: Found, suite: Suite) -> Played:
    """Play the stages for every problem and repeat that all of them have recorded."""
    rows = [_by_instance(found.get((stage.upstream, stage.strategy), ())) for stage in stages]
    shared = sorted(set.intersection(*(set(row) for row in rows)) if rows else set())
    asked = [n for n, s in enumerate(stages) if suite.upstreams[s.upstream].kind != "none"]
    last = asked[-1] if asked else len(stages) - 1
    plays = [_play(stages, [row[one] for row in rows], last) for one in shared]
    return Played(stages, stages[last], plays)


def _play(stages: Sequence[Stage], records: Sequence[CellRecord], last: int) -> Play:
    cost, won = Cost(), None
    for number, (stage, record) in enumerate(zip(stages, records, strict=True)):
        certified, spent = _take(stage, record)
        cost = cost + spent
        if certified:
            won = number
            break
    alone = records[last]
    return Play(won is not None, won, cost, _whole(alone), alone.right)


def _take(stage: Stage, record: CellRecord) -> tuple[bool, Cost]:
    """Play the first rounds of a recorded run; say whether they end with the certificate."""
    cut = _cut(stage, record.steps)
    if cut is None:
        return record.right, _whole(record)
    return False, Cost(cut.calls, cut.tokens, cut.seconds, cut.cost_usd)


def _cut(stage: Stage, steps: Sequence[Step]) -> Step | None:
    """Find the call after which the stage is left before the run ended; `None`: it is not."""
    for number, step in enumerate(steps[:-1]):
        over = stage.rounds is not None and steps[number + 1].round > stage.rounds
        if over or (stage.until_repeat and step.repeated):
            return step
    return None


def _whole(record: CellRecord) -> Cost:
    return Cost(record.calls, record.tokens, record.seconds, record.cost_usd)


def _by_instance(records: Sequence[CellRecord]) -> dict[tuple[str, int], CellRecord]:
    """Find what a row has recorded; a problem that it was not asked about is none of it."""
    kept = (record for record in records if record.status in COUNTED)
    return {record.instance: record for record in kept if record.solvable is not False}
