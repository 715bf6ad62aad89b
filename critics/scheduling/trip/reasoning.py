"""What is known beyond one answer: whether a trip is possible, one that is, and hints.

Two methods look at the whole problem: search from the first city on, and building all endings
backwards. What they agree on is `cross`; if they disagreed, nothing is said.
"""

from collections.abc import Sequence
from time import perf_counter

from critics.scheduling.evidence import feasible, infeasible, opine, undecided
from critics.scheduling.trip.answer import parse_itinerary, write_stays
from critics.scheduling.trip.presence import ENGINE, TooMany, count_endings
from critics.scheduling.trip.problem import Trip, load_trip
from critics.scheduling.trip.schema import TripProblem
from critics.scheduling.trip.search import TooLarge, Visit, find_trip
from critics.types import (
    CandidateError,
    Diagnostic,
    Feasibility,
    HintLevel,
    Opinion,
    Severity,
    Solved,
)

SEARCH = "depth-first 1"
SHOWN = 10
MAX_WINDOWS = 40
"""Windows among which a minimal conflict is looked for."""


def decide_feasible(problem: TripProblem) -> Feasibility:
    """Decide whether any trip is possible, by two methods."""
    trip = load_trip(problem)
    first, again = _search(trip), _build(problem)
    opinions = (first, again)
    said = {o.verdict.value for o in opinions} - {"unknown"}
    if not said:
        return undecided("trip", first.reason or "no method finished", opinions)
    if len(said) > 1:
        return undecided("trip", "two methods disagree", opinions)
    if said == {"accepted"}:
        return feasible(opinions)
    conflict, why = explain_conflict(trip)
    return infeasible(why, conflict, opinions)


def explain_conflict(trip: Trip) -> tuple[tuple[str, ...], Diagnostic]:
    """Say why no trip is possible."""
    if trip.needed != trip.total:
        headline = (
            f"no itinerary is possible: the cities take {trip.needed} days, and the trip has "
            f"{trip.total}"
        )
        return ("cities", "total_days"), _tell(headline, ["/cities", "/total_days"])
    events = [event for events in trip.events.values() for event in events]
    kept = list(events)
    minimal = len(events) <= MAX_WINDOWS
    try:
        for event in events if minimal else ():
            rest = [other for other in kept if other != event]
            if find_trip(trip, ignored=[e for e in events if e not in rest]) is None:
                kept = rest
    except TooLarge:
        minimal = False
    names = [f"{event}" for event in kept]
    paths = ["/edges", *(f"/windows/{event.index}" for event in kept)]
    shown = ", ".join(names[:SHOWN])
    headline = (
        f"no itinerary is possible: no order by direct flights attends {shown}"
        if names
        else "no itinerary is possible: no direct flights lead through all cities, each once"
    )
    return ("edges", *names), _tell(headline, paths, minimal=minimal and bool(names))


def find_answer(problem: TripProblem) -> Solved:
    """Find a trip."""
    try:
        found = find_trip(load_trip(problem))
    except TooLarge as why:
        return Solved(answer=None, engine=SEARCH, reason=f"{why}")
    if found is None:
        return Solved(answer=None, engine=SEARCH, reason="no itinerary is possible")
    return Solved(answer=_write(found), engine=SEARCH)


def give_hint(problem: TripProblem, text: str, level: HintLevel) -> Sequence[Diagnostic]:
    """Tell how many of the first stays belong to a possible trip, or give that trip."""
    trip = load_trip(problem)
    try:
        order = [stay.city for stay in parse_itinerary(trip, text).stays]
    except CandidateError:
        order = []
    try:
        kept, found = _keep(trip, order)
    except TooLarge:
        return ()
    if found is None:
        return ()
    count = f"the order of the first {kept} stays can be kept" if kept else "no stay can be kept"
    if kept and kept == len(order):
        count = "the order of all stays can be kept"
    if level is HintLevel.VALUES:
        shown = ", ".join(f"{v.city} {v.first}-{v.last}" for v in found)
        return (_note(f"this itinerary is possible: {shown}", "solver_repair", _write(found)),)
    # The last city would be the whole answer.
    if level is HintLevel.PLACES and kept + 1 < len(found):
        return (_note(f"{count}; a possible next city is `{found[kept].city}`"),)
    return (_note(count),)


def _keep(trip: Trip, order: Sequence[str]) -> tuple[int, list[Visit] | None]:
    """Find the longest beginning of an order that a possible trip has."""
    for kept in range(min(len(order), len(trip.cities)), -1, -1):
        found = find_trip(trip, order[:kept])
        if found is not None:
            return kept, found
    return 0, None


def _search(trip: Trip) -> Opinion:
    started = perf_counter()
    try:
        found, reason = find_trip(trip) is not None, None
    except TooLarge as why:
        found, reason = None, f"{why}"
    return opine(SEARCH, found, perf_counter() - started, reason)


def _build(problem: TripProblem) -> Opinion:
    started = perf_counter()
    try:
        found, reason = count_endings(problem) > 0, None
    except TooMany as why:
        found, reason = None, f"{why}"
    return opine(ENGINE, found, perf_counter() - started, reason)


def _write(visits: Sequence[Visit]) -> str:
    return write_stays([(visit.city, visit.first, visit.last) for visit in visits])


def _tell(headline: str, conflict: Sequence[str], *, minimal: bool = False) -> Diagnostic:
    return Diagnostic(
        code="trip-infeasible",
        headline=headline,
        notes=("without any one of these events a trip is possible",) if minimal else (),
        data={"conflict": list(conflict), "minimal": minimal},
    )


def _note(headline: str, origin: str | None = None, answer: str | None = None) -> Diagnostic:
    return Diagnostic(
        code="trip-hint",
        headline=headline,
        data={"origin": origin, "answer": answer} if answer else {},
        severity=Severity.WARNING,
    )
