"""Itineraries in a model's response; outside the trusted part, whatever is found is judged.

What is recognised as a part of an itinerary and not understood is kept as `unread`, never dropped.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from critics.scheduling.clock import read_time, write_time
from critics.scheduling.meeting.answer import Unread, parse_itinerary
from critics.scheduling.meeting.problem import Day
from critics.scheduling.meeting.sentences import read_sentences
from critics.scheduling.meeting.statements import find_contradictions
from critics.scheduling.objects import find_objects, spell_keys, write_object
from critics.types import CandidateError

KEYS = ("itinerary", "schedule", "meetings", "plan")
PEOPLE = ("person", "name", "friend", "with")
OWN = ("travel_to", "stop_at", "wait_until", "start_at", "unread")
LEADING = ("travel_to", "stop_at", "start_at")
NOBODY = frozenset({"", "n/a", "none", "null", "-", "nobody", "self"})

_DASH = re.compile(r"\s(?:to|until)\s|[-\u2013\u2014]", re.IGNORECASE)
_MEETS = re.compile(r"meet", re.IGNORECASE)
_MOVES = re.compile(
    r"travel|head|go|walk|driv|move|return|commute|transit|leave|depart|arriv", re.IGNORECASE
)
_STAYS = re.compile(r"wait|free|rest|visit|stop|stay|lunch|break|idle|explor|relax", re.IGNORECASE)


def extract_itineraries(day: Day, response: str) -> Sequence[str]:
    """Find every itinerary in a response, in order, each once."""
    return list(dict.fromkeys(text for told in propose(day, response) for text in told))


def propose(day: Day, response: str) -> Iterator[list[str]]:
    """Find every itinerary: JSON objects, else sentences that tell what one does.

    An itinerary whose stated ways or waits are wrong has a second reading, its meetings alone;
    both are judged, and only what was judged is handed out.
    """
    names = Names(day)
    found = [
        _placed(day, _read_items(names, items), lasting=False)
        for _, item in find_objects(response, KEYS, PEOPLE)
        if (items := _list(item)) is not None
    ]
    told = found or [
        _placed(day, map(names.spell, parts), lasting=True) for parts in read_sentences(response)
    ]
    for parts in told:
        readings = [parts, [part for part in parts if "person" in part or "start_at" in part]]
        yield [
            write_object({"itinerary": reading})
            for reading in readings[: 2 if _misstates(day, parts) else 1]
        ]


def _misstates(day: Day, parts: Sequence[Mapping[str, Any]]) -> bool:
    """Whether all parts are understood, and some way or wait among them is wrong."""
    try:
        plan = parse_itinerary(day, write_object({"itinerary": parts}))
    except CandidateError:
        return False
    named = {
        place
        for part in plan.parts
        for place in (getattr(part, name, None) for name in ("target", "origin", "place"))
        if place is not None
    }
    understood = not any(isinstance(part, Unread) for part in plan.parts)
    return understood and named <= day.places and any(find_contradictions(day, plan))


class Names:
    """Spells people and places as the problem does."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self._people = {name.casefold(): name for name in day.people}
        self._places = {_bare(name): name for name in sorted(day.places)}

    def person(self, spoken: Any) -> Any:
        """Spell a person."""
        if not isinstance(spoken, str):
            return spoken
        return self._people.get(spoken.strip().casefold(), spoken.strip())

    def place(self, spoken: Any) -> Any:
        """Spell a place."""
        if not isinstance(spoken, str):
            return spoken
        return self._places.get(_bare(spoken), spoken.strip())

    def find(self, spoken: Any) -> str | None:
        """Find the place that is meant by its own name or by a person's, if any is."""
        if not isinstance(spoken, str):
            return None
        friend = self.day.people.get(self.person(spoken))
        return friend.place if friend else self._places.get(_bare(spoken))

    def spell(self, part: Mapping[str, Any]) -> dict[str, Any]:
        """Spell all names of a part."""
        places = ("place", "travel_to", "travel_from", "stop_at", "start_at")
        return {
            key: self.person(value)
            if key == "person"
            else self.place(value)
            if key in places
            else value
            for key, value in part.items()
        }


def _placed(day: Day, parts: Iterable[dict[str, Any]], *, lasting: bool) -> list[dict[str, Any]]:
    """Add the place of every meeting that names none: where the telling has led, or the person is.

    Args:
        day: The problem.
        parts: Parts with their names spelt.
        lasting: Whether one stays where one was told to be, after a meeting, too.
    """
    told: Any = None
    placed = []
    for part in parts:
        told = next((part[key] for key in LEADING if key in part), told)
        if "person" not in part:
            placed.append(part)
            continue
        friend = day.people.get(part["person"]) if isinstance(part["person"], str) else None
        place = part.get("place") or told or (friend.place if friend else None)
        known = {} if place is None else {"place": place}
        placed.append({"person": part["person"], **known, **part})
        told = place if lasting else None
    return placed


def _list(found: Mapping[str, Any]) -> list[Any] | None:
    spelt = spell_keys(found)
    return next((spelt[key] for key in KEYS if isinstance(spelt.get(key), list)), None)


def _read_items(names: Names, items: Iterable[Any]) -> Iterator[dict[str, Any]]:
    here: str | None = names.day.place
    for item in items:
        part = names.spell(_read_item(names, item, here))
        here = part.get("travel_to") or part.get("stop_at") or part.get("place") or here
        yield part


def _read_item(names: Names, item: Any, here: str | None) -> dict[str, Any]:
    """Write one item of an itinerary canonically; what is not understood stays as it is."""
    if not isinstance(item, dict):
        return {"unread": item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)}
    if any(key in item for key in OWN):
        return {key: _time(key, value) for key, value in item.items()}
    told = {"unread": json.dumps(item, ensure_ascii=False)}
    item = spell_keys(item)
    action = f"{item.get('action') or item.get('type') or item.get('activity') or ''}"
    person = _first(item, *PEOPLE)
    person = None if isinstance(person, str) and person.strip().lower() in NOBODY else person
    if _MEETS.match(action) or (not action and person is not None):
        return _meeting(item, person)
    if _MOVES.match(action):
        return _way(names, item, person, here)
    if _STAYS.match(action):
        place = _first(item, "location", "place", "destination")
        return {"stop_at": place if _is_named(place) else None, **_times(item)}
    return told


def _meeting(item: Mapping[str, Any], person: Any) -> dict[str, Any]:
    place = _first(item, "place", "location")
    minutes = _first(item, "minutes", "duration", "duration_min", "duration_minutes")
    return {
        "person": person if person is not None else "",
        **({"place": place} if _is_named(place) else {}),
        **_times(item),
        **({"minutes": minutes} if type(minutes) is int else {}),
    }


def _way(names: Names, item: Mapping[str, Any], person: Any, here: str | None) -> dict[str, Any]:
    origin = _first(item, "travel_from", "from", "origin", "previous_location")
    target = _first(item, "to", "destination")
    place = _first(item, "location", "place")
    if isinstance(place, str) and " to " in place and names.find(place) is None:
        left, right = place.split(" to ", 1)
        origin, target, place = left, right, None
    if target is None and origin is None and names.find(place) == here and person is None:
        origin, place = place, None
    if target is None:
        target = place if _is_named(place) else names.find(person) or person
    elif origin is None and _is_named(place) and place != target:
        origin = place
    minutes = _first(item, "minutes", "duration", "travel_time")
    return {
        "travel_to": target if _is_named(target) else None,
        **({"travel_from": origin} if _is_named(origin) else {}),
        **({"minutes": minutes} if type(minutes) is int else {}),
        **_times(item),
    }


def _times(item: Mapping[str, Any]) -> dict[str, Any]:
    start = _first(item, "start", "start_time", "from_time", "meeting_start", "begin")
    end = _first(item, "end", "end_time", "to_time", "meeting_end", "finish")
    if start is None and end is None:
        start, end = _spoken_times(item)
    told = {"start": start, "end": end}
    return {key: _time(key, value) for key, value in told.items() if value is not None}


def _spoken_times(item: Mapping[str, Any]) -> tuple[Any, Any]:
    """Give the times of `"time": "9:00AM - 9:30AM"`, or of `from` and `to` where they are times."""
    spoken = _first(item, "time_range", "time", "time_slot", "slot")
    if isinstance(spoken, str):
        ends = [part.strip() for part in _DASH.split(spoken)]
        return (ends[0], ends[1]) if len(ends) == 2 else (None, None)  # noqa: PLR2004  # start and end
    start, end = item.get("from"), item.get("to")
    times = isinstance(start, str) and isinstance(end, str) and read_time(start) is not None
    return (start, end) if times else (None, None)


def _time(key: str, value: Any) -> Any:
    """Write a time canonically; what is none stays as it is."""
    if key not in ("start", "end", "wait_until") or not isinstance(value, str):
        return value
    minutes = read_time(value)
    return value if minutes is None else write_time(minutes)


def _is_named(value: Any) -> bool:
    return isinstance(value, str) and value.strip().lower() not in NOBODY


def _first(item: Mapping[str, Any], *keys: str) -> Any:
    return next((item[key] for key in keys if item.get(key) is not None), None)


def _bare(name: str) -> str:
    return name.strip(" .,*").casefold().removeprefix("the ")
