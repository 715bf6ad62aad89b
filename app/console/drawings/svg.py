"""svg: writes elements; whatever is put into one is escaped by the way it is put there."""

from collections.abc import Iterable

from markupsafe import Markup

LABEL_CHARS = 40


def picture(width: float, height: float, says: str, parts: Iterable[Markup]) -> Markup:
    """Put parts into one picture.

    Args:
        width: In pixels; a page may shrink it.
        height: In pixels.
        says: What it shows, for whoever does not see it.
        parts: Elements.
    """
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="drawing" role="img" aria-label="{}" '
        'width="{}" height="{}" viewBox="0 0 {} {}">{}</svg>'
    ).format(
        says, _number(width), _number(height), _number(width), _number(height), Markup().join(parts)
    )


def box(x: float, y: float, width: float, height: float, kind: str, *, title: str = "") -> Markup:
    """Draw a rectangle."""
    told = Markup("<title>{}</title>").format(title) if title else ""
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="3" class="{}">{}</rect>').format(
        _number(x), _number(y), _number(max(width, 0)), _number(max(height, 0)), kind, told
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """Draw a line."""
    return Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" class="{}"/>').format(
        _number(x1), _number(y1), _number(x2), _number(y2), kind
    )


def dot(x: float, y: float, radius: float, kind: str, title: str = "") -> Markup:
    """Draw a circle."""
    told = Markup("<title>{}</title>").format(title) if title else ""
    return Markup('<circle cx="{}" cy="{}" r="{}" class="{}">{}</circle>').format(
        _number(x), _number(y), _number(radius), kind, told
    )


def text(x: float, y: float, said: str, kind: str = "label", anchor: str = "start") -> Markup:
    """Write a short text."""
    shown = said if len(said) <= LABEL_CHARS else f"{said[: LABEL_CHARS - 1]}…"
    return Markup('<text x="{}" y="{}" class="{}" text-anchor="{}">{}</text>').format(
        _number(x), _number(y), kind, anchor, shown
    )


def trail(points: Iterable[tuple[float, float]], kind: str) -> Markup:
    """Draw a line through points."""
    shown = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
    return Markup('<polyline points="{}" class="{}"/>').format(shown, kind)


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
