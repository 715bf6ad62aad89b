"""Changed answers for the self-test of the domain `trip`."""

import copy
import json
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any

from critics.domain import Mutant
from critics.scheduling.trip.problem import Trip
from critics.scheduling.trip.search import date_stays

UNREAD = {"unread": "You teleport to the Moon."}


def mutate(trip: Trip, text: str) -> Iterator[Mutant]:
    """Change an answer: wrong days, cities, orders, tails and shapes."""
    parts = json.loads(text)["itinerary"]
    stays = [part for part in parts if "city" in part]
    for index, part in enumerate(parts):
        yield _mutant(
            parts[:index] + parts[index + 1 :], f"part {index + 1} left out", "city" in part
        )
        yield _mutant([*parts[: index + 1], UNREAD, *parts[index + 1 :]], "nonsense added")
        for key in part:
            for change in (-1, 1):
                if isinstance(part[key], int):
                    yield _mutant(_set(parts, index, key, part[key] + change), f"`{key}` changed")
            yield _mutant(_set(parts, index, key, None), f"`{key}` set to null")
            yield _mutant(_set(parts, index, key, "Atlantis"), f"`{key}` is Atlantis")
        yield _mutant(_set(parts, index, "hotel", "Ritz"), "a key added")
    last = trip.total
    extra = {"city": "Atlantis", "first_day": last, "last_day": last + 2}
    yield _mutant([*parts, extra], "a city at the end")
    yield _mutant([*parts, {**stays[0], "first_day": last, "last_day": last}], "a second visit")
    yield _mutant(
        [*parts, {"fly_from": stays[-1]["city"], "fly_to": "Atlantis", "day": last}], "out"
    )
    yield _mutant([*parts, *parts], "written twice")
    for left, right in combinations(range(len(stays)), 2):
        order = [stay["city"] for stay in stays]
        order[left], order[right] = order[right], order[left]
        visits = date_stays(trip, order)
        swapped = [{"city": v.city, "first_day": v.first, "last_day": v.last} for v in visits]
        yield _mutant(swapped, "two cities exchanged", _breaks(trip, order))
    yield Mutant(f"Sure: {text}", "prose before it", rejected=True)


def _breaks(trip: Trip, order: list[str]) -> bool:
    return any(target not in trip.flights[origin] for origin, target in pairwise(order))


def _set(parts: list[Any], index: int, key: str, value: Any) -> list[Any]:
    changed = copy.deepcopy(parts)
    changed[index][key] = value
    return changed


def _mutant(parts: list[Any], change: str, rejected: bool = True) -> Mutant:  # noqa: FBT001, FBT002  # it is the mutant's
    return Mutant(json.dumps({"itinerary": parts}), change, rejected=rejected)
