"""Searches of a task's state space that are exhaustive, or say that they were not.

Invariant: `Exhausted` is said only when every reachable state was expanded and the goal held in
none. Nothing is pruned.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from time import perf_counter
from typing import TypeAlias

from critics.pddl.relaxation import Cost
from critics.pddl.successors import Move, Space

MAX_STATES = 1_000_000
MAX_BYTES = 384 << 20
"""Estimated memory of the states that are kept."""
STATE_BYTES = 300
"""Estimated memory of one state besides its own bits."""


@dataclass(frozen=True)
class Found:
    """A plan was found."""

    moves: tuple[Move, ...]


@dataclass(frozen=True)
class Exhausted:
    """The goal holds in no reachable state."""

    states: int
    """How many states are reachable."""


@dataclass(frozen=True)
class GaveUp:
    """A limit was reached."""

    why: str


Result: TypeAlias = Found | Exhausted | GaveUp


class Breadth:
    """A breadth-first search that can be interrupted and continued.

    Args:
        space: What is searched.
    """

    def __init__(self, space: Space) -> None:
        """Start with the initial state."""
        self.space = space
        self._parents: dict[int, tuple[int, Move] | None] = {space.start: None}
        self._open = deque([space.start])

    @property
    def states(self) -> int:
        """How many states were reached."""
        return len(self._parents)

    def run(self, *, states: int = MAX_STATES, deadline: float) -> Result:
        """Search on.

        Args:
            states: Most states that may be reached.
            deadline: When to give up, on the clock of `perf_counter`.

        Raises:
            Undecided: A condition costs too much to evaluate.
        """
        queue, parents, space = self._open, self._parents, self.space
        while queue:
            size = STATE_BYTES + len(space.items) // 8
            if len(parents) > states or len(parents) * size > MAX_BYTES:
                return GaveUp(f"more than {len(parents) - 1:,} states are reachable")
            if perf_counter() > deadline:
                return GaveUp(f"time ran out after {len(parents):,} states")
            key = queue.popleft()
            if space.holds_goal(key):
                return Found(trace_moves(parents, key))
            for move, after, _ in space.expand(key):
                if after not in parents:
                    parents[after] = (key, move)
                    queue.append(after)
        return Exhausted(len(parents))


def trace_moves(parents: dict[int, tuple[int, Move] | None], key: int) -> tuple[Move, ...]:
    """Give the moves that lead to a state."""
    moves: list[Move] = []
    while (step := parents[key]) is not None:
        key, move = step
        moves.append(move)
    return tuple(reversed(moves))


def write_plan(moves: tuple[Move, ...]) -> str:
    """Write moves as a canonical plan."""
    return "\n".join(f"({' '.join((name, *row))})" for name, row in moves)


def search_greedily(
    space: Space, estimate: Callable[[int], Cost], *, states: int, deadline: float
) -> Result:
    """Look for a plan where it seems nearest; states that seem hopeless come last.

    Raises:
        Undecided: A condition costs too much to evaluate.
    """
    parents: dict[int, tuple[int, Move] | None] = {space.start: None}
    queue: list[tuple[Cost, int, int]] = [(0, 0, space.start)]
    while queue:
        _, _, key = heappop(queue)
        if space.holds_goal(key):
            return Found(trace_moves(parents, key))
        for move, after, _ in space.expand(key):
            if after not in parents:
                parents[after] = (key, move)
                heappush(queue, (estimate(after), len(parents), after))
        if len(parents) > states or perf_counter() > deadline:
            return GaveUp(f"no plan among the first {len(parents):,} states")
    return Exhausted(len(parents))
