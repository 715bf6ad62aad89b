"""Trips made by a program.

The answer is the first possible order in the order of the problem's cities; a repair keeps as many
of the first cities of a wrong answer as it can.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from random import Random
from typing import Any

from pydantic import JsonValue

from critics.generation import Fact, Family, Generation, Payload, fingerprint
from critics.names import CITIES
from critics.scheduling.trip.answer import parse_itinerary, write_stays
from critics.scheduling.trip.problem import Trip, load_trip
from critics.scheduling.trip.schema import TripProblem
from critics.scheduling.trip.search import TooLarge, Visit, find_trip
from critics.types import CandidateError


@dataclass(frozen=True, slots=True)
class Size:
    """What the problems of a level are like.

    Attributes:
        stay: Days of the longest stay.
        events: How many events there are at most.
        extra: How many of the flights exist that the hidden trip does not need.
    """

    cities: tuple[int, ...]
    stay: int
    events: int
    extra: float


SIZES = (
    Size(cities=(3,), stay=5, events=1, extra=0.5),
    Size(cities=(4,), stay=5, events=2, extra=0.4),
    Size(cities=(5, 6), stay=6, events=3, extra=0.35),
    Size(cities=(7, 8, 9), stay=7, events=4, extra=0.3),
)
LEVELS = ("three cities", "four cities", "five or six cities", "seven to nine cities")
ONE_WAY = 0.15
TOUCH = 0.2
OTHER_LENGTH = 0.15
"""How many impossible trips have another length than their cities need."""


def make_possible(random: Random, level: int) -> Payload:
    """Make a trip around a hidden order of its cities."""
    size = SIZES[level - 1]
    order, lengths = _begin(random, size)
    needed = set(pairwise(order))
    visits = _date(order, lengths)
    events = [_attend(random, visit) for visit in _choose(random, visits, size.events)]
    return _write(random, lengths, events, _fly(random, order, needed, size.extra))


def make_impossible(random: Random, level: int) -> Payload:
    """Make a trip that no order of its cities allows."""
    size = SIZES[level - 1]
    while True:
        order, lengths = _begin(random, size)
        visits = _date(order, lengths)
        others = _date(random.sample(order, len(order)), lengths)
        chosen = [*_choose(random, visits, size.events), *_choose(random, others, size.events)]
        events = [_attend(random, visit) for visit in chosen]
        payload = _write(random, lengths, events, _fly(random, order, set(), size.extra))
        if random.random() < OTHER_LENGTH:
            return {**payload, "total_days": visits[-1].last + random.choice((-1, 1, 2))}
        if find_trip(load_trip(TripProblem.model_validate(payload))) is None:
            return payload


def answer(payload: Any) -> str | None:
    """Write the first possible trip; nothing if there is none, or the search was given up."""
    return _complete(load_trip(TripProblem.model_validate(payload)), ())


def repair(payload: Any, wrong: str) -> str | None:
    """Keep the first cities of a wrong answer, as many as lead to a possible trip."""
    trip = load_trip(TripProblem.model_validate(payload))
    try:
        cities = [stay.city for stay in parse_itinerary(trip, wrong).stays]
    except CandidateError:
        cities = []
    cities = [city for city in dict.fromkeys(cities) if city in trip.cities]
    tried = (_complete(trip, cities[:count]) for count in range(len(cities), -1, -1))
    return next(filter(None, tried), None)


def identify(payload: Any) -> str:
    """Tell trips apart; names of cities and the order of lists do not matter."""
    return fingerprint(_facts(load_trip(TripProblem.model_validate(payload))))


def rename(random: Random, payload: Any) -> Payload:
    """Give cities other names, and put everything into another order."""
    problem = TripProblem.model_validate(payload)
    flown = (city for edge in problem.edges for city in (edge.origin, edge.target))
    known = list(dict.fromkeys((*problem.cities, *flown)))
    extra = [f"city {number}" for number in range(len(known) - len(CITIES))]
    names = dict(zip(known, random.sample([*CITIES, *extra], len(known)), strict=True))
    renamed = problem.model_dump(mode="json", exclude_defaults=True)
    listed = random.sample([*problem.cities.items()], len(problem.cities))
    renamed["cities"] = {names[city]: days for city, days in listed}
    for window in renamed.get("windows", ()):
        window["city"] = names[window["city"]]
    for edge in renamed.get("edges", ()):
        edge["from"], edge["to"] = names[edge["from"]], names[edge["to"]]
    for field in {"windows", "edges"} & renamed.keys():
        random.shuffle(renamed[field])
    return renamed


def _facts(trip: Trip) -> Iterator[Fact]:
    yield f"{trip.total} days", ()
    for city, days in trip.cities.items():
        yield f"{days} days", (city,)
        for target in trip.flights[city]:
            yield "flight", (city, target)
    for events in trip.events.values():
        for event in events:
            yield f"{event.mode} {event.first} {event.last}", (event.city,)


def _begin(random: Random, size: Size) -> tuple[list[str], dict[str, int]]:
    order = random.sample(CITIES, random.choice(size.cities))
    return order, {city: random.randint(2, size.stay) for city in order}


def _date(order: Sequence[str], lengths: dict[str, int]) -> list[Visit]:
    visits, first = list[Visit](), 1
    for city in order:
        visits.append(Visit(city, first, first + lengths[city] - 1))
        first = visits[-1].last
    return visits


def _choose(random: Random, visits: Sequence[Visit], most: int) -> list[Visit]:
    return random.sample(visits, random.randint(0, most))


def _attend(random: Random, visit: Visit) -> dict[str, JsonValue]:
    """Make an event that a stay attends."""
    first = random.randint(visit.first, visit.last)
    if random.random() >= TOUCH:
        last = random.randint(first, visit.last)
        return {"city": visit.city, "from": first, "to": last}
    first = max(first - random.randint(0, 2), 1)
    last = max(visit.first, first) + random.randint(0, 3)
    return {"city": visit.city, "from": first, "to": last, "mode": "touch"}


def _fly(
    random: Random, cities: Sequence[str], needed: set[tuple[str, str]], extra: float
) -> list[JsonValue]:
    """Choose flights: all that are needed, and some more."""
    flights: list[JsonValue] = []
    for pair in combinations(sorted(cities), 2):
        wanted = [way for way in (pair, pair[::-1]) if way in needed]
        if not wanted and random.random() >= extra:
            continue
        origin, target = random.choice(wanted or [pair, pair[::-1]])
        flight: dict[str, JsonValue] = {"from": origin, "to": target}
        flights.append({**flight, "both": False} if random.random() < ONE_WAY else flight)
    random.shuffle(flights)
    return flights


def _write(
    random: Random,
    lengths: dict[str, int],
    events: list[dict[str, JsonValue]],
    flights: list[JsonValue],
) -> Payload:
    listed = random.sample([*lengths.items()], len(lengths))
    payload: dict[str, JsonValue] = {
        "total_days": sum(lengths.values()) - len(lengths) + 1,
        "cities": dict(listed),
    }
    payload |= {"windows": random.sample(events, len(events))} if events else {}
    return payload | {"edges": flights}


def _complete(trip: Trip, begun: Sequence[str]) -> str | None:
    try:
        found = find_trip(trip, begun)
    except TooLarge:
        return None
    return None if found is None else write_stays([(v.city, v.first, v.last) for v in found])


TRIP_GENERATION = Generation(
    families=(
        Family(
            name="possible",
            summary="trips that some order of their cities allows",
            levels=LEVELS,
            make=make_possible,
            answer=answer,
            repair=repair,
        ),
        Family(
            name="impossible",
            summary="trips without a possible order, or of another length than the cities need",
            levels=LEVELS,
            make=make_impossible,
            solvable=False,
        ),
    ),
    identity=identify,
    rename=rename,
)
