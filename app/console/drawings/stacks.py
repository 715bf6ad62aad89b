"""A state of Blocksworld as stacks; other states are shown as a table of facts."""

import re
from collections.abc import Iterable, Mapping

from markupsafe import Markup

from app.console.drawings import svg

WIDTH, HEIGHT, GAP, MARGIN = 44.0, 26.0, 16.0, 8.0
MOST_BLOCKS = 60
TABLE = frozenset({"ontable", "on-table"})

_FACT = re.compile(r"\(([^\s()]+)((?:\s+[^\s()]+)*)\)")


def draw_stacks(facts: Iterable[str]) -> Markup | None:
    """Draw blocks that stand on each other; nothing where the facts do not say that."""
    below, held = read_blocks(facts)
    stacks = _stack(below)
    if not stacks or len(below) > MOST_BLOCKS:
        return None
    highest = max((len(stack) for stack in stacks), default=0) + 1
    floor = MARGIN + (highest + (1 if held else 0)) * HEIGHT
    width = MARGIN * 2 + len(stacks) * (WIDTH + GAP)
    parts = [svg.line(0, floor, width, floor, "floor")]
    for column, stack in enumerate(stacks):
        x = MARGIN + column * (WIDTH + GAP)
        for row, name in enumerate(stack):
            parts += _block(x, floor - (row + 1) * HEIGHT, name, "block")
    for name in held:
        parts += _block(MARGIN, MARGIN / 2, name, "block held")
    says = "; ".join(" under ".join(stack) for stack in stacks)
    if held:
        says += f"; held: {', '.join(held)}"
    return svg.picture(width, floor + 4, says, parts)


def read_blocks(facts: Iterable[str]) -> tuple[Mapping[str, str | None], list[str]]:
    """Read what each block stands on (`None`: the table), and what is held."""
    below: dict[str, str | None] = {}
    held = list[str]()
    for fact in facts:
        found = _FACT.fullmatch(fact)
        name, terms = (found[1].lower(), found[2].split()) if found else ("", [])
        if name == "on" and len(terms) == 2:  # noqa: PLR2004  # a block on a block
            below[terms[0]] = terms[1]
        elif name in TABLE and len(terms) == 1:
            below[terms[0]] = None
        elif name == "holding" and len(terms) == 1:
            held.append(terms[0])
    return below, held


def _stack(below: Mapping[str, str | None]) -> list[list[str]]:
    """Put the stacks together from the table up; nothing where the blocks stand in no stacks."""
    above = {under: block for block, under in below.items() if under is not None}
    stacks = [[block] for block, under in below.items() if under is None]
    for stack in stacks:
        while stack[-1] in above and len(stack) <= len(below):
            stack.append(above[stack[-1]])
    return stacks if sum(map(len, stacks)) == len(below) else []


def _block(x: float, y: float, name: str, kind: str) -> list[Markup]:
    return [
        svg.box(x, y, WIDTH, HEIGHT - 2, kind, title=name),
        svg.text(x + WIDTH / 2, y + HEIGHT / 2 + 3, name[:6], "label", "middle"),
    ]
