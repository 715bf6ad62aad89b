"""Compiles a task's actions, goal and metric, each when it is first needed."""

from dataclasses import dataclass
from functools import lru_cache

from critics.pddl.arithmetic import UndefinedError, Value, compile_expression
from critics.pddl.axioms import Axioms
from critics.pddl.evaluate import Compiler, Test
from critics.pddl.formula import (
    TRUE,
    Compare,
    Fluent,
    Formula,
    is_numeric,
    normalize,
    split_conjuncts,
    walk,
    walk_expression,
)
from critics.pddl.frame import Env, Frame, read_key
from critics.pddl.state import Relation, State
from critics.pddl.task import Action, Effect, Metric, Task

CHANGE_STEPS = 4
"""Evaluation steps that one change of a quantified effect counts as: it takes so much longer."""


@dataclass(frozen=True)
class CompiledAction:
    """An action that can be tested and applied.

    Attributes:
        action: As it was read.
        frame: Where its bindings live.
        conjuncts: The conjuncts of its precondition, as their author wrote them.
        tests: One for each conjunct.
        effects: Put what they change into `state.pending`.
    """

    action: Action
    frame: Frame
    conjuncts: tuple[Formula, ...]
    tests: tuple[Test, ...]
    effects: tuple[Test, ...]


@dataclass(frozen=True)
class CompiledGoal:
    """The goal, cut into conjuncts with one test for each."""

    frame: Frame
    conjuncts: tuple[Formula, ...]
    tests: tuple[Test, ...]


class Program:
    """A task in executable form; it holds no state, so every plan can use the same one."""

    def __init__(self, task: Task) -> None:
        """Compile nothing yet."""
        self.task = task
        self.compiler = Compiler(task.vocabulary)
        self.axioms = Axioms(task.rules, self.compiler)
        changing = {
            atom.predicate
            for action in task.actions.values()
            for effect in action.effects
            for atom in (*effect.adds, *effect.deletes)
        }
        stored = [p for p in task.vocabulary.predicates if p not in task.vocabulary.derived]
        self._changing = [p for p in stored if p in changing]
        self._constant = {
            p: Relation(dict(task.init.get(p, ()))) for p in stored if p not in changing
        }
        self._actions: dict[str, CompiledAction] = {}
        self._goal: CompiledGoal | None = None

    @property
    def changing(self) -> tuple[str, ...]:
        """The predicates that some action can change."""
        return tuple(self._changing)

    def start(self) -> State:
        """Make the initial state."""
        init = self.task.init
        relations = {p: Relation(dict(init.get(p, ()))) for p in self._changing}
        values = {f: dict(self.task.values.get(f, ())) for f in self.task.vocabulary.functions}
        return State(self._constant | relations, values, self.axioms.derive)

    def action(self, name: str) -> CompiledAction:
        """Compile an action."""
        known = self._actions.get(name)
        if known is None:
            action = self.task.actions[name]
            frame = Frame(action.variables)
            conjuncts = tuple(split_conjuncts(action.precondition))
            known = self._actions[name] = CompiledAction(
                action,
                frame,
                conjuncts,
                self._compile_all(conjuncts, frame),
                tuple([self._compile_effect(effect, frame) for effect in action.effects]),
            )
        return known

    def goal(self) -> CompiledGoal:
        """Compile the goal."""
        if self._goal is None:
            goal = self.task.goal
            frame = Frame(goal.variables)
            conjuncts = tuple(split_conjuncts(goal.formula))
            self._goal = CompiledGoal(frame, conjuncts, self._compile_all(conjuncts, frame))
        return self._goal

    def measure(self, metric: Metric) -> Value:
        """Compile the metric."""
        return compile_expression(metric.expression, Frame(()))

    def _compile_all(self, conjuncts: tuple[Formula, ...], frame: Frame) -> tuple[Test, ...]:
        return tuple([self.compiler.test(normalize(part), frame) for part in conjuncts])

    def _compile_effect(self, effect: Effect, frame: Frame) -> Test:
        emit = _compile_emission(effect, frame)
        if not effect.variables and effect.condition == TRUE:
            return emit
        once = _compile_once(effect, frame, emit)
        possibly = is_numeric(effect.condition)
        if possibly:
            surely = self.compiler.test(effect.condition, frame)
            once = _insist(surely, effect.condition, frame, once)
        search = self.compiler.each(
            effect.variables, effect.condition, frame, once, possibly=possibly
        )

        def apply(state: State, env: Env) -> bool:
            state.pending.seen.clear()
            return search(state, env)

        return apply


def _compile_once(effect: Effect, frame: Frame, emit: Test) -> Test:
    """Let an effect happen once for each binding, in however many ways its condition holds."""
    key = read_key([frame.slot(variable.slot) for variable in effect.variables])
    steps = CHANGE_STEPS * (len(effect.adds) + len(effect.deletes) + len(effect.updates))

    def once(state: State, env: Env) -> bool:
        row = key(env)
        if row not in state.pending.seen:
            state.meter.spend(steps)
            state.pending.seen.add(row)
            emit(state, env)
        return not row

    return once


def _insist(surely: Test, condition: Formula, frame: Frame, emit: Test) -> Test:
    """Refuse an effect whose condition only possibly holds: it reads an undefined number."""
    reads = [
        (part.function, read_key(frame.slots(part.terms)))
        for compare in walk(condition)
        if isinstance(compare, Compare)
        for side in (compare.left, compare.right)
        for part in walk_expression(side)
        if isinstance(part, Fluent)
    ]

    def insist(state: State, env: Env) -> bool:
        # `surely` searches too: it must not touch the bindings of the search it ends.
        if surely(state, env.copy()):
            return emit(state, env)
        for function, key in reads:
            row = key(env)
            if row not in state.values[function]:
                raise UndefinedError(function, row)
        raise UndefinedError("/", ())

    return insist


def _compile_emission(effect: Effect, frame: Frame) -> Test:
    adds = [(atom.predicate, read_key(frame.slots(atom.terms))) for atom in effect.adds]
    deletes = [(atom.predicate, read_key(frame.slots(atom.terms))) for atom in effect.deletes]
    updates = [
        (
            update.operator,
            update.function,
            read_key(frame.slots(update.terms)),
            compile_expression(update.amount, frame),
        )
        for update in effect.updates
    ]

    def emit(state: State, env: Env) -> bool:
        pending = state.pending
        for predicate, key in adds:
            pending.adds.append((predicate, key(env)))
        for predicate, key in deletes:
            pending.deletes.append((predicate, key(env)))
        for operator, function, key, amount in updates:
            pending.updates.append((operator, function, key(env), amount(state, env)))
        return False

    return emit


@lru_cache(maxsize=4)
def compile_task(task: Task) -> Program:
    """Compile a task, once."""
    return Program(task)
