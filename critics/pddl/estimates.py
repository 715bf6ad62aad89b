"""How far a state seems to be from the goal, and which steps seem to help.

Nothing here is trusted or admissible: estimates only say where a plan is looked for first.

Sources: Hoffmann and Nebel, The FF Planning System, 2001 (relaxed plans, helpful actions); Richter
and Westphal, The LAMA Planner, 2010 (counting landmarks along a path).
"""

from heapq import heapify, heappop, heappush
from math import inf

from critics.pddl.landmarks import Landmarks, members
from critics.pddl.relaxation import Cost, Relaxation
from critics.pddl.successors import Move

Guess = tuple[Cost, frozenset[Move]]
"""An estimated distance and the steps of a relaxed plan."""
HOPELESS: Guess = (inf, frozenset())


class RelaxedPlans:
    """Estimates a state by the length of a plan of the relaxed task.

    Args:
        relaxation: The task's ground relaxed steps.
    """

    def __init__(self, relaxation: Relaxation) -> None:
        self.relaxation = relaxation
        self._waiting = [len(step.needs) for step in relaxation.steps]
        self._unpaid: list[int] = [0] * len(relaxation.steps)
        self._unknown: list[Cost] = [inf] * len(relaxation.facts)

    def guess(self, key: int) -> Guess:
        """Estimate a state; `inf` where even the relaxed task has no plan."""
        goal = self.relaxation.goal
        if goal is None:
            return HOPELESS
        costs, makers = self._spread(key, frozenset(goal))
        if any(costs[fact] == inf for fact in goal):
            return HOPELESS
        return self._extract(goal, makers)

    def _spread(  # noqa: C901  # Dijkstra's algorithm in one piece, as it is in books
        self, key: int, goal: frozenset[int]
    ) -> tuple[list[Cost], dict[int, int]]:
        """Give the facts' additive costs until the goal is reached, and who makes each."""
        steps, needed_by = self.relaxation.steps, self.relaxation.needed_by
        costs, waiting, paid = self._unknown.copy(), self._waiting.copy(), self._unpaid.copy()
        makers: dict[int, int] = {}
        heap: list[tuple[Cost, int]] = []
        for fact in self.relaxation.facts_of(key):
            costs[fact] = 0
            heap.append((0, fact))
        for number in self.relaxation.free:
            for fact in steps[number].adds:
                if costs[fact] > 1:
                    costs[fact], makers[fact] = 1, number
                    heap.append((1, fact))
        heapify(heap)
        left = len(goal)
        while heap and left:
            cost, fact = heappop(heap)
            if cost > costs[fact]:
                continue
            left -= fact in goal
            for number in needed_by[fact]:
                waiting[number] -= 1
                paid[number] += cost  # type: ignore[assignment]  # costs are whole numbers here
                if not waiting[number]:
                    total = paid[number] + 1
                    for added in steps[number].adds:
                        if total < costs[added]:
                            costs[added], makers[added] = total, number
                            heappush(heap, (total, added))
        return costs, makers

    def _extract(self, goal: tuple[int, ...], makers: dict[int, int]) -> Guess:
        """Collect the steps of one relaxed plan, from the goal backwards."""
        steps = self.relaxation.steps
        chosen: set[Move] = set()
        seen = set(goal)
        stack = list(goal)
        while stack:
            number = makers.get(stack.pop())
            if number is None:
                continue
            chosen.add(steps[number].move)
            for need in steps[number].needs:
                if need not in seen:
                    seen.add(need)
                    stack.append(need)
        return len(chosen), frozenset(chosen)


class LandmarkCount:
    """Counts the landmarks that a path still has to pass, and those it has to pass again.

    Args:
        landmarks: The landmarks from the initial state on.
    """

    def __init__(self, landmarks: Landmarks) -> None:
        space = landmarks.relaxation.space
        facts = list(landmarks.relaxation.facts)
        bits = {number: space.bit((*facts[number], None)) for number in members(landmarks.found)}
        goal = landmarks.relaxation.goal or ()
        self._all = sum(bits.values())
        self._goal = sum(bits[fact] for fact in goal if fact in bits)
        self._first = [
            (bit, _translate(landmarks.needed_first(number) & landmarks.found, bits))
            for number, bit in bits.items()
        ]
        self.start = landmarks.key & self._all
        """The landmarks that hold in the initial state."""

    def pass_on(self, passed: int, key: int) -> int:
        """Give the landmarks that were passed when a path has reached a further state."""
        return passed | key & self._all

    def count(self, passed: int, key: int) -> int:
        """Estimate what is left after a path with the landmarks that it passed."""
        again = self._goal
        for bit, first in self._first:
            if not passed & bit:
                again |= first
        return (self._all & ~passed | again & passed & ~key).bit_count()


def _translate(mask: int, bits: dict[int, int]) -> int:
    return sum(bits[number] for number in members(mask) if number in bits)
