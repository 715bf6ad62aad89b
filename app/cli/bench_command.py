"""`modulo bench`: the command; its work is in `app.cli.bench`, imported when used."""

from pathlib import Path
from typing import Annotated

import typer

SuiteFile = Annotated[
    Path | None, typer.Argument(metavar="[SUITE.toml]", help="What to run; see docs/bench.md.")
]
Problems = Annotated[
    list[Path] | None,
    typer.Option(help="File of JSON lines, or folder, of problems; repeatable."),
]
Strategies = Annotated[
    str | None, typer.Option(metavar="A,B", help="Only these; without a suite: which.")
]
Upstreams = Annotated[
    str | None, typer.Option(metavar="A,B", help="Only these; without a suite: whom to ask.")
]
Repeats = Annotated[int | None, typer.Option(min=1, help="Runs of each problem.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first problems.")]
Concurrency = Annotated[int | None, typer.Option(min=1, help="Runs at once.")]
Out = Annotated[Path | None, typer.Option(help="Folder of the results; by default bench/NAME.")]
Journals = Annotated[bool, typer.Option(help="Keep the record of every run in the folder.")]
Extend = Annotated[
    bool, typer.Option("--extend", help="The suite has changed: keep unchanged cells.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only say what would be run and what it may cost.")
]
ReportOnly = Annotated[
    bool, typer.Option("--report-only", help="Run nothing; report on what is there.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def bench(
    suite: SuiteFile = None,
    *,
    problems: Problems = None,
    strategies: Strategies = None,
    upstreams: Upstreams = None,
    repeats: Repeats = None,
    limit: Limit = None,
    concurrency: Concurrency = None,
    out: Out = None,
    journals: Journals = True,
    extend: Extend = False,
    dry_run: DryRun = False,
    report_only: ReportOnly = False,
    as_json: AsJson = False,
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
