"""The second opinion: every minute of every day is marked, and every start is tried.

It shares nothing with the critics but the payload: no intervals, no gaps, no reader of times.
"""

import json
from collections.abc import Iterator, Mapping
from time import perf_counter
from typing import Any

from critics.scheduling.calendar.schema import CalendarProblem, Preference
from critics.types import Opinion, Verdict

ENGINE = "minute-enumeration 1"
MINUTES = 24 * 60


def give_opinion(problem: CalendarProblem, text: str) -> Opinion:
    """Judge an answer by looking its start up among all possible ones."""
    started = perf_counter()
    try:
        answer = json.loads(text)
        day, start, end = answer["day"], _minute(answer["start"]), _minute(answer["end"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return _opinion(Verdict.UNKNOWN, "the answer is not in canonical form", started)
    starts = list(list_starts(problem))
    if (day, start) not in starts:
        return _opinion(Verdict.REJECTED, "its start is none of the possible ones", started)
    if end - start != problem.duration_min:
        return _opinion(Verdict.REJECTED, "its length is another one", started)
    if problem.objective == "earliest" and (day, start) != starts[0]:
        return _opinion(Verdict.REJECTED, "its start is not the first possible one", started)
    return _opinion(Verdict.ACCEPTED, None, started)


def list_starts(problem: CalendarProblem) -> Iterator[tuple[str, int]]:
    """List every possible start, as day and minute, in the order of time."""
    for day in problem.days:
        taken = _mark(problem, day)
        free = 0
        runs = [0] * (MINUTES + 1)
        for minute in range(MINUTES - 1, -1, -1):
            free = 0 if taken[minute] else free + 1
            runs[minute] = free
        for minute in range(0, MINUTES, problem.grid_min or 1):
            if runs[minute] >= problem.duration_min:
                yield day, minute


def count_wishes(problem: CalendarProblem) -> Mapping[tuple[str, int], int]:
    """Count for every possible start the soft wishes that a meeting then goes against."""
    soft = [wish for wish in problem.preferences if not wish.hard]
    avoided = {day: [_wished(wish, day) for wish in soft] for day in problem.days}
    return {
        (day, start): sum(any(wish[start : start + problem.duration_min]) for wish in avoided[day])
        for day, start in list_starts(problem)
    }


def _mark(problem: CalendarProblem, day: str) -> bytearray:
    opens, closes = map(_minute, problem.work_hours)
    taken = bytearray(b"\1") * MINUTES
    taken[opens:closes] = bytes(closes - opens)
    for busy in problem.busy:
        if busy.day == day:
            _fill(taken, _minute(busy.start), _minute(busy.end))
    for wish in problem.preferences:
        if wish.hard:
            taken = bytearray(map(int.__or__, taken, _wished(wish, day)))
    return taken


def _wished(wish: Preference, day: str) -> bytearray:
    avoided = bytearray(MINUTES)
    if wish.day not in (None, day):
        return avoided
    if wish.whole_day:
        _fill(avoided, 0, MINUTES)
    if wish.before is not None:
        _fill(avoided, 0, _minute(wish.before))
    if wish.after is not None:
        _fill(avoided, _minute(wish.after), MINUTES)
    if wish.between is not None:
        _fill(avoided, *map(_minute, wish.between))
    return avoided


def _fill(minutes: bytearray, start: int, end: int) -> None:
    minutes[start:end] = b"\1" * (end - start)


def _minute(time: Any) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


def _opinion(verdict: Verdict, reason: str | None, started: float) -> Opinion:
    ms = round((perf_counter() - started) * 1000, 3)
    return Opinion(engine=ENGINE, verdict=verdict, reason=reason, ms=ms)
