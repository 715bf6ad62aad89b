"""Pages of benchmarks: the reports that `modulo bench` has left in a folder.

Only the figures are read, as numbers and short texts; nothing of a report is rendered as it stands.
"""

import asyncio
import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.console.drawings import draw_rates
from app.console.rendering import render
from app.console.routing import PageRoute, page, twin
from app.failures import ServiceError
from app.service import Service

router = APIRouter(prefix="/console/bench", route_class=PageRoute, include_in_schema=False)

FILE = "report.csv"
MOST_REPORTS, MOST_ROWS = 100, 300


class Report(NamedTuple):
    """One report."""

    name: str
    made: datetime
    rows: Sequence[dict[str, str]]


@router.get("")
async def list_reports(request: Request) -> Response:
    """Show which reports there are."""
    folder = _folder(request)
    found = await asyncio.to_thread(read_reports, folder) if folder else ()
    return page(render("bench.html", here="/console/bench", reports=found, folder=folder))


@router.get(".json")
async def list_as_json(request: Request) -> Response:
    """Give the names as data."""
    folder = _folder(request)
    found = await asyncio.to_thread(read_reports, folder) if folder else ()
    return twin([{"name": one.name, "made": one.made, "rows": len(one.rows)} for one in found])


@router.get("/{name}.json")
async def show_as_json(request: Request, name: str) -> Response:
    """Give the rows of a report as data."""
    return twin((await _find(request, name)).rows)


@router.get("/{name}")
async def show_report(request: Request, name: str) -> Response:
    """Show a report: what each row has certified, and for how much."""
    report = await _find(request, name)
    html = render(
        "report.html", here="/console/bench", report=report, drawn=draw_rates(list_rates(report))
    )
    return page(html)


def read_reports(folder: Path) -> Sequence[Report]:
    """Read the reports of a folder and of the folders in it, newest first."""
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return ()
    files = [place / FILE for place in (folder, *inside) if (place / FILE).is_file()]
    found = [report for file in files[:MOST_REPORTS] if (report := _read(file)) is not None]
    return sorted(found, key=lambda report: report.made, reverse=True)


def list_rates(report: Report) -> Sequence[tuple[str, float, float, float]]:
    """List of each row its name, its rate of certified runs and the rate's interval."""
    return [
        (
            f"{row.get('strategy', '')} · {row.get('upstream', '')}",
            _share(row, "rate"),
            _share(row, "low"),
            _share(row, "high"),
        )
        for row in report.rows
    ]


def _share(row: dict[str, str], key: str) -> float:
    try:
        return min(max(float(row.get(key) or 0), 0.0), 1.0)
    except ValueError:
        return 0.0


def _read(file: Path) -> Report | None:
    """Read one report; nothing of a file that is none."""
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = [
                {str(name): str(value or "") for name, value in row.items()}
                for row, _ in zip(csv.DictReader(lines), range(MOST_ROWS), strict=False)
            ]
        made = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except (OSError, ValueError, csv.Error):
        return None
    return Report(file.parent.name, made, rows)


def _folder(request: Request) -> Path | None:
    service: Service = request.app.state.service
    return service.settings.console.bench_dir


async def _find(request: Request, name: str) -> Report:
    folder = _folder(request)
    found = await asyncio.to_thread(read_reports, folder) if folder else ()
    report = next((one for one in found if one.name == name), None)
    if report is None:
        raise ServiceError("not-found", f"there is no report `{name[:80]}`")
    return report
