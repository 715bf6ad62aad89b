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

from critics.pddl.formula import Number
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


def search_cheaper(  # noqa: C901  # A* in one piece, as it is in books
    space: Space,
    bound: Callable[[int], Cost],
    limit: Number,
    *,
    states: int,
    deadline: float,
) -> Result:
    """Look for a plan that costs less than a limit (A*).

    Args:
        space: What is searched; its steps must not cost less than nothing.
        bound: A lower bound of what still is to be paid, from a state; `inf` where no plan is left.
        limit: What a plan has to undercut.
        states: Most states that may be reached.
        deadline: When to give up, on the clock of `perf_counter`.

    Returns:
        `Exhausted` where no cheaper plan exists.

    Raises:
        Undecided: A condition costs too much to evaluate.
    """
    paid: dict[int, Number] = {space.start: 0}
    bounds: dict[int, Cost] = {space.start: bound(space.start)}
    parents: dict[int, tuple[int, Move] | None] = {space.start: None}
    queue: list[tuple[Cost, int, Number, int]] = []
    if bounds[space.start] < limit:
        queue.append((bounds[space.start], 0, 0, space.start))
    while queue:
        _, _, spent, key = heappop(queue)
        if spent > paid[key]:
            continue
        if space.holds_goal(key):
            return Found(trace_moves(parents, key))
        for move, after, cost in space.expand(key):
            if cost < 0:
                return GaveUp("a step costs less than nothing")
            total = spent + cost
            if after in paid and total >= paid[after]:
                continue
            if after not in bounds:
                bounds[after] = bound(after)
            if total + bounds[after] < limit:
                paid[after], parents[after] = total, (key, move)
                heappush(queue, (total + bounds[after], len(bounds), total, after))
        if len(bounds) > states or perf_counter() > deadline:
            return GaveUp(f"gave up after {len(bounds):,} states")
    return Exhausted(len(bounds))
