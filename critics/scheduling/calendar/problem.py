"""A calendar problem as the critics use it: minutes, days by number, and times to keep clear."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from critics.scheduling.calendar.schema import CalendarProblem, Preference
from critics.scheduling.clock import DAY, read_time
from critics.scheduling.objects import refuse_problem
from critics.types import Diagnostic, Location


@dataclass(frozen=True, slots=True)
class Block:
    """A time of one day that somebody wants to keep clear; half-open, in minutes.

    Attributes:
        wish: The preference it comes from; nothing for a busy time.
        index: Its place in the problem's list.
    """

    person: str
    day: int
    start: int
    end: int
    index: int
    wish: Preference | None = None

    @property
    def hard(self) -> bool:
        """Whether it decides."""
        return self.wish is None or self.wish.hard


@dataclass(frozen=True)
class Calendar:
    """The instance.

    Attributes:
        problem: The payload.
        days: Day to its number, in the order of time.
        duration: Minutes.
        opens: Start of the work hours, in minutes after midnight.
        closes: Their end.
        busy: Every busy time.
        wishes: Every preference, once for each day that it speaks of.
    """

    problem: CalendarProblem
    days: Mapping[str, int]
    duration: int
    opens: int
    closes: int
    busy: Sequence[Block]
    wishes: Sequence[Block]

    @property
    def grid(self) -> int:
        """Starts are multiples of this."""
        return self.problem.grid_min or 1

    @property
    def earliest(self) -> bool:
        """Whether only the first possible start is right."""
        return self.problem.objective == "earliest"

    @property
    def names(self) -> tuple[str, ...]:
        """The days in their order."""
        return self.problem.days

    @cached_property
    def hard(self) -> tuple[Block, ...]:
        """Every block that decides."""
        return (*self.busy, *(wish for wish in self.wishes if wish.hard))

    @cached_property
    def soft(self) -> tuple[Block, ...]:
        """Every block that only lowers the score."""
        return tuple(wish for wish in self.wishes if not wish.hard)


def load_calendar(problem: CalendarProblem) -> Calendar:
    """Read a payload.

    Raises:
        ProblemError: With every fault, up to a cap.
    """
    refuse_problem(list(_find_faults(problem)))
    days = {day: number for number, day in enumerate(problem.days)}
    return Calendar(
        problem=problem,
        days=days,
        duration=problem.duration_min,
        opens=_minutes(problem.work_hours[0]),
        closes=_minutes(problem.work_hours[1]),
        busy=tuple(
            Block(b.person, days[b.day], _minutes(b.start), _minutes(b.end), index)
            for index, b in enumerate(problem.busy)
        ),
        wishes=tuple(
            Block(wish.person, days[day], *span_of(wish), index, wish)
            for index, wish in enumerate(problem.preferences)
            for day in ([wish.day] if wish.day is not None else problem.days)
        ),
    )


def span_of(wish: Preference) -> tuple[int, int]:
    """Give the minutes of a day that a preference wants to keep clear."""
    if wish.before is not None:
        return 0, _minutes(wish.before)
    if wish.after is not None:
        return _minutes(wish.after), DAY
    if wish.between is not None:
        return _minutes(wish.between[0]), _minutes(wish.between[1])
    return 0, DAY


def _minutes(time: str) -> int:
    found = read_time(time)
    if found is None:
        raise ValueError(f"{time} is no canonical time")
    return found


def _find_faults(problem: CalendarProblem) -> Iterator[Diagnostic]:
    yield from _repeated(problem.participants, "participants")
    yield from _repeated(problem.days, "days")
    if problem.duration_min < 1:
        yield _fault("duration", "the meeting lasts 0 minutes", "/duration_min")
    yield from _reversed(*problem.work_hours, "the work hours", "/work_hours")
    people, days = frozenset(problem.participants), frozenset(problem.days)
    for index, busy in enumerate(problem.busy):
        at = f"/busy/{index}"
        yield from _unknown(busy.person, people, "person", f"{at}/person")
        yield from _unknown(busy.day, days, "day", f"{at}/day")
        yield from _reversed(busy.start, busy.end, f"a busy time of `{busy.person}`", at)
    for index, wish in enumerate(problem.preferences):
        at = f"/preferences/{index}"
        yield from _unknown(wish.person, people, "person", f"{at}/person")
        if wish.day is not None:
            yield from _unknown(wish.day, days, "day", f"{at}/day")
        if wish.between is not None:
            yield from _reversed(*wish.between, f"a preference of `{wish.person}`", at)


def _repeated(names: Sequence[str], field: str) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield _fault("twice", f"`{name}` is listed twice in `{field}`", f"/{field}/{index}")
        seen.add(name)


_OUTSIDE: Mapping[str, Callable[[str], str]] = {
    "person": "`{}` is no participant".format,
    "day": "`{}` is none of the days".format,
}


def _unknown(name: str, known: frozenset[str], kind: str, pointer: str) -> Iterator[Diagnostic]:
    if name not in known:
        yield _fault(kind, _OUTSIDE[kind](name), pointer)


def _reversed(start: str, end: str, what: str, pointer: str) -> Iterator[Diagnostic]:
    if _minutes(end) <= _minutes(start):
        headline = f"{what} ends at {end} and starts at {start}, which is not before"
        yield _fault("time", headline, pointer)


def _fault(kind: str, headline: str, pointer: str) -> Diagnostic:
    return Diagnostic(
        code=f"calendar-problem-{kind}",
        headline=headline,
        at=Location(source="problem", pointer=pointer),
    )
