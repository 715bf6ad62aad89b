"""Itineraries in a model's response; outside the trusted part, whatever is found is judged.

What is recognised as a part of an itinerary and not understood is kept as `unread`, never dropped.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from critics.scheduling.objects import find_objects, spell_keys, write_object
from critics.scheduling.trip.problem import Trip

MAX_LINE = 400
"""Characters of a line about a stay or a flight; a longer one is not understood."""
EVENTS = frozenset(
    {
        *("attend", "attending", "enjoy", "explore", "meet", "visit", "annual", "conference"),
        *("friend", "friends", "relatives", "show", "tour", "wedding", "workshop"),
    }
)
"""Words that may be written with a capital and name no place."""
KEYS = ("itinerary", "trip", "trip_plan", "travel_plan", "plan", "stays", "schedule", "cities")
_CITIES = ("city", "place", "location", "destination", "name")
_ENDS = (
    ("from_day", "to_day"),
    ("arrival_day", "departure_day"),
    ("day_start", "day_end"),
    ("start", "end"),
    ("from", "to"),
    ("arrive", "depart"),
    ("arrival", "departure"),
)
"""Pairs of keys for the first and the last day, beside the documented ones."""

_SPAN = r"\d{1,6}(?:\s{0,3}(?:-|\u2013|\u2014|to)\s{0,3}(?:day\s{0,3})?\d{1,6})?"
"""A day or two, with any dash."""
_DAYS = re.compile(rf"(?:days?\s*)?({_SPAN})", re.ASCII | re.IGNORECASE)
_LINE = re.compile(
    rf"[\s>#*\u2022-]{{0,20}}(?:\d{{1,3}}[.)]\s{{1,3}})?\**days?\s{{1,3}}(?P<days>{_SPAN})(?!\d)"
    r"(?P<rest>.*)",
    re.ASCII | re.IGNORECASE,
)
_COUNT = re.compile(r"\bfor\s+(\d{1,6})\s+days?\b", re.ASCII | re.IGNORECASE)
_MOVES = re.compile(
    r"\b(?:fl(?:y|ies|ight|ying)|travel\w*|teleport\w*|driv\w*|train|leav\w*|depart\w*"
    r"|return\w*)\b",
    re.ASCII | re.IGNORECASE,
)
_FLY = re.compile(
    r"(?:fly|flight|take a (?:direct )?flight|travel)(?: directly)?\s+from\s+(?P<origin>.{1,200}?)"
    r"\s+to\s+(?P<target>[^.,;(]{1,200}?)\s{0,3}[.]?",
    re.ASCII | re.IGNORECASE,
)
_VISIT = re.compile(
    r"(?:visit|explore|stay\s+in|arriving\s+in)\s+(?P<city>.{1,200}?)(?:\s+for\s+\d{1,6}\s+days?)?[.]?",
    re.ASCII | re.IGNORECASE,
)


def extract_itineraries(trip: Trip, response: str) -> Sequence[str]:
    """Find every itinerary in a response, in order, each once."""
    return list(dict.fromkeys(propose(trip, response)))


def propose(trip: Trip, response: str) -> Iterator[str]:
    """Find every itinerary: JSON objects, else lines that say what happens on which days."""
    written = [
        write_object({"itinerary": [_read_item(trip, item) for item in items]})
        for _, found in find_objects(response, KEYS, _CITIES)
        if (items := _list(found)) is not None
    ]
    yield from written or _read_lines(trip, response)


def _list(found: Mapping[str, Any]) -> list[Any] | None:
    spelt = spell_keys(found)
    return next((spelt[key] for key in KEYS if isinstance(spelt.get(key), list)), None)


def _read_item(trip: Trip, item: Any) -> dict[str, Any]:
    """Write one item of an itinerary canonically; what is not understood stays as it is."""
    if not isinstance(item, dict):
        return {"unread": item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)}
    if "unread" in item and len(item) == 1:
        return {"unread": str(item["unread"])}
    told = spell_keys(item)
    origin, target = _first(told, "fly_from", "from"), _first(told, "fly_to", "to")
    if _is_place(origin) and _is_place(target):
        day = _one_day(_first(told, "day", "flying", "day_range", "days"))
        return {"fly_from": _city(trip, origin), "fly_to": _city(trip, target), "day": day}
    city, (first, last) = _first(told, *_CITIES), _ends(told)
    stated = told.get("days") if type(told.get("days")) is int else None
    if not isinstance(city, str) or first is None or last is None:
        return {"unread": json.dumps(item, ensure_ascii=False)}
    stay = {"city": _city(trip, city), "first_day": _number(first), "last_day": _number(last)}
    return stay if stated is None else {**stay, "days": stated}


def _ends(told: Mapping[str, Any]) -> tuple[Any, Any]:
    """Give the first and the last day that an item states, by whatever keys."""
    first, last = _first(told, "first_day", "start_day"), _first(told, "last_day", "end_day")
    if first is not None or last is not None:
        return first, last
    spoken = _first(told, "day_range", "days", "day")
    if spoken is None or type(spoken) is int:  # a number may count the days
        pairs = ((told.get(first), told.get(last)) for first, last in _ENDS)
        return next((pair for pair in pairs if None not in pair), _two_days(spoken))
    return _two_days(spoken)


def _read_lines(trip: Trip, response: str) -> Iterator[str]:
    """Read lines such as `**Day 4-8:** Visit Oslo for 5 days.`; a stay from day 1 begins anew."""
    parts: list[dict[str, Any]] = []
    for line in response.splitlines():
        found = _LINE.match(line)
        if found is None:
            continue
        part = _read_line(trip, found["days"], found["rest"].replace("*", "").strip(" :\t"))
        if part.get("first_day") == 1 and any("city" in other for other in parts):
            yield write_object({"itinerary": parts})
            parts = []
        parts.append(part)
    if any("city" in part for part in parts):
        yield write_object({"itinerary": parts})


def _read_line(trip: Trip, days: str, rest: str) -> dict[str, Any]:
    if len(rest) > MAX_LINE:
        return {"unread": f"Day {days}: {rest}"}
    flown = _FLY.fullmatch(rest)
    if flown is not None:
        origin, target = _city(trip, flown["origin"]), _city(trip, flown["target"])
        return {"fly_from": origin, "fly_to": target, "day": _one_day(days)}
    city = _stayed_in(trip, rest)
    if city is None:
        return {"unread": f"Day {days}: {rest}"}
    first, last = _two_days(days)
    stay: dict[str, Any] = {"city": city, "first_day": first, "last_day": last}
    counted = _COUNT.search(rest)
    return {**stay, "days": int(counted[1])} if counted else stay


def _stayed_in(trip: Trip, rest: str) -> str | None:
    """Find the one city of a line that speaks of a stay, and of no other place."""
    left, named = rest, []
    for city in sorted(trip.cities, key=len, reverse=True):
        without = re.sub(rf"\b{re.escape(city)}\b", "", left, flags=re.IGNORECASE)
        named += [city] if without != left else []
        left = without
    words = re.sub(r"\([^()]*\)", " ", left).split()
    if len(named) == 1 and not _MOVES.search(left) and not any(map(_is_name, words[1:])):
        return named[0]
    visited = _VISIT.fullmatch(rest)
    return visited["city"] if visited is not None and not named else None


def _is_name(word: str) -> bool:
    bare = word.strip("(\"'*.,:;!")
    return bare[:1].isupper() and bare.lower() not in EVENTS


def _first(item: Mapping[str, Any], *keys: str) -> Any:
    return next((item[key] for key in keys if item.get(key) is not None), None)


def _two_days(spoken: Any) -> tuple[Any, Any]:
    """Read `Day 3-5`, `Day 4`, `[3, 5]` or `[3, 4, 5]`; what is none stays as it is, twice."""
    if isinstance(spoken, list) and spoken and all(type(day) is int for day in spoken):
        row = list(range(spoken[0], spoken[0] + len(spoken)))
        if len(spoken) == 2 or spoken == row:  # noqa: PLR2004  # first and last
            return spoken[0], spoken[-1]
    found = _DAYS.fullmatch(spoken.strip()) if isinstance(spoken, str) else None
    if found is None:
        return spoken, spoken
    days = [int(day) for day in re.findall(r"\d+", found[1])]
    return days[0], days[-1]


def _one_day(spoken: Any) -> int | str:
    first, last = _two_days(spoken)
    return first if type(first) is int and first == last else str(spoken)


def _is_place(spoken: Any) -> bool:
    return isinstance(spoken, str) and type(_two_days(spoken)[0]) is not int


def _number(spoken: Any) -> Any:
    return _one_day(spoken) if isinstance(spoken, str) else spoken


def _city(trip: Trip, spoken: str) -> str:
    """Spell a city as the problem does, where it means one of its cities."""
    meant = spoken.strip(" .,*").casefold()
    return next((city for city in trip.cities if city.casefold() == meant), spoken.strip())
