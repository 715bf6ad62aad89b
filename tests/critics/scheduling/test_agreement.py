"""Critics, solvers and brute force on random problems and answers: they never disagree."""

import json
from itertools import pairwise, permutations
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from critics.domain import find_domain
from critics.judge import judge
from critics.scheduling.calendar.enumeration import list_starts
from critics.scheduling.clock import read_time, write_time
from critics.types import Assurance, Feasible, Optimality, Problem, Verdict
from tests.critics.scheduling.random_problems import make_calendar, make_meeting, make_trip

CALENDAR, MEETING, TRIP = map(find_domain, ("calendar", "meeting", "trip"))
ACCEPTED, REJECTED = Verdict.ACCEPTED, Verdict.REJECTED
RANDOMS = st.randoms(use_true_random=False)


def agree(name: str, problem: Problem, answer: dict[str, Any]) -> bool:
    """Check that both opinions on an answer are the same, and say whether it is accepted."""
    domain = find_domain(name)
    text = json.dumps(answer)
    verdict = judge(domain, problem, text).verdict
    assert verdict in (ACCEPTED, REJECTED)
    assert domain.second_opinion
    opinion = domain.second_opinion(problem, text)
    assert opinion.verdict is verdict, (text, opinion.reason)
    return verdict is ACCEPTED


def check_solved(name: str, problem: Problem, *, possible: bool) -> str | None:
    """Check that solver and feasibility say what brute force found; give the solver's answer."""
    domain = find_domain(name)
    assert domain.solver
    assert domain.feasibility
    answer = domain.solver(problem).answer
    decided = domain.feasibility(problem)
    assert (answer is not None) == possible
    assert decided.status is (Feasible.FEASIBLE if possible else Feasible.INFEASIBLE)
    assert decided.assurance is Assurance.CROSS
    if answer is not None:
        assert agree(name, problem, json.loads(answer))
    return answer


@settings(max_examples=60, deadline=None)
@given(RANDOMS)
def test_calendar_critics_solver_and_enumeration_agree(random: Random) -> None:
    problem = CALENDAR.problem.model_validate(make_calendar(random))
    length = problem.duration_min
    starts = list(list_starts(problem))
    right = set(starts[:1] if problem.objective == "earliest" else starts)
    opens, closes = (read_time(time) or 0 for time in problem.work_hours)
    for day in problem.days:
        for start in range(opens - 10, closes + 1, 5):
            slot = {"day": day, "start": write_time(start), "end": write_time(start + length)}
            verdict = judge(CALENDAR, problem, json.dumps(slot)).verdict
            assert (verdict is ACCEPTED) == ((day, start) in right)
    for _ in range(5):
        start, end = (random.randrange(opens - 10, closes + 10) for _ in "se")
        slot = {"day": random.choice(problem.days), "start": write_time(start)}
        agree("calendar", problem, {**slot, "end": write_time(end)})
    answer = check_solved("calendar", problem, possible=bool(right))
    if answer is not None:
        assert CALENDAR.optimality
        compared = CALENDAR.optimality(problem, answer)
        known = problem.objective == "earliest" or any(not w.hard for w in problem.preferences)
        assert compared.status is (Optimality.OPTIMAL if known else Optimality.UNKNOWN)


@settings(max_examples=100, deadline=None)
@given(RANDOMS)
def test_trip_critics_solver_and_every_order_agree(random: Random) -> None:
    problem = TRIP.problem.model_validate(make_trip(random))
    right = 0
    for order in permutations(problem.cities):
        stays, day = [], 1
        for city in order:
            last = day + problem.cities[city] - 1
            stays.append({"city": city, "first_day": day, "last_day": last})
            day = last
        right += agree("trip", problem, {"itinerary": stays})
    changed = [dict(stay) for stay in stays]
    for key in ("first_day", "last_day"):
        random.choice(changed)[key] += random.randint(-1, 1)
    if all(stay["first_day"] >= 0 for stay in changed):
        agree("trip", problem, {"itinerary": changed[: random.randint(0, 9)]})
    check_solved("trip", problem, possible=right > 0)


def fits(problem: Any, order: tuple[Any, ...]) -> list[dict[str, Any]] | None:
    """Meet people in an order, as early as possible; nothing if that fails."""
    place, time = problem.start.place, read_time(problem.start.time) or 0
    met = []
    for person in order:
        way = 0 if place == person.place else problem.travel.get(place, {}).get(person.place)
        if way is None:
            return None
        start = max(time + way, read_time(person.since) or 0)
        place, time = person.place, start + person.min_minutes
        if time > (read_time(person.until) or 0):
            return None
        times = {"start": write_time(start), "end": write_time(time)}
        met.append({"person": person.person, "place": place, **times})
    return met


@settings(max_examples=60, deadline=None)
@given(RANDOMS)
def test_meeting_critics_solver_and_every_order_agree(random: Random) -> None:
    problem = MEETING.problem.model_validate(make_meeting(random, most=4))
    orders = [
        order
        for size in range(len(problem.people) + 1)
        for order in permutations(problem.people, size)
    ]
    plans = [plan for order in orders if (plan := fits(problem, order)) is not None]
    most = max(map(len, plans))
    asked = {"all": len(problem.people), "any": 1, "max": most}
    needed = asked.get(problem.objective, problem.at_least or 0)
    for plan in plans:
        assert agree("meeting", problem, {"itinerary": plan}) == (len(plan) >= needed)
    longest = max(plans, key=len)
    for _ in range(8):
        plan = [dict(part) for part in longest]
        if plan:
            part, key = random.choice(plan), random.choice(["start", "end"])
            moved = (read_time(part[key]) or 0) + random.choice([-20, -5, -1, 1, 5, 20])
            part[key] = write_time(moved)
            agree("meeting", problem, {"itinerary": random.sample(plan, len(plan))})
            agree("meeting", problem, {"itinerary": plan})
    answer = check_solved("meeting", problem, possible=most >= needed)
    if answer is not None:
        assert MEETING.optimality
        assert MEETING.optimality(problem, answer).objective == str(most)
        assert MEETING.optimality(problem, answer).status is Optimality.OPTIMAL


@settings(max_examples=60, deadline=None)
@given(RANDOMS)
def test_stated_flights_and_days_are_judged_alike(random: Random) -> None:
    payload = make_trip(random, most=4, share=1.0)
    problem = TRIP.problem.model_validate(payload)
    assert TRIP.solver
    answer = TRIP.solver(problem).answer
    if answer is None:
        return
    stays = json.loads(answer)["itinerary"]
    parts: list[dict[str, Any]] = stays[:1]
    for before, after in pairwise(stays):
        flight = {"fly_from": before["city"], "fly_to": after["city"], "day": after["first_day"]}
        parts += [flight, {**after, "days": problem.cities[after["city"]]}]
    assert agree("trip", problem, {"itinerary": parts})
    part = random.choice(parts)
    key = random.choice([key for key, value in part.items() if isinstance(value, int)])
    part[key] += 1
    assert not agree("trip", problem, {"itinerary": parts})
