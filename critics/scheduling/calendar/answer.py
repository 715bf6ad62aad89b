"""A proposed meeting: read strictly from its canonical text, and found in a response."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from critics.scheduling.calendar.problem import Calendar
from critics.scheduling.clock import read_time, write_time
from critics.scheduling.objects import (
    find_objects,
    quote,
    read_object,
    refuse,
    spell_keys,
    write_object,
)
from critics.types import CandidateError, Diagnostic, Location

SHAPE = '{"day": "Monday", "start": "14:30", "end": "15:00"}'
KEYS = ("day", "start", "end")

_CLOCK = r"\d{1,2}(?:[:.]\d{2}){0,2}\s{0,5}(?:[ap]\.?m\b\.?)?"
_RANGE = re.compile(
    rf"\s{{0,5}}\{{?\s{{0,5}}(?P<start>{_CLOCK})\s{{0,5}}(?:-|–|—|:|to|until|and)\s{{0,5}}(?P<end>{_CLOCK})\s{{0,5}}\}}?\s{{0,5}}",  # noqa: RUF001  # dashes as models write them
    re.ASCII | re.IGNORECASE,
)
_PROPOSED = re.compile(
    r"(?:proposed|meeting|suggested|best|final|earliest|available)\s{1,5}(?:meeting\s{1,5})?"
    r"(?:time\s{1,5}slot|time|slot)s?(?:\s{1,5}is)?\s{0,5}:?\s{0,5}(?:is\s{1,5})?(?:on\s{1,5})?(?P<day>[^\n,:]{1,200}?)\s{0,5}[,:]?\s{1,5}"
    rf"(?:from\s{{1,5}}|between\s{{1,5}}|at\s{{1,5}})?(?P<range>{_CLOCK}\s{{0,5}}(?:-|–|—|to|until)\s{{0,5}}{_CLOCK})",  # noqa: RUF001  # dashes as models write them
    re.ASCII | re.IGNORECASE,
)
_STARTS = ("start", "start_time", "from", "begin")
_ENDS = ("end", "end_time", "to", "finish")
_RANGES = ("time_range", "time", "slot", "time_slot", "timeslot", "meeting_time", "range")


@dataclass(frozen=True, slots=True)
class Slot:
    """A meeting on a day, in minutes after midnight."""

    day: str
    start: int
    end: int

    def __str__(self) -> str:
        """Write it for a message."""
        return f"{self.day} {write_time(self.start)}-{write_time(self.end)}"


def write_slot(slot: Slot) -> str:
    """Write the canonical text."""
    return write_object(
        {"day": slot.day, "start": write_time(slot.start), "end": write_time(slot.end)}
    )


def parse_slot(_calendar: Calendar, text: str) -> Slot:
    """Read a canonical answer.

    Raises:
        CandidateError: With every fault that was found.
    """
    found = read_object(text, "calendar-format", SHAPE)
    refuse([_fault(key, f"`{key}` is missing") for key in KEYS if key not in found])
    refuse(
        [_fault(key, f"{quote(key)} is no key of an answer") for key in found if key not in KEYS]
    )
    start, end = _time(found["start"]), _time(found["end"])
    faults = []
    if not isinstance(found["day"], str):
        faults.append(_fault("day", f"the day is {quote(found['day'])}, which is no text"))
    if start is None:
        faults.append(_fault("start", f"{quote(found['start'])} is no time of day"))
    if end is None:
        faults.append(_fault("end", f"{quote(found['end'])} is no time of day"))
    if faults or start is None or end is None:
        raise CandidateError(faults)
    return Slot(found["day"], start, end)


def extract_slots(calendar: Calendar, response: str) -> Sequence[str]:
    """Find every proposed meeting in a response, in order, each once."""
    return list(dict.fromkeys(propose(calendar, response)))


def propose(calendar: Calendar, response: str) -> Iterator[str]:
    """Find every proposed meeting: JSON objects, else the sentence that proposes one."""
    found = find_objects(response, ("day", "date", *_RANGES, *_STARTS))
    written = [text for _, item in found if (text := _read_shape(calendar, item)) is not None]
    yield from written or _read_sentences(calendar, response)


def _read_shape(calendar: Calendar, item: Mapping[str, Any]) -> str | None:
    """Write a JSON object of any known shape canonically; what is no time stays as it is."""
    item = spell_keys(item)
    for key in ("meeting", "proposed_time", *_RANGES):
        inner = item.get(key)
        item = {**item, **spell_keys(inner)} if isinstance(inner, dict) else item
    start, end = _first(item, _STARTS), _first(item, _ENDS)
    spoken = _first(item, _RANGES)
    if start is None and end is None and spoken is not None:
        start, end = _split(spoken) or (spoken, spoken)
    if start is None or end is None:
        return None
    day = _first(item, ("day", "date"))
    return write_object(
        {"day": _day(calendar, day), "start": _canonical(start), "end": _canonical(end)}
    )


def _read_sentences(calendar: Calendar, response: str) -> Iterator[str]:
    plain = response.replace("*", "").replace("`", "")
    for found in _PROPOSED.finditer(plain):
        parts = _split(found["range"])
        if parts:
            start, end = map(_canonical, parts)
            yield write_object({"day": _day(calendar, found["day"]), "start": start, "end": end})


def _split(spoken: Any) -> tuple[str, str] | None:
    """Split `14:30:15:00`, `{14:30:15:00}`, `14:30 - 15:00`, or a list of two times."""
    if isinstance(spoken, list) and len(spoken) == 2 and all(map(_is_text, spoken)):  # noqa: PLR2004  # start and end
        return spoken[0], spoken[1]
    if not isinstance(spoken, str):
        return None
    bare = spoken.strip().strip("{}[]() ")
    four = re.fullmatch(r"(\d{1,2}:\d{2})\s*:\s*(\d{1,2}:\d{2})", bare, re.ASCII)
    if four:
        return four[1], four[2]
    found = _RANGE.fullmatch(bare)
    return (found["start"], found["end"]) if found else None


def _first(item: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((item[key] for key in keys if key in item), None)


def _day(calendar: Calendar, spoken: Any) -> Any:
    """Spell a day as the problem does, where it means one of its days."""
    if not isinstance(spoken, str):
        return spoken if spoken is not None else ""
    meant = spoken.strip(" ,.:").casefold()
    return next((day for day in calendar.names if day.casefold() == meant), spoken.strip())


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _canonical(spoken: Any) -> Any:
    minutes = _time(spoken)
    return spoken if minutes is None else write_time(minutes)


def _time(value: Any) -> int | None:
    return read_time(value) if isinstance(value, str) else None


def _fault(key: str, headline: str) -> Diagnostic:
    return Diagnostic(
        code="calendar-format",
        headline=headline,
        at=Location(source="answer", pointer=f"/{key}"),
        help=(f"answer with one JSON object such as {SHAPE}",),
    )
