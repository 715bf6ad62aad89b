"""Rates as bars, each with the interval in which the true one lies."""

from collections.abc import Sequence

from markupsafe import Markup

from app.console.drawings import svg

LEFT, WIDTH, ROW = 230.0, 380.0, 24.0
MOST_DRAWN = 60


def draw_rates(rates: Sequence[tuple[str, float, float, float]]) -> Markup | None:
    """Draw rates.

    Args:
        rates: Of each row its name, its rate, and the low and high end of its interval, in [0, 1].
    """
    if not rates:
        return None
    drawn, parts = rates[:MOST_DRAWN], list[Markup]()
    floor = len(drawn) * ROW + 6
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = LEFT + WIDTH * share
        parts += [svg.line(x, 4, x, floor, "grid"), _label(x, floor + 15, share)]
    for place, (name, rate, low, high) in enumerate(drawn):
        y = 6 + place * ROW
        says = f"{name}: {rate:.0%} ({low:.0%} to {high:.0%})"
        parts += [
            svg.text(LEFT - 8, y + 14, name, "label", "end"),
            svg.box(LEFT, y + 3, max(WIDTH * rate, 2), ROW - 8, "rate", title=says),
            svg.line(LEFT + WIDTH * low, y + 11, LEFT + WIDTH * high, y + 11, "interval"),
        ]
    told = "; ".join(f"{name} {rate:.0%}" for name, rate, _, _ in drawn[:20])
    return svg.picture(LEFT + WIDTH + 30, floor + 22, f"Certified: {told}", parts)


def _label(x: float, y: float, share: float) -> Markup:
    return svg.text(x, y, f"{share:.0%}", "tick", "middle")
