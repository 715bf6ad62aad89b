"""Executes a plan step by step and keeps what is needed to explain the outcome.

Semantics (Fox and Long, PDDL 2.1, for sequential plans): conditions and amounts are read in the
state before the step; what a step both deletes and adds holds afterwards; updates of one fluent
commute or are a conflict.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from critics.pddl.arithmetic import (
    NoValueError,
    UndefinedError,
    ZeroDivisorError,
    divide,
    keep_small,
)
from critics.pddl.formula import Number
from critics.pddl.frame import Env
from critics.pddl.plan import Plan, Step
from critics.pddl.program import CompiledAction, Program, compile_task
from critics.pddl.state import Fact, State
from critics.pddl.task import Row, Task
from critics.types import Undecided


class ConflictError(ArithmeticError):
    """One step updates a fluent in two ways that do not commute."""

    def __init__(self, function: str, row: Row) -> None:
        """Remember which."""
        super().__init__(
            f"`({' '.join((function, *row))})` is updated in two ways that do not commute"
        )


@dataclass
class Trace:
    """What became of a plan.

    Attributes:
        program: The task in executable form.
        plan: What was executed.
        state: The state after the last executed step.
        executed: How many steps were executed.
        cause: Why the next step's effects have no outcome, if that is what stopped the plan.
        changed: Every fact that was ever changed, with the step that last changed it.
        met: For each conjunct of the goal, whether it holds in `state`.
        undecided: Why execution was given up.
    """

    program: Program
    plan: Plan
    state: State
    executed: int = 0
    cause: ArithmeticError | None = None
    changed: dict[Fact, int] = field(default_factory=dict)
    met: list[bool] = field(default_factory=list)
    undecided: Undecided | None = None

    @property
    def failed(self) -> Step | None:
        """Give the first step that cannot be executed."""
        steps = self.plan.steps
        return steps[self.executed] if self.executed < len(steps) else None


@lru_cache(maxsize=2)
def trace_plan(task: Task, plan: Plan) -> Trace:
    """Execute a plan, once."""
    program = compile_task(task)
    trace = Trace(program, plan, program.start())
    try:
        for _ in walk_plan(trace):
            pass
        goal = program.goal()
        env = goal.frame.open()
        trace.met = [test(trace.state, env) for test in goal.tests]
    except Undecided as outcome:
        trace.undecided = outcome
    return trace


def walk_plan(trace: Trace) -> Iterator[Step]:
    """Execute a plan's steps as far as possible, and yield each one once it is executed.

    Raises:
        Undecided: The evaluation costs too much.
    """
    state = trace.state
    for step in trace.plan.steps:
        compiled = trace.program.action(step.action.signature.name)
        env = compiled.frame.open(step.arguments)
        state.meter.spend(1 + compiled.action.weight // 8)
        for test in compiled.tests:
            if not test(state, env):
                return
        try:
            _apply(trace, compiled, env, step.number)
        except (NoValueError, ConflictError) as cause:
            trace.cause = cause
            return
        trace.executed += 1
        yield step


def _apply(trace: Trace, compiled: CompiledAction, env: Env, number: int) -> None:
    state = trace.state
    pending = state.pending
    pending.adds.clear()
    pending.deletes.clear()
    pending.updates.clear()
    for effect in compiled.effects:
        effect(state, env)
    values = settle(state) if pending.updates else {}
    added = set(pending.adds)
    relations, changed = state.relations, trace.changed
    for fact in pending.deletes:
        relation = relations[fact[0]]
        if fact[1] in relation.rows and fact not in added:
            relation.discard(fact[1])
            changed[fact] = number
    for fact in pending.adds:
        relation = relations[fact[0]]
        if fact[1] not in relation.rows:
            relation.add(fact[1])
            changed[fact] = number
    for (function, row), value in values.items():
        state.values[function][row] = value
    state.derived.clear()


def settle(state: State) -> dict[tuple[str, Row], Number]:
    """Work out the new values; nothing is stored yet.

    Raises:
        ConflictError: Two updates of one fluent do not commute.
        UndefinedError: A fluent is changed that has no value.
        ZeroDivisorError: A fluent is scaled down by zero.
    """
    kinds: dict[tuple[str, Row], str] = {}
    values: dict[tuple[str, Row], Number] = {}
    for operator, function, row, amount in state.pending.updates:
        fluent = (function, row)
        kind = KINDS[operator]
        known = kinds.setdefault(fluent, kind)
        if known != kind or (kind == "=" and values.setdefault(fluent, amount) != amount):
            raise ConflictError(function, row)
        if kind == "=":
            continue
        before = values.get(fluent, state.values[function].get(row))
        if before is None:
            raise UndefinedError(function, row)
        values[fluent] = keep_small(_change(operator, before, amount))
    return values


KINDS = {"assign": "=", "increase": "+", "decrease": "+", "scale-up": "*", "scale-down": "*"}


def _change(operator: str, value: Number, amount: Number) -> Number:
    match operator:
        case "increase":
            return value + amount
        case "decrease":
            return value - amount
        case "scale-up":
            return value * amount
        case _:
            return divide(value, amount)


__all__ = [
    "ConflictError",
    "Trace",
    "UndefinedError",
    "ZeroDivisorError",
    "trace_plan",
    "walk_plan",
]
