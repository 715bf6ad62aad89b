"""What is known beyond one answer: whether any time is possible, the best one, and hints.

Two methods look at the whole problem: the gaps between what is to be kept clear (`search`) and
every minute (`enumeration`). What they agree on is `cross`; if they disagreed, nothing is said.
"""

from collections.abc import Sequence
from functools import partial
from time import perf_counter

from critics.objective import Objective
from critics.scheduling.calendar.answer import Slot, parse_slot, write_slot
from critics.scheduling.calendar.enumeration import ENGINE, count_wishes, list_starts
from critics.scheduling.calendar.problem import Calendar, load_calendar
from critics.scheduling.calendar.schema import CalendarProblem
from critics.scheduling.calendar.search import (
    count_against,
    days_possible,
    find_best,
    find_first,
)
from critics.scheduling.clock import DAY
from critics.scheduling.evidence import (
    feasible,
    infeasible,
    open_comparison,
    opine,
    undecided,
)
from critics.types import (
    Assurance,
    CandidateError,
    Comparison,
    Diagnostic,
    Feasibility,
    HintLevel,
    Location,
    Optimality,
    Severity,
    Solved,
)

GAPS = "gaps 1"
SHOWN = 10
"""Names that a headline lists."""
MAX_WORK = 2_000_000
"""Participants times blocks, up to which a minimal conflict is looked for."""


def decide_feasible(problem: CalendarProblem) -> Feasibility:
    """Decide whether any time is possible, by two methods."""
    calendar = load_calendar(problem)
    started = perf_counter()
    first = find_first(calendar)
    between = perf_counter()
    again = next(list_starts(problem), None)
    opinions = (
        opine(GAPS, first is not None, between - started),
        opine(ENGINE, again is not None, perf_counter() - between),
    )
    if (None if first is None else (first.day, first.start)) != again:
        return undecided("calendar", "two methods disagree", opinions)
    if first is not None:
        return feasible(opinions)
    conflict, minimal = find_conflict(calendar)
    return infeasible(_tell_conflict(calendar, conflict, minimal=minimal), conflict, opinions)


def find_conflict(calendar: Calendar) -> tuple[tuple[str, ...], bool]:
    """Find participants who together leave no time, and say whether each of them is needed."""
    kept = [person for person in calendar.problem.participants if _keeps_clear(calendar, person)]
    if len(kept) * len(calendar.hard) > MAX_WORK:
        return tuple(kept), False
    for person in tuple(kept):
        rest = [other for other in kept if other != person]
        if find_first(calendar, [b for b in calendar.hard if b.person in rest]) is None:
            kept = rest
    return tuple(kept), True


def find_answer(problem: CalendarProblem) -> Solved:
    """Find the best time: the first one, or the first that goes against the fewest wishes."""
    best = find_best(load_calendar(problem))
    if best is None:
        return Solved(answer=None, engine=GAPS, reason="no time is possible")
    return Solved(answer=write_slot(best), engine=GAPS, optimal=True)


def compare(problem: CalendarProblem, text: str) -> Comparison:
    """Compare a possible time with every other: by wishes, or by time for objective `earliest`."""
    calendar = load_calendar(problem)
    if not (calendar.earliest or calendar.soft):
        return open_comparison("calendar", "the problem compares no times")
    slot = parse_slot(calendar, text)
    best = find_best(calendar)
    counts = count_wishes(problem)
    if best is None or (slot.day, slot.start) not in counts:
        return open_comparison("calendar", "the answer keeps not every rule")
    mine, least = count_against(calendar, slot), count_against(calendar, best)
    if calendar.earliest:
        optimal = (slot.day, slot.start) == (best.day, best.start)
        agreed = next(iter(counts)) == (best.day, best.start)
        shown = f"{slot.day} {text_of(slot)}"
    else:
        optimal = mine == least
        agreed = min(counts.values()) == least and counts[slot.day, slot.start] == mine
        shown = str(mine)
    if not agreed:
        return open_comparison("calendar", "two methods disagree")
    return Comparison(
        status=Optimality.OPTIMAL if optimal else Optimality.IMPROVABLE,
        objective=shown,
        diagnostics=() if optimal else (_better(mine, least, earliest=calendar.earliest),),
        assurance=Assurance.CROSS,
    )


def compare_by(calendar: Calendar) -> Objective:
    """Say what times are compared by: soft wishes where there are any, else the earliest start."""
    if calendar.soft and not calendar.earliest:
        return Objective(
            name="wishes gone against", sense="min", measure=partial(count_against, calendar)
        )
    return Objective(
        name="minutes from the first day's midnight to the start",
        sense="min",
        measure=lambda slot: calendar.days[slot.day] * DAY + slot.start,
    )


def give_hint(problem: CalendarProblem, text: str, level: HintLevel) -> Sequence[Diagnostic]:
    """Tell on which days a time is possible, or the first one; nothing if there is none."""
    calendar = load_calendar(problem)
    best = find_best(calendar)
    try:
        day = parse_slot(calendar, text).day
    except CandidateError:
        day = None
    if best is None:
        return ()
    if level is HintLevel.VALUES:
        headline = f"the first possible time is {best.day}, {text_of(best)}"
        return (_note(headline, origin="solver_repair", answer=write_slot(best)),)
    days = days_possible(calendar)
    if level is HintLevel.PLACES:
        return (_note(f"a time is possible on: {', '.join(days[:20])}"),)
    if level is HintLevel.COUNT:
        return (_note(f"a time is possible on {len(days)} of {len(calendar.names)} days"),)
    if day not in calendar.days:
        return ()
    word = "a" if day in days else "no"
    return (_note(f"{word} time is possible on {day}"),)


def text_of(slot: Slot) -> str:
    """Write a slot's times for a message."""
    return str(slot).removeprefix(f"{slot.day} ")


def _keeps_clear(calendar: Calendar, person: str) -> bool:
    return any(block.person == person for block in calendar.hard)


def _tell_conflict(calendar: Calendar, conflict: tuple[str, ...], *, minimal: bool) -> Diagnostic:
    if not conflict:
        headline = (
            f"no time is possible: a meeting of {calendar.duration} minutes does not fit into the "
            f"work hours from {' to '.join(calendar.problem.work_hours)}"
        )
        return Diagnostic(
            code="calendar-infeasible",
            headline=headline,
            at=Location(source="problem", pointer="/work_hours"),
        )
    shown = ", ".join(conflict[:SHOWN])
    if len(conflict) > SHOWN:
        shown += f" and {len(conflict) - SHOWN} more"
    verb = "leaves" if len(conflict) == 1 else "leave"
    return Diagnostic(
        code="calendar-infeasible",
        headline=f"no time is possible: {shown} {verb} none free for {calendar.duration} minutes",
        notes=("without any one of them a time is possible",) if minimal else (),
        data={"conflict": list(conflict), "minimal": minimal},
    )


def _better(mine: int, least: int, *, earliest: bool) -> Diagnostic:
    headline = (
        "an earlier time is possible"
        if earliest
        else f"the time goes against {mine} wishes, and one that goes against {least} is possible"
    )
    return Diagnostic(code="calendar-better", headline=headline)


def _note(headline: str, **data: str) -> Diagnostic:
    return Diagnostic(
        code="calendar-first", headline=headline, data={**data}, severity=Severity.WARNING
    )
