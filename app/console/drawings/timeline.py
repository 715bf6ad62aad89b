"""Rows of spans over one axis: a calendar, a day of meetings, a trip."""

from collections.abc import Iterator

from markupsafe import Markup

from app.console.drawings import svg
from critics.picture import Span, Timeline

LEFT, WIDTH, ROW, TOP = 130.0, 560.0, 30.0, 26.0
HOUR = 60
MOST_TICKS = 14
MOST_ROWS = 60


def draw_timeline(shown: Timeline) -> Markup:
    """Draw spans row by row; a conflict is marked by its shape as well as by its colour."""
    rows = {name: place for place, name in enumerate(shown.rows[:MOST_ROWS])}
    height = TOP + ROW * len(rows) + 6
    parts = [*_axis(shown, height), *_names(rows)]
    for span in sorted(shown.spans, key=lambda span: span.role == "answer"):
        if span.row in rows:
            parts += _span(shown, span, TOP + ROW * rows[span.row])
    return svg.picture(LEFT + WIDTH + 30, height, _say(shown), parts)


def _axis(shown: Timeline, height: float) -> Iterator[Markup]:
    for value in _ticks(shown):
        x = _place(shown, value)
        yield svg.line(x, TOP - 6, x, height, "grid")
        yield svg.text(x, TOP - 10, _name(shown, value), "tick", "middle")


def _ticks(shown: Timeline) -> Iterator[float]:
    size: float = HOUR if shown.unit == "minute" else 1
    while (shown.end - shown.start) / size > MOST_TICKS:
        size *= 2
    value = -(-shown.start // size) * size
    while value <= shown.end:
        yield value
        value += size


def _names(rows: dict[str, int]) -> Iterator[Markup]:
    for name, place in rows.items():
        yield svg.text(LEFT - 8, TOP + ROW * place + ROW / 2 + 4, name[:18], "label", "end")


def _span(shown: Timeline, span: Span, y: float) -> list[Markup]:
    last = span.end + (1 if shown.unit == "day" else 0)
    x, width = _place(shown, span.start), _place(shown, last) - _place(shown, span.start)
    kind = f"span {span.role}" + (" conflict" if span.conflict else "")
    ends = f"{_name(shown, span.start)} to {_name(shown, span.end)}"
    marked = " (conflict)" if span.conflict else ""
    inset = 8.0 if span.role == "answer" else 4.0
    parts = [
        svg.box(
            x,
            y + inset,
            max(width, 2),
            ROW - 2 * inset,
            kind,
            title=f"{span.label}: {ends}{marked}",
        )
    ]
    if span.conflict:
        parts.append(svg.text(x + max(width, 2) / 2, y + ROW / 2 + 5, "✕", "cross", "middle"))
    return parts


def _place(shown: Timeline, value: float) -> float:
    first = shown.start
    last = shown.end + (1 if shown.unit == "day" else 0)
    return LEFT + WIDTH * (min(max(value, first), last) - first) / max(last - first, 1)


def _name(shown: Timeline, value: float) -> str:
    if shown.unit == "day":
        return f"day {value:.0f}"
    return f"{int(value) // HOUR}:{int(value) % HOUR:02d}"


def _say(shown: Timeline) -> str:
    answers = [span for span in shown.spans if span.role == "answer"]
    told = [
        f"{span.row} {_name(shown, span.start)} to {_name(shown, span.end)}"
        for span in answers[:20]
    ]
    conflicts = sum(span.conflict for span in shown.spans)
    return f"{'; '.join(told) or 'nothing planned'}; {conflicts} conflicts"
