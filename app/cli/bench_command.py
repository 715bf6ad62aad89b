"""`modulo bench`: the command; its work is in `app.cli.bench`, imported when used."""

from pathlib import Path
from typing import Annotated

import typer


def bench(
    suite: Annotated[
        Path | None, typer.Argument(metavar="[SUITE.toml]", help="What to run; see docs/bench.md.")
    ] = None,
    *,
    problems: Annotated[
        list[Path] | None,
        typer.Option(help="File of JSON lines, or folder, of problems; repeatable."),
    ] = None,
    strategies: Annotated[
        str | None, typer.Option(metavar="A,B", help="Only these; without a suite: which.")
    ] = None,
    upstreams: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Only these; without a suite: whom to ask."),
    ] = None,
    repeats: Annotated[int | None, typer.Option(min=1, help="Runs of each problem.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first problems.")] = None,
    concurrency: Annotated[int | None, typer.Option(min=1, help="Runs at once.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the results; by default bench/NAME.")
    ] = None,
    journals: Annotated[
        bool, typer.Option(help="Keep the record of every run in the folder.")
    ] = True,
    extend: Annotated[
        bool, typer.Option("--extend", help="The suite has changed: keep unchanged cells.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be run and what it may cost.")
    ] = False,
    report_only: Annotated[
        bool, typer.Option("--report-only", help="Run nothing; report on what is there.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Compare strategies and models on a set of problems; interrupted, it goes on."""
    from app.cli.bench import BenchOptions, run_bench  # noqa: PLC0415  # `--help` stays quick

    run_bench(
        BenchOptions(
            suite=suite,
            problems=problems or [],
            strategies=strategies,
            upstreams=upstreams,
            repeats=repeats,
            limit=limit,
            concurrency=concurrency,
            out=out,
            journals=journals,
            extend=extend,
            dry_run=dry_run,
            report_only=report_only,
            as_json=as_json,
        )
    )
