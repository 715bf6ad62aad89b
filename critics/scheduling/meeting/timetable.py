"""The second opinion: the day seen from its end, from nothing but the payload.

How many people can be met is computed backwards: the latest time at which one may come to a person
so that a whole set of people can still be met. Answers are judged by a timetable of their own.
"""

import json
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from critics.scheduling.meeting.schema import MeetingProblem
from critics.types import Opinion, Verdict

ENGINE = "backwards 1"
MAX_SETS = 50_000
MEETING = frozenset({"person", "place", "start", "end"})


class TooMany(Exception):
    """There are more sets of people than are examined."""


def give_opinion(problem: MeetingProblem, text: str) -> Opinion:
    """Judge an answer that states nothing but meetings."""
    started = perf_counter()
    try:
        parts = json.loads(text)["itinerary"]
        if any("unread" in part for part in parts):
            return _opinion(Verdict.REJECTED, "a part means nothing", started)
        if not all(part.keys() <= MEETING for part in parts):
            return _opinion(Verdict.UNKNOWN, "the answer states more than meetings", started)
        why = _object(problem, parts)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return _opinion(Verdict.UNKNOWN, "the answer is not in canonical form", started)
    except TooMany as why_not:
        return _opinion(Verdict.UNKNOWN, f"{why_not}", started)
    return _opinion(Verdict.REJECTED if why else Verdict.ACCEPTED, why, started)


def count_most(problem: MeetingProblem) -> int:
    """Compute how many people can be met, from the end of the day.

    Raises:
        TooMany: Not every set could be examined.
    """
    people = problem.people
    latest = {
        (frozenset([at]), at): _minute(person.until) - person.min_minutes
        for at, person in enumerate(people)
        if _minute(person.until) - person.min_minutes >= _minute(person.since)
    }
    most, built = 0, 0
    for size in range(1, len(people) + 1):
        built += len(latest)
        if any(_begins(problem, at, time) for (_, at), time in latest.items()):
            most = size
        latest = _prepend(problem, latest, MAX_SETS - built)
    return most


def _prepend(
    problem: MeetingProblem, latest: dict[tuple[frozenset[int], int], int], room: int
) -> dict[tuple[frozenset[int], int], int]:
    """Meet one more person before every set."""
    people = problem.people
    longer: dict[tuple[frozenset[int], int], int] = {}
    for (later, head), time in latest.items():
        for at, person in enumerate(people):
            way = _way(problem, person.place, people[head].place)
            if at in later or way is None:
                continue
            leave = min(time - way, _minute(person.until))
            come = leave - person.min_minutes
            if come >= _minute(person.since):
                key = later | {at}, at
                longer[key] = max(longer.get(key, come), come)
        if len(longer) > room:
            raise TooMany(f"more than {MAX_SETS:,} sets of people")
    return longer


def _begins(problem: MeetingProblem, at: int, latest: int) -> bool:
    way = _way(problem, problem.start.place, problem.people[at].place)
    return way is not None and _minute(problem.start.time) + way <= latest


def _object(problem: MeetingProblem, parts: Sequence[Any]) -> str | None:
    """Say what is wrong with an answer, if anything is."""
    people = {person.person: person for person in problem.people}
    names = [part["person"] for part in parts]
    if len(set(names)) < len(names) or not set(names) <= people.keys():
        return "a person is unknown or met twice"
    stops = [(problem.start.place, _minute(problem.start.time))]
    for part in parts:
        person = people[part["person"]]
        start, end = _minute(part["start"]), _minute(part["end"])
        if part.get("place", person.place) != person.place:
            return "a place is wrong"
        way = _way(problem, stops[-1][0], person.place)
        if way is None or start - stops[-1][1] < way:
            return "a meeting starts before one can be there"
        if end - start < person.min_minutes or end < start:
            return "a meeting is too short"
        if not set(range(start, end + 1)) <= set(
            range(_minute(person.since), _minute(person.until) + 1)
        ):
            return "a meeting leaves the person's time"
        stops.append((person.place, end))
    return _too_few(problem, len(names))


def _too_few(problem: MeetingProblem, met: int) -> str | None:
    needed = {"all": len(problem.people), "any": 1, "at_least": problem.at_least or 0}
    if problem.objective == "max" and met < len(problem.people):
        return "more people can be met" if met < count_most(problem) else None
    return "too few people are met" if met < needed.get(problem.objective, 0) else None


def _way(problem: MeetingProblem, origin: str, target: str) -> int | None:
    return 0 if origin == target else problem.travel.get(origin, {}).get(target)


def _minute(time: Any) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


def _opinion(verdict: Verdict, reason: str | None, started: float) -> Opinion:
    ms = round((perf_counter() - started) * 1000, 3)
    return Opinion(engine=ENGINE, verdict=verdict, reason=reason, ms=ms)
