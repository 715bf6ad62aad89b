"""Logistics: trucks drive within cities, airplanes fly between airports.

The procedure delivers package by package, in the order of the goal: by truck to the airport, by
airplane, by truck to its place. Of several vehicles the one that is already there is taken, else
the first in the list of objects.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from critics.generation import Family, Payload
from critics.pddl.generation_templates import Atom, Template, World
from critics.pddl.successors import Move

DOMAIN = """(define (domain logistics)
  (:requirements :strips)
  (:predicates (obj ?x) (truck ?x) (airplane ?x) (location ?x) (airport ?x) (city ?x)
               (at ?x ?l) (in ?p ?v) (in-city ?l ?c))
  (:action load-truck
    :parameters (?p ?t ?l)
    :precondition (and (obj ?p) (truck ?t) (location ?l) (at ?t ?l) (at ?p ?l))
    :effect (and (in ?p ?t) (not (at ?p ?l))))
  (:action load-airplane
    :parameters (?p ?a ?l)
    :precondition (and (obj ?p) (airplane ?a) (location ?l) (at ?p ?l) (at ?a ?l))
    :effect (and (in ?p ?a) (not (at ?p ?l))))
  (:action unload-truck
    :parameters (?p ?t ?l)
    :precondition (and (obj ?p) (truck ?t) (location ?l) (at ?t ?l) (in ?p ?t))
    :effect (and (at ?p ?l) (not (in ?p ?t))))
  (:action unload-airplane
    :parameters (?p ?a ?l)
    :precondition (and (obj ?p) (airplane ?a) (location ?l) (in ?p ?a) (at ?a ?l))
    :effect (and (at ?p ?l) (not (in ?p ?a))))
  (:action drive-truck
    :parameters (?t ?from ?to ?c)
    :precondition (and (truck ?t) (location ?from) (location ?to) (city ?c)
                       (at ?t ?from) (in-city ?from ?c) (in-city ?to ?c))
    :effect (and (at ?t ?to) (not (at ?t ?from))))
  (:action fly-airplane
    :parameters (?a ?from ?to)
    :precondition (and (airplane ?a) (airport ?from) (airport ?to) (at ?a ?from))
    :effect (and (at ?a ?to) (not (at ?a ?from))))
)
"""


Span = tuple[int, int]
"""The fewest and the most."""


@dataclass(frozen=True)
class Size:
    """How much there is of everything; a city has one truck, and its first place an airport."""

    packages: Span
    cities: Span
    places: Span
    airplanes: Span = (1, 1)

    def __str__(self) -> str:
        """Say it in words."""
        told = (
            (self.packages, "package"),
            (self.cities, "cities"),
            (self.places, "places in each"),
            (self.airplanes, "airplane"),
        )
        return ", ".join(f"{_show(span)} {_count(span, name)}" for span, name in told)


SIZES = (
    Size((1, 1), (2, 2), (1, 2)),
    Size((1, 1), (2, 2), (2, 3)),
    Size((2, 2), (2, 2), (2, 3)),
    Size((2, 3), (3, 3), (1, 3)),
    Size((3, 4), (3, 3), (2, 3)),
    Size((4, 5), (3, 4), (2, 4)),
    Size((6, 7), (4, 5), (2, 4), (2, 2)),
    Size((8, 10), (5, 6), (2, 4), (2, 3)),
)
SEARCHED = SIZES[:3]
"""Sizes of tasks that are proved infeasible by a search of all their states."""


def make(chance: random.Random, level: int) -> Payload:
    """Make a task in which some package is not where it should be."""
    plant = _Plant(chance, SIZES[level - 1])
    while True:
        start, end = plant.draw(chance), plant.draw(chance)
        goal = [("at", (package, end[package])) for package in plant.packages]
        if any(start[package] != place for _, (package, place) in goal):
            return TEMPLATE.write(plant.objects, plant.tell(start), goal)


def make_unconnected(chance: random.Random, level: int) -> Payload:
    """Make a task in which one package is for another city, and nothing flies or can land."""
    plant = _Plant(chance, SEARCHED[level - 1])
    start, end = plant.draw(chance), plant.draw(chance)
    package = chance.choice(plant.packages)
    home, away = chance.sample(plant.places, 2)
    start[package], end[package] = chance.choice(home), chance.choice(away)
    closed, opened = chance.sample([home[0], away[0]], 2)
    start |= dict.fromkeys(plant.airplanes, opened)
    init = list(plant.tell(start))
    if chance.random() < 0.5:  # noqa: PLR2004  # a fair coin
        init.remove(("airport", (closed,)))
    else:
        init = [atom for atom in init if set(plant.airplanes).isdisjoint(atom[1])]
    return TEMPLATE.write(plant.objects, init, [("at", (p, end[p])) for p in plant.packages])


class _Plant:
    """What there is, and where it can be."""

    def __init__(self, chance: random.Random, size: Size) -> None:
        cities = range(chance.randint(*size.cities))
        self.cities = [f"c{c}" for c in cities]
        self.places = [[f"l{c}-{p}" for p in range(chance.randint(*size.places))] for c in cities]
        self.packages = [f"p{number}" for number in range(chance.randint(*size.packages))]
        self.trucks = [f"t{c}" for c in cities]
        self.airplanes = [f"a{number}" for number in range(chance.randint(*size.airplanes))]

    @property
    def objects(self) -> list[str]:
        every = [place for places in self.places for place in places]
        return [*self.airplanes, *self.cities, *self.trucks, *every, *self.packages]

    def draw(self, chance: random.Random) -> dict[str, str]:
        """Put everything that moves somewhere."""
        every = [place for places in self.places for place in places]
        roads = zip(self.trucks, self.places, strict=True)
        where = {truck: chance.choice(places) for truck, places in roads}
        where |= {airplane: chance.choice(self.places)[0] for airplane in self.airplanes}
        return where | {package: chance.choice(every) for package in self.packages}

    def tell(self, where: Mapping[str, str]) -> Iterator[Atom]:
        """Say what there is, and where it is."""
        kinds = {"airplane": self.airplanes, "city": self.cities, "truck": self.trucks}
        for kind, names in kinds.items():
            yield from ((kind, (name,)) for name in names)
        for city, places in zip(self.cities, self.places, strict=True):
            for place in places:
                yield "location", (place,)
                yield "in-city", (place, city)
            yield "airport", (places[0],)
        yield from (("obj", (package,)) for package in self.packages)
        yield from (("at", (thing, place)) for thing, place in where.items())


def _show(span: Span) -> str:
    return str(span[0]) if span[0] == span[1] else f"{span[0]}-{span[1]}"


def _count(span: Span, name: str) -> str:
    return name if span == (1, 1) or name.endswith(("ies", "each")) else f"{name}s"


def plan(world: World) -> Sequence[Move] | None:
    """Plan by rule."""
    return _Dispatcher(world).plan()


class _Dispatcher:
    """Sends vehicles, and knows where everything is."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._where = {row[0]: row[1] for name in ("at", "in") for row in world.rows(name)}
        self._city = {row[0]: row[1] for row in world.rows("in-city")}
        self._trucks = world.named("truck")
        self._airplanes = world.named("airplane")
        airports = world.named("airport")
        self._open = set(airports)
        self._airports = {self._city.get(place): place for place in reversed(airports)}
        self._moves: list[Move] = []

    def plan(self) -> Sequence[Move] | None:
        vehicles = {*self._trucks, *self._airplanes}
        goal = [row for name, row in self._world.goal if name == "at"]
        if len(goal) < len(self._world.goal):
            return None
        if any(thing not in self._where for thing, _ in goal):
            return None
        for thing, place in goal:
            if thing not in vehicles and not self._deliver(thing, place):
                return None
        for thing, place in goal:
            if thing in vehicles and not self._go(thing, place):
                return None
        return self._moves

    def _deliver(self, package: str, place: str) -> bool:
        """Bring a package to its place, wherever it is."""
        if self._where[package] == place:
            return True
        city, here = self._city.get(place), self._city.get(self._locate(package))
        flying = self._where[package] in self._airplanes
        if flying or here != city:
            gate, arrival = self._airports.get(here), self._airports.get(city)
            if gate is None or arrival is None:
                return False
            if not flying and not self._carry(package, gate, self._trucks):
                return False
            if not self._carry(package, arrival, self._airplanes):
                return False
        return self._carry(package, place, self._trucks)

    def _carry(self, package: str, place: str, vehicles: Sequence[str]) -> bool:
        """Bring a package to a place by a vehicle of one kind, which it may be in already."""
        here = self._where[package]
        if here == place:
            return True
        vehicle = here if here in vehicles else self._choose(vehicles, here)
        if vehicle is None:
            return False
        if here != vehicle:
            if not self._go(vehicle, here):
                return False
            self._moves.append((f"load-{self._kind(vehicle)}", (package, vehicle, here)))
            self._where[package] = vehicle
        if not self._go(vehicle, place):
            return False
        self._moves.append((f"unload-{self._kind(vehicle)}", (package, vehicle, place)))
        self._where[package] = place
        return True

    def _go(self, vehicle: str, place: str) -> bool:
        here = self._where[vehicle]
        if here == place:
            return True
        if not self._reaches(vehicle, place):
            return False
        by_road = vehicle in self._trucks
        row = (vehicle, here, place, self._city[place]) if by_road else (vehicle, here, place)
        self._moves.append(("drive-truck" if by_road else "fly-airplane", row))
        self._where[vehicle] = place
        return True

    def _choose(self, vehicles: Sequence[str], place: str) -> str | None:
        there = [vehicle for vehicle in vehicles if self._where.get(vehicle) == place]
        near = [vehicle for vehicle in vehicles if self._reaches(vehicle, place)]
        return next(iter(there + near), None)

    def _reaches(self, vehicle: str, place: str) -> bool:
        here = self._where.get(vehicle)
        if here is None:
            return False
        if vehicle in self._trucks:
            return place in self._city and self._city.get(here) == self._city[place]
        return {here, place} <= self._open

    def _kind(self, vehicle: str) -> str:
        return "truck" if vehicle in self._trucks else "airplane"

    def _locate(self, package: str) -> str:
        holder = self._where[package]
        return self._where.get(holder, holder)


TEMPLATE = Template(DOMAIN, plan)
FAMILIES = (
    Family(
        name="logistics",
        summary="packages, trucks within cities, airplanes between them",
        levels=[str(size) for size in SIZES],
        make=make,
        answer=TEMPLATE.answer,
        repair=TEMPLATE.repair,
    ),
    Family(
        name="logistics-unconnected",
        summary="a package for another city, and no airplane or no airport",
        levels=[str(size) for size in SEARCHED],
        make=make_unconnected,
        solvable=False,
    ),
)
