"""A trip as moves: one flies to one city after the other; the days follow from the order."""

from collections.abc import Iterator, Sequence
from functools import partial
from math import inf
from typing import TypeAlias

from critics.prefix import Prefix
from critics.scheduling.trip.answer import parse_itinerary, write_stays
from critics.scheduling.trip.problem import Trip
from critics.scheduling.trip.search import date_stays
from critics.types import CandidateError

State: TypeAlias = tuple[str, ...]
"""The cities so far."""


def open_prefix(trip: Trip) -> Prefix:
    """Give the moves of a trip."""
    return Prefix(
        start=(),
        apply=partial(_apply, trip),
        is_goal=partial(_is_goal, trip),
        key=_key,
        join=partial(_join, trip),
        split=partial(_split, trip),
        tell=partial(_tell, trip),
        moves=partial(_moves, trip),
        h={"cities": partial(_estimate, trip)},
    )


def _apply(trip: Trip, state: State, city: str) -> State | None:
    if city in state or city not in trip.cities:
        return None
    if state and city not in trip.flights[state[-1]]:
        return None
    first = _day(trip, state)
    last = first + trip.cities[city] - 1
    return (*state, city) if all(e.admits(first, last) for e in trip.events[city]) else None


def _moves(trip: Trip, state: State) -> Iterator[tuple[str, State]]:
    for city in trip.flights[state[-1]] if state else trip.cities:
        after = _apply(trip, state, city)
        if after is not None:
            yield city, after


def _is_goal(trip: Trip, state: State) -> bool:
    return len(state) == len(trip.cities) and trip.needed == trip.total


def _estimate(trip: Trip, state: State) -> float:
    """Count the cities that are left; without time for an event there is no hope."""
    day = _day(trip, state)
    left = [city for city in trip.cities if city not in state]
    late = any(
        day > (event.first if event.mode == "contain" else event.last)
        for city in left
        for event in trip.events[city]
    )
    return inf if late or trip.needed != trip.total else float(len(left))


def _day(trip: Trip, state: State) -> int:
    """Give the day on which the next stay starts."""
    return 1 + sum(trip.cities[city] - 1 for city in state)


def _key(state: State) -> str:
    """Name a state by where one has been and where one is."""
    return "\0".join((*sorted(state), "", *state[-1:]))


def _join(trip: Trip, moves: Sequence[str]) -> str:
    return write_stays([(v.city, v.first, v.last) for v in date_stays(trip, moves)])


def _split(trip: Trip, text: str) -> list[str]:
    try:
        return [stay.city for stay in parse_itinerary(trip, text).stays]
    except CandidateError:
        return []


def _tell(trip: Trip, state: State) -> str:
    stays = [f"{v.city} (day {v.first} to {v.last})" for v in date_stays(trip, state)]
    return f"Visited so far: {', '.join(stays)}" if stays else "No city is visited yet."
