"""Plans as moves: a step is offered exactly where the certifier would execute it.

States are those of the state space (`critics.pddl.successors`): numbers whose bits depend on what
was looked at before. Keys do not: they list the facts.
"""

import hashlib
from functools import lru_cache
from math import inf

from critics.pddl.plan import parse_plan
from critics.pddl.relaxation import Relaxation, TooLarge
from critics.pddl.successors import Move, Space
from critics.pddl.task import Task
from critics.prefix import Estimate, Prefix
from critics.types import CandidateError, Diagnostic, Severity, Undecided

TOLD_FACTS = 400
"""Facts of a state that a model is told."""


@lru_cache(maxsize=2)
def open_prefix(task: Task) -> Prefix:
    """Give the moves of a task.

    Raises:
        Undecided: The task has parts that no critic decides.
    """
    if task.undecided:
        raise Undecided([_not_searched(task.undecided[0])])
    steps = _Steps(task)
    return Prefix(
        start=steps.space.start,
        apply=steps.apply,
        is_goal=steps.space.holds_goal,
        key=steps.key,
        join="\n".join,
        split=steps.split,
        tell=steps.tell,
        moves=steps.moves,
        h=steps.estimates(),
    )


class _Steps:
    """The steps of a task, as texts."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.space = Space(task)

    def moves(self, state: int) -> list[tuple[str, int]]:
        """List the steps that can be executed, by their texts: the space's order is by chance."""
        found = {_write(move): after for move, after, _ in self.space.expand(state)}
        return sorted(found.items())

    def apply(self, state: int, move: str) -> int | None:
        """Execute a step."""
        try:
            steps = parse_plan(self.task, move).steps
        except CandidateError:
            return None
        if len(steps) != 1:
            return None
        return self.space.apply(state, (steps[0].action.signature.name, steps[0].arguments))

    def key(self, state: int) -> str:
        """Name a state by its facts."""
        facts = sorted(repr(item) for item in self.space.members(state))
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]

    def split(self, text: str) -> list[str]:
        """Give the steps of a plan; of what is none, nothing."""
        try:
            return [str(step) for step in parse_plan(self.task, text).steps]
        except CandidateError:
            return []

    def tell(self, state: int) -> str:
        """List the facts that steps can change, as they hold now."""
        items = sorted(self.space.members(state), key=repr)[:TOLD_FACTS]
        shown = [
            f"({' '.join((name, *row))})"
            if value is None
            else f"(= ({' '.join((name, *row))}) {value})"
            for name, row, value in items
        ]
        return "\n".join(shown)

    def estimates(self) -> dict[str, Estimate]:
        """Estimate by the relaxed task where that is small enough, and by open goals anyway."""
        goals: dict[str, Estimate] = {"goals": self.space.count_open}
        try:
            relaxation = Relaxation(self.space)
        except TooLarge:
            return goals

        def hadd(state: int) -> float:
            open_goals = self.space.count_open(state)
            cost = float(relaxation.hadd(state))
            return max(cost, 1.0) if open_goals else 0.0 if cost < inf else cost

        return {"hadd": hadd, **goals}


def _write(move: Move) -> str:
    name, row = move
    return f"({' '.join((name, *row))})"


def _not_searched(what: str) -> Diagnostic:
    return Diagnostic(
        code="pddl-not-executed",
        headline=f"no step can be tried: no critic decides {what}",
        severity=Severity.UNKNOWN,
    )
