"""The problem and the answer's format as they are put to a model."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from critics.scheduling.calendar.problem import Block, Calendar
from critics.scheduling.clock import write_time

ANSWER_FORMAT = """\
Answer with one JSON object and nothing else, with times on a clock of 24 hours, such as
{"day": "Monday", "start": "14:30", "end": "15:00"}\
"""


def write_prompt(calendar: Calendar) -> str:
    """Put a problem to a model."""
    return "\n".join(_lines(calendar))


def write_answer_schema(calendar: Calendar) -> Mapping[str, JsonValue]:
    """Give the JSON Schema of an answer."""
    time: JsonValue = {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$"}
    return {
        "type": "object",
        "properties": {
            "day": {"type": "string", "enum": list(calendar.names)},
            "start": time,
            "end": time,
        },
        "required": ["day", "start", "end"],
        "additionalProperties": False,
    }


def _lines(calendar: Calendar) -> Iterator[str]:
    problem = calendar.problem
    opens, closes = problem.work_hours
    yield (
        f"Find a time for one meeting of {calendar.duration} minutes with "
        f"{', '.join(problem.participants)}."
    )
    yield f"It must be on one of these days: {', '.join(calendar.names)}."
    yield f"It must lie between {opens} and {closes}."
    if problem.grid_min:
        yield f"It must start at a multiple of {problem.grid_min} minutes after midnight."
    yield ""
    yield "Nobody may be busy during the meeting; who is busy until 10:00 can meet at 10:00."
    for person in problem.participants:
        yield f"- {person}: {_tell_busy(calendar, person)}"
    if problem.preferences:
        yield from ("", "Preferences:", *map(_tell_wish, _once(calendar.wishes)))
    if calendar.earliest:
        yield from ("", "Only the earliest possible time is right, in the order of the days.")


def _tell_busy(calendar: Calendar, person: str) -> str:
    spans = [
        f"{calendar.names[b.day]} {write_time(b.start)}-{write_time(b.end)}"
        for b in calendar.busy
        if b.person == person
    ]
    return "busy " + ", ".join(spans) if spans else "never busy"


def _once(wishes: Sequence[Block]) -> Iterator[Block]:
    return iter({wish.index: wish for wish in wishes}.values())


def _tell_wish(block: Block) -> str:
    wish = block.wish
    if wish is None:
        return ""
    day = wish.day or "any day"
    span = f"on {day}"
    if wish.before is not None:
        span += f" before {wish.before}"
    elif wish.after is not None:
        span += f" after {wish.after}"
    elif wish.between is not None:
        span += f" between {' and '.join(wish.between)}"
    verb = "must not meet" if wish.hard else "would rather not meet"
    return f"- {wish.person} {verb} {span}."
