"""Changed answers for the self-test of the domain `calendar`."""

import json
from collections.abc import Iterator

from critics.domain import Mutant
from critics.scheduling.calendar.enumeration import list_starts
from critics.scheduling.calendar.problem import Calendar
from critics.scheduling.clock import DAY, read_time, write_time

STEPS = (-60, -30, -15, -1, 1, 15, 30, 60)


def mutate(calendar: Calendar, text: str) -> Iterator[Mutant]:
    """Change an answer; what enumeration finds impossible must be rejected."""
    answer = json.loads(text)
    start = read_time(answer["start"]) or 0
    starts = list(list_starts(calendar.problem))
    right = frozenset(starts[:1] if calendar.earliest else starts)
    for day in calendar.names:
        for step in (0, *STEPS):
            moved = start + step
            if 0 <= moved <= DAY - calendar.duration:
                yield Mutant(
                    _write(day, moved, moved + calendar.duration),
                    f"moved to {day} by {step} minutes",
                    rejected=(day, moved) not in right,
                )
    for step in STEPS:
        end = start + calendar.duration + step
        if 0 <= end <= DAY:
            change = f"lasts {step} minutes longer"
            yield Mutant(_write(answer["day"], start, end), change, rejected=True)
    yield Mutant(
        _write("Nevermore", start, start + calendar.duration), "no such day", rejected=True
    )
    for key in answer:
        rest = {other: value for other, value in answer.items() if other != key}
        yield Mutant(json.dumps(rest), f"`{key}` left out", rejected=True)
        yield Mutant(json.dumps({**answer, key: None}), f"`{key}` set to null", rejected=True)
    yield Mutant(json.dumps({**answer, "room": "attic"}), "a key added", rejected=True)
    yield Mutant(f"{text} {text}", "written twice", rejected=True)
    yield Mutant(f"Sure: {text}", "prose before it", rejected=True)


def _write(day: str, start: int, end: int) -> str:
    return json.dumps({"day": day, "start": write_time(start), "end": write_time(end)})
