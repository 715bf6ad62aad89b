"""An itinerary of meetings, read strictly from its canonical text.

What an answer states beyond its meetings (the start, ways, waiting, parts that mean nothing) is
kept, so that the critics can judge it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from critics.scheduling.clock import read_time, write_time
from critics.scheduling.itinerary import fault_of, read_parts
from critics.scheduling.meeting.problem import Day
from critics.scheduling.objects import quote, write_object
from critics.types import Diagnostic

SHAPE = '{"itinerary": [{"person": "Ada", "place": "Old Town", "start": "09:30", "end": "10:15"}]}'

_TIMES = frozenset({"start", "end", "wait_until"})
_KEYS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "person": (frozenset({"start", "end"}), frozenset({"place", "minutes"})),
    "travel_to": (frozenset(), frozenset({"travel_from", "minutes", "start", "end"})),
    "stop_at": (frozenset(), frozenset({"start", "end"})),
    "wait_until": (frozenset(), frozenset()),
    "start_at": (frozenset(), frozenset({"start"})),
    "unread": (frozenset(), frozenset()),
}
"""What a part is, by its leading key: the keys that it must have, and those that it may have."""


@dataclass(frozen=True, slots=True)
class Met:
    """A meeting.

    Attributes:
        place: Where, if the answer says so.
        minutes: How long, if the answer says so.
        index: Its place in the itinerary, from 0.
    """

    person: str
    place: str | None
    start: int
    end: int
    minutes: int | None
    index: int


@dataclass(frozen=True, slots=True)
class Travelled:
    """A way that the answer states; what it leaves open is nothing."""

    target: str | None
    origin: str | None
    minutes: int | None
    start: int | None
    end: int | None
    index: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """Time without a meeting, at a place or where one is."""

    place: str | None
    start: int | None
    end: int | None
    index: int


@dataclass(frozen=True, slots=True)
class Started:
    """Where and when the day starts, as the answer has it."""

    place: str
    time: int | None
    index: int


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of an itinerary that means nothing."""

    text: str
    index: int


Part = Met | Travelled | Stopped | Started | Unread


@dataclass(frozen=True)
class Itinerary:
    """All parts, in the order of the answer."""

    parts: Sequence[Part]

    @property
    def meetings(self) -> Sequence[Met]:
        """The meetings."""
        return [part for part in self.parts if isinstance(part, Met)]


def write_meetings(meetings: Sequence[tuple[str, str, int, int]]) -> str:
    """Write an itinerary of `(person, place, start, end)` canonically."""
    return write_object(
        {
            "itinerary": [
                {
                    "person": person,
                    "place": place,
                    "start": write_time(start),
                    "end": write_time(end),
                }
                for person, place, start, end in meetings
            ]
        }
    )


def parse_itinerary(_day: Day, text: str) -> Itinerary:
    """Read a canonical answer.

    Raises:
        CandidateError: With every fault that was found.
    """
    return Itinerary(read_parts(text, "meeting-format", SHAPE, _read_part))


def _read_part(item: Any, index: int) -> Part | Diagnostic:
    pointer = f"/itinerary/{index}"
    if not isinstance(item, dict):
        return _fault(f"{quote(item)} is no part of an itinerary", pointer)
    kind = next((key for key in _KEYS if key in item), None)
    if kind is None:
        return _fault(f"part {index + 1} has no `person`", pointer)
    must, may = _KEYS[kind]
    missing, extra = must - item.keys(), item.keys() - must - may - {kind}
    if missing or extra:
        told = [f"no `{key}`" for key in sorted(missing)]
        told += [f"not a key of it: {quote(key)}" for key in sorted(extra)]
        return _fault(f"part {index + 1} has other keys than it must", pointer, "; ".join(told))
    values = {key: _read_value(kind, key, value) for key, value in item.items()}
    for key, value in values.items():
        if isinstance(value, _Wrong):
            headline = f"`{key}` of part {index + 1} is {quote(item[key])}, which is no {value}"
            return _fault(headline, f"{pointer}/{key}")
    return _make(kind, values, index)


class _Wrong(str):
    """What a value should have been."""

    __slots__ = ()


def _read_value(kind: str, key: str, value: Any) -> Any:
    if key in _TIMES:
        minutes = read_time(value) if isinstance(value, str) else None
        return _Wrong("time of day") if minutes is None else minutes
    if key == "minutes":
        whole = type(value) is int and 0 <= value <= 1440  # noqa: PLR2004  # minutes of a day
        return value if whole else _Wrong("number of minutes")
    if value is None and key == kind and kind in ("travel_to", "stop_at"):
        return None
    return value if isinstance(value, str) else _Wrong("text")


def _make(kind: str, values: Mapping[str, Any], index: int) -> Part:
    start, end, minutes = values.get("start"), values.get("end"), values.get("minutes")
    if kind == "person":
        return Met(
            values["person"], values.get("place"), values["start"], values["end"], minutes, index
        )
    if kind == "travel_to":
        return Travelled(values["travel_to"], values.get("travel_from"), minutes, start, end, index)
    if kind == "stop_at":
        return Stopped(values["stop_at"], start, end, index)
    if kind == "wait_until":
        return Stopped(None, None, values["wait_until"], index)
    if kind == "start_at":
        return Started(values["start_at"], start, index)
    return Unread(values["unread"], index)


def _fault(headline: str, pointer: str, why: str = "") -> Diagnostic:
    return fault_of("meeting-format", SHAPE, headline, pointer, why)
