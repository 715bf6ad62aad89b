"""Natural Plan's trip prompts: in which order to visit cities by direct flights?"""

import re
from dataclasses import dataclass, field

from pydantic import JsonValue

from critics.scheduling.prose.scanner import (
    NAME,
    NUMBER,
    Scanner,
    StuckError,
    one_of,
    sentence,
)
from critics.scheduling.prose.tasks import Payload, parser_of

_OPENING = re.compile(
    r"(?i)you\s+plan\s+to\s+visit\s+\d+\b[^.]{0,80}\bcit(?:y|ies)\b[^.]{0,80}\bin\s+total"
)
_HEADER = sentence(
    "You plan to visit {count} {cities} for {days} {unit} in total.",
    count=NUMBER,
    cities=r"(?:[A-Z][a-z]+\s+)?cit(?:y|ies)",
    days=NUMBER,
    unit="days?",
)
_RULE = sentence("You only take direct flights to commute between cities.")
_STAYS = (
    sentence(
        "You {want} to {stay} {city} for {days} {unit}.",
        want="would like|plan|want",
        stay=r"visit|stay\s+in|be\s+in",
        city=NAME,
        days=NUMBER,
        unit="days?",
    ),
    sentence(
        "You {want} to spend {days} {unit} in {city}.",
        want="would like|plan|want",
        days=NUMBER,
        unit="days?",
        city=NAME,
    ),
)
_THINGS = r"(?:\s+(?!not\b|never\b|no\b|or\b)[a-z]+)*?"
_DOING = rf"(?:attend|meet|visit|see|watch|join|celebrate){_THINGS}"
_EVENTS = (
    sentence(
        "You {want} {doing} {at} {city} between day {first} and day {last}{extra}.",
        want=r"(?:would\s+like|want|have|plan|need|are\s+going)\s+to",
        doing=_DOING,
        at="in|at",
        city=NAME,
        first=NUMBER,
        last=NUMBER,
        extra=r"(?:\s+to\s+tour\s+together)?",
    ),
    sentence(
        "{when} day {first} {to} day {last}, there is {what} you want to attend {at} {city}.",
        when="(?i:from|during|between)",
        first=NUMBER,
        to="to|and",
        last=NUMBER,
        what=rf"an?{_THINGS}",
        at="in|at",
        city=NAME,
    ),
    sentence(
        "{when} day {first} {to} day {last}, you {want} {doing} {at} {city}.",
        when="(?i:from|during|between)",
        first=NUMBER,
        to="to|and",
        last=NUMBER,
        want=r"(?:would\s+like|want|have|plan|need|are\s+going)\s+to",
        doing=_DOING,
        at="in|at",
        city=NAME,
    ),
)
_FLIGHTS = sentence("Here are the cities that have direct flights:")
_CLOSING = sentence(
    "Find a trip plan of visiting the cities for {days} {unit} by taking direct flights to commute "
    "between them.",
    days=NUMBER,
    unit="days?",
)
_COMMA, _STOP = sentence(","), sentence(".")


@dataclass(slots=True)
class _Task:
    """What has been read so far."""

    cities: dict[str, int] = field(default_factory=dict)
    windows: list[dict[str, JsonValue]] = field(default_factory=list)
    edges: list[dict[str, JsonValue]] = field(default_factory=list)


def _read(scanner: Scanner) -> Payload:
    header = scanner.need("how many cities for how many days", _HEADER)
    scanner.take(_RULE)
    task = _Task()
    while not scanner.take(_FLIGHTS):
        _read_wish(scanner, task)
    if len(task.cities) != int(header["count"]):
        wanted = f"days for {header['count']} cities; it found {len(task.cities)}"
        raise StuckError(scanner.at, wanted)
    _require_known(scanner, task)
    _read_flights(scanner, task)
    closing = scanner.take(_CLOSING)
    if closing and int(closing["days"]) != int(header["days"]):
        raise StuckError(closing.start(), f"the {header['days']} days of the beginning")
    return {
        "total_days": int(header["days"]),
        "cities": {**task.cities},
        "windows": list(task.windows),
        "edges": list(task.edges),
        "windows_semantics": "contain",
    }


def _read_wish(scanner: Scanner, task: _Task) -> None:
    """Read how long a city is to be visited, or when something happens there."""
    stay = scanner.take(*_STAYS)
    if stay:
        city, days = _city(stay), int(stay["days"])
        if task.cities.setdefault(city, days) != days or not days:
            raise StuckError(stay.start(), f"one number of days for `{city}`")
        return
    event = scanner.need("days in a city, an event there, or the direct flights", *_EVENTS)
    first, last = int(event["first"]), int(event["last"])
    if not 1 <= first <= last:
        raise StuckError(event.start(), "a first day that is not after the last")
    task.windows.append({"city": _city(event), "from": first, "to": last})


def _city(found: re.Match[str]) -> str:
    return " ".join(found["city"].split())


def _require_known(scanner: Scanner, task: _Task) -> None:
    strange = [str(window["city"]) for window in task.windows if window["city"] not in task.cities]
    if strange:
        raise StuckError(scanner.at, f"how many days to be in `{strange[0]}`")


def _read_flights(scanner: Scanner, task: _Task) -> None:
    """Read `A and B` (both ways) and `from A to B` (one way), separated by commas."""
    name = one_of(task.cities)
    both = re.compile(rf"(?P<first>{name})\s+and\s+(?P<last>{name})(?=\s*[,.])")
    one = re.compile(rf"from\s+(?P<first>{name})\s+to\s+(?P<last>{name})(?=\s*[,.])")
    while True:
        found = scanner.need("`A and B` or `from A to B`, of the cities above", both, one)
        if found["first"] == found["last"]:
            raise StuckError(found.start(), "two different cities")
        way = {"from": found["first"], "to": found["last"], "both": found.re is both}
        task.edges.append(way)
        if scanner.take(_STOP):
            return
        scanner.need("a comma or a full stop", _COMMA)


parse_trip = parser_of("natural-plan-trip", _OPENING, _read)
"""Reads the prompts of Natural Plan's trip planning."""
