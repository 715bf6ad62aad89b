"""png: the curves as a picture, by matplotlib. The one module that knows it; it is an extra."""

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from app.bench.cells import Axis
from app.bench.charts import NAMES, styles, trace_curve
from app.bench.summary import Row, Summary

AXES: tuple[Axis, ...] = ("calls", "tokens", "seconds")
INCHES = (15.0, 5.2)
DPI = 120
REMEDY = "pip install 'llm-modulo[bench]'"


def is_drawable() -> bool:
    """Say whether matplotlib is installed, without importing it."""
    return find_spec("matplotlib") is not None


def draw_png(summary: Summary, path: Path) -> Path:
    """Draw certified rates against calls, tokens and seconds.

    Raises:
        OSError: The file cannot be written.
    """
    # Drawn without a display and without the library's global state.
    figures: Any = import_module("matplotlib.figure")
    figure = figures.Figure(figsize=INCHES, layout="constrained")
    plots = figure.subplots(1, len(AXES), sharey=True)
    for plot, axis in zip(plots, AXES, strict=True):
        _draw(plot, summary.rows, axis)
    handles, labels = plots[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize="small")
    figure.suptitle(f"Benchmark {summary.suite.name}: share certified")
    figure.savefig(path, dpi=DPI, metadata={"Software": None})
    return path


def _draw(plot: Any, rows: Sequence[Row], axis: Axis) -> None:
    real = [row for row in rows if not row.control] or rows
    end = max((record.spent(axis) for row in real for record in row.solvable), default=1.0)
    for number, row in enumerate(rows):
        curve = trace_curve(row, axis)
        spent = [0.0, *(x for x, _ in curve.points), end]
        shares = [0.0, *(share for _, share in curve.points)]
        shares.append(shares[-1])
        color, dash = styles(number, control=row.control)
        style = ":" if row.control else "--" if dash else "-"
        plot.step(spent, shares, where="post", color=color, linestyle=style, label=row.name)
        _shade(plot, row, axis, color)
    plot.set_xlabel(NAMES[axis])
    plot.set_xlim(0, end)
    plot.set_ylim(0, 1)
    plot.grid(visible=True, alpha=0.3)


def _shade(plot: Any, row: Row, axis: Axis, color: str) -> None:
    """Shade the interval of 95 %; not that of controls, which would hide the rest."""
    spent = sorted({record.spent(axis) for record in row.solvable if record.right})
    if row.control or not spent:
        return
    bounds = [row.rate_at(axis, most).interval for most in spent]
    low, high = zip(*bounds, strict=True)
    plot.fill_between(spent, low, high, step="post", color=color, alpha=0.1, linewidth=0)
