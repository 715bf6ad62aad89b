"""The problem and the answer's format as they are put to a model."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from critics.scheduling.clock import write_time
from critics.scheduling.meeting.problem import Day

ANSWER_FORMAT = """\
Answer with one JSON object and nothing else: the meetings in their order, with times on a clock of
24 hours, such as
{"itinerary": [{"person": "Ada", "place": "Old Town", "start": "09:30", "end": "10:15"}]}\
"""


def write_prompt(day: Day) -> str:
    """Put a problem to a model."""
    return "\n".join(_lines(day))


def write_answer_schema(day: Day) -> Mapping[str, JsonValue]:
    """Give the JSON Schema of an answer."""
    time: JsonValue = {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$"}
    people: list[JsonValue] = [*day.people]
    places: list[JsonValue] = [*sorted(day.places)]
    meeting: JsonValue = {
        "type": "object",
        "properties": {
            "person": {"type": "string", "enum": people},
            "place": {"type": "string", "enum": places},
            "start": time,
            "end": time,
        },
        "required": ["person", "place", "start", "end"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"itinerary": {"type": "array", "items": meeting}},
        "required": ["itinerary"],
        "additionalProperties": False,
    }


def _lines(day: Day) -> Iterator[str]:
    goals = {
        "max": "Meet as many of them as possible; only the greatest possible number is right.",
        "all": "Meet all of them.",
        "any": "Meet at least one of them.",
        "at_least": f"Meet at least {day.needed} of them.",
    }
    yield f"Plan a day of meetings. It starts at {day.place} at {write_time(day.start)}."
    yield goals[day.problem.objective]
    yield from ("", "People:")
    for friend in day.people.values():
        yield (
            f"- {friend.name}: at {friend.place} from {write_time(friend.since)} to "
            f"{write_time(friend.until)}, for at least {friend.minimum} minutes"
        )
    yield from ("", "Minutes from place to place:")
    for place, ways in day.problem.travel.items():
        if ways:
            yield f"- from {place} to " + ", ".join(f"{to}: {ways[to]}" for to in ways)
    yield ""
    yield "Meetings are one after the other, each while the person is there, nobody twice."
    yield "One travels directly from meeting to meeting, and may wait anywhere."
