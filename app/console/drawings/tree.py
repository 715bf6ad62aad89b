"""A search move by move as a tree, with the winning path."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from app.console.drawings import svg
from backprompt.tree.events import NodeExpanded, PathFound

COLUMN, ROW, MARGIN = 76.0, 15.0, 14.0
MOST_NODES = 160
"""Nodes that are drawn; those on the winning path and those that were tried come first."""
MOVE_CHARS = 22


@dataclass(slots=True)
class Node:
    """A state in the drawing."""

    move: str
    depth: int
    tried: bool = False
    won: bool = False
    children: list[int] = field(default_factory=list)
    y: float = 0.0


def draw_tree(tried: Sequence[NodeExpanded], path: PathFound | None) -> Markup | None:
    """Draw which states were tried; nothing where there was no search over moves."""
    if not tried:
        return None
    nodes = read_nodes(tried, path)
    shown = choose(nodes)
    rows = _place(nodes, shown)
    deepest = max(nodes[number].depth for number in shown)
    width = 2 * MARGIN + (deepest + 1) * COLUMN + MOVE_CHARS * 4
    height = 2 * MARGIN + rows * ROW
    won = len(path.moves) if path else None
    says = f"{len(tried)} states tried of {len(nodes)} reached"
    says += f"; a path of {won} moves leads to the goal" if won else "; no path to the goal"
    lines, dots = list(_edges(nodes, shown)), list(_dots(nodes, shown))
    return svg.picture(width, height, says, [*lines, *dots])


def read_nodes(tried: Sequence[NodeExpanded], path: PathFound | None) -> dict[int, Node]:
    """Put the tree together, and mark the path that won."""
    nodes = {tried[0].node: Node("", 0)}
    for event in tried:
        here = nodes.setdefault(event.node, Node(event.move, event.depth))
        here.tried = True
        for choice in event.choices:
            if choice.node is not None and choice.node not in nodes:
                nodes[choice.node] = Node(choice.move, event.depth + 1)
                here.children.append(choice.node)
    place = tried[0].node
    nodes[place].won = path is not None
    for move in path.moves if path else ():
        step = (child for child in nodes[place].children if nodes[child].move == move)
        below = next(step, None)
        if below is None:  # a goal ends the search before it is tried itself
            below = max(nodes) + 1
            nodes[below] = Node(move, nodes[place].depth + 1)
            nodes[place].children.append(below)
        place = below
        nodes[place].won = True
    return nodes


def choose(nodes: dict[int, Node]) -> list[int]:
    """Choose what is drawn, parents before their children."""
    ranked = sorted(
        nodes, key=lambda number: (not nodes[number].won, not nodes[number].tried, number)
    )
    kept = set(ranked[:MOST_NODES])
    found, open_ = list[int](), [next(iter(nodes))]
    while open_:
        number = open_.pop()
        if number in kept:
            found.append(number)
            open_ += reversed(nodes[number].children)
    return found


def _place(nodes: dict[int, Node], shown: Sequence[int]) -> int:
    """Give every leaf a row of its own, and every parent the middle of its children."""
    rows, kept = 0, set(shown)
    leaves = [n for n in shown if not any(child in kept for child in nodes[n].children)]
    for number in leaves:
        nodes[number].y = MARGIN + rows * ROW
        rows += 1
    for number in reversed(shown):
        below = [nodes[child].y for child in nodes[number].children if child in kept]
        if below:
            nodes[number].y = (min(below) + max(below)) / 2
    return max(rows, 1)


def _edges(nodes: dict[int, Node], shown: Sequence[int]) -> Iterator[Markup]:
    kept = set(shown)
    for number in shown:
        one = nodes[number]
        for child in one.children:
            if child in kept:
                other = nodes[child]
                kind = "branch won" if one.won and other.won else "branch"
                yield svg.line(_x(one), one.y, _x(other), other.y, kind)


def _dots(nodes: dict[int, Node], shown: Sequence[int]) -> Iterator[Markup]:
    for number in shown:
        one = nodes[number]
        kind = "state won" if one.won else "state tried" if one.tried else "state"
        title = one.move or "the initial state"
        yield svg.dot(_x(one), one.y, 5 if one.tried or one.won else 3, kind, title)
        if one.won and one.move:
            yield svg.text(_x(one) + 8, one.y - 5, one.move[:MOVE_CHARS], "tick")


def _x(node: Node) -> float:
    return MARGIN + node.depth * COLUMN
