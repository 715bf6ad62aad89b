"""An itinerary, read strictly from its canonical text.

What an answer states beyond its stays (the number of days, flights, parts that mean nothing) is
kept, so that the critics can judge it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from critics.scheduling.itinerary import fault_of, read_parts
from critics.scheduling.objects import quote, write_object
from critics.scheduling.trip.problem import Trip
from critics.scheduling.trip.schema import MAX_DAYS
from critics.types import Diagnostic

SHAPE = '{"itinerary": [{"city": "Oslo", "first_day": 1, "last_day": 3}]}'
STAY = frozenset({"city", "first_day", "last_day"})
FLIGHT = frozenset({"fly_from", "fly_to", "day"})


@dataclass(frozen=True, slots=True)
class Stay:
    """A visit; days are included at both ends.

    Attributes:
        days: How many days the answer says it has, if it says so.
        index: Its place in the itinerary, from 0.
    """

    city: str
    first: int
    last: int
    days: int | None
    index: int

    @property
    def length(self) -> int:
        """How many days it has."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Flown:
    """A flight that the answer states. `day` is text where it is no single day."""

    origin: str
    target: str
    day: int | str
    index: int


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of an itinerary that means nothing."""

    text: str
    index: int


Part = Stay | Flown | Unread


@dataclass(frozen=True)
class Itinerary:
    """All parts, in the order of the answer."""

    parts: Sequence[Part]

    @property
    def stays(self) -> Sequence[Stay]:
        """The visits."""
        return [part for part in self.parts if isinstance(part, Stay)]


def write_stays(stays: Sequence[tuple[str, int, int]]) -> str:
    """Write an itinerary of `(city, first day, last day)` canonically."""
    return write_object(
        {
            "itinerary": [
                {"city": city, "first_day": first, "last_day": last} for city, first, last in stays
            ]
        }
    )


def parse_itinerary(_trip: Trip, text: str) -> Itinerary:
    """Read a canonical answer.

    Raises:
        CandidateError: With every fault that was found.
    """
    return Itinerary(read_parts(text, "trip-format", SHAPE, _read_part))


def _read_part(item: Any, index: int) -> Part | Diagnostic:
    pointer = f"/itinerary/{index}"
    if not isinstance(item, dict):
        return _fault(f"{quote(item)} is no stay", pointer)
    keys = frozenset(item)
    if keys - {"days"} == STAY:
        return _read_stay(item, index)
    if keys == FLIGHT:
        return _read_flight(item, index)
    if keys == {"unread"} and isinstance(item["unread"], str):
        return Unread(item["unread"], index)
    missing = ", ".join(f"`{key}`" for key in sorted(STAY - keys))
    extra = ", ".join(quote(key) for key in sorted(keys - STAY))
    why = "; ".join(filter(None, (missing and f"no {missing}", extra and f"not a key: {extra}")))
    return _fault(f"part {index + 1} is no stay", pointer, why)


def _read_stay(item: Mapping[str, Any], index: int) -> Part | Diagnostic:
    city, first, last = item["city"], item["first_day"], item["last_day"]
    for key in item.keys() - {"city"}:
        if not _is_day(item[key]):
            headline = f"`{key}` of part {index + 1} is {quote(item[key])}, which is no day number"
            return _fault(headline, f"/itinerary/{index}/{key}")
    if not isinstance(city, str):
        return _fault(f"{quote(city)} is no city", f"/itinerary/{index}/city")
    return Stay(city, first, last, item.get("days"), index)


def _read_flight(item: Mapping[str, Any], index: int) -> Part | Diagnostic:
    origin, target, day = item["fly_from"], item["fly_to"], item["day"]
    if isinstance(origin, str) and isinstance(target, str) and (_is_day(day) or type(day) is str):
        return Flown(origin, target, day, index)
    return _fault(f"{quote(item)} is no flight", f"/itinerary/{index}")


def _is_day(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MAX_DAYS


def _fault(headline: str, pointer: str, why: str = "") -> Diagnostic:
    return fault_of("trip-format", SHAPE, headline, pointer, why)
