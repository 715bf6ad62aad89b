"""Blocksworld with four operators: towers are taken apart as far as needed, then built.

The procedure: what is held is put down; then, tower by tower, blocks are put on the table from the
top until nothing is left that is in the way or stands wrong; then towers are built from the bottom,
in the order in which the goal names them. What stands right is not touched.
"""

import random
from collections.abc import Iterator, Mapping, Sequence

from critics.generation import Family, Payload
from critics.pddl.generation_templates import Atom, Template, World, choose_names
from critics.pddl.successors import Move

DOMAIN = """(define (domain blocksworld)
  (:requirements :strips)
  (:predicates (clear ?x) (ontable ?x) (handempty) (holding ?x) (on ?x ?y))
  (:action pick-up
    :parameters (?x)
    :precondition (and (clear ?x) (ontable ?x) (handempty))
    :effect (and (holding ?x) (not (clear ?x)) (not (ontable ?x)) (not (handempty))))
  (:action put-down
    :parameters (?x)
    :precondition (holding ?x)
    :effect (and (clear ?x) (ontable ?x) (handempty) (not (holding ?x))))
  (:action stack
    :parameters (?x ?y)
    :precondition (and (holding ?x) (clear ?y))
    :effect (and (on ?x ?y) (clear ?x) (handempty) (not (holding ?x)) (not (clear ?y))))
  (:action unstack
    :parameters (?x ?y)
    :precondition (and (on ?x ?y) (clear ?x) (handempty))
    :effect (and (holding ?x) (clear ?y) (not (on ?x ?y)) (not (clear ?x)) (not (handempty))))
)
"""
FEWEST = 3
MOST = 14
LARGEST_SEARCHED = 5
"""Blocks of a task that is proved infeasible by a search of all its states."""
TABLE = ""

Below = dict[str, str]
"""Block to what it stands on."""


def make(chance: random.Random, level: int) -> Payload:
    """Make a task with two more blocks than its level says, that is not solved at first."""
    names = choose_names(chance, level + FEWEST - 1, "b")
    while True:
        start, end = _draw_towers(chance, names), _draw_towers(chance, names)
        goal = [("on", (block, end[block])) for block in names if end[block] != TABLE]
        if any(start[block] != under for _, (block, under) in goal):
            return TEMPLATE.write(names, _tell(names, start), goal)


def make_cyclic(chance: random.Random, level: int) -> Payload:
    """Make a task whose goal puts blocks above each other in a circle."""
    names = choose_names(chance, level + FEWEST - 1, "b")
    circle = chance.sample(names, chance.randint(2, len(names)))
    goal = [("on", (block, circle[place - 1])) for place, block in enumerate(circle)]
    chance.shuffle(goal)
    return TEMPLATE.write(names, _tell(names, _draw_towers(chance, names)), goal)


def make_crowded(chance: random.Random, level: int) -> Payload:
    """Make a task whose goal puts two blocks on one, or one on two."""
    names = choose_names(chance, level + FEWEST - 1, "b")
    one, first, second, *_ = chance.sample(names, len(names))
    goal = [("on", (first, one)), ("on", (second, one))]
    if chance.random() < 0.5:  # noqa: PLR2004  # a fair coin
        goal = [("on", (one, first)), ("on", (one, second))]
    return TEMPLATE.write(names, _tell(names, _draw_towers(chance, names)), goal)


def plan(world: World) -> Sequence[Move] | None:
    """Plan by rule."""
    places = {(row[0], row[1]) for name, row in world.goal if name == "on"}
    places |= {(row[0], TABLE) for name, row in world.goal if name == "ontable"}
    goal = {row[0]: (*row, TABLE)[1] for name, row in world.goal if name in ("on", "ontable")}
    carried = [under for under in goal.values() if under != TABLE]
    if len(goal) < len(places) or len(set(carried)) < len(carried):
        return None
    return _Hand(world, goal).plan()


class _Hand:
    """Moves blocks, and knows where they are."""

    def __init__(self, world: World, goal: Mapping[str, str]) -> None:
        self._world = world
        self._goal = goal
        self._free = {row[0] for name, row in world.goal if name == "clear"}
        self._below: Below = {row[0]: row[1] for row in world.rows("on")}
        self._below |= {row[0]: TABLE for row in world.rows("ontable")}
        self._moves: list[Move] = []

    def plan(self) -> Sequence[Move] | None:
        for (block,) in self._world.rows("holding"):
            self._put_down(block)
        right = self._take_apart()
        for block, under in self._goal.items():
            self._build(block, under, right)
        stands = all(self._below.get(block) == under for block, under in self._goal.items())
        return self._moves if stands else None

    def _put_down(self, block: str) -> None:
        self._moves.append(("put-down", (block,)))
        self._below[block] = TABLE

    def _take_apart(self) -> set[str]:
        """Put down what stands wrong and what is above it; give what need not move any more."""
        above = {under: block for block, under in self._below.items()}
        right = {block for block in self._below if block not in self._goal}
        for top in [block for block in self._world.objects if block not in above]:
            tower = list(self._descend(top))
            kept = self._count_right(tower)
            right.update(tower[:kept])
            for block in reversed(tower[max(kept, 1) :]):
                self._moves.append(("unstack", (block, self._below[block])))
                self._put_down(block)
        return right

    def _descend(self, top: str) -> Iterator[str]:
        tower = [top]
        while self._below.get(tower[-1], TABLE) != TABLE:
            tower.append(self._below[tower[-1]])
        return reversed(tower)

    def _count_right(self, tower: Sequence[str]) -> int:
        """Count the lowest blocks of a tower that need not move."""
        wanted = set(self._goal.values()) | self._free
        under = TABLE
        for place, block in enumerate(tower):
            if self._goal.get(block, under) != under:
                return place
            if block not in self._goal and under != TABLE and under in wanted:
                return place
            if under in self._free:
                return place
            under = block
        return len(tower)

    def _build(self, block: str, under: str, right: set[str]) -> None:
        """Build the goal's tower from a block that can be placed, upwards."""
        over = {below: above for above, below in self._goal.items() if below != TABLE}
        while block in self._below and block not in right and (under == TABLE or under in right):
            if self._below[block] != under:
                self._moves += [("pick-up", (block,)), ("stack", (block, under))]
                self._below[block] = under
            right.add(block)
            block, under = over.get(block, ""), block


def _draw_towers(chance: random.Random, names: Sequence[str]) -> Below:
    """Put blocks on the table or on towers, one after the other."""
    below: Below = {}
    tops: list[str] = []
    for block in chance.sample(names, len(names)):
        place = chance.randrange(len(tops) + 1)
        below[block] = tops[place] if place < len(tops) else TABLE
        tops[place : place + 1] = [block]
    return below


def _tell(names: Sequence[str], below: Below) -> Iterator[Atom]:
    yield "handempty", ()
    for block in names:
        yield ("ontable", (block,)) if below[block] == TABLE else ("on", (block, below[block]))
    covered = set(below.values())
    yield from (("clear", (block,)) for block in names if block not in covered)


TEMPLATE = Template(DOMAIN, plan)
FAMILIES = (
    Family(
        name="blocksworld",
        summary="towers of blocks, four operators",
        levels=[f"{count} blocks" for count in range(FEWEST, MOST + 1)],
        make=make,
        answer=TEMPLATE.answer,
        repair=TEMPLATE.repair,
    ),
    Family(
        name="blocksworld-cyclic",
        summary="blocks that should stand above each other in a circle",
        levels=[f"{count} blocks" for count in range(FEWEST, LARGEST_SEARCHED + 1)],
        make=make_cyclic,
        solvable=False,
    ),
    Family(
        name="blocksworld-crowded",
        summary="two blocks that should stand on one, or one on two",
        levels=[f"{count} blocks" for count in range(FEWEST, LARGEST_SEARCHED + 1)],
        make=make_crowded,
        solvable=False,
    ),
)
