"""The states that a task can be in, and the steps that lead from one to the next.

A step is offered exactly where the certifier would execute it: conditions and effects are the
certifier's own, compiled by the same code, and parameters are found by the same joins.

A state is an integer, one bit for each fact that has ever been true. A numeric value is a fact as
well. Functions that nothing reads, such as `total-cost`, belong to no state: with them hardly any
space would be finite.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from critics.pddl.arithmetic import NoValueError
from critics.pddl.evaluate import Test
from critics.pddl.formula import (
    TRUE,
    Compare,
    Expression,
    Fluent,
    Formula,
    Number,
    normalize,
    walk,
    walk_expression,
)
from critics.pddl.frame import Frame, read_key
from critics.pddl.program import CompiledAction, Program, compile_task
from critics.pddl.simulate import ConflictError, settle
from critics.pddl.state import Meter
from critics.pddl.task import Action, Row, Task, Update

SUMS = frozenset({"increase", "decrease"})
Move = tuple[str, Row]
"""An action's folded name and its arguments."""
Item = tuple[str, Row, Number | None]
"""A fact, or a function's value for some arguments."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step changes: bits that it clears, bits that it sets, and what it costs."""

    clears: int
    sets: int
    cost: Number


@dataclass
class _Schema:
    """One action with the search for its arguments.

    Attributes:
        compiled: The certifier's action.
        search: Finds every row of arguments that satisfies the precondition.
        frame: Where the bindings of that search live.
        rows: What the search has found.
        plain: Whether the outcome depends on nothing but the arguments.
        known: Outcomes of a plain action; `None` for a step that has none.
    """

    compiled: CompiledAction
    search: Test
    frame: Frame
    rows: dict[Row, None]
    plain: bool
    known: dict[Row, Outcome | None] = field(default_factory=dict)


class Space:
    """The state space of a task without undecided parts.

    Args:
        task: The task.
        cost: The functions, with arguments, whose sum is what a plan costs; without any, a step
            costs 1.
    """

    def __init__(self, task: Task, cost: frozenset[tuple[str, Row]] = frozenset()) -> None:
        """Compile the actions."""
        self.task = task
        self.cost = cost
        self.program: Program = compile_task(task)
        self.items: list[Item] = []
        self._bits: dict[Item, int] = {}
        self._state = self.program.start()
        reads = find_reads(task)
        updated = find_updates(task)
        self._summed = {
            f for f, kinds in updated.items() if f not in reads and frozenset(kinds) <= SUMS
        }
        self._schemas = [
            self._compile(action, frozenset(updated)) for action in task.actions.values()
        ]
        self.start = self._first(frozenset(updated))
        self._inside = self.start
        goal = self.program.goal()
        self._goal = [(test, goal.frame) for test in goal.tests]

    def holds_goal(self, key: int) -> bool:
        """Say whether the goal holds in a state.

        Raises:
            Undecided: That costs too much to find out.
        """
        self._enter(key)
        return all(test(self._state, frame.open()) for test, frame in self._goal)

    def count_open(self, key: int) -> int:
        """Count the conjuncts of the goal that do not hold in a state.

        Raises:
            Undecided: That costs too much to find out.
        """
        self._enter(key)
        return sum(not test(self._state, frame.open()) for test, frame in self._goal)

    def apply(self, key: int, move: Move) -> int | None:
        """Give the state after a step; nothing if the step cannot be executed.

        Raises:
            Undecided: That costs too much to find out.
        """
        self._enter(key)
        name, row = move
        schema = next(s for s in self._schemas if s.compiled.action.signature.name == name)
        env = schema.compiled.frame.open(row)
        if not all(test(self._state, env) for test in schema.compiled.tests):
            return None
        outcome = self._outcome(schema, row)
        return None if outcome is None else key & ~outcome.clears | outcome.sets

    def expand(self, key: int) -> Iterator[tuple[Move, int, Number]]:
        """Yield every step that can be executed in a state, with the next state and the cost.

        Raises:
            Undecided: That costs too much to find out.
        """
        self._enter(key)
        for schema in self._schemas:
            schema.rows.clear()
            schema.search(self._state, schema.frame.open())
            for row in schema.rows:
                outcome = self._outcome(schema, row)
                if outcome is not None:
                    after = key & ~outcome.clears | outcome.sets
                    yield (schema.compiled.action.signature.name, row), after, outcome.cost

    def least_cost(self, move: Move) -> Number:
        """Give a lower bound of what a step costs, in whatever state."""
        if not self.cost:
            return 1
        outcome = self.fixed_outcome(move)
        return 0 if outcome is None else outcome.cost

    def fixed_outcome(self, move: Move) -> Outcome | None:
        """Give what a step changes wherever it is executed; nothing if that varies."""
        schema = next(s for s in self._schemas if s.compiled.action.signature.name == move[0])
        return self._outcome(schema, move[1]) if schema.plain else None

    def bit(self, item: Item) -> int:
        """Give the bit of a fact or a value."""
        known = self._bits.get(item)
        if known is None:
            known = self._bits[item] = 1 << len(self.items)
            self.items.append(item)
        return known

    def members(self, key: int) -> Iterator[Item]:
        """Yield the facts and values of a state."""
        while key:
            lowest = key & -key
            yield self.items[lowest.bit_length() - 1]
            key ^= lowest

    def _compile(self, action: Action, updated: frozenset[str]) -> _Schema:
        frame = Frame(action.variables)
        rows: dict[Row, None] = {}
        key = read_key([parameter.slot for parameter in action.parameters])

        def collect(_state: object, env: list[str]) -> bool:
            rows[key(env)] = None
            return False

        search = self.program.compiler.each(
            action.parameters, normalize(action.precondition), frame, collect
        )
        plain = all(
            effect.condition == TRUE
            and not effect.variables
            and all(self._is_constant(update, updated) for update in effect.updates)
            for effect in action.effects
        )
        compiled = self.program.action(action.signature.name)
        return _Schema(compiled, search, frame, rows, plain)

    def _is_constant(self, update: Update, updated: frozenset[str]) -> bool:
        read = {part.function for part in _fluents(update.amount)}
        return update.function in self._summed and read.isdisjoint(updated)

    def _first(self, updated: frozenset[str]) -> int:
        """Give the initial state."""
        task, found = self.task, 0
        for predicate in changing(task):
            for row in task.init.get(predicate, ()):
                found |= self.bit((predicate, row, None))
        for function in sorted(updated - self._summed):
            for row, value in task.values.get(function, {}).items():
                found |= self.bit((function, row, value))
        return found

    def _enter(self, key: int) -> None:
        """Put the certifier's state into a state of the space."""
        state = self._state
        state.meter = Meter()
        changed = key ^ self._inside
        if not changed:
            return
        for name, row, value in self.members(changed & ~key):
            if value is None:
                state.relations[name].discard(row)
            else:
                del state.values[name][row]
        for name, row, value in self.members(changed & key):
            if value is None:
                state.relations[name].add(row)
            else:
                state.values[name][row] = value
        state.derived.clear()
        self._inside = key

    def _outcome(self, schema: _Schema, row: Row) -> Outcome | None:
        if not schema.plain:
            return self._work_out(schema.compiled, row)
        if row not in schema.known:
            schema.known[row] = self._work_out(schema.compiled, row)
        return schema.known[row]

    def _work_out(self, compiled: CompiledAction, row: Row) -> Outcome | None:
        """Give what a step changes in the state that was entered; nothing if it has no outcome."""
        state = self._state
        pending = state.pending
        pending.adds.clear()
        pending.deletes.clear()
        pending.updates.clear()
        env = compiled.frame.open(row)
        try:
            for effect in compiled.effects:
                effect(state, env)
            values = settle(state)
        except (NoValueError, ConflictError):
            return None
        sets = clears = 0
        for name, arguments in pending.adds:
            sets |= self.bit((name, arguments, None))
        for name, arguments in pending.deletes:
            clears |= self.bit((name, arguments, None))
        for (function, arguments), value in values.items():
            if function in self._summed:
                continue
            before = state.values[function].get(arguments)
            if before is not None:
                clears |= self.bit((function, arguments, before))
            sets |= self.bit((function, arguments, value))
        return Outcome(clears, sets, self._price())

    def _price(self) -> Number:
        if not self.cost:
            return 1
        total: Number = 0
        for operator, function, row, amount in self._state.pending.updates:
            if (function, row) in self.cost:
                total += amount if operator == "increase" else -amount
        return total


def changing(task: Task) -> list[str]:
    """Give the predicates that some action changes, in order of declaration."""
    changed = {
        atom.predicate
        for action in task.actions.values()
        for effect in action.effects
        for atom in (*effect.adds, *effect.deletes)
    }
    return [name for name in task.vocabulary.predicates if name in changed]


def find_updates(task: Task) -> dict[str, set[str]]:
    """Give the functions that some action updates, with the kinds of their updates."""
    found: dict[str, set[str]] = {}
    for action in task.actions.values():
        for effect in action.effects:
            for update in effect.updates:
                found.setdefault(update.function, set()).add(update.operator)
    return found


def find_reads(task: Task) -> set[str]:
    """Give the functions whose values decide what can be executed, changed or reached."""
    formulas: list[Formula] = [task.goal.formula, *(rule.body for rule in task.rules)]
    amounts: list[Expression] = []
    for action in task.actions.values():
        formulas.append(action.precondition)
        for effect in action.effects:
            formulas.append(effect.condition)
            amounts.extend(update.amount for update in effect.updates)
    for formula in formulas:
        for part in walk(formula):
            if isinstance(part, Compare):
                amounts.extend((part.left, part.right))
    return {part.function for amount in amounts for part in _fluents(amount)}


def _fluents(expression: Expression) -> Iterator[Fluent]:
    return (part for part in walk_expression(expression) if isinstance(part, Fluent))
