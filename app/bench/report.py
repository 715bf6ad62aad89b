"""report: writes what a benchmark has found into its folder."""

from collections.abc import Sequence
from pathlib import Path

from app.bench.page import write_page
from app.bench.png import draw_png, is_drawable
from app.bench.summary import Summary
from app.bench.tables import cell_rows, curve_rows, report_rows, write_csv
from app.failures import ServiceError


def write_report(summary: Summary, folder: Path) -> Sequence[Path]:
    """Write the report in every form that can be written here.

    Raises:
        ServiceError: The folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.html").write_text(write_page(summary), "utf-8")
        return [
            folder / "report.html",
            *([draw_png(summary, folder / "report.png")] if is_drawable() else []),
            write_csv(folder / "report.csv", report_rows(summary)),
            write_csv(folder / "curves.csv", curve_rows(summary)),
            write_csv(folder / "cells.csv", cell_rows(summary)),
        ]
    except OSError as error:
        raise ServiceError("usage", f"`{folder}` cannot be written: {error.strerror}") from error
