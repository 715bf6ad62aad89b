"""Gripper, ferry and elevator: small tasks of bringing things to their places, one after the other.

The procedures go through the goal in the order in which it is written; what is being carried at
first is brought to its place, or set down, before anything else.
"""

import random
from collections.abc import Sequence

from critics.generation import Family, Payload
from critics.pddl.generation_templates import Atom, Template, World
from critics.pddl.successors import Move

GRIPPER = """(define (domain gripper)
  (:requirements :strips)
  (:predicates (room ?r) (ball ?b) (gripper ?g) (at-robby ?r) (at ?b ?r) (free ?g) (carry ?b ?g))
  (:action move
    :parameters (?from ?to)
    :precondition (and (room ?from) (room ?to) (at-robby ?from))
    :effect (and (at-robby ?to) (not (at-robby ?from))))
  (:action pick
    :parameters (?b ?r ?g)
    :precondition (and (ball ?b) (room ?r) (gripper ?g) (at ?b ?r) (at-robby ?r) (free ?g))
    :effect (and (carry ?b ?g) (not (at ?b ?r)) (not (free ?g))))
  (:action drop
    :parameters (?b ?r ?g)
    :precondition (and (ball ?b) (room ?r) (gripper ?g) (carry ?b ?g) (at-robby ?r))
    :effect (and (at ?b ?r) (free ?g) (not (carry ?b ?g))))
)
"""
FERRY = """(define (domain ferry)
  (:requirements :strips)
  (:predicates (place ?l) (car ?c) (at ?c ?l) (at-ferry ?l) (on ?c) (empty-ferry))
  (:action sail
    :parameters (?from ?to)
    :precondition (and (place ?from) (place ?to) (at-ferry ?from))
    :effect (and (at-ferry ?to) (not (at-ferry ?from))))
  (:action board
    :parameters (?c ?l)
    :precondition (and (car ?c) (place ?l) (at ?c ?l) (at-ferry ?l) (empty-ferry))
    :effect (and (on ?c) (not (at ?c ?l)) (not (empty-ferry))))
  (:action debark
    :parameters (?c ?l)
    :precondition (and (car ?c) (place ?l) (on ?c) (at-ferry ?l))
    :effect (and (at ?c ?l) (empty-ferry) (not (on ?c))))
)
"""
ELEVATOR = """(define (domain elevator)
  (:requirements :strips :typing)
  (:types floor passenger)
  (:predicates (above ?low ?high - floor) (lift-at ?f - floor) (waits ?p - passenger ?f - floor)
               (wants ?p - passenger ?f - floor) (boarded ?p - passenger) (served ?p - passenger))
  (:action up
    :parameters (?from ?to - floor)
    :precondition (and (lift-at ?from) (above ?from ?to))
    :effect (and (lift-at ?to) (not (lift-at ?from))))
  (:action down
    :parameters (?from ?to - floor)
    :precondition (and (lift-at ?from) (above ?to ?from))
    :effect (and (lift-at ?to) (not (lift-at ?from))))
  (:action board
    :parameters (?p - passenger ?f - floor)
    :precondition (and (lift-at ?f) (waits ?p ?f))
    :effect (and (boarded ?p) (not (waits ?p ?f))))
  (:action leave
    :parameters (?p - passenger ?f - floor)
    :precondition (and (lift-at ?f) (boarded ?p) (wants ?p ?f))
    :effect (and (served ?p) (not (boarded ?p))))
)
"""
SIZES = ((2, 2), (2, 3), (3, 3), (4, 4), (6, 4), (9, 5), (14, 6))
"""How many things there are, and how many places."""
SEARCHED = 3
"""Levels of tasks that are proved infeasible by a search of all their states."""


def make_gripper(chance: random.Random, level: int) -> Payload:
    """Make a task for a robot with two grippers."""
    balls, rooms = _name(level, "ball", "room")
    start, goal = _scatter(chance, balls, rooms)
    init: list[Atom] = [("room", (room,)) for room in rooms]
    init += [("ball", (ball,)) for ball in balls]
    init += [(kind, (hand,)) for kind in ("gripper", "free") for hand in ("left", "right")]
    init += [("at-robby", (chance.choice(rooms),)), *start]
    return GRIPPER_TASKS.write([*rooms, *balls, "left", "right"], init, goal)


def make_ferry(chance: random.Random, level: int) -> Payload:
    """Make a task for a ferry that takes one car."""
    cars, places = _name(level, "c", "l")
    start, goal = _scatter(chance, cars, places)
    init: list[Atom] = [("place", (place,)) for place in places]
    init += [("car", (car,)) for car in cars]
    init += [("empty-ferry", ()), ("at-ferry", (chance.choice(places),)), *start]
    return FERRY_TASKS.write([*places, *cars], init, goal)


def make_elevator(chance: random.Random, level: int, *, lost: bool = False) -> Payload:
    """Make a task for an elevator; a lost passenger wants to go nowhere."""
    people, floors = _name(level, "p", "f")
    init: list[Atom] = [
        ("above", (low, high)) for n, low in enumerate(floors) for high in floors[n + 1 :]
    ]
    init.append(("lift-at", (chance.choice(floors),)))
    nowhere = chance.choice(people) if lost else None
    for person in people:
        here, there = chance.sample(floors, 2)
        init.append(("waits", (person, here)))
        if person != nowhere:
            init.append(("wants", (person, there)))
    objects = [*floors, "- floor", *people, "- passenger"]
    return ELEVATOR_TASKS.write(objects, init, [("served", (person,)) for person in people])


def make_lost(chance: random.Random, level: int) -> Payload:
    """Make a task with a passenger who can leave nowhere."""
    return make_elevator(chance, level, lost=True)


def plan_gripper(world: World) -> Sequence[Move] | None:
    """Carry balls to their rooms, two at once where both have the same way."""
    goal = _places(world)
    where = {row[0]: row[1] for row in world.rows("at")}
    held = {row[0]: row[1] for row in world.rows("carry")}
    here = next((row[0] for row in world.rows("at-robby")), None)
    free = world.named("free")
    if goal is None or here is None:
        return None
    moves: list[Move] = []

    def go(room: str) -> None:
        nonlocal here
        if here != room:
            moves.append(("move", (str(here), room)))
            here = room

    def drop_all() -> None:
        for ball, hand in list(held.items()):
            go(goal.get(ball, str(here)))
            moves.append(("drop", (ball, str(here), hand)))
            where[ball] = str(here)
            del held[ball]

    hands = [hand for hand in world.named("gripper") if hand in {*free, *held.values()}]
    drop_all()
    for ball, room in goal.items():
        start = where.get(ball)
        if start in (None, room):
            continue
        ready = [b for b, r in goal.items() if where.get(b) == start and r == room]
        for hand, taken in zip(hands, [ball, *(b for b in ready if b != ball)], strict=False):
            go(str(start))
            moves.append(("pick", (taken, str(start), hand)))
            held[taken] = hand
            del where[taken]
        drop_all()
    return moves


def plan_ferry(world: World) -> Sequence[Move] | None:
    """Bring car after car to its place."""
    goal = _places(world)
    where = {row[0]: row[1] for row in world.rows("at")}
    here = next((row[0] for row in world.rows("at-ferry")), None)
    if goal is None or here is None:
        return None
    moves: list[Move] = []
    for (car,) in world.rows("on"):
        end = goal.get(car, here)
        moves += [*_sail(here, end), ("debark", (car, end))]
        here = where[car] = end
    for car, end in goal.items():
        start = where.get(car, end)
        if start != end:
            moves += [*_sail(here, start), ("board", (car, start))]
            moves += [*_sail(start, end), ("debark", (car, end))]
            here = end
    return moves


def plan_elevator(world: World) -> Sequence[Move] | None:
    """Bring passenger after passenger to their floors."""
    above = world.rows("above")
    wants = {row[0]: row[1] for row in world.rows("wants")}
    waits = {row[0]: row[1] for row in world.rows("waits")}
    here = next((row[0] for row in world.rows("lift-at")), None)
    people = [row[0] for name, row in world.goal if name == "served"]
    if here is None or len(people) < len(world.goal):
        return None
    boarded = [p for p in people if (p,) in world.rows("boarded")]
    moves: list[Move] = []
    for person in dict.fromkeys(boarded + people):
        if (person,) in world.rows("served"):
            continue
        if person not in wants or (person not in waits and person not in boarded):
            return None
        stops = [("leave", wants[person])]
        if person not in boarded:
            stops.insert(0, ("board", waits[person]))
        for action, floor in stops:
            if here != floor:
                moves.append(("up" if (here, floor) in above else "down", (here, floor)))
            moves.append((action, (person, floor)))
            here = floor
    return moves


def _places(world: World) -> dict[str, str] | None:
    goal = {row[0]: row[1] for name, row in world.goal if name == "at"}
    return goal if len(goal) == len(world.goal) else None


def _sail(here: str, there: str) -> list[Move]:
    return [] if here == there else [("sail", (here, there))]


def _name(level: int, thing: str, place: str) -> tuple[list[str], list[str]]:
    things, places = SIZES[level - 1]
    return [f"{thing}{n}" for n in range(1, things + 1)], [
        f"{place}{n}" for n in range(1, places + 1)
    ]


def _scatter(
    chance: random.Random, things: Sequence[str], places: Sequence[str]
) -> tuple[list[Atom], list[Atom]]:
    """Say where things are and should be; the first one has to be moved."""
    init: list[Atom] = []
    goal: list[Atom] = []
    for number, thing in enumerate(things):
        start, end = chance.sample(places, 2)
        if number and chance.random() < 1 / len(places):
            end = start
        init.append(("at", (thing, start)))
        goal.append(("at", (thing, end)))
    return init, goal


GRIPPER_TASKS = Template(GRIPPER, plan_gripper)
FERRY_TASKS = Template(FERRY, plan_ferry)
ELEVATOR_TASKS = Template(ELEVATOR, plan_elevator)


def _levels(thing: str, place: str) -> list[str]:
    return [f"{things} {thing}, {places} {place}" for things, places in SIZES]


FAMILIES = (
    Family(
        name="gripper",
        summary="a robot with two grippers carries balls between rooms",
        levels=_levels("balls", "rooms"),
        make=make_gripper,
        answer=GRIPPER_TASKS.answer,
        repair=GRIPPER_TASKS.repair,
    ),
    Family(
        name="ferry",
        summary="a ferry that takes one car",
        levels=_levels("cars", "places"),
        make=make_ferry,
        answer=FERRY_TASKS.answer,
        repair=FERRY_TASKS.repair,
    ),
    Family(
        name="elevator",
        summary="passengers and floors, with types",
        levels=_levels("passengers", "floors"),
        make=make_elevator,
        answer=ELEVATOR_TASKS.answer,
        repair=ELEVATOR_TASKS.repair,
    ),
    Family(
        name="elevator-lost",
        summary="a passenger who can leave the elevator nowhere",
        levels=_levels("passengers", "floors")[:SEARCHED],
        make=make_lost,
        solvable=False,
    ),
)
