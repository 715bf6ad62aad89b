"""Whether a cheaper plan exists, by the problem's metric.

`optimal` is said only where every state was visited that a cheaper plan could pass through. What
cannot be a stage of one is left out by an admissible estimate (`Relaxation.hmax`) alone. Metrics
that are no sum of accumulated costs are left undecided.
"""

from collections.abc import Callable
from time import perf_counter

from critics.objective import Objective
from critics.pddl.feasible import ENGINE, accepts
from critics.pddl.formula import Arithmetic, Constant, Expression, Fluent, Number, show_number
from critics.pddl.frame import Frame
from critics.pddl.plan import Plan, parse_plan
from critics.pddl.relaxation import Cost, Relaxation, TooLarge
from critics.pddl.search import Exhausted, GaveUp, Result, search_cheaper, write_plan
from critics.pddl.simulate import trace_plan
from critics.pddl.successors import SUMS, Space, find_reads, find_updates
from critics.pddl.task import Row, Task
from critics.types import (
    Comparison,
    Diagnostic,
    Opinion,
    Optimality,
    Severity,
    Undecided,
    Verdict,
)

STATES = 300_000
SECONDS = 4.0


def compare(task: Task, plan: Plan) -> Comparison:
    """Compare a plan that the certifier accepts with all others."""
    try:
        return _compare(task, plan, perf_counter() + SECONDS)
    except Undecided as why:
        return _open(f"{why}", None)


def _compare(task: Task, plan: Plan, deadline: float) -> Comparison:
    metric = task.metric
    if metric is None:
        return _open("the problem has no metric that can be evaluated", None)
    value = measure_plan(task, plan)
    if value is None:
        return _open("the plan is none, or its metric has no value", None)
    shown = show_number(value)
    terms = _read_sum(metric.expression)
    if terms is None or metric.direction != "minimize" or not _are_costs(task, terms):
        return _open("the metric is no sum of costs to be minimised", shown)
    if not _only_rise(task, {name for name, _ in terms}):
        return _open("a step may cost less than nothing", shown)
    started = measure_plan(task, parse_plan(task, ""), whole=False)
    space = Space(task, terms)
    spent = value - (started or 0)
    result = search_cheaper(space, _estimate(space), spent, states=STATES, deadline=deadline)
    return _tell(task, result, value, shown)


def _tell(task: Task, result: Result, value: Number, shown: str) -> Comparison:
    if isinstance(result, GaveUp):
        return _open(result.why, shown)
    if isinstance(result, Exhausted):
        reason = f"no plan is cheaper; {result.states:,} states could have led to one"
        first = Opinion(engine=ENGINE, verdict=Verdict.ACCEPTED, reason=reason)
        return Comparison(status=Optimality.OPTIMAL, objective=shown, opinions=(first,))
    other = measure_plan(task, parse_plan(task, write_plan(result.moves)))
    if other is None or other >= value or not accepts(task, result.moves):
        return _open("the cheaper plan that was found is none", shown)
    return Comparison(
        status=Optimality.IMPROVABLE,
        objective=shown,
        diagnostics=(_improvable(shown),),
        opinions=(Opinion(engine=ENGINE, verdict=Verdict.REJECTED),),
    )


def compare_by(task: Task) -> Objective:
    """Say what plans are compared by: the metric, or the number of steps where there is none."""
    metric = task.metric
    if metric is None:
        return Objective(name="plan length", sense="min", measure=lambda plan: len(plan.steps))
    return Objective(
        name="plan cost" if metric.direction == "minimize" else "metric value",
        sense="min" if metric.direction == "minimize" else "max",
        measure=lambda plan: measure_plan(task, plan),
    )


def measure_plan(task: Task, plan: Plan, *, whole: bool = True) -> Number | None:
    """Give the metric after a plan; `whole` asks that it is one."""
    trace = trace_plan(task, plan)
    if trace.undecided is not None or trace.failed is not None or task.metric is None:
        return None
    if whole and not all(trace.met):
        return None
    measure = trace.program.measure(task.metric)
    return measure(trace.state, Frame(()).open())


def _read_sum(expression: Expression) -> frozenset[tuple[str, Row]] | None:
    """Give the distinct ground functions that an expression adds up."""
    parts = expression.operands if isinstance(expression, Arithmetic) else (expression,)
    added = not isinstance(expression, Arithmetic) or expression.operator == "+"
    found = {
        (part.function, tuple(map(str, part.terms))) for part in parts if isinstance(part, Fluent)
    }
    return frozenset(found) if added and len(found) == len(parts) else None


def _are_costs(task: Task, terms: frozenset[tuple[str, Row]]) -> bool:
    """Say whether the functions are only ever increased and decreased, and never read."""
    reads, updates = find_reads(task), find_updates(task)
    return all(name not in reads and updates.get(name, set()) <= SUMS for name, _ in terms)


def _only_rise(task: Task, names: set[str]) -> bool:
    """Say whether no step, executed or not, can make any of the functions smaller.

    The search asks for that: what already costs too much is not followed to a later gain.
    """
    changed = frozenset(find_updates(task))
    return all(
        update.operator == "increase" and _is_no_loss(task, update.amount, changed)
        for action in task.actions.values()
        for effect in action.effects
        for update in effect.updates
        if update.function in names
    )


def _is_no_loss(task: Task, amount: Expression, changed: frozenset[str]) -> bool:
    """Say whether an amount is shown by its form to be zero or more wherever it has a value."""
    match amount:
        case Constant(value):
            return value >= 0
        case Fluent(function):
            known = task.values.get(function, {})
            return function not in changed and all(value >= 0 for value in known.values())
        case Arithmetic(operator, operands):
            return operator != "-" and all(_is_no_loss(task, o, changed) for o in operands)


def _estimate(space: Space) -> Callable[[int], Cost]:
    try:
        return Relaxation(space).hmax
    except TooLarge:
        return lambda _key: 0


def _improvable(shown: str) -> Diagnostic:
    return Diagnostic(
        code="pddl-not-optimal",
        headline=f"the plan costs {shown}, and a cheaper one exists",
        data={"cost": shown},
    )


def _open(why: str, shown: str | None) -> Comparison:
    finding = Diagnostic(
        code="pddl-optimality-undecided",
        headline="whether a cheaper plan exists was not decided",
        notes=(why,),
        help=("allow more time, or do not demand `optimal`",),
        severity=Severity.UNKNOWN,
    )
    return Comparison(status=Optimality.UNKNOWN, objective=shown, diagnostics=(finding,))
