"""Facts that every plan must make true on its way, and lower bounds on its length.

Invariant: each landmark holds at some moment of every plan of the real task, and no plan is shorter
than a bound. Both are read off the relaxation, which only ever makes more possible: what every
relaxed plan passes, every plan does.

Sources: Zhu and Givan, Landmark Extraction via Planning Graph Propagation, 2003; Keyder, Richter
and Helmert, Sound and Complete Landmarks for And/Or Graphs, 2010.
"""

from collections.abc import Sequence
from functools import cached_property
from math import inf

from critics.pddl.relaxation import Relaxation
from critics.pddl.successors import Move
from critics.pddl.task import Row


class Landmarks:
    """The landmarks of a task from one state on.

    Args:
        relaxation: The task's ground relaxed steps.
        key: The state.

    Attributes:
        before: Fact by number to a mask of the facts that must hold before it does or with it; `-1`
            for a fact that is never reached.
        found: Mask of the landmarks, those that hold in the state included.
        now: Mask of the facts that hold in the state.
    """

    def __init__(self, relaxation: Relaxation, key: int) -> None:
        """Propagate sets of facts until nothing changes."""
        self.relaxation = relaxation
        self.key = key
        holds = relaxation.facts_of(key)
        self.now = sum(1 << fact for fact in holds)
        self.before = [-1] * len(relaxation.facts)
        self._spread(holds)
        self.found = self._collect()

    @property
    def dead(self) -> bool:
        """Whether the goal is out of reach, with certainty."""
        goal = self.relaxation.goal
        return goal is None or any(self.before[fact] == -1 for fact in goal)

    @cached_property
    def missing(self) -> tuple[tuple[str, Row], ...]:
        """The landmarks that do not hold in the state: what needs little before it comes first."""
        facts = list(self.relaxation.facts)
        open_ = members(self.found & ~self.now)
        return tuple(facts[n] for n in sorted(open_, key=lambda n: (self.before[n].bit_count(), n)))

    def least_steps(self) -> float:
        """Give a number of steps that every plan from the state has at least; `inf` if none."""
        if self.dead:
            return inf
        return max(float(self.relaxation.hmax(self.key)), len(self._pack()))

    def _pack(self) -> list[frozenset[Move]]:
        """Choose landmarks no two of which one and the same step can make true."""
        chosen: list[frozenset[Move]] = []
        taken: set[Move] = set()
        makers = [frozenset(self._makers(n)) for n in members(self.found & ~self.now)]
        for moves in sorted(makers, key=len):
            if taken.isdisjoint(moves):
                taken |= moves
                chosen.append(moves)
        return chosen

    def _makers(self, fact: int) -> list[Move]:
        """Give the steps that can be the first to make a fact true."""
        steps = self.relaxation.steps
        return [steps[n].move for n in self._added_by[fact] if not self._past(n) >> fact & 1]

    @cached_property
    def _added_by(self) -> list[list[int]]:
        adding: list[list[int]] = [[] for _ in self.before]
        for number, step in enumerate(self.relaxation.steps):
            for fact in step.adds:
                adding[fact].append(number)
        return adding

    def needed_first(self, fact: int) -> int:
        """Give the facts that hold just before a fact becomes true for the first time."""
        steps = self.relaxation.steps
        shared = -1
        for number in self._added_by[fact]:
            past = self._past(number)
            if past != -1 and not past >> fact & 1:
                shared &= sum(1 << need for need in steps[number].needs)
        return 0 if shared == -1 else shared

    def _past(self, number: int) -> int:
        """Give what must have held before a step can be executed; `-1` if it never can."""
        past = 0
        for need in self.relaxation.steps[number].needs:
            if self.before[need] == -1:
                return -1
            past |= self.before[need]
        return past

    def _spread(self, holds: Sequence[int]) -> None:
        steps, needed_by, before = self.relaxation.steps, self.relaxation.needed_by, self.before
        for fact in holds:
            before[fact] = 1 << fact
        wave = dict.fromkeys(self.relaxation.free)
        wave.update((step, None) for fact in holds for step in needed_by[fact])
        while wave:
            changed: dict[int, None] = {}
            for number in wave:
                past = self._past(number)
                if past == -1:
                    continue
                for fact in steps[number].adds:
                    narrowed = before[fact] & past | 1 << fact
                    if narrowed != before[fact]:
                        before[fact] = narrowed
                        changed[fact] = None
            wave = {step: None for fact in changed for step in needed_by[fact]}

    def _collect(self) -> int:
        found = 0
        for fact in self.relaxation.goal or ():
            if self.before[fact] != -1:
                found |= self.before[fact]
        return found


def members(mask: int) -> list[int]:
    """Give the numbers of the bits of a mask, in rising order."""
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found
