"""`modulo synth`: makes rows, writes them, and says what is in them."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from app.cli.exits import Exit
from app.cli.terminal import note, put, quit_with, reported, show, show_json, show_table
from app.failures import ServiceError
from app.flywheel.exclusion import read_excluded
from app.flywheel.rows import AS_TEXT, EXAMPLE, MadeRow
from app.flywheel.splits import read_shares
from app.flywheel.synth import Order, Tally, synthesize
from app.flywheel.tables import Table, open_table, write_line
from critics.domain import Domain, find_domain, installed
from critics.generation import Family, Generation

ENDINGS = (".jsonl", ".parquet")


@dataclass(frozen=True, kw_only=True)
class SynthOptions:
    """What was typed; see `modulo synth --help`."""

    domain: str | None
    rows: int
    difficulty: str
    seed: int
    families: Sequence[str]
    mystery: float
    infeasible: float
    near_misses: int
    split: str
    exclude: Sequence[Path]
    distinct: bool
    out: Path | None
    as_json: bool


def run_synth(options: SynthOptions) -> None:
    """Make rows; they go to standard output unless a place is named."""
    with reported(as_json=options.as_json):
        order = _read_order(options)
        tally = Tally()
        started = time.perf_counter()
        _write(options.out, order, synthesize(order, tally))
        seconds = time.perf_counter() - started
        rows = sum(tally.rows.values())
        if options.as_json and options.out is not None:
            show_json(_document(order, tally))
        else:
            _tell(order, tally, on_stdout=options.out is not None)
        note(f"{rows:,} rows in {seconds:.1f} s, {rows / max(seconds, 1e-9):,.0f} rows/s")
        if rows < options.rows:
            note(
                f"the families have no more problems at these levels: {rows:,} of {options.rows:,}"
            )
        for shown in tally.shown:
            note(f"defect: {shown}")
        if tally.defects:
            quit_with(Exit.BUG)


def list_families(name: str | None, *, as_json: bool) -> None:
    """Show what can be made, for one domain or all."""
    with reported(as_json=as_json):
        found = [(n, _generation(find_domain(n))) for n in ([name] if name else _makers())]
        if as_json:
            show_json({n: [_describe(family) for family in made.families] for n, made in found})
            return
        rows = [
            (n, family.name, str(place), level, "yes" if family.solvable else "no")
            for n, made in found
            for family in made.families
            for place, level in enumerate(family.levels, 1)
        ]
        show_table([("domain", "family", "level", "what", "answers"), *rows])


def _makers() -> Iterable[str]:
    return [name for name in sorted(installed()) if find_domain(name).generation is not None]


def _describe(family: Family) -> dict[str, Any]:
    return {
        "family": family.name,
        "summary": family.summary,
        "levels": list(family.levels),
        "solvable": family.solvable,
    }


def _generation(domain: Domain) -> Generation:
    if domain.generation is None:
        able = ", ".join(_makers())
        raise ServiceError(
            "usage", f"the domain `{domain.name}` makes no problems", help=[f"these do: {able}"]
        )
    return domain.generation


def _read_order(options: SynthOptions) -> Order:
    if options.domain is None:
        raise ServiceError("usage", "`modulo synth` takes a DOMAIN, or --list")
    domain = find_domain(options.domain)
    generation = _generation(domain)
    if options.mystery and generation.rename is None:
        raise ServiceError(
            "usage", f"problems of `{domain.name}` cannot be put under other names (--mystery)"
        )
    families = _choose_families(options, generation)
    excluded = read_excluded(options.exclude, domain)
    if options.exclude:
        note(f"excluded: {len(excluded.identities):,} problems of `{domain.name}`")
    if excluded.unread:
        note(f"warning: {excluded.unread:,} of the problems to exclude cannot be read")
    return Order(
        domain=domain,
        generation=generation,
        families=families,
        rows=options.rows,
        seed=options.seed,
        shares=read_shares(options.split),
        mystery=options.mystery,
        infeasible=options.infeasible,
        near_misses=options.near_misses,
        excluded=excluded.identities,
        distinct=options.distinct,
        generator=f"llm-modulo {version('llm-modulo')}, {domain.name} {domain.version}",
    )


def _choose_families(
    options: SynthOptions, generation: Generation
) -> list[tuple[Family, Sequence[int]]]:
    """Give the families that are asked for, with the levels that they have.

    Raises:
        ServiceError: `usage`: there are none, or none of a kind that is wanted.
    """
    named = {family.name: family for family in generation.families}
    unknown = [name for name in options.families if name not in named]
    if unknown:
        raise ServiceError(
            "usage",
            f"`{options.domain}` has no family `{unknown[0]}`",
            help=[f"families: {', '.join(named)}", "see `modulo synth --list`"],
        )
    levels = read_levels(options.difficulty)
    chosen: list[tuple[Family, Sequence[int]]] = []
    for family in named.values():
        own = [level for level in levels if level <= len(family.levels)]
        if own and (not options.families or family.name in options.families):
            chosen.append((family, own))
    wanted = {True: options.infeasible < 1, False: options.infeasible > 0}
    for solvable, kind in ((True, "with"), (False, "without")):
        if wanted[solvable] and all(family.solvable is not solvable for family, _ in chosen):
            raise ServiceError(
                "usage",
                f"no family of problems {kind} answers has level {options.difficulty}",
                help=["see `modulo synth --list`", "set --infeasible, --family or --difficulty"],
            )
    return chosen


def read_levels(text: str) -> list[int]:
    """Read levels, such as `2`, `1-3` or `1,4`.

    Raises:
        ServiceError: `usage`: these are none.
    """
    levels: set[int] = set()
    for part in text.split(","):
        first, dash, last = (piece.strip() for piece in part.partition("-"))
        last = last if dash else first
        if not (first.isascii() and first.isdigit() and last.isascii() and last.isdigit()):
            raise _no_levels(text)
        if not 1 <= int(first) <= int(last) <= MOST_LEVELS:
            raise _no_levels(text)
        levels.update(range(int(first), int(last) + 1))
    return sorted(levels)


MOST_LEVELS = 100


def _no_levels(text: str) -> ServiceError:
    return ServiceError(
        "usage", f"`{text}` names no levels", help=["write `2`, `1-3` or `1,4`; level 1 is easiest"]
    )


def _write(out: Path | None, order: Order, rows: Iterator[MadeRow]) -> None:
    if out is None:
        for row in rows:
            put(write_line(row.to_json()).encode("utf-8", "backslashreplace"))
        return
    if out.suffix and out.suffix not in ENDINGS:
        raise ServiceError("usage", f"`{out}` ends in neither `.jsonl` nor `.parquet`")
    files = [out] if out.suffix else [out / f"{split}.jsonl" for split in order.shares]
    with ExitStack() as stack:
        tables: list[Table] = [
            stack.enter_context(open_table(file, as_text=AS_TEXT, like=EXAMPLE.to_json()))
            for file in files
        ]
        parts = dict.fromkeys(order.shares, tables[0])
        if not out.suffix:
            parts = dict(zip(order.shares, tables, strict=True))
        for row in rows:
            parts[row.split].add(row.to_json())


def _tell(order: Order, tally: Tally, *, on_stdout: bool) -> None:
    """Print the summary of the data."""
    say = show if on_stdout else note
    splits = list(order.shares)
    groups = sorted({(family, level, kind) for family, level, _, kind in tally.rows})
    table = [("family", "level", "verdict", *splits)]
    table += [
        (f, str(level), kind, *(f"{tally.rows[f, level, split, kind]:,}" for split in splits))
        for f, level, kind in groups
    ]
    if on_stdout:
        show_table(table)
    else:
        for row in table:
            note("  ".join(row))
    for name, value in _totals(tally).items():
        say(f"{name}: {value:,}")


def _totals(tally: Tally) -> dict[str, int]:
    counts = Counter({"rows": sum(tally.rows.values()), "problems": len(tally.identities)})
    return {
        **counts,
        "renamed": tally.renamed,
        "near misses": tally.near_misses,
        **{f"dropped, {why}": count for why, count in sorted(tally.dropped.items())},
        **{f"defect, {what}": count for what, count in sorted(tally.defects.items())},
    }


def _document(order: Order, tally: Tally) -> dict[str, Any]:
    return {
        "domain": order.domain.name,
        "generator": order.generator,
        "seed": order.seed,
        "rows": [
            {"family": f, "level": level, "split": split, "verdict": kind, "rows": count}
            for (f, level, split, kind), count in sorted(tally.rows.items())
        ],
        "totals": _totals(tally),
    }
