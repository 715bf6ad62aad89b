"""The ground steps of a plain task as bit masks: successors without a join.

For tasks whose conditions are conjunctions of positive facts and whose effects are unconditional,
which is what most benchmarks are. Used to look for plans only; nothing here is trusted.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from critics.pddl.formula import Holds, walk
from critics.pddl.landmarks import members
from critics.pddl.relaxation import Relaxation
from critics.pddl.successors import Move


@dataclass(frozen=True, slots=True)
class GroundStep:
    """One step: the bits that it needs, clears and sets; `free` steps only move the mover."""

    move: Move
    needs: int
    clears: int
    sets: int
    free: bool


class GroundSteps:
    """Finds the steps that can be executed in a state.

    Args:
        relaxation: The task's relaxed steps; they must be exact.

    Attributes:
        mover: Mask of the facts of a predicate of which exactly one fact holds at any time and
            which the goal does not mention, such as where a robot is; 0 if there is none.
    """

    def __init__(self, relaxation: Relaxation) -> None:
        self._space = relaxation.space
        self._bits = [self._space.bit((*fact, None)) for fact in relaxation.facts]
        self._names = [predicate for predicate, _ in relaxation.facts]
        raw = list(self._read(relaxation))
        self.mover = self._find_mover(raw)
        self._buckets: dict[int, list[GroundStep]] = {}
        self._fill(raw)
        self._always = self._buckets.pop(0, [])
        self._keys = sum(self._buckets)

    def expand(self, key: int) -> Iterator[tuple[GroundStep, int]]:
        """Yield every step that can be executed in a state, with the next state."""
        for step in self._always:
            yield step, key & ~step.clears | step.sets
        left = key & self._keys
        while left:
            lowest = left & -left
            left ^= lowest
            for step in self._buckets[lowest]:
                if key & step.needs == step.needs:
                    yield step, key & ~step.clears | step.sets

    def _read(self, relaxation: Relaxation) -> Iterator[tuple[Move, int, int, int]]:
        for step in relaxation.steps:
            outcome = self._space.fixed_outcome(step.move)
            if outcome is not None:
                needs = sum(self._bits[need] for need in step.needs)
                yield step.move, needs, outcome.clears, outcome.sets

    def _find_mover(self, raw: list[tuple[Move, int, int, int]]) -> int:
        task = self._space.task
        told = {part.predicate for part in walk(task.goal.formula) if isinstance(part, Holds)}
        for predicate in dict.fromkeys(self._names):
            mask = self._mask(predicate)
            if predicate in told or (self._space.start & mask).bit_count() != 1:
                continue
            counts = {
                ((clears & ~sets & mask).bit_count(), (sets & ~clears & mask).bit_count())
                for _, _, clears, sets in raw
            }
            if counts <= {(0, 0), (1, 1)} and any(
                not (clears | sets) & ~mask for _, _, clears, sets in raw
            ):
                return mask
        return 0

    def _mask(self, predicate: str) -> int:
        named = zip(self._bits, self._names, strict=True)
        return sum(bit for bit, name in named if name == predicate)

    def _fill(self, raw: list[tuple[Move, int, int, int]]) -> None:
        """File each step under the fact that it needs and that holds most rarely."""
        rarity: dict[int, float] = {}
        for predicate in dict.fromkeys(self._names):
            mask = self._mask(predicate)
            share = (self._space.start & mask).bit_count() / mask.bit_count()
            rarity |= {1 << place: share for place in members(mask)}
        for move, needs, clears, sets in raw:
            free = not (clears | sets) & ~self.mover
            filed = min((1 << n for n in members(needs)), key=rarity.__getitem__, default=0)
            ground = GroundStep(move, needs, clears, sets, free)
            self._buckets.setdefault(filed, []).append(ground)
