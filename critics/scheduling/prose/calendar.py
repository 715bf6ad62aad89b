"""Natural Plan's calendar prompts: when can these people meet?"""

import re
from dataclasses import dataclass, field

from pydantic import JsonValue

from critics.scheduling.clock import DAY, NOON, write_time
from critics.scheduling.prose.scanner import NAME, TIME, Scanner, StuckError, one_of, sentence
from critics.scheduling.prose.tasks import Payload, parser_of
from critics.scheduling.prose.times import DURATION, minutes_of, span_of, time_of

_OPENING = re.compile(r"(?i)you\s+need\s+to\s+schedule\s+a\s+meeting\s+for\b")
_HEADER = sentence(
    "You need to schedule a meeting for {names} for {duration} between the work hours of "
    "{start} {to} {end} on {days}.",
    names=r"[^\d\n;:]+?",
    duration=DURATION,
    start=TIME,
    to="to|and|-",
    end=TIME,
    days=r"[^\n;:.]+?",
)
_SCHEDULES = sentence(
    "Here are the existing schedules for everyone during the {days}:", days="days?"
)
_EARLIEST = sentence(
    "{who} would like to {meet} at their {earliest} availability.",
    who="(?i:the group|you|they|everyone|everybody)",
    meet="(?i:meet|schedule the meeting)",
    earliest="(?i:earlist|earliest)",
)
_CLOSING = sentence("Find a time that works for everyone's schedule and constraints.")
_RANGE = sentence("{start} to {end}", start=TIME, end=TIME)
_COMMA, _STOP, _LINE_END = sentence(","), sentence("."), sentence("{mark}", mark="[;.]")
_NAME = re.compile(NAME)
_AVOID = (
    r"(?i:would\s+rather\s+not\s+meet|would\s+prefer\s+not\s+to\s+meet"
    r"|(?:do|does)\s+not\s+want\s+to\s+meet|(?:don|doesn)['\u2019]t\s+want\s+to\s+meet"
    r"|can\s?not\s+meet|can['\u2019]t\s+meet|would\s+like\s+to\s+avoid\s+(?:more\s+)?meetings)"
)
_FREE = (
    r"\s*(?i:has\s+no\s+meetings\s+the\s+(?:whole|entire)|is\s+free\s+the\s+(?:entire|whole)"
    r"|['\u2019]s\s+calendar\s+is\s+wide\s+open\s+the\s+(?:entire|whole))"
)
_BUSY = r"\s*(?i:has\s+blocked\s+their\s+calendar\s+on|is\s+busy\s+on|has\s+meetings\s+on)"


@dataclass(slots=True)
class _Task:
    """What has been read so far."""

    names: list[str]
    days: list[str]
    hours: tuple[int, int]
    busy: list[JsonValue] = field(default_factory=list)
    preferences: list[JsonValue] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    """Whose schedule was given."""


def _read(scanner: Scanner) -> Payload:
    found = scanner.need("the meeting's participants, duration, hours and days", _HEADER)
    at = found.start()
    hours = span_of(found["start"], found["end"], at)
    task = _Task(_listed(found["names"], at), _days(found["days"], at), hours)
    scanner.need("the existing schedules", _SCHEDULES)
    while _read_schedule(scanner, task):
        pass
    silent = [name for name in task.names if name not in task.told]
    if silent:
        raise StuckError(scanner.at, f"the schedule of `{silent[0]}`")
    earliest = False
    while not scanner.take(_CLOSING):
        if scanner.take(_EARLIEST):
            earliest = True
        else:
            _read_preference(scanner, task)
    return {
        "participants": list(task.names),
        "days": list(task.days),
        "duration_min": minutes_of(found["duration"], at),
        "work_hours": [_plain(found["start"], hours[0]), _plain(found["end"], hours[1])],
        "busy": task.busy,
        "preferences": task.preferences,
        "objective": "earliest" if earliest else "any",
    }


def _listed(text: str, at: int) -> list[str]:
    """Split `A, B and C`; every part must be a name of its own."""
    names = [
        " ".join(name.split()) for name in re.split(r",\s+(?:and\s+)?|\s+and\s+|\s+or\s+", text)
    ]
    if not all(map(_NAME.fullmatch, names)) or len(set(names)) < len(names):
        raise StuckError(at, "a list of different names")
    return names


def _days(text: str, at: int) -> list[str]:
    words = text.strip()
    either = re.match(r"(?i)either\s+", words)
    days = _listed(words[either.end() :] if either else words, at)
    if bool(either) != (len(days) > 1) or re.search(r"(?i)\band\b", words):
        raise StuckError(at, "one day, or `either` and a list of days with `or`")
    return days


def _read_schedule(scanner: Scanner, task: _Task) -> bool:
    """Read the line of one participant; `False` where there is none."""
    who = one_of(task.names)
    busy = scanner.take(re.compile(rf"(?P<person>{who}){_BUSY}"))
    if busy:
        _tell_once(task, busy)
        _read_blocks(scanner, task, busy["person"])
        return True
    free = scanner.take(re.compile(rf"(?P<person>{who}){_FREE}\s+(?P<span>day|week)\s*[.;]"))
    if free:
        _tell_once(task, free)
        if free["span"] == "day" and len(task.days) > 1:
            raise StuckError(free.start(), "which of the days are free")
    return free is not None


def _tell_once(task: _Task, found: re.Match[str]) -> None:
    if found["person"] in task.told:
        raise StuckError(found.start(), "one line for each participant")
    task.told.add(found["person"])


def _read_blocks(scanner: Scanner, task: _Task, person: str) -> None:
    """Read `Monday during 9:00 to 10:00, 11:00 to 12:00, Tuesday during …;`."""
    day = sentence("{day} during", day=one_of(task.days))
    name = scanner.need("a day", day)["day"]
    while True:
        found = scanner.need("a time such as `9:00 to 10:00`", _RANGE)
        start, end = span_of(found["start"], found["end"], found.start())
        for minutes in (start, end):
            _require_clear(task, minutes, found.start())
        block: dict[str, JsonValue] = {"person": person, "day": name}
        task.busy.append({**block, "start": write_time(start), "end": write_time(end)})
        if scanner.take(_LINE_END):
            return
        scanner.need("a comma or the end of the line", _COMMA)
        again = scanner.take(day)
        name = again["day"] if again else name


def _read_preference(scanner: Scanner, task: _Task) -> None:
    """Read `Anna can not meet on Monday. Tuesday before 14:30.`: one sentence, several stops."""
    found = scanner.need(
        "a preference, or the closing sentence",
        re.compile(rf"(?P<person>{one_of(task.names)})\s+(?P<verb>{_AVOID})\s+on\b"),
    )
    days = one_of(task.days)
    place = re.compile(
        rf"(?P<day>{days})(?:\s+(?P<side>before|after)\s+(?P<time>{TIME})"
        rf"|\s+between\s+(?P<first>{TIME})\s+and\s+(?P<last>{TIME}))?\s*\."
    )
    shared: dict[str, JsonValue] = {"person": found["person"]}
    text = " ".join(found["verb"].split())
    part: re.Match[str] | None = scanner.need("a day, and before or after when", place)
    while part:
        form = _form(part, task)
        task.preferences.append({**shared, "day": part["day"], **form, "text": text})
        part = scanner.take(place)


def _form(part: re.Match[str], task: _Task) -> dict[str, JsonValue]:
    if part["side"]:
        minutes = time_of(part["time"], part.start())
        _require_clear(task, minutes, part.start())
        return {part["side"]: write_time(minutes)}
    if part["first"]:
        span = span_of(part["first"], part["last"], part.start())
        for minutes in span:
            _require_clear(task, minutes, part.start())
        return {"between": [write_time(minutes) for minutes in span]}
    return {"whole_day": True}


def _require_clear(task: _Task, minutes: int, at: int) -> None:
    """Refuse `2:00` in a working day from 9:00 to 17:00: two in the afternoon may be meant."""
    first, last = task.hours
    if minutes < min(first, NOON) and minutes + NOON <= min(last, DAY):
        raise StuckError(at, "a time within the work hours")


def _plain(text: str, minutes: int) -> str:
    """Keep a time as the prompt has it, unless it has AM or PM."""
    return text if text[-1].isdigit() else write_time(minutes)


parse_calendar = parser_of("natural-plan-calendar", _OPENING, _read)
"""Reads the prompts of Natural Plan's calendar scheduling."""
