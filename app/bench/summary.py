"""Summary: what a benchmark has found, row by row, ready to be written in any form.

Invariants:
    * A row counts only cells that were run to an end that is its own: refused cells and cells whose
      upstream failed are counted apart.
    * An answer that a search or a solver has found never counts as the model's.
    * Only certificates that were proved again count as certified.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.bench.cells import AXES, COUNTED, Axis, CellRecord
from app.bench.portfolio import Played, play
from app.bench.statistics import Difference, Rate, compare, median
from app.bench.suite import CONTROLS, Suite

CALL_POINTS = (1, 2, 4, 8, 16, 32)
"""Calls at which rows are compared."""
TOKEN_POINTS = 6
"""Numbers of tokens at which rows are compared."""

Success = Callable[[CellRecord], bool]


@dataclass(frozen=True)
class Row:
    """All runs of one strategy with one upstream."""

    upstream: str
    strategy: str
    records: Sequence[CellRecord]
    control: bool

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return f"{self.strategy} @ {self.upstream}"

    @cached_property
    def counted(self) -> list[CellRecord]:
        """The runs that ended by themselves."""
        return [record for record in self.records if record.status in COUNTED]

    @property
    def left_out(self) -> Mapping[str, int]:
        """The other runs, by status."""
        return Counter(r.status for r in self.records if r.status not in COUNTED)

    @cached_property
    def solvable(self) -> list[CellRecord]:
        """The runs of problems that may have an answer."""
        return [record for record in self.counted if record.solvable is not False]

    @property
    def certified(self) -> Rate:
        """Answers certified by the system, of the problems that may have one."""
        return Rate(sum(record.right for record in self.solvable), len(self.solvable))

    @property
    def skilled(self) -> Rate:
        """The same, where a model found the answer."""
        return Rate(sum(record.skilled for record in self.solvable), len(self.solvable))

    @property
    def infeasible(self) -> Rate:
        """Recognised as infeasible, of the problems known to have no answer."""
        known = [record for record in self.counted if record.solvable is False]
        return Rate(sum(r.infeasible and r.verified == "verified" for r in known), len(known))

    @property
    def origins(self) -> Mapping[str, int]:
        """Who found the certified answers."""
        return Counter(record.origin or "?" for record in self.solvable if record.right)

    @property
    def false_accepts(self) -> int:
        """Certificates of what is not so."""
        return sum(record.false_accept for record in self.records)

    @property
    def unproved(self) -> int:
        """Certificates that could not be proved again in time."""
        claimed = [r for r in self.records if r.certified or r.infeasible]
        return sum(record.verified != "verified" for record in claimed)

    def total(self, axis: Axis) -> float:
        """Give what the row has spent in all."""
        return sum(record.spent(axis) for record in self.counted)

    def typical(self, axis: Axis) -> float | None:
        """Give the median spent until a certificate."""
        return median([record.spent(axis) for record in self.solvable if record.right])

    def rate_at(self, axis: Axis, most: float) -> Rate:
        """Give the share that was certified within so much."""
        hits = sum(record.right and record.spent(axis) <= most for record in self.solvable)
        return Rate(hits, len(self.solvable))

    def reach(self, axis: Axis) -> float:
        """Give how far the row was allowed to go: the least that a run without success spent.

        Beyond that its rate is a lower bound, since some runs had stopped by then.
        """
        return min((r.spent(axis) for r in self.solvable if not r.right), default=float("inf"))

    def outcomes(self, success: Success | None = None) -> dict[tuple[str, int], bool]:
        """Give each run's success, by problem and repeat."""
        succeeded = success or (lambda record: record.right)
        return {record.instance: succeeded(record) for record in self.solvable}


@dataclass(frozen=True)
class Beside:
    """A row and a control beside it."""

    row: Row
    control: Row
    difference: Difference | None


@dataclass(frozen=True)
class Contest:
    """A strategy that chooses, against the best single one with the same upstream."""

    row: Row
    best: Row
    difference: Difference | None


@dataclass(frozen=True)
class Summary:
    """What a benchmark has found."""

    suite: Suite
    rows: Sequence[Row]
    planned: int
    beside: Sequence[Beside]
    contests: Sequence[Contest]
    portfolios: Mapping[str, Played]

    @property
    def done(self) -> int:
        """Cells that were run."""
        return sum(len(row.records) for row in self.rows)

    @property
    def false_accepts(self) -> int:
        """Certificates of what is not so; there must be none."""
        return sum(row.false_accepts for row in self.rows)

    @property
    def unproved(self) -> int:
        """Certificates that could not be proved again in time."""
        return sum(row.unproved for row in self.rows)

    @property
    def groups(self) -> list[str]:
        """The groups of problems, in order."""
        return sorted({record.group for row in self.rows for record in row.records})

    def points(self, axis: Axis) -> list[float]:
        """Choose where rows are compared on an axis."""
        spent = sorted(r.spent(axis) for row in self.rows for r in row.counted if not row.control)
        most = spent[-1] if spent else 0.0
        if axis in {"calls", "rounds"}:
            return [float(n) for n in CALL_POINTS if n < 2 * most or n == 1]
        steps = (most * 2.0 ** (k - TOKEN_POINTS + 1) for k in range(TOKEN_POINTS))
        return [_round(value, axis) for value in steps if value > 0]

    def to_json(self) -> dict[str, Any]:
        """Tell it to programs."""
        return {
            "suite": self.suite.name,
            "cells": {"planned": self.planned, "done": self.done},
            "false_accepts": self.false_accepts,
            "unproved": self.unproved,
            "rows": [_row_json(row) for row in self.rows],
            "controls": [
                {"row": b.row.name, "control": b.control.name, **_json_of(b.difference)}
                for b in self.beside
            ],
            "contests": [
                {"row": c.row.name, "best": c.best.name, **_json_of(c.difference)}
                for c in self.contests
            ],
            "portfolios": {name: played.to_json() for name, played in self.portfolios.items()},
        }


def summarize(suite: Suite, records: Iterable[CellRecord], *, planned: int) -> Summary:
    """Sum up the records of a suite's cells."""
    found: dict[tuple[str, str], list[CellRecord]] = {}
    for record in records:
        found.setdefault(record.row, []).append(record)
    rows = [
        Row(upstream, strategy, found[upstream, strategy], _is_control(suite, strategy, upstream))
        for upstream in suite.upstreams
        for strategy in suite.strategies
        if (upstream, strategy) in found
    ]
    real = [row for row in rows if not row.control]
    return Summary(
        suite=suite,
        rows=rows,
        planned=planned,
        beside=[
            Beside(row, control, compare(row.outcomes(), control.outcomes()))
            for row in real
            for control in rows
            if _stands_beside(suite, control, row)
        ],
        contests=[contest for row in real if (contest := _contest(suite, row, real))],
        portfolios={name: play(stages, found, suite) for name, stages in suite.portfolios.items()},
    )


def _is_control(suite: Suite, strategy: str, upstream: str) -> bool:
    guesses = suite.upstreams[upstream].kind in CONTROLS
    return guesses or bool(suite.strategies[strategy].control_for)


def _stands_beside(suite: Suite, control: Row, row: Row) -> bool:
    if not control.control:
        return False
    if row.strategy in suite.strategies[control.strategy].control_for:
        return True
    return control.strategy == row.strategy and suite.upstreams[control.upstream].kind in CONTROLS


def _contest(suite: Suite, row: Row, rows: Sequence[Row]) -> Contest | None:
    """Hold a strategy that chooses against the best of the others, picked after the fact."""
    if not suite.strategies[row.strategy].composite:
        return None
    others = [
        other
        for other in rows
        if other.upstream == row.upstream and not suite.strategies[other.strategy].composite
    ]
    if not others:
        return None
    best = max(others, key=lambda other: other.certified.share)
    return Contest(row, best, compare(row.outcomes(), best.outcomes()))


def _row_json(row: Row) -> dict[str, Any]:
    low, high = row.certified.interval
    return {
        "strategy": row.strategy,
        "upstream": row.upstream,
        "control": row.control,
        "runs": row.certified.of,
        "certified": row.certified.hits,
        "rate": round(row.certified.share, 4),
        "interval": [round(low, 4), round(high, 4)],
        "by_model": None if row.control else row.skilled.hits,
        "origins": dict(row.origins),
        "infeasible": {"recognised": row.infeasible.hits, "of": row.infeasible.of},
        "false_accepts": row.false_accepts,
        "left_out": dict(row.left_out),
        "spent": {axis: round(row.total(axis), 4) for axis in AXES},
    }


def _json_of(found: Difference | None) -> dict[str, Any]:
    if found is None:
        return {"problems": 0}
    return {
        "problems": found.problems,
        "difference": round(found.mean, 4),
        "interval": [round(found.interval[0], 4), round(found.interval[1], 4)],
        "only_first": found.better,
        "only_second": found.worse,
        "p": round(found.p, 4),
        "p_worse": round(found.p_worse, 4),
        "significantly_worse": found.significantly_worse,
    }


def _round(value: float, axis: Axis) -> float:
    """Round a point to two digits, so that a table's head can be read."""
    if axis == "cost_usd":
        return float(f"{value:.2g}")
    return float(f"{max(value, 1):.2g}")
