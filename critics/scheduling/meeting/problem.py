"""A day of meetings as the critics use it: minutes after midnight, and directed ways."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from critics.scheduling.clock import read_time
from critics.scheduling.meeting.schema import MeetingProblem
from critics.scheduling.objects import refuse_problem
from critics.types import Diagnostic, Location


@dataclass(frozen=True, slots=True)
class Friend:
    """Somebody to meet; times in minutes after midnight."""

    name: str
    place: str
    since: int
    until: int
    minimum: int
    index: int


@dataclass(frozen=True)
class Day:
    """The instance.

    Attributes:
        problem: The payload.
        place: Where the day starts.
        start: When it starts.
        people: Everybody, by name.
        places: Every place that is named.
    """

    problem: MeetingProblem
    place: str
    start: int
    people: Mapping[str, Friend]
    places: frozenset[str]

    def way(self, origin: str, target: str) -> int | None:
        """Give the minutes of the direct way, or nothing if there is none."""
        if origin == target:
            return 0
        return self.problem.travel.get(origin, {}).get(target)

    @property
    def needed(self) -> int:
        """How many people the objective asks for, leaving `max` aside."""
        problem = self.problem
        asked = {"all": len(self.people), "any": 1, "max": 0}
        return asked.get(problem.objective, problem.at_least or 0)


def load_day(problem: MeetingProblem) -> Day:
    """Read a payload.

    Raises:
        ProblemError: With every fault, up to a cap.
    """
    refuse_problem(list(_find_faults(problem)))
    return Day(
        problem=problem,
        place=problem.start.place,
        start=_minutes(problem.start.time),
        people={
            p.person: Friend(
                p.person, p.place, _minutes(p.since), _minutes(p.until), p.min_minutes, index
            )
            for index, p in enumerate(problem.people)
        },
        places=_mentioned(problem) | {problem.start.place},
    )


def _minutes(time: str) -> int:
    found = read_time(time)
    if found is None:
        raise ValueError(f"{time} is no canonical time")
    return found


def _mentioned(problem: MeetingProblem) -> frozenset[str]:
    targets = (place for ways in problem.travel.values() for place in ways)
    return frozenset((*problem.travel, *targets))


def _find_faults(problem: MeetingProblem) -> Iterator[Diagnostic]:
    known = _mentioned(problem) | {problem.start.place}
    seen: set[str] = set()
    for index, person in enumerate(problem.people):
        at = f"/people/{index}"
        if person.person in seen:
            yield _fault("twice", f"`{person.person}` is listed twice in `people`", f"{at}/person")
        seen.add(person.person)
        if person.place not in known:
            headline = f"no way leads to `{person.place}`, where `{person.person}` is"
            yield _fault("place", headline, f"{at}/place")
        if _minutes(person.until) <= _minutes(person.since):
            headline = f"`{person.person}` goes at {person.until} and comes at {person.since}"
            yield _fault("time", headline, at)
    for place, ways in problem.travel.items():
        if ways.get(place):
            headline = f"the way from `{place}` to itself takes {ways[place]} minutes"
            yield _fault("travel", headline, f"/travel/{place}/{place}")


def _fault(kind: str, headline: str, pointer: str) -> Diagnostic:
    return Diagnostic(
        code=f"meeting-problem-{kind}",
        headline=headline,
        at=Location(source="problem", pointer=pointer),
    )
