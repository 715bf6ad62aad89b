"""tables: the summary as rows of text, for the terminal and for CSV files."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from app.bench.cells import AXES, CellRecord
from app.bench.statistics import Difference, Rate
from app.bench.summary import Row, Summary

HEAD = (
    "strategy", "upstream", "runs", "certified", "rate", "low", "high", "by_model", "origins",
    "infeasible_recognised", "infeasible_known", "false_accepts", "left_out",
)  # fmt: skip


def draw_rows(summary: Summary) -> Iterator[tuple[str, ...]]:
    """Draw the summary for a terminal."""
    yield (
        "strategy",
        "upstream",
        "runs",
        "certified",
        "95 %",
        "by the model",
        "infeasible",
        "calls",
        "tokens",
    )
    for row in summary.rows:
        yield (
            f"{row.strategy}{' (control)' if row.control else ''}",
            row.upstream,
            str(row.certified.of),
            f"{row.certified.hits} ({percent(row.certified.share)})",
            interval(row.certified),
            "-" if row.control else str(row.skilled.hits),
            f"{row.infeasible.hits} of {row.infeasible.of}" if row.infeasible.of else "-",
            f"{row.total('calls'):.0f}",
            f"{row.total('tokens'):,.0f}",
        )


def percent(share: float) -> str:
    """Write a share."""
    return f"{100 * share:.0f} %"


def interval(rate: Rate) -> str:
    """Write a rate's interval."""
    low, high = rate.interval
    return f"{100 * low:.0f}-{100 * high:.0f} %"


def tell(found: Difference | None) -> str:
    """Write a paired difference in percentage points."""
    if found is None:
        return "no problem in common"
    low, high = found.interval
    return (
        f"{100 * found.mean:+.0f} points ({100 * low:+.0f} to {100 * high:+.0f}), "
        f"McNemar p = {found.p:.2g} ({found.better} : {found.worse})"
    )


def write_csv(path: Path, rows: Iterable[Iterable[object]]) -> Path:
    """Write rows as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def report_rows(summary: Summary) -> Iterator[list[object]]:
    """Give the report, one line per row of the benchmark."""
    medians = [f"median_{axis}" for axis in AXES]
    yield [*HEAD, *(f"total_{axis}" for axis in AXES), *medians, "control"]
    for row in summary.rows:
        yield [*_counts(row), *_sums(row), row.control]


def curve_rows(summary: Summary) -> Iterator[list[object]]:
    """Give every point of every curve: certified within so much of something."""
    yield ["strategy", "upstream", "axis", "within", "certified", "runs", "rate", "low", "high"]
    for row in summary.rows:
        for axis in AXES:
            spent = sorted({record.spent(axis) for record in row.solvable if record.right})
            for most in spent:
                rate = row.rate_at(axis, most)
                shares = (rate.share, *rate.interval)
                line: list[object] = [row.strategy, row.upstream, axis, most, rate.hits, rate.of]
                yield [*line, *(round(share, 4) for share in shares)]


def cell_rows(summary: Summary) -> Iterator[list[object]]:
    """Give every cell."""
    names = [name for name in CellRecord.model_fields if name not in {"steps", "search"}]
    yield list(names)
    for row in summary.rows:
        for record in row.records:
            yield [getattr(record, name) for name in names]


def _counts(row: Row) -> list[object]:
    low, high = row.certified.interval
    return [
        row.strategy,
        row.upstream,
        row.certified.of,
        row.certified.hits,
        round(row.certified.share, 4),
        round(low, 4),
        round(high, 4),
        "" if row.control else row.skilled.hits,
        _list(row.origins.items()),
        row.infeasible.hits,
        row.infeasible.of,
        row.false_accepts,
        _list(row.left_out.items()),
    ]


def _sums(row: Row) -> list[object]:
    return [
        *(round(row.total(axis), 4) for axis in AXES),
        *(row.typical(axis) for axis in AXES),
    ]


def _list(items: Iterable[tuple[str, int]]) -> str:
    return " ".join(f"{name}:{count}" for name, count in sorted(items))
