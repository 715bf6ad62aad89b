"""charts: curves as SVG that stands in a page by itself.

A curve climbs where a run was certified: its height is the share certified within so much of what
the axis counts. Rows differ by colour and by dash, so that colour is never the only sign.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from app.bench.cells import Axis
from app.bench.summary import Row

WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 44
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#8a6d00", "#444444")
"""Told apart by people who do not see all colours (Okabe and Ito, 2008)."""
DASHES = ("", "7 3", "2 3", "9 3 2 3")
NAMES: dict[Axis, str] = {
    "rounds": "rounds",
    "calls": "calls",
    "tokens": "tokens",
    "seconds": "seconds",
    "cost_usd": "US dollars",
}


@dataclass(frozen=True, slots=True)
class Curve:
    """One row's curve.

    Attributes:
        label: Its name in the legend.
        points: `(spent, share)`, climbing; it stays level in between.
        reach: Up to where all of its runs went; beyond, the share is a lower bound.
        control: Whether it guesses without a model.
    """

    label: str
    points: Sequence[tuple[float, float]]
    reach: float
    control: bool


def trace_curve(row: Row, axis: Axis) -> Curve:
    """Read a row's curve."""
    spent = sorted({record.spent(axis) for record in row.solvable if record.right})
    points = [(most, row.rate_at(axis, most).share) for most in spent]
    return Curve(row.name, points, row.reach(axis), row.control)


def styles(number: int, *, control: bool) -> tuple[str, str]:
    """Choose a colour and a dash."""
    dash = DASHES[number // len(COLORS) % len(DASHES)]
    return COLORS[number % len(COLORS)], "1 4" if control else dash


def draw_chart(curves: Sequence[Curve], axis: Axis) -> str:
    """Draw curves as one SVG; what is spent runs in powers of two where it spans much."""
    spent = [x for curve in curves for x, _ in curve.points if x > 0]
    if not spent:
        return "<p>Nothing was certified that could be drawn.</p>"
    scale = Scale(min(spent), max(spent))
    parts = [*_frame(scale, axis)]
    for number, curve in enumerate(curves):
        parts.append(_line(curve, scale, *styles(number, control=curve.control)))
    label = f"Share certified, by {NAMES[axis]}"
    head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
    return f"{head}{''.join(parts)}</svg>"


@dataclass(frozen=True, slots=True)
class Scale:
    """Puts numbers of a logarithmic axis onto the picture."""

    low: float
    high: float

    def x(self, value: float) -> float:
        """Place a number from left to right."""
        span = math.log2(self.high / self.low) or 1.0
        at = math.log2(max(min(value, self.high), self.low) / self.low) / span
        return round(LEFT + 10 + at * (WIDTH - LEFT - RIGHT - 20), 1)

    def ticks(self) -> Iterator[float]:
        """Give the powers of two (of ten, over a wide span) in between."""
        base = 2.0 if self.high / self.low < 2**9 else 10.0
        power = math.ceil(math.log(self.low, base) - 1e-9)
        while base**power <= self.high * 1.0001:
            yield base**power
            power += 1


def _y(share: float) -> float:
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def _frame(scale: Scale, axis: Axis) -> Iterator[str]:
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(share)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{share:.0%}</text>'
    for tick in scale.ticks():
        x, bottom = scale.x(tick), HEIGHT - BOTTOM
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="{bottom}" y2="{bottom + 5}"/>'
        yield f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{tick:,.4g}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{NAMES[axis]}</text>'


def _line(curve: Curve, scale: Scale, color: str, dash: str) -> str:
    """Draw the steps of one curve, thinner where it is only a lower bound."""
    path, level = f"M{LEFT},{_y(0)}", 0.0
    for spent, share in curve.points:
        path += f"L{scale.x(spent)},{_y(level)}L{scale.x(spent)},{_y(share)}"
        level = share
    path += f"L{WIDTH - RIGHT},{_y(level)}"
    title = f"<title>{escape(curve.label)}: {level:.0%}</title>"
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{path}" fill="none" stroke="{color}" stroke-width="2"{dashed}>{title}</path>'


def draw_key(curves: Sequence[Curve]) -> str:
    """Draw the legend that all charts share."""
    items: list[str] = []
    for number, curve in enumerate(curves):
        color, dash = styles(number, control=curve.control)
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        line = f'<line x1="0" x2="34" y1="6" y2="6" stroke="{color}" stroke-width="2"{dashed}/>'
        items.append(f'<li><svg width="34" height="12">{line}</svg> {escape(curve.label)}</li>')
    return f'<ul class="key">{"".join(items)}</ul>'
