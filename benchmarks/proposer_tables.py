"""Print the tables of docs/proposer.md from what `modulo bench` has found.

    python -m benchmarks.proposer_tables /tmp/proposer/out [ANOTHER_OUT ...]

A kind is a group of problems up to its size: `blocksworld-3` and `blocksworld-5` are both
`blocksworld`. Rates have Wilson's interval of 95 %; differences are taken problem by problem with a
bootstrap over problems, as in the report of `modulo bench`.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from app.bench.cells import CellRecord
from app.bench.results import Results
from app.bench.statistics import Rate, compare, median
from app.bench.summary import Row

CALLS = (1, 2, 5, 10)
TIMES = (2, 5, 10)
"""Budgets of tokens, in typical first calls of the kind."""
FEEDBACK, FRESH = "loop", "fresh"

Rows = Mapping[str, Mapping[tuple[str, str], Row]]


def read_rows(folders: Iterable[Path], *, whole: bool) -> Rows:
    """Read the results, by kind, and in it by upstream and strategy.

    Args:
        folders: Of benchmarks; an upstream of the same name in a later one gets the folder's name.
        whole: Whether groups of a kind are counted together.
    """
    found: dict[str, dict[tuple[str, str], list[CellRecord]]] = defaultdict(dict)
    for folder in folders:
        records = Results(folder).records.values()
        names = {key[0] for rows in found.values() for key in rows}
        for record in records:
            kind = record.group.rpartition("-")[0] or record.group if whole else record.group
            name = record.upstream
            shown = f"{name} ({folder.name})" if name in names else name
            found[kind].setdefault((shown, record.strategy), []).append(record)
    return {
        kind: {key: Row(*key, records, key[0] == "random") for key, records in rows.items()}
        for kind, rows in found.items()
    }


def show(rate: Rate) -> str:
    """Write a rate with its interval."""
    low, high = rate.interval
    return f"{rate.share:.0%} ({low * 100:.0f}-{high:.0%})"


def tell_calls(rows: Rows) -> Iterable[Sequence[str]]:
    """Give what was certified within so many calls."""
    yield ("problems", "row", "n", *(f"≤ {calls}" for calls in CALLS), "tokens to a certificate")
    for kind, found in rows.items():
        for row in found.values():
            rates = [show(row.rate_at("calls", calls)) for calls in CALLS]
            typical = row.typical("tokens")
            spent = f"{typical:,.0f}" if typical is not None else "-"
            yield kind, row.name, str(len(row.solvable)), *rates, spent


def tell_tokens(rows: Rows) -> Iterable[Sequence[str]]:
    """Give feedback against fresh answers within the same tokens."""
    head = ("problems", "model", "tokens", FEEDBACK, FRESH, "difference", "only one: p")
    yield head
    for kind, found in rows.items():
        for (upstream, strategy), row in found.items():
            other = found.get((upstream, FRESH))
            if strategy != FEEDBACK or other is None:
                continue
            for times in TIMES:
                yield kind, upstream, *_compare(row, other, times)


def _compare(row: Row, other: Row, times: int) -> Sequence[str]:
    most = times * first_call(row)
    wins = [r.outcomes(lambda c: c.right and c.tokens <= most) for r in (row, other)]
    found = compare(*wins)
    rates = [show(r.rate_at("tokens", most)) for r in (row, other)]
    marked = [
        f"≥ {rate}" if r.reach("tokens") < most else rate
        for rate, r in zip(rates, (row, other), strict=True)
    ]
    if found is None:
        return f"{most:,.0f}", *marked, "-", "-"
    low, high = found.interval
    points = f"{found.mean * 100:+.0f} ({low * 100:+.0f} to {high * 100:+.0f})"
    return f"{most:,.0f}", *marked, points, f"{found.better} : {found.worse}, {found.p:.2g}"


def first_call(row: Row) -> float:
    """Give the typical tokens of a first call."""
    return median([record.steps[0].tokens for record in row.solvable if record.steps]) or 0.0


def print_table(lines: Iterable[Sequence[str]]) -> None:
    """Print Markdown."""
    for place, cells in enumerate(lines):
        print(f"| {' | '.join(cells)} |")
        if place == 0:
            print("|---" * len(cells) + "|")
    print()


def main() -> None:
    """Read the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", help="where `modulo bench --out` wrote")
    parser.add_argument("--groups", action="store_true", help="show sizes apart")
    options = parser.parse_args()
    rows = read_rows(options.folders, whole=not options.groups)
    print_table(tell_calls(rows))
    print_table(tell_tokens(rows))
    records = [r for found in rows.values() for row in found.values() for r in row.records]
    print(f"{len(records)} runs; false certificates: {sum(r.false_accept for r in records)}")


if __name__ == "__main__":
    main()
