"""Meetings to be scheduled, made by a program.

Times are drawn on half hours. The answer is the first possible time, or the best one where wishes
are to be kept; a repair is the possible time nearest to a wrong one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from pydantic import JsonValue

from critics.generation import Fact, Family, Generation, Payload, fingerprint
from critics.names import PEOPLE, WEEKDAYS
from critics.scheduling.calendar.answer import Slot, parse_slot, write_slot
from critics.scheduling.calendar.problem import Calendar, load_calendar, span_of
from critics.scheduling.calendar.reasoning import find_answer
from critics.scheduling.calendar.schema import CalendarProblem
from critics.scheduling.calendar.search import find_gaps
from critics.scheduling.clock import write_time
from critics.types import CandidateError

HALF_HOUR = 30
OPENS, CLOSES = 18, 34
"""From 9:00 to 17:00, in half hours."""
ALL = (1 << CLOSES) - (1 << OPENS)
WORKDAYS = WEEKDAYS[:5]
SOFT = 0.25
"""How many wishes need not be kept."""


@dataclass(frozen=True, slots=True)
class Size:
    """What the problems of a level are like.

    Attributes:
        wishes: How many wishes there are at most.
        earliest: How many of the problems take the earliest time only.
        busy: How much of their time people are busy at most.
    """

    people: tuple[int, ...]
    days: tuple[int, ...]
    wishes: int = 0
    earliest: float = 0.0
    busy: float = 0.6


SIZES = (
    Size(people=(2,), days=(1,)),
    Size(people=(3,), days=(1, 2), earliest=0.2),
    Size(people=(4, 5), days=(2, 3), wishes=2, earliest=0.3, busy=0.5),
    Size(people=(6, 7), days=(5,), wishes=4, earliest=0.5, busy=0.45),
)
LEVELS = (
    "two people, one day",
    "three people, one or two days, sometimes the earliest time",
    "four or five people, two or three days, up to two wishes",
    "six or seven people, five days, up to four wishes",
)


@dataclass(slots=True)
class Draft:
    """A problem that is being made.

    Attributes:
        busy: For every person and day the half hours that are taken, as bits.
        taken: For every day the half hours that somebody keeps clear.
    """

    people: Sequence[str]
    days: Sequence[str]
    length: int
    busy: list[list[int]]
    taken: list[int]

    def is_free(self, day: int, start: int) -> bool:
        """Whether the meeting can start there."""
        return not self.taken[day] & _bits(start, start + self.length)

    def starts(self) -> Iterator[tuple[int, int]]:
        """Give every possible start."""
        last = CLOSES - self.length
        for day in range(len(self.days)):
            yield from ((day, s) for s in range(OPENS, last + 1) if self.is_free(day, s))


def make_possible(random: Random, level: int) -> Payload:
    """Make a problem around a hidden time at which everybody is free."""
    size, draft = SIZES[level - 1], _begin(random, level)
    day = random.randrange(len(draft.days))
    start = random.randint(OPENS, CLOSES - draft.length)
    hidden = _bits(start, start + draft.length)
    _fill(random, draft, size, [hidden if d == day else 0 for d in range(len(draft.days))])
    wishes = _wish(random, draft, random.randint(0, size.wishes), (day, start))
    earliest = random.random() < size.earliest
    return _write(draft, wishes, earliest=earliest)


def make_impossible(random: Random, level: int) -> Payload:
    """Make a problem that leaves no time, each last gap closed by somebody at random."""
    draft = _begin(random, level)
    _fill(random, draft, SIZES[level - 1], [0] * len(draft.days))
    while (found := next(draft.starts(), None)) is not None:
        day, start = found
        start += random.randrange(draft.length)
        end = min(start + random.randint(1, 3), CLOSES)
        _occupy(draft, random.randrange(len(draft.people)), day, _bits(start, end))
    return _write(draft, [], earliest=False)


def answer(payload: Any) -> str | None:
    """Write the first possible time; nothing if there is none."""
    return find_answer(CalendarProblem.model_validate(payload)).answer


def repair(payload: Any, wrong: str) -> str | None:
    """Write the possible time nearest to a wrong one, on its own day where that is possible."""
    problem = CalendarProblem.model_validate(payload)
    calendar = load_calendar(problem)
    try:
        said = parse_slot(calendar, wrong)
    except CandidateError:
        return answer(problem)
    if calendar.earliest or said.day not in calendar.days:
        return answer(problem)
    near = min(_list_near(calendar, said), default=None)
    if near is None:
        return None
    _, number, _, start = near
    return write_slot(Slot(calendar.names[number], start, start + calendar.duration))


def _list_near(calendar: Calendar, said: Slot) -> Iterator[tuple[int, int, int, int]]:
    """Give the nearest start of every gap, with its distance in days and in minutes."""
    meant = calendar.days[said.day]
    for number in range(len(calendar.names)):
        for gap in find_gaps(calendar, number, calendar.hard):
            steps = round((said.start - gap[0]) / gap.step)
            start = gap[min(max(steps, 0), len(gap) - 1)]
            yield abs(number - meant), number, abs(start - said.start), start


def identify(payload: Any) -> str:
    """Tell problems apart; names of people and days and the order of lists do not matter."""
    return fingerprint(_facts(load_calendar(CalendarProblem.model_validate(payload))))


def rename(random: Random, payload: Any) -> Payload:
    """Give people and days other names, and put everything but the days into another order."""
    problem = CalendarProblem.model_validate(payload)
    people = dict(zip(problem.participants, _name(random, len(problem.participants)), strict=True))
    days = dict(zip(problem.days, _name_days(random, len(problem.days)), strict=True))
    renamed = problem.model_dump(mode="json", exclude_defaults=True)
    renamed["participants"] = random.sample([*people.values()], len(people))
    renamed["days"] = [*days.values()]
    for field in {"busy", "preferences"} & renamed.keys():
        for item in renamed[field]:
            item["person"] = people[item["person"]]
            item.pop("text", None)
            if "day" in item:
                item["day"] = days[item["day"]]
        random.shuffle(renamed[field])
    return renamed


def _facts(calendar: Calendar) -> Iterator[Fact]:
    head = (calendar.duration, calendar.opens, calendar.closes, calendar.grid, calendar.earliest)
    yield f"{len(calendar.names)} days, {head}", ()
    for person in calendar.problem.participants:
        yield "person", (person,)
    for block in calendar.busy:
        yield f"busy {block.day} {block.start} {block.end}", (block.person,)
    for wish in calendar.problem.preferences:
        day = "every" if wish.day is None else calendar.days[wish.day]
        yield f"wish {day} {span_of(wish)} {wish.hard}", (wish.person,)


def _begin(random: Random, level: int) -> Draft:
    size = SIZES[level - 1]
    people = _name(random, random.choice(size.people))
    days = _name_days(random, random.choice(size.days))
    busy = [[0] * len(days) for _ in people]
    return Draft(people, days, random.choice((1, 1, 2)), busy, [~ALL] * len(days))


def _name(random: Random, count: int) -> list[str]:
    extra = [f"person {number}" for number in range(count - len(PEOPLE))]
    return random.sample([*PEOPLE, *extra], count)


def _name_days(random: Random, count: int) -> list[str]:
    if count > len(WEEKDAYS):
        return [f"day {number}" for number in range(1, count + 1)]
    week = WORKDAYS if count <= len(WORKDAYS) else WEEKDAYS
    return [week[place] for place in sorted(random.sample(range(len(week)), count))]


def _fill(random: Random, draft: Draft, size: Size, kept: Sequence[int]) -> None:
    """Make people busy, but not at the times that are to be kept free."""
    for person in range(len(draft.people)):
        for day, free in enumerate(kept):
            share = random.uniform(0.1, size.busy)
            while (draft.busy[person][day] & ALL).bit_count() < share * ALL.bit_count():
                start = random.randrange(OPENS, CLOSES)
                end = min(start + random.choice((1, 1, 2, 2, 3, 4)), CLOSES)
                _occupy(draft, person, day, _bits(start, end) & ~free)
                share -= 0.05


def _occupy(draft: Draft, person: int, day: int, bits: int) -> None:
    draft.busy[person][day] |= bits
    draft.taken[day] |= bits


def _bits(start: int, end: int) -> int:
    return (1 << end) - (1 << start)


def _wish(random: Random, draft: Draft, count: int, hidden: tuple[int, int]) -> list[JsonValue]:
    """Make wishes that the hidden time goes against in nothing that decides."""
    wishes: list[JsonValue] = []
    while len(wishes) < count:
        day = random.choice((None, *range(len(draft.days))))
        start = random.randrange(OPENS, CLOSES)
        end = random.randint(start + 1, CLOSES)
        form = random.choice(("before", "after", "between", "whole_day"))
        kept: JsonValue = [_time(start), _time(end)]
        if form == "before":
            start, kept = 0, _time(end)
        elif form == "after":
            end, kept = CLOSES, _time(start)
        elif form == "whole_day":
            start, end, kept = 0, CLOSES, True
        soft = random.random() < SOFT
        met = day in (None, hidden[0]) and start < hidden[1] + draft.length and hidden[1] < end
        if met and not soft:
            continue
        wish: dict[str, JsonValue] = {"person": random.choice(draft.people)}
        wish |= {} if day is None else {"day": draft.days[day]}
        wishes.append({**wish, form: kept} | ({"hard": False} if soft else {}))
    return wishes


def _write(draft: Draft, wishes: list[JsonValue], *, earliest: bool) -> Payload:
    payload: dict[str, JsonValue] = {
        "participants": [*draft.people],
        "days": [*draft.days],
        "duration_min": draft.length * HALF_HOUR,
        "work_hours": [_time(OPENS), _time(CLOSES)],
        "busy": [
            {"person": person, "day": day, "start": _time(start), "end": _time(end)}
            for person, row in zip(draft.people, draft.busy, strict=True)
            for day, bits in zip(draft.days, row, strict=True)
            for start, end in _runs(bits)
        ],
    }
    payload |= {"preferences": wishes} if wishes else {}
    return payload | ({"objective": "earliest"} if earliest else {})


def _runs(bits: int) -> Iterator[tuple[int, int]]:
    """Give the maximal runs of half hours that are taken."""
    start = None
    for place in range(OPENS, CLOSES + 1):
        taken = bits >> place & 1
        if taken and start is None:
            start = place
        elif not taken and start is not None:
            yield start, place
            start = None


def _time(half_hours: int) -> str:
    return write_time(half_hours * HALF_HOUR)


CALENDAR_GENERATION = Generation(
    families=(
        Family(
            name="possible",
            summary="meetings for which there is a time",
            levels=LEVELS,
            make=make_possible,
            answer=answer,
            repair=repair,
        ),
        Family(
            name="impossible",
            summary="meetings for which busy people leave no time",
            levels=("two people, one day", "three people", "four or five people", "six or seven"),
            make=make_impossible,
            solvable=False,
        ),
    ),
    identity=identify,
    rename=rename,
)
