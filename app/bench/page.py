"""page: the report as one HTML file, without a script and without anything from elsewhere.

Invariant: whatever stands in a suite or was said by a model is escaped; the page's policy allows
no script, no frame and no request.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from app.bench.cells import AXES, Axis
from app.bench.charts import NAMES, draw_chart, draw_key, trace_curve
from app.bench.portfolio import Played
from app.bench.statistics import Rate
from app.bench.suite import Stage
from app.bench.summary import Row, Summary
from app.bench.tables import interval, percent, tell

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem;
  color: #1a1a1a; background: #fff; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
table { border-collapse: collapse; margin: .6rem 0; } caption { text-align: left; color: #555; }
th, td { border-bottom: 1px solid #ddd; padding: .25rem .7rem; text-align: right;
  vertical-align: top; }
th:first-child, td:first-child { text-align: left; }
tr.control td { color: #666; font-style: italic; }
.charts { display: flex; flex-wrap: wrap; gap: 1rem; }
.charts figure { margin: 0; flex: 1 1 26rem; }
svg text { font: 11px system-ui, sans-serif; fill: currentColor; }
svg .grid { stroke: #ccc; } .key { list-style: none; padding: 0; columns: 2; font-size: .9rem; }
.bad { color: #b00020; font-weight: 600; } .good { color: #00652e; font-weight: 600; }
.note { color: #555; max-width: 52rem; }
@media (max-width: 40rem) { table { display: block; overflow-x: auto; } .key { columns: 1; } }
@media (prefers-color-scheme: dark) { body { color: #e8e8e8; background: #161616; }
  th, td { border-color: #3a3a3a; } svg .grid { stroke: #444; } tr.control td, .note, caption {
  color: #aaa; } .bad { color: #ff8a80; } .good { color: #69d391; } }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
METHOD = (
    (
        "A run counts as certified if it ended with a certificate and that certificate was proved "
        "again at once in processes of their own. Rates have Wilson's interval of 95 %. Runs of "
        "one problem are not independent, so differences are taken problem by problem, with a "
        "bootstrap over problems, and McNemar's exact test over pairs of runs with the same seed."
    ),
    (
        "“By the model” leaves out whatever a search or a solver has found. A control is the same "
        "strategy with a guesser that draws from the answer's grammar, or a search with a uniform "
        "prior: what it certifies is no skill of a model."
    ),
    (
        "Within a budget, a rate marked ≥ is a lower bound: some runs of the row had stopped by "
        "themselves before they had spent so much."
    ),
)


def write_page(summary: Summary) -> str:
    """Write the report."""
    parts = [
        *_head(summary),
        *_results(summary),
        *_controls(summary),
        *_contests(summary),
        *_curves(summary),
        *_budgets(summary),
        *_groups(summary),
        *_portfolios(summary),
        "<h2>How to read this</h2>",
        *(f'<p class="note">{escape(text)}</p>' for text in METHOD),
        "</body></html>",
    ]
    return "\n".join(parts)


def _head(summary: Summary) -> Iterator[str]:
    title = escape(f"Benchmark {summary.suite.name}")
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>"
    wrong = summary.false_accepts
    sign = "bad" if wrong else "good"
    yield f'<p class="{sign}">False accepts: {wrong}.</p>'
    certificates = sum(r.certified or r.infeasible for row in summary.rows for r in row.records)
    proved = certificates - summary.unproved
    yield f"<p>{summary.done} of {summary.planned} cells; {certificates} certificates, "
    yield f"{proved} of them proved again independently.</p>"


def _results(summary: Summary) -> Iterator[str]:
    yield "<h2>What each row certified</h2>"
    head = (
        "row", "runs", "certified", "95 %", "by the model", "who found it", "infeasible",
        "calls", "tokens", "seconds", "cost", "left out",
    )  # fmt: skip
    yield table(head, map(_result, summary.rows), [row.control for row in summary.rows])


def _result(row: Row) -> Iterator[str]:
    yield row.name
    yield str(row.certified.of)
    yield f"{row.certified.hits} ({percent(row.certified.share)})"
    yield interval(row.certified)
    yield "-" if row.control else f"{row.skilled.hits} ({percent(row.skilled.share)})"
    yield ", ".join(f"{name} {count}" for name, count in sorted(row.origins.items())) or "-"
    yield f"{row.infeasible.hits} of {row.infeasible.of}" if row.infeasible.of else "-"
    for axis in AXES[1:]:
        yield number(row.total(axis), axis)
    yield ", ".join(f"{name} {count}" for name, count in sorted(row.left_out.items())) or "-"


def _controls(summary: Summary) -> Iterator[str]:
    if not summary.beside:
        return
    yield "<h2>Beside the controls</h2>"
    rows = [
        (
            beside.row.name,
            percent(beside.row.certified.share),
            beside.control.name,
            percent(beside.control.certified.share),
            tell(beside.difference),
        )
        for beside in summary.beside
    ]
    yield table(("row", "certified", "control", "certified", "difference"), rows)


def _contests(summary: Summary) -> Iterator[str]:
    if not summary.contests:
        return
    yield "<h2>Strategies that choose, against the best single one</h2>"
    rows = [
        (
            contest.row.name,
            contest.best.name,
            tell(contest.difference),
            _verdict(contest.difference is not None and contest.difference.significantly_worse),
        )
        for contest in summary.contests
    ]
    yield table(("row", "best single row", "difference", "significantly worse"), rows)
    yield '<p class="note">The best single row is picked after the fact, which favours it.</p>'


def _verdict(worse: bool) -> str:  # noqa: FBT001  # one word for one truth
    return "yes" if worse else "no"


def _curves(summary: Summary) -> Iterator[str]:
    real = [row for row in summary.rows if not row.control] or summary.rows
    for upstream in dict.fromkeys(row.upstream for row in real):
        rows = _companions(summary, upstream)
        curves = [trace_curve(row, "calls") for row in rows]
        yield f"<h2>Certified by {escape(upstream)}, within so much</h2>{draw_key(curves)}"
        yield '<div class="charts">'
        for axis in _axes(rows):
            chart = draw_chart([trace_curve(row, axis) for row in rows], axis)
            yield f"<figure>{chart}<figcaption>by {NAMES[axis]}</figcaption></figure>"
        yield "</div>"


def _companions(summary: Summary, upstream: str) -> list[Row]:
    """Give the rows of an upstream and the controls beside them."""
    controls = {id(beside.control) for beside in summary.beside if beside.row.upstream == upstream}
    return [row for row in summary.rows if row.upstream == upstream or id(row) in controls]


def _axes(rows: Sequence[Row]) -> list[Axis]:
    """Leave out what nobody has spent any of."""
    return [axis for axis in AXES if any(row.total(axis) for row in rows)]


def _budgets(summary: Summary) -> Iterator[str]:
    axes: tuple[Axis, ...] = ("calls", "tokens")
    for axis in axes:
        points = summary.points(axis)
        yield f"<h2>At equal {axis}</h2>"
        head = ("row", *(f"≤ {number(point, axis)}" for point in points))
        rows = [
            (row.name, *(_within(row, axis, point) for point in points)) for row in summary.rows
        ]
        yield table(head, rows, [row.control for row in summary.rows])


def _within(row: Row, axis: Axis, most: float) -> str:
    rate: Rate = row.rate_at(axis, most)
    bound = "≥ " if row.reach(axis) < most else ""
    return f"{bound}{percent(rate.share)} ({interval(rate)})"


def _groups(summary: Summary) -> Iterator[str]:
    groups = summary.groups
    if len(groups) < 2:  # noqa: PLR2004  # one group is the whole
        return
    yield "<h2>By group of problems</h2>"
    rows = [(row.name, *(_of_group(row, group) for group in groups)) for row in summary.rows]
    yield table(("row", *groups), rows, [row.control for row in summary.rows])


def _of_group(row: Row, group: str) -> str:
    mine = [record for record in row.solvable if record.group == group]
    return f"{sum(record.right for record in mine)} of {len(mine)}" if mine else "-"


def _portfolios(summary: Summary) -> Iterator[str]:
    if not summary.portfolios:
        return
    yield "<h2>What a portfolio would have done</h2>"
    head = (
        "portfolio", "stages", "problems", "certified", "by stage", "alone", "certified alone",
        "calls", "tokens", "seconds", "cost",
    )  # fmt: skip
    rows = [_portfolio(name, played) for name, played in summary.portfolios.items()]
    yield table(head, rows)
    yield (
        '<p class="note">Computed from the recorded runs; nothing was asked anew. The last columns '
        "are what is saved against the reference alone, with intervals by bootstrap.</p>"
    )


def _portfolio(name: str, played: Played) -> Iterator[str]:
    yield name
    yield " → ".join(map(tell_stage, played.stages))
    yield str(len(played.plays))
    yield f"{played.certified.hits} ({percent(played.certified.share)})"
    yield " + ".join(map(str, played.by_stage()))
    yield f"{played.reference.strategy} @ {played.reference.upstream}"
    yield f"{played.alone.hits} ({percent(played.alone.share)})"
    for field in ("calls", "tokens", "seconds", "cost_usd"):
        saved = played.saved(field)
        if saved is None:
            yield "-"
        else:
            share, (low, high) = saved
            yield f"{percent(share)} ({100 * low:.0f} to {100 * high:.0f})"


def tell_stage(stage: Stage) -> str:
    """Name a stage and where it is left."""
    left = [f"{stage.rounds} rounds"] if stage.rounds else []
    left += ["until it repeats itself"] if stage.until_repeat else []
    told = f" ({', '.join(left)})" if left else ""
    return f"{stage.strategy} @ {stage.upstream}{told}"


def number(value: float, axis: Axis) -> str:
    """Write a sum in an axis' unit."""
    if axis == "cost_usd":
        return f"${value:,.4g}" if value else "-"
    return f"{value:,.0f}"


def table(head: Sequence[str], rows: Iterable[Iterable[str]], controls: Sequence[bool] = ()) -> str:
    """Write a table; rows of controls are set apart."""
    lines = [f"<tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>"]
    for place, row in enumerate(rows):
        mark = ' class="control"' if place < len(controls) and controls[place] else ""
        lines.append(f"<tr{mark}>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>")
    return f"<table>{''.join(lines)}</table>"
