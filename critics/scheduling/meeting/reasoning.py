"""What is known beyond one answer: how many people can be met, a plan that does it, and hints.

Two methods look at the whole problem: forwards from the start (`search`) and backwards from the
end (`timetable`). What they agree on is `cross`; if they disagreed, nothing is said.
"""

from collections.abc import Sequence
from time import perf_counter

from pydantic import JsonValue

from critics.objective import Objective
from critics.scheduling.clock import write_time
from critics.scheduling.evidence import feasible, infeasible, open_comparison, opine, undecided
from critics.scheduling.meeting.answer import Itinerary, parse_itinerary, write_meetings
from critics.scheduling.meeting.critics import CRITICS
from critics.scheduling.meeting.problem import Day, load_day
from critics.scheduling.meeting.schema import MeetingProblem
from critics.scheduling.meeting.search import Plan, TooLarge, find_plan
from critics.scheduling.meeting.timetable import ENGINE, TooMany, count_most
from critics.types import (
    Assurance,
    CandidateError,
    Comparison,
    Diagnostic,
    Feasibility,
    HintLevel,
    Optimality,
    Severity,
    Solved,
)

FORWARDS = "forwards 1"
SHOWN = 10
MAX_PEOPLE = 40
"""People among whom a minimal conflict is looked for."""


def decide_feasible(problem: MeetingProblem) -> Feasibility:
    """Decide whether the objective can be reached, by two methods."""
    day = load_day(problem)
    started = perf_counter()
    first, why = _most(day)
    between = perf_counter()
    again, why_not = _most_backwards(problem)
    opinions = (
        opine(FORWARDS, _reaches(first, day), between - started, why),
        opine(ENGINE, _reaches(again, day), perf_counter() - between, why_not),
    )
    known = {most for most in (first, again) if most is not None}
    if not known:
        return undecided("meeting", why or "no method finished", opinions)
    if len(known) > 1:
        return undecided("meeting", "two methods disagree", opinions)
    most = known.pop()
    if most >= day.needed:
        return feasible(opinions)
    conflict, told = explain_conflict(day, most)
    return infeasible(told, conflict, opinions)


def explain_conflict(day: Day, most: int) -> tuple[tuple[str, ...], Diagnostic]:
    """Say why the objective cannot be reached, where everybody must be met by naming few."""
    people, minimal = tuple(day.people), False
    if day.problem.objective == "all" and len(people) <= MAX_PEOPLE:
        people, minimal = _minimize(day), True
    shown = ", ".join(people[:SHOWN]) + (", ..." if len(people) > SHOWN else "")
    if day.problem.objective == "all":
        together = "all " if len(people) > 1 else ""
        headline = f"no itinerary meets everybody: {shown} cannot {together}be met"
    else:
        headline = f"no itinerary meets {day.needed} people: at most {most} can be met"
    return people, Diagnostic(
        code="meeting-infeasible",
        headline=headline,
        notes=("without any one of them the others can be met",) if minimal else (),
        data={"conflict": list(people), "minimal": minimal, "most": most},
    )


def find_answer(problem: MeetingProblem) -> Solved:
    """Find a plan that meets as many people as possible."""
    day = load_day(problem)
    try:
        plan = find_plan(day)
    except TooLarge as why:
        return Solved(answer=None, engine=FORWARDS, reason=f"{why}")
    if len(plan) < day.needed:
        reason = f"at most {len(plan)} people can be met"
        return Solved(answer=None, engine=FORWARDS, reason=reason)
    return Solved(answer=_write(plan), engine=FORWARDS, optimal=True)


def compare(problem: MeetingProblem, text: str) -> Comparison:
    """Compare the number of people that an accepted answer meets with the most possible."""
    day = load_day(problem)
    plan = parse_itinerary(day, text)
    met = count_people(plan)
    first, why = _most(day)
    again, why_not = _most_backwards(problem)
    known = {most for most in (first, again) if most is not None}
    if len(known) != 1 or max(known) < met:
        return open_comparison("meeting", why or why_not or "two methods disagree")
    most = known.pop()
    finding = Diagnostic(
        code="meeting-more-possible",
        headline=f"{met} of {len(day.people)} people are met, and {most} can be",
    )
    return Comparison(
        status=Optimality.OPTIMAL if met == most else Optimality.IMPROVABLE,
        objective=str(met),
        diagnostics=() if met == most else (finding,),
        assurance=Assurance.SINGLE if None in (first, again) else Assurance.CROSS,
    )


def compare_by(_day: Day) -> Objective:
    """Say what plans are compared by: how many people are met."""
    return Objective(name="people met", sense="max", measure=count_people)


def count_people(plan: Itinerary) -> int:
    """Count the people whom a plan meets."""
    return len({part.person for part in plan.meetings})


def give_hint(problem: MeetingProblem, text: str, level: HintLevel) -> Sequence[Diagnostic]:
    """Tell how far an itinerary is possible, how many people can be met, whom, or when."""
    day = load_day(problem)
    try:
        plan = find_plan(day)
    except TooLarge:
        return ()
    if level is HintLevel.CORE:
        return _tell_prefix(day, text)
    count = f"{len(plan)} of {len(day.people)} people can be met"
    if level is HintLevel.COUNT:
        return (_note(count, {"most": len(plan)}),)
    chosen = {friend.name for friend, _ in plan.meetings}
    names = [name for name in day.people if name in chosen]
    if level is HintLevel.PLACES:
        return (_note(f"{count}: {', '.join(names)}", {"people": [*names]}),)
    shown = ", ".join(
        f"{name} {write_time(start)}-{write_time(end)}" for name, _, start, end in plan.stays
    )
    data: dict[str, JsonValue] = {"origin": "solver_repair", "answer": _write(plan)}
    return (_note(f"this itinerary is possible: {shown}", data),)


def _tell_prefix(day: Day, text: str) -> Sequence[Diagnostic]:
    try:
        plan = parse_itinerary(day, text)
    except CandidateError:
        return ()
    kept = 0
    while kept < len(plan.meetings) and _is_possible(day, plan, kept + 1):
        kept += 1
    return (_note(f"the first {kept} of {len(plan.meetings)} meetings are possible as they are"),)


def _is_possible(day: Day, plan: Itinerary, count: int) -> bool:
    begun = Itinerary(plan.meetings[:count])
    rules = [rule for rule in CRITICS if rule.hard and rule.name != "enough-people"]
    return not any(finding for rule in rules for finding in rule.check(day, begun))


def _minimize(day: Day) -> tuple[str, ...]:
    """Leave people out as long as the others cannot all be met."""
    kept = list(day.people)
    for name in tuple(kept):
        rest = [other for other in kept if other != name]
        if len(find_plan(day, rest)) < len(rest):
            kept = rest
    return tuple(kept)


def _most(day: Day) -> tuple[int | None, str | None]:
    try:
        return len(find_plan(day)), None
    except TooLarge as why:
        return None, f"{why}"


def _most_backwards(problem: MeetingProblem) -> tuple[int | None, str | None]:
    try:
        return count_most(problem), None
    except TooMany as why:
        return None, f"{why}"


def _reaches(most: int | None, day: Day) -> bool | None:
    return None if most is None else most >= day.needed


def _write(plan: Plan) -> str:
    return write_meetings(plan.stays)


def _note(headline: str, data: dict[str, JsonValue] | None = None) -> Diagnostic:
    return Diagnostic(
        code="meeting-hint", headline=headline, data=data or {}, severity=Severity.WARNING
    )
