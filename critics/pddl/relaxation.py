"""What a task becomes when nothing is ever deleted: ground steps, and how far the goal is.

The relaxation only ever makes more possible. Every step that can be executed in a reachable state
has a relaxed step with at most its conditions, at least its adds and at most its cost. Negative,
disjunctive, numeric and derived conditions are dropped. So an estimate by `hmax()` is never more
than the real cost, and a goal that is not reached here is not reached at all.

Source: Bonet and Geffner, Planning as Heuristic Search, 2001.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf
from typing import TypeAlias

from critics.pddl.evaluate import Compiler, Test
from critics.pddl.formula import (
    And,
    Compare,
    Formula,
    Holds,
    Number,
    normalize,
    split_conjuncts,
    walk,
)
from critics.pddl.frame import Env, Frame, read_key
from critics.pddl.state import Meter, Relation, State
from critics.pddl.successors import Move, Space, changing
from critics.pddl.task import Action, Effect, Row

Cost: TypeAlias = Number | float
"""Exact, or `inf`."""
MAX_GROUND = 60_000
"""Most relaxed steps; beyond that there is no estimate."""


class TooLarge(Exception):
    """The task has too many ground steps to be estimated."""


@dataclass(frozen=True, slots=True)
class Relaxed:
    """One relaxed step: facts that it needs and adds, by number, and the least that it costs."""

    move: Move
    needs: tuple[int, ...]
    adds: tuple[int, ...]
    cost: Number


@dataclass(frozen=True)
class _Schema:
    """An effect of an action while its ground steps are searched."""

    searches: tuple[tuple[str | None, Test], ...]
    frame: Frame


class Relaxation:
    """The ground steps of a relaxed task.

    Args:
        space: The state space; its cost function is taken over.

    Raises:
        TooLarge: There are too many.
    """

    def __init__(self, space: Space) -> None:
        """Ground it by what is reachable."""
        self.space = space
        self.facts: dict[tuple[str, Row], int] = {}
        self.steps: list[Relaxed] = []
        self._seen: set[tuple[Move, tuple[int, ...], tuple[int, ...]]] = set()
        self._changing = frozenset(changing(space.task))
        self._exact = True
        self._ground()
        self.needed_by: list[list[int]] = [[] for _ in self.facts]
        for number, step in enumerate(self.steps):
            for fact in step.needs:
                self.needed_by[fact].append(number)
        self.exact = self._exact and not space.task.rules
        """Whether no condition of an action was dropped."""
        self.free = [number for number, step in enumerate(self.steps) if not step.needs]
        self._numbers: dict[int, int | None] = {}
        self.goal = self._read_goal()

    def facts_of(self, key: int) -> list[int]:
        """Give the relaxed facts of a state."""
        found = []
        while key:
            lowest = key & -key
            bit = lowest.bit_length() - 1
            if bit not in self._numbers:
                name, row, value = self.space.items[bit]
                self._numbers[bit] = self.facts.get((name, row)) if value is None else None
            number = self._numbers[bit]
            if number is not None:
                found.append(number)
            key ^= lowest
        return found

    def hadd(self, key: int) -> Cost:
        """Estimate a state's distance from the goal; not admissible."""
        costs = self.spread(key, additive=True)
        return inf if self.goal is None else sum(costs[fact] for fact in self.goal)

    def hmax(self, key: int) -> Cost:
        """Give a lower bound of a state's distance from the goal."""
        costs = self.spread(key, additive=False)
        return inf if self.goal is None else max((costs[f] for f in self.goal), default=0)

    def spread(self, key: int, *, additive: bool) -> list[Cost]:
        """Give every fact's estimated cost from a state."""
        costs: list[Cost] = [inf] * len(self.facts)
        waiting = [len(step.needs) for step in self.steps]
        paid: list[Cost] = [0] * len(self.steps)
        heap: list[tuple[Cost, int]] = []
        for fact in self.facts_of(key):
            costs[fact] = 0
            heap.append((0, fact))
        for number in self.free:
            self._reach(number, 0, costs, heap)
        while heap:
            cost, fact = heappop(heap)
            if cost > costs[fact]:
                continue
            for number in self.needed_by[fact]:
                waiting[number] -= 1
                paid[number] = paid[number] + cost if additive else cost
                if not waiting[number]:
                    self._reach(number, paid[number], costs, heap)
        return costs

    def _reach(
        self, number: int, paid: Cost, costs: list[Cost], heap: list[tuple[Cost, int]]
    ) -> None:
        step = self.steps[number]
        total = paid + step.cost
        for fact in step.adds:
            if total < costs[fact]:
                costs[fact] = total
                heappush(heap, (total, fact))

    def _read_goal(self) -> tuple[int, ...] | None:
        """Give the goal's positive facts; nothing if one of them is never reached."""
        found = []
        for part in split_conjuncts(normalize(self.space.task.goal.formula)):
            if isinstance(part, Holds) and part.predicate in self._changing:
                number = self.facts.get((part.predicate, tuple(map(str, part.terms))))
                if number is None:
                    return None
                found.append(number)
        return tuple(dict.fromkeys(found))

    # Grounding: semi-naive, each round joins with what the last one added.

    def _ground(self) -> None:
        task, compiler = self.space.task, self.space.program.compiler
        state = self.space.program.start()
        state.meter = Meter(1 << 62)
        schemas = [
            self._compile(action, effect, compiler)
            for action in task.actions.values()
            for effect in action.effects
            if effect.adds
        ]
        added: dict[str, dict[Row, None]] = {p: {} for p in self._changing}
        for predicate in self._changing:
            for row in task.init.get(predicate, ()):
                self._number((predicate, row))
        state.heads = added
        first = True
        while first or state.delta:
            for schema in schemas:
                for name, search in schema.searches:
                    if (name is None) if first else (name in state.delta):
                        search(state, schema.frame.open())
            first = False
            self._absorb(state)

    def _absorb(self, state: State) -> None:
        state.delta = {}
        for predicate, rows in state.heads.items():
            if rows:
                relation = state.relations[predicate]
                for row in rows:
                    relation.add(row)
                state.delta[predicate] = Relation(rows)
                state.heads[predicate] = {}

    def _compile(self, action: Action, effect: Effect, compiler: Compiler) -> _Schema:
        frame = Frame(action.variables)
        condition = And((normalize(action.precondition), effect.condition))
        derived = self.space.task.vocabulary.derived
        kept = list(_relax(condition, self._changing, derived))
        self._exact = self._exact and len(kept) == len(list(split_conjuncts(condition)))
        needs = [
            part for part in kept if isinstance(part, Holds) and part.predicate in self._changing
        ]
        final = self._collector(action, effect, needs, frame)
        variables = action.parameters + effect.variables
        formula = And(tuple(kept))
        searches: list[tuple[str | None, Test]] = [
            (None, compiler.each(variables, formula, frame, final))
        ]
        for atom in needs:
            fresh = compiler.each(variables, formula, frame, final, fresh=atom)
            searches.append((atom.predicate, fresh))
        return _Schema(tuple(searches), frame)

    def _collector(
        self, action: Action, effect: Effect, needs: Sequence[Holds], frame: Frame
    ) -> Test:
        name = action.signature.name
        arguments = read_key([parameter.slot for parameter in action.parameters])
        wanted = [(atom.predicate, read_key(frame.slots(atom.terms))) for atom in needs]
        adds = [(atom.predicate, read_key(frame.slots(atom.terms))) for atom in effect.adds]

        def collect(state: State, env: Env) -> bool:
            move = (name, arguments(env))
            needed = tuple(dict.fromkeys(self._number((p, key(env))) for p, key in wanted))
            added = []
            for predicate, key in adds:
                row = key(env)
                added.append(self._number((predicate, row)))
                if row not in state.relations[predicate].rows:
                    state.heads[predicate][row] = None
            step = (move, needed, tuple(added))
            if step not in self._seen:
                self._seen.add(step)
                self.steps.append(Relaxed(*step, self.space.least_cost(move)))
                if len(self.steps) > MAX_GROUND:
                    raise TooLarge
            return False

        return collect

    def _number(self, fact: tuple[str, Row]) -> int:
        return self.facts.setdefault(fact, len(self.facts))


def _relax(condition: Formula, names: frozenset[str], derived: frozenset[str]) -> Iterator[Formula]:
    """Keep the conjuncts that are positive or that no step can change."""
    for part in split_conjuncts(condition):
        positive = isinstance(part, Holds) and part.predicate not in derived
        if positive or not any(_varies(inner, names | derived) for inner in walk(part)):
            yield part


def _varies(part: Formula, names: frozenset[str]) -> bool:
    return isinstance(part, Compare) or (isinstance(part, Holds) and part.predicate in names)
