"""Self-test examples of the domain `meeting`: answers that must pass, and why others must not."""

import json
from collections.abc import Mapping

from pydantic import JsonValue

from critics.domain import Example

ADA = {"person": "Ada", "place": "Harbour", "start": "09:20", "end": "09:50"}
BO = {"person": "Bo", "place": "Market", "start": "10:05", "end": "11:05"}
START = {"start_at": "Station", "start": "09:00"}
WAY = {"travel_to": "Harbour", "minutes": 20, "end": "09:20"}


def _plan(*parts: Mapping[str, object]) -> str:
    return json.dumps({"itinerary": list(parts)})


TRAVEL: dict[str, JsonValue] = {
    "Station": {"Harbour": 20, "Market": 10},
    "Harbour": {"Market": 15, "Station": 25},
    "Market": {"Harbour": 30, "Station": "10 min"},
}
PEOPLE: list[JsonValue] = [
    {"person": "Ada", "place": "Harbour", "from": "9:00AM", "to": "11:00AM", "min_minutes": 30},
    {"person": "Bo", "place": "Market", "from": "10:00", "to": "12:00", "min_minutes": "1 hour"},
    {"person": "Cyd", "place": "Station", "from": "10:50", "to": "11:20", "min_minutes": 20},
]

CITY = Example(
    name="city-day",
    problem={
        "start": {"place": "Station", "time": "9:00"},
        "people": PEOPLE,
        "travel": TRAVEL,
        "objective": "max",
    },
    good=(
        _plan(ADA, BO),
        _plan(START, WAY, {**ADA, "minutes": 30}, {"stop_at": None, "end": "09:50"}, BO),
        (
            '{"itinerary": [{"person": "Ada", "start": "9:30 AM", "end": "10:00"},'
            ' {"person": "Bo", "start": "10:15", "end": "11:15"}]}'
        ),
    ),
    bad={
        _plan(ADA): "meeting-too-few",
        _plan(): "meeting-too-few",
        _plan({**ADA, "start": "09:19"}, BO): "meeting-travel",
        _plan(ADA, {**BO, "start": "10:04"}): "meeting-travel",
        _plan({**ADA, "end": "09:49"}, BO): "meeting-too-short",
        _plan(ADA, {**BO, "end": "12:01"}): "meeting-window",
        _plan(BO, ADA): "meeting-overlap",
        _plan(ADA, {**BO, "place": "Harbour"}): "meeting-place",
        _plan(ADA, BO, {**ADA, "person": "Zoe"}): "meeting-person-unknown",
        _plan(ADA, {**ADA, "start": "09:50", "end": "10:30"}, BO): "meeting-person-twice",
        _plan(ADA, BO, {"unread": "You teleport to the Moon."}): "meeting-unread",
        _plan(START, {**WAY, "minutes": 5}, ADA, BO): "meeting-statement",
        _plan(START, {**WAY, "end": "09:15"}, ADA, BO): "meeting-statement",
        _plan({**START, "start_at": "Market"}, ADA, BO): "meeting-statement",
        _plan(ADA, {"wait_until": "10:30"}, BO): "meeting-statement",
        _plan(ADA, {**BO, "start": "noonish"}): "meeting-format",
        "Meet Ada, then Bo.": "meeting-format",
    },
    responses={
        "SOLUTION: You start at Station at 9:00AM. You travel to Harbour in 20 minutes and arrive "
        "at 9:20AM. You meet Ada for 30 minutes from 9:20AM to 9:50AM. You teleport to the Moon.": [
            (
                '{"itinerary": [{"start_at": "Station", "start": "09:00"}, '
                '{"travel_to": "Harbour", "minutes": 20, "end": "09:20"}, '
                '{"person": "Ada", "place": "Harbour", "start": "09:20", "end": "09:50", '
                '"minutes": 30}, {"unread": "You teleport to the Moon."}]}'
            )
        ],
        '{"itinerary": [{"action": "travel", "destination": "harbour", "start_time": "9:00", '
        '"end_time": "9:20"}, {"action": "meet", "person": "ada", "start_time": "9:20AM", '
        '"end_time": "9:50AM"}, {"action": "dance"}]}': [
            (
                '{"itinerary": [{"travel_to": "Harbour", "start": "09:00", "end": "09:20"}, '
                '{"person": "Ada", "place": "Harbour", "start": "09:20", "end": "09:50"}, '
                '{"unread": "{\\"action\\": \\"dance\\"}"}]}'
            )
        ],
        "You could meet Ada at nine.": [],
    },
)

ALL = Example(
    name="everybody",
    problem={
        "start": {"place": "Station", "time": "9:00"},
        "people": PEOPLE[:2],
        "travel": TRAVEL,
        "objective": "all",
    },
    good=(_plan(ADA, BO),),
    bad={_plan(ADA): "meeting-too-few"},
)

EXAMPLES = (CITY, ALL)
