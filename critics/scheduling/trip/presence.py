"""The second opinion: where is one on which day, and which endings of a trip are possible?

It shares nothing with the critics and the search but the payload. Answers are judged by the set of
cities of every day; trips are built from their last city backwards, all at once.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from time import perf_counter
from typing import Any

from critics.scheduling.trip.schema import TripProblem, Window
from critics.types import Opinion, Verdict

ENGINE = "day-by-day 1"
MAX_ENDINGS = 50_000
MAX_DAYS = 1_000_000
Entry = tuple[str, int, int]


class TooMany(Exception):
    """There are more endings than are examined."""


def give_opinion(problem: TripProblem, text: str) -> Opinion:
    """Judge an answer by the cities of every day."""
    started = perf_counter()
    try:
        parts = json.loads(text)["itinerary"]
        entries = [(p["city"], p["first_day"], p["last_day"]) for p in parts if "city" in p]
        if sum(abs(last - first) + 1 for _, first, last in entries) > MAX_DAYS:
            return _opinion(Verdict.UNKNOWN, "the answer has too many days", started)
        why = _object(problem, parts, entries)
    except (ValueError, TypeError, KeyError, RecursionError):
        return _opinion(Verdict.UNKNOWN, "the answer is not in canonical form", started)
    return _opinion(Verdict.REJECTED if why else Verdict.ACCEPTED, why, started)


def count_endings(problem: TripProblem) -> int:
    """Count the last states of all trips, built backwards; 0 means that no trip is possible.

    Raises:
        TooMany: Not all of them could be built.
    """
    cities = list(problem.cities)
    pairs = _pairs(problem)
    endings = {
        (frozenset([city]), city)
        for city in cities
        if _attends(problem, city, _span(problem, city, problem.total_days))
    }
    built = len(endings)
    for _ in cities[1:]:
        longer = set()
        for visited, head in endings:
            day = problem.total_days - sum(problem.cities[city] - 1 for city in visited)
            for city in cities:
                if city in visited or (city, head) not in pairs:
                    continue
                if _attends(problem, city, _span(problem, city, day)):
                    longer.add((visited | {city}, city))
            if built + len(longer) > MAX_ENDINGS:
                raise TooMany(f"more than {MAX_ENDINGS:,} endings of trips")
        built += len(longer)
        endings = longer
    days = sum(days - 1 for days in problem.cities.values())
    return len(endings) if days == problem.total_days - 1 else 0


def _span(problem: TripProblem, city: str, last: int) -> range:
    return range(last - problem.cities[city] + 1, last + 1)


def _attends(problem: TripProblem, city: str, days: range) -> bool:
    for window in problem.windows:
        if window.city == city:
            met = [day in days for day in (window.first, window.last)]
            inside = window.first < days.start and days.stop <= window.last
            contains = (window.mode or problem.windows_semantics) == "contain"
            if not (all(met) if contains else any(met) or inside):
                return False
    return True


def _pairs(problem: TripProblem) -> set[tuple[str, str]]:
    there = {(edge.origin, edge.target) for edge in problem.edges}
    return there | {(edge.target, edge.origin) for edge in problem.edges if edge.both}


def _object(problem: TripProblem, parts: Sequence[Any], entries: list[Entry]) -> str | None:
    """Say what is wrong with an answer, if anything is."""
    days: Mapping[int, list[str]] = defaultdict(list)
    for city, first, last in entries:
        for day in range(first, last + 1):
            days[day].append(city)
    found: dict[str, list[int]] = defaultdict(list)
    for day in sorted(days):
        for city in days[day]:
            found[city].append(day)
    pairs = list(pairwise(entries))
    objections = (
        ("the days with a city are not those of the trip", _other_days(problem, sorted(days))),
        (
            "the cities are not those of the problem, each once",
            sorted(problem.cities) != sorted(city for city, _, _ in entries),
        ),
        (
            "a city has another number of days",
            any(len(found[city]) != count for city, count in problem.cities.items()),
        ),
        ("two stays do not share one day", any(before[2] != after[1] for before, after in pairs)),
        (
            "a flight is missing",
            not {(before[0], after[0]) for before, after in pairs} <= _pairs(problem),
        ),
        ("a window is missed", any(_misses(problem, window, found) for window in problem.windows)),
    )
    return next((why for why, wrong in objections if wrong), None) or _contradict(parts, found)


def _other_days(problem: TripProblem, days: list[int]) -> bool:
    return days != list(range(1, problem.total_days + 1))


def _misses(problem: TripProblem, window: Window, found: Mapping[str, list[int]]) -> bool:
    here = [day in found[window.city] for day in range(window.first, window.last + 1)]
    contains = (window.mode or problem.windows_semantics) == "contain"
    return not (all(here) if contains else any(here))


def _contradict(parts: Sequence[Any], found: Mapping[str, list[int]]) -> str | None:
    """Say which part states something that is not so, if one does."""
    for before, part in zip([None, *parts], parts, strict=False):
        if "city" in part:
            if part.get("days", len(found[part["city"]])) != len(found[part["city"]]):
                return "a stated number of days is wrong"
            continue
        at = next(index for index, other in enumerate(parts) if other is part)
        around = [p for p in (before, *parts[at + 1 : at + 2]) if p and "city" in p]
        named = [part.get("fly_from"), part.get("fly_to")]
        if [p["city"] for p in around] != named or part.get("day") != found[named[1]][0]:
            return "a part is not the flight between the stays around it"
    return None


def _opinion(verdict: Verdict, reason: str | None, started: float) -> Opinion:
    ms = round((perf_counter() - started) * 1000, 3)
    return Opinion(engine=ENGINE, verdict=verdict, reason=reason, ms=ms)
