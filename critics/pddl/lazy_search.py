"""A lazy greedy best-first search for any plan, soon.

It looks at a state only when it is its turn, prefers the steps of relaxed plans, and takes turns
between two estimates. Where something moves about freely, such as a robot, all its places count as
one state. It proves nothing: it either has moves or has given up, and what
it finds is executed by the certifier like every other plan.

Source: Richter and Helmert, Preferred Operators and Deferred Evaluation in Satisficing Planning,
2009.
"""

from collections.abc import Iterator
from heapq import heappop, heappush
from math import inf
from time import perf_counter

from critics.pddl.estimates import LandmarkCount, RelaxedPlans
from critics.pddl.ground_steps import GroundSteps
from critics.pddl.landmarks import Landmarks
from critics.pddl.relaxation import Cost, Relaxation
from critics.pddl.successors import Move, Space

BOOST = 1_000
"""How many turns the preferred steps gain whenever an estimate is better than any before."""
MAX_STATES = 600_000

Entry = tuple[Cost, int, int, int, Move | None]
"""Estimate of the state before, order, the state before, the state, and the step between them."""


class _Queue:
    """States to be looked at, those with the smallest estimate first, older ones first."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.turns = 0


class LazySearch:
    """One search, from the initial state or another one.

    Args:
        space: The state space.
        relaxation: Its ground relaxed steps.
        start: Where to start; the initial state unless given.
    """

    def __init__(self, space: Space, relaxation: Relaxation, start: int | None = None) -> None:
        self.space = space
        self.start = space.start if start is None else start
        self._ground = GroundSteps(relaxation) if relaxation.exact else None
        self._plans = RelaxedPlans(relaxation)
        self._landmarks = LandmarkCount(Landmarks(relaxation, self.start))
        self._passed: dict[int, int] = {}
        self._parents: dict[int, tuple[int, Move] | None] = {}
        self._queues = [_Queue() for _ in range(4)]
        """By estimate: all states, preferred ones; relaxed plans first, then landmarks."""
        self._best: list[Cost] = [inf, inf]
        self._order = 0
        self._next: Entry | None = (0, 0, self.start, self.start, None)

    def run(self, deadline: float, *, states: int = MAX_STATES) -> tuple[Move, ...] | None:
        """Search on until a plan is found, nothing is left, or a limit is reached.

        Args:
            deadline: When to give up, on the clock of `perf_counter`.
            states: Most states that are looked at.

        Raises:
            Undecided: A condition costs too much to evaluate.
        """
        while self._next is not None:
            if len(self._parents) > states or perf_counter() > deadline:
                return None
            _, _, before, key, move = self._next
            if key not in self._parents:
                self._parents[key] = None if move is None else (before, move)
                if self.space.holds_goal(key):
                    return self._trace(key)
                self._look_at(before, key)
            self._next = self._take()
        return None

    def _look_at(self, before: int, key: int) -> None:
        """Estimate a state and queue what follows it."""
        far, preferred = self._plans.guess(key)
        landmarks = self._landmarks
        passed = landmarks.pass_on(self._passed.get(before, landmarks.start), key)
        self._passed[key] = passed
        if far == inf:
            return
        estimates: tuple[Cost, Cost] = (far, landmarks.count(passed, key))
        self._reward(estimates)
        for reached, move, after in self._follow(key):
            if after in self._parents:
                continue
            self._order += 1
            for number, estimate in enumerate(estimates):
                entry = (estimate, self._order, reached, after, move)
                heappush(self._queues[2 * number].entries, entry)
                if move in preferred:
                    heappush(self._queues[2 * number + 1].entries, entry)

    def _follow(self, key: int) -> Iterator[tuple[int, Move, int]]:
        """Yield what follows a state, and every state that differs from it by free steps alone."""
        if self._ground is None:
            for move, after, _ in self.space.expand(key):
                yield key, move, after
            return
        reached, passed = [key], self._passed[key]
        for state in reached:
            for step, after in self._ground.expand(state):
                if not step.free:
                    yield state, step.move, after
                elif after not in self._parents:
                    self._parents[after] = (state, step.move)
                    self._passed[after] = passed
                    reached.append(after)

    def _reward(self, estimates: tuple[Cost, Cost]) -> None:
        for number, estimate in enumerate(estimates):
            if estimate < self._best[number]:
                self._best[number] = estimate
                for queue in self._queues[1::2]:
                    queue.turns -= BOOST

    def _take(self) -> Entry | None:
        """Take the next state from the queue whose turn it is."""
        waiting = [queue for queue in self._queues if queue.entries]
        if not waiting:
            return None
        queue = min(waiting, key=lambda queue: queue.turns)
        queue.turns += 1
        return heappop(queue.entries)

    def _trace(self, key: int) -> tuple[Move, ...]:
        moves: list[Move] = []
        while (step := self._parents[key]) is not None:
            key, move = step
            moves.append(move)
        return tuple(reversed(moves))
