"""Natural Plan's meeting prompts: whom can one meet in a day across a city?"""

import re

from pydantic import JsonValue

from critics.scheduling.clock import write_time
from critics.scheduling.prose.scanner import (
    NAME,
    NUMBER,
    TIME,
    Scanner,
    StuckError,
    one_of,
    sentence,
)
from critics.scheduling.prose.tasks import Payload, parser_of
from critics.scheduling.prose.times import DURATION, minutes_of, span_of, time_of

_OPENING = re.compile(
    r"(?i)you\s+are\s+visiting\b[^.]{0,200}\bwant\s+to\s+meet\s+as\s+many\s+friends"
)
_HEADER = sentence(
    "You are visiting {city} for the day and want to meet as many friends as possible.",
    city=r"[^\d\n]+?",
)
_GOAL = sentence(
    "Solve the problem by considering various different schedules and picking the best one to "
    "optimize your goals."
)
_TRAVEL = sentence("Travel {what} (in minutes):", what="(?i:distances|times)")
_HOP = sentence("{places}: {minutes}{dot}", places=r"[^\n:]+", minutes=NUMBER, dot=r"\s*\.?(?!\d)")
_NAME = re.compile(NAME)
_CONSTRAINTS = sentence("CONSTRAINTS:")


def _read(scanner: Scanner) -> Payload:
    scanner.need("whom you are visiting", _HEADER)
    scanner.take(_GOAL)
    scanner.need("the travel times", _TRAVEL)
    travel = _read_travel(scanner)
    places = one_of(travel.keys() | {place for row in travel.values() for place in row})
    scanner.need("the constraints", _CONSTRAINTS)
    arrival = sentence("You arrive at {place} at {time}.", place=places, time=TIME)
    found = scanner.need("where and when you arrive", arrival)
    began = time_of(found["time"], found.start(), half_needed=True)
    start: dict[str, JsonValue] = {"place": found["place"], "time": write_time(began)}
    people: list[JsonValue] = []
    names: set[str] = set()
    person = _person(places)
    while met := scanner.take(person):
        if met["person"] in names:
            raise StuckError(met.start(), "somebody new")
        names.add(met["person"])
        people.append(_read_person(met))
    if not people:
        raise StuckError(scanner.at, "whom you can meet where and when")
    table: dict[str, JsonValue] = {place: {**row} for place, row in travel.items()}
    return {"travel": table, "people": people, "start": start, "objective": "max"}


def _read_travel(scanner: Scanner) -> dict[str, dict[str, int]]:
    """Read `A to B: 5.`, a line for each direction."""
    travel: dict[str, dict[str, int]] = {}
    while hop := scanner.take(_HOP):
        ends = re.split(r"\s+to\s+", hop["places"].strip())
        if len(ends) != 2 or not all(map(_NAME.fullmatch, ends)):  # noqa: PLR2004  # from and to
            raise StuckError(hop.start(), "one place `to` another")
        row = travel.setdefault(ends[0], {})
        if ends[1] in row or ends[0] == ends[1]:
            raise StuckError(hop.start(), "a way that was not given before")
        row[ends[1]] = int(hop["minutes"])
    if not travel:
        raise StuckError(scanner.at, "a line such as `Bayview to Presidio: 31.`")
    return travel


def _person(places: str) -> re.Pattern[str]:
    """Give the two sentences about one person; the second must name the same."""
    text = (
        "{person} will be at {place} from {start} to {end}. You'd like to meet {same} for a "
        "minimum of {least}."
    )
    return sentence(
        text,
        person=NAME,
        place=places,
        start=TIME,
        end=TIME,
        same="(?P=person)",
        least=DURATION,
    )


def _read_person(met: re.Match[str]) -> JsonValue:
    first, last = span_of(met["start"], met["end"], met.start(), half_needed=True)
    return {
        "person": met["person"],
        "place": met["place"],
        "from": write_time(first),
        "to": write_time(last),
        "min_minutes": minutes_of(met["least"], met.start()),
    }


parse_meeting = parser_of("natural-plan-meeting", _OPENING, _read)
"""Reads the prompts of Natural Plan's meeting planning."""
