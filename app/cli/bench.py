"""`modulo bench`: runs a suite, shows how far it is, and writes the report."""

import asyncio
import logging
import platform
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.bench.bounds import bound_of
from app.bench.cells import Cell, CellRecord, plan
from app.bench.choice import choose_suite
from app.bench.problems import BenchProblem
from app.bench.report import write_report
from app.bench.results import Results
from app.bench.runner import Bench
from app.bench.suite import Suite, problems_of
from app.bench.summary import summarize
from app.bench.tables import draw_rows
from app.cli.exits import Exit
from app.cli.terminal import note, quit_with, reported, show, show_json, show_table
from app.settings import load_settings
from backprompt.render import printable

ROWS_OF = frozenset({"upstreams", "control_for", "composite"})
"""Fields of a strategy that say where it stands in the report, and not what it does."""


@dataclass(frozen=True, kw_only=True)
class BenchOptions:
    """What was typed; see `modulo bench --help`."""

    suite: Path | None
    problems: Sequence[Path]
    strategies: str | None
    upstreams: str | None
    repeats: int | None
    limit: int | None
    concurrency: int | None
    out: Path | None
    journals: bool
    extend: bool
    dry_run: bool
    report_only: bool
    as_json: bool


def run_bench(options: BenchOptions) -> None:
    """Run what is not finished, and report on everything that is."""
    with reported(as_json=options.as_json):
        suite = choose_suite(
            options.suite,
            problems=options.problems,
            strategies=options.strategies,
            upstreams=options.upstreams,
            repeats=options.repeats,
            concurrency=options.concurrency,
        )
        problems = problems_of(suite)[: options.limit]
        cells = list(plan(suite, problems))
        results = Results(options.out or Path("bench") / suite.name)
        if options.dry_run:
            _tell_bound(suite, cells, results, as_json=options.as_json)
            return
        if not options.report_only:
            _work(options, _header(suite, problems), cells, results)
        _report(suite, cells, results, as_json=options.as_json)


def _work(
    options: BenchOptions, header: dict[str, Any], cells: Sequence[Cell], results: Results
) -> None:
    """Run the cells; Ctrl-C ends it, and loses nothing that is finished or paid."""
    settings = load_settings()
    with results.opened(header, extend=options.extend), _bar(cells, results) as told:
        bench = Bench(
            cells=cells,
            results=results,
            settings=settings,
            concurrency=cells[0].suite.concurrency,
            journals=options.journals,
            told=told,
        )
        try:
            with _quiet():
                asyncio.run(bench.run())
        except KeyboardInterrupt:
            note("interrupted; what is finished is kept, and the same command goes on from there")
            quit_with(Exit.INTERRUPTED)
    for name, why in bench.abandoned.items():
        note(f"`{name}` failed again and again, and was left out: {printable(why)}")


def _report(suite: Suite, cells: Sequence[Cell], results: Results, *, as_json: bool) -> None:
    summary = summarize(suite, results.select(cells), planned=len(cells))
    files = write_report(summary, results.folder)
    if as_json:
        show_json(summary.to_json())
    else:
        show_table(draw_rows(summary))
        note(f"{summary.done} of {summary.planned} cells; false accepts: {summary.false_accepts}")
        for file in files:
            note(str(file))
    if summary.false_accepts:
        quit_with(Exit.BUG)


def _tell_bound(suite: Suite, cells: Sequence[Cell], results: Results, *, as_json: bool) -> None:
    """Say what a run would do, and the most it can spend."""
    left = [cell for cell in cells if not results.is_finished(cell)]
    bound = bound_of(suite, left)
    if as_json:
        show_json({"cells": len(cells), "to_run": len(left), **bound.to_json()})
        return
    show(f"{len(cells)} cells, {len(left)} to run")
    for line in bound.lines():
        show(line)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep warnings about single runs out of the progress bar; the report counts them."""
    logger = logging.getLogger("llm_modulo")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextmanager
def _bar(cells: Sequence[Cell], results: Results) -> Iterator[Callable[[CellRecord], None]]:
    """Show a progress bar on a terminal, and a line now and then elsewhere."""
    done = sum(results.is_finished(cell) for cell in cells)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(file=sys.stderr)
    with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task("bench", total=len(cells), completed=done)
        certified = tokens = 0

        def told(record: CellRecord) -> None:
            nonlocal certified, tokens
            certified, tokens = certified + record.certified, tokens + record.tokens
            said = f"{certified} certified, {tokens:,} tokens"
            bar.update(task, advance=1, description=said)

        yield told


def _header(suite: Suite, problems: Iterable[BenchProblem]) -> dict[str, Any]:
    """Say what a folder is begun with, so that a changed suite is found out."""
    said = suite.model_dump(mode="json", exclude_unset=True, exclude={"portfolios"})
    common = ("name", "budget", "sampling", "instructions", "assurance", "seed")
    neutral = {"path", "repeats", "price", "api_key_env", "threads"}
    arms = {
        name: {field: part for field, part in arm.items() if field not in ROWS_OF}
        for name, arm in said["strategies"].items()
    }
    whom = {
        name: {field: value for field, value in source.items() if field not in neutral}
        for name, source in said["upstreams"].items()
    }
    return {
        "suite": {name: said[name] for name in common if name in said},
        "strategies": arms,
        "upstreams": whom,
        "problems": {problem.id: problem.sha256 for problem in problems},
        "versions": {"llm-modulo": version("llm-modulo"), "python": platform.python_version()},
        "command": sys.argv[1:],
    }
