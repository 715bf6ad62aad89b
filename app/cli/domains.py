"""`modulo domains`: what is installed, and whether it keeps its promises."""

import asyncio
from collections.abc import Iterator, Sequence

from app.cli.exits import Exit
from app.cli.terminal import note, quit_with, reported, show, show_json, show_table
from app.failures import ServiceError
from app.settings import load_settings
from backprompt.render import printable
from critics.domain import find_domain, installed
from critics.selftest import Report
from critics.workers.pool import Pool

SELFTEST_S = 120.0
"""Seconds one domain's self-test may take."""


def list_domains(*, as_json: bool) -> None:
    """Print one line per installed domain."""
    with reported(as_json=as_json):
        domains = [find_domain(name) for name in sorted(installed())]
        rows = [(domain.name, domain.version, domain.summary) for domain in domains]
        if as_json:
            keys = ("name", "version", "summary")
            show_json([dict(zip(keys, row, strict=True)) for row in rows])
        elif rows:
            show_table(rows)
        else:
            note("no domain is installed")


def check_domains(names: Sequence[str], *, as_json: bool) -> None:
    """Run self-tests and print what failed."""
    with reported(as_json=as_json):
        wanted = list(names) or sorted(installed())
        if not wanted:
            raise ServiceError("domain-unknown", "no domain is installed")
        reports = asyncio.run(_examine(wanted))
        if as_json:
            show_json([report.model_dump(mode="json") for report in reports])
        else:
            show("\n".join(line for report in reports for line in _tell(report)))
        passed = all(report.passed for report in reports)
        quit_with(Exit.OK if passed else Exit.REJECTED)


async def _examine(names: Sequence[str]) -> list[Report]:
    async with Pool(size=1, memory_mb=load_settings().worker.memory_mb) as pool:
        return [await pool.selftest(name, deadline_s=SELFTEST_S) for name in names]


def _tell(report: Report) -> Iterator[str]:
    counted = ("examples", "good", "bad", "responses", "mutants", "junk")
    counts = ", ".join(f"{getattr(report, name)} {name}" for name in counted)
    outcome = "ok" if report.passed else f"{len(report.failures)} failures"
    yield f"{report.domain} {report.domain_version}: {outcome} ({counts})"
    for failure in report.failures:
        yield f"  {failure.example}, {failure.case}: {printable(failure.why)}"
        if failure.text:
            yield f"    {printable(failure.text)}"
