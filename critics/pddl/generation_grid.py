"""Walks over a grid with holes: certain cells are to be visited.

The procedure always goes the shortest way to the nearest cell that the goal still lacks; of equal
ways the one that the list of connections gives first.
"""

import random
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import pairwise

from critics.generation import Family, Payload
from critics.pddl.generation_templates import Atom, Template, World
from critics.pddl.successors import Move

DOMAIN = """(define (domain visit)
  (:requirements :strips :typing)
  (:types cell)
  (:predicates (connected ?a ?b - cell) (at ?c - cell) (visited ?c - cell))
  (:action move
    :parameters (?from ?to - cell)
    :precondition (and (at ?from) (connected ?from ?to))
    :effect (and (at ?to) (visited ?to) (not (at ?from))))
)
"""
SIZES = ((2, 2, 2), (2, 3, 3), (3, 3, 3), (3, 4, 4), (4, 4, 5), (5, 5, 7))
"""Rows and columns, and cells to visit."""
SEARCHED = 3
"""Levels of tasks that are proved infeasible by a search of all their states."""
HOLE = 0.15
"""Share of cells that are left out where they can be."""

Cell = tuple[int, int]


def make(chance: random.Random, level: int) -> Payload:
    """Make a task in which every cell can be reached."""
    rows, columns, wanted = SIZES[level - 1]
    cells = [(r, c) for r in range(rows) for c in range(columns)]
    for cell in chance.sample(cells, len(cells)):
        rest = [other for other in cells if other != cell]
        if (
            len(rest) > wanted
            and chance.random() < HOLE
            and len(_reach(rest, rest[0])) == len(rest)
        ):
            cells = rest
    start = chance.choice(cells)
    ends = chance.sample([cell for cell in cells if cell != start], wanted)
    return _write(cells, start, ends, None)


def make_island(chance: random.Random, level: int) -> Payload:
    """Make a task in which one wanted cell is connected to nothing."""
    rows, columns, wanted = SIZES[level - 1]
    cells = [(r, c) for r in range(rows) for c in range(columns)]
    start, *ends = chance.sample(cells, wanted + 1)
    return _write(cells, start, ends, ends[0])


def plan(world: World) -> Sequence[Move] | None:
    """Plan by rule."""
    ways: dict[str, list[str]] = {}
    for here, there in world.rows("connected"):
        ways.setdefault(here, []).append(there)
    here = next((row[0] for row in world.rows("at")), "")
    left = {row[0] for name, row in world.goal if name == "visited"}
    if not here or any(name != "visited" for name, _ in world.goal):
        return None
    left -= {row[0] for row in world.rows("visited")}
    moves: list[Move] = []
    while left:
        way = _find_way(ways, here, left)
        if way is None:
            return None
        moves += [("move", step) for step in pairwise(way)]
        left.difference_update(way[1:])
        here = way[-1]
    return moves


def _find_way(ways: Mapping[str, Sequence[str]], here: str, ends: set[str]) -> list[str] | None:
    """Find the shortest way of at least one step to one of the ends."""
    before: dict[str, str] = {}
    queue = deque([here])
    while queue:
        cell = queue.popleft()
        for other in ways.get(cell, ()):
            if other not in before:
                before[other] = cell
                if other in ends:
                    return _trace(before, here, other)
                queue.append(other)
    return None


def _trace(before: Mapping[str, str], start: str, end: str) -> list[str]:
    way = [end, before[end]]
    while way[-1] != start:
        way.append(before[way[-1]])
    return way[::-1]


def _reach(cells: Sequence[Cell], start: Cell) -> set[Cell]:
    found, queue = {start}, [start]
    while queue:
        fresh = [cell for cell in _beside(queue.pop()) if cell in cells and cell not in found]
        found.update(fresh)
        queue += fresh
    return found


def _beside(cell: Cell) -> list[Cell]:
    row, column = cell
    return [(row - 1, column), (row, column - 1), (row, column + 1), (row + 1, column)]


def _write(
    cells: Sequence[Cell], start: Cell, ends: Sequence[Cell], island: Cell | None
) -> Payload:
    names = {cell: f"c{cell[0]}-{cell[1]}" for cell in cells}
    init: list[Atom] = [
        ("connected", (names[cell], names[other]))
        for cell in cells
        for other in _beside(cell)
        if other in names and island not in (cell, other)
    ]
    init += [("at", (names[start],)), ("visited", (names[start],))]
    goal = [("visited", (names[cell],)) for cell in ends]
    return TEMPLATE.write([*names.values(), "- cell"], init, goal)


TEMPLATE = Template(DOMAIN, plan)
LEVELS = [f"{rows} x {columns} cells, {wanted} to visit" for rows, columns, wanted in SIZES]
FAMILIES = (
    Family(
        name="visit",
        summary="cells of a grid to be visited",
        levels=LEVELS,
        make=make,
        answer=TEMPLATE.answer,
        repair=TEMPLATE.repair,
    ),
    Family(
        name="visit-island",
        summary="a cell to be visited that is connected to nothing",
        levels=LEVELS[:SEARCHED],
        make=make_island,
        solvable=False,
    ),
)
