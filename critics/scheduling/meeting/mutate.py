"""Changed answers for the self-test of the domain `meeting`."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from critics.domain import Mutant
from critics.scheduling.clock import DAY, read_time, write_time
from critics.scheduling.meeting.problem import Day
from critics.scheduling.meeting.search import TooLarge, find_plan

UNREAD = {"unread": "You teleport to the Moon."}
STEPS = (-60, -15, -1, 1, 15, 60)


def mutate(day: Day, text: str) -> Iterator[Mutant]:
    """Change an answer: wrong times, people, places, orders, tails and shapes."""
    parts = json.loads(text)["itinerary"]
    needed = _needed(day)
    meetings = [part for part in parts if "person" in part]
    for index, part in enumerate(parts):
        fewer = "person" in part and len(meetings) - 1 < needed
        yield _mutant(parts[:index] + parts[index + 1 :], f"part {index + 1} left out", fewer)
        yield _mutant([*parts[: index + 1], UNREAD, *parts[index + 1 :]], "nonsense added")
        for key, value in part.items():
            told = f"`{key}` of part {index + 1}"
            yield _mutant(_set(parts, index, key, "Atlantis"), f"{told} is Atlantis")
            yield _mutant(_set(parts, index, key, 7.5), f"{told} is 7.5")
            time = read_time(value) if isinstance(value, str) else None
            for step in STEPS if time is not None else ():
                moved = min(max((time or 0) + step, 0), DAY)
                changed = _set(parts, index, key, write_time(moved))
                yield _mutant(changed, f"{told} moved by {step} minutes", rejected=False)
        yield _mutant(_set(parts, index, "mood", "good"), "a key added")
    yield _mutant([*parts, {**meetings[0], "person": "Nobody"}], "a stranger at the end")
    yield _mutant([*parts, *parts], "written twice")
    if len(meetings) > 1:
        yield _mutant(parts[::-1], "backwards")
    yield Mutant(f"Sure: {text}", "prose before it", rejected=True)


def _needed(day: Day) -> int:
    if day.problem.objective != "max":
        return day.needed
    try:
        return len(find_plan(day))
    except TooLarge:
        return 0


def _set(parts: list[Any], index: int, key: str, value: Any) -> list[Any]:
    changed = copy.deepcopy(parts)
    changed[index][key] = value
    return changed


def _mutant(parts: list[Any], change: str, rejected: bool = True) -> Mutant:  # noqa: FBT001, FBT002  # it is the mutant's
    return Mutant(json.dumps({"itinerary": parts}), change, rejected=rejected)
