"""Pictures: what a candidate means, asked of a worker and drawn."""

from collections.abc import Mapping

from pydantic import JsonValue

from app.console.drawings import draw_network, draw_stacks, draw_timeline
from app.console.rendering import Fragment, render
from critics.picture import Network, Picture, Timeline, Walk
from critics.workers.pool import Pool

DRAWN_STEPS = 60
"""Steps whose states are drawn; all others are told as facts."""


async def draw_candidate(
    pool: Pool, domain: str, problem: Mapping[str, JsonValue], text: str
) -> Fragment:
    """Draw a candidate, or say that it cannot be drawn."""
    shown = await pool.picture(domain, problem, text)
    return render("picture.html", shown=shown, drawn=_draw(shown))


def _draw(shown: Picture | None) -> list[object]:
    """Give the drawings: one of the whole, or one for each state of a walk."""
    match shown:
        case Timeline():
            return [draw_timeline(shown)]
        case Network():
            return [draw_network(shown)]
        case Walk():
            return [draw_stacks(step.facts) for step in shown.steps[:DRAWN_STEPS]]
        case _:
            return []
