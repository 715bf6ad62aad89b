"""The best score of each round, small enough to stand in a line."""

from collections.abc import Sequence

from markupsafe import Markup

from app.console.drawings import svg

HEIGHT, STEP, WIDEST, EDGE = 28.0, 14.0, 240.0, 4.0


def draw_scores(scores: Sequence[tuple[int, float]]) -> Markup | None:
    """Draw scores in [0, 1] by round; nothing where there are none."""
    if not scores:
        return None
    step = min(STEP, (WIDEST - 2 * EDGE) / max(len(scores) - 1, 1))
    places = [
        (EDGE + place * step, HEIGHT - EDGE - score * (HEIGHT - 2 * EDGE))
        for place, (_, score) in enumerate(scores)
    ]
    best = max(score for _, score in scores)
    says = f"progress over {len(scores)} rounds, at best {best:.2f}"
    (x, y), (_, latest) = places[-1], scores[-1]
    last = svg.dot(x, y, 3, "spot", f"round {scores[-1][0]}: {latest:.2f}")
    return svg.picture(places[-1][0] + EDGE, HEIGHT, says, [svg.trail(places, "trail"), last])
