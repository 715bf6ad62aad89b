"""Turns what became of a plan into diagnostics: one for the root cause, with all its facts."""

from collections.abc import Iterable, Iterator

from pydantic import JsonValue

from critics.pddl.causes import Cause, Inquiry
from critics.pddl.faults import list_some, shorten
from critics.pddl.formula import show_number
from critics.pddl.hints import find_hint
from critics.pddl.plan import Step
from critics.pddl.simulate import ConflictError, Trace, ZeroDivisorError
from critics.types import Diagnostic, Location, Severity

MAX_CAUSES = 8
MAX_FACTS = 20
MAX_HINTS = 3


def explain_failure(trace: Trace, step: Step) -> Diagnostic:
    """Explain why a step cannot be executed."""
    goals_unmet = _unmet_goals(trace)
    inquiry = Inquiry(trace, trace.program.action(step.action.signature.name).frame)
    causes = [] if trace.cause is not None else _find_causes(trace, inquiry, step)
    state = _slice_state(trace, step.arguments)
    shown = causes[:MAX_CAUSES]
    return Diagnostic(
        code=_failure_code(trace, causes),
        headline=_failure_headline(trace, step, causes),
        at=trace.plan.locate(step),
        also=tuple(_places(trace, shown)),
        notes=(
            *(cause.note for cause in shown),
            *_more(causes),
            f"before this step: {_list_facts(state)}",
            *_extent(trace),
        ),
        help=tuple(_hints(trace, shown)),
        data={
            "step": step.number,
            "action": str(step),
            "unsatisfied": [cause.data for cause in shown],
            "deleted_by": next((cause.step for cause in shown if cause.step), None),
            "state": list[JsonValue](state[:MAX_FACTS]),
            "goals_unmet": list[JsonValue]([cause.text for cause in goals_unmet[:MAX_FACTS]]),
            "valid_prefix": trace.executed,
        },
    )


def explain_goal(trace: Trace) -> Diagnostic:
    """Explain which conjuncts of the goal do not hold at the end, and since when."""
    causes = _unmet_goals(trace)
    shown = causes[:MAX_CAUSES]
    met, total = sum(trace.met), len(trace.met)
    steps = trace.plan.steps
    objects = dict.fromkeys(name for c in shown if c.wanted for name in c.wanted[1])
    state = _slice_state(trace, objects)
    when = f"after the last step, step {len(steps)}" if steps else "in the initial state"
    first = "" if steps else "the plan has no steps, and "
    return Diagnostic(
        code="pddl-goal" if steps else "pddl-empty-plan",
        headline=f"{first}{total - met} of {total} goals {'is' if total - met == 1 else 'are'} "
        f"unmet {when}: {list_some([cause.text for cause in causes], 5)}",
        at=trace.plan.locate(steps[-1]) if steps else Location(source="answer", line=1),
        also=tuple(_places(trace, shown)),
        notes=(
            *(cause.note for cause in shown),
            *_more(causes),
            f"at the end: {_list_facts(state)}",
            *((f"all {len(steps)} steps can be executed",) if steps else ()),
        ),
        help=tuple(_hints(trace, shown)),
        data={
            "goals_unmet": list[JsonValue]([cause.text for cause in causes[:MAX_FACTS]]),
            "unsatisfied": [cause.data for cause in shown],
            "goals_met": met,
            "goals": total,
            "deleted_by": next((cause.step for cause in shown if cause.step), None),
            "state": list[JsonValue](state[:MAX_FACTS]),
            "valid_prefix": trace.executed,
        },
    )


def explain_cost(trace: Trace) -> Diagnostic | None:
    """Report what a valid plan costs; nothing where the problem names no metric."""
    metric = trace.program.task.metric
    if metric is None:
        return None
    try:
        cost = trace.program.measure(metric)(trace.state, [])
    except ArithmeticError:
        return None
    return Diagnostic(
        code="pddl-plan-cost",
        headline=f"the plan's metric value is {show_number(cost)} (to {metric.direction}, not "
        "shown to be the best)",
        data={"cost": show_number(cost), "direction": metric.direction},
        severity=Severity.WARNING,
    )


def find_causes(trace: Trace, step: Step) -> list[Cause]:
    """Find the conditions of a step that do not hold in the state before it."""
    if trace.cause is not None or trace.undecided is not None:
        return []
    frame = trace.program.action(step.action.signature.name).frame
    return _find_causes(trace, Inquiry(trace, frame), step)


def _find_causes(trace: Trace, inquiry: Inquiry, step: Step) -> list[Cause]:
    compiled = trace.program.action(step.action.signature.name)
    env = compiled.frame.open(step.arguments)
    causes: list[Cause] = []
    for conjunct in inquiry.find_false(compiled.conjuncts, env):
        causes.extend(inquiry.explain(conjunct, env))
    return causes


def _unmet_goals(trace: Trace) -> list[Cause]:
    goal = trace.program.goal()
    inquiry = Inquiry(trace, goal.frame)
    env = goal.frame.open()
    causes: list[Cause] = []
    for conjunct, met in zip(goal.conjuncts, trace.met, strict=False):
        if not met:
            causes.extend(inquiry.explain(conjunct, env))
    return causes


def _failure_code(trace: Trace, causes: list[Cause]) -> str:
    match trace.cause:
        case ConflictError():
            return "pddl-conflicting-effects"
        case ZeroDivisorError():
            return "pddl-division-by-zero"
        case None if not any(cause.undefined for cause in causes):
            return "pddl-precondition"
        case _:
            return "pddl-undefined-value"


def _failure_headline(trace: Trace, step: Step, causes: list[Cause]) -> str:
    name = f"step {step.number}, `{shorten(str(step), 120)}`,"
    if trace.cause is not None:
        return f"{name} has no outcome: {trace.cause}"
    if not causes:
        return f"{name} cannot be executed: its precondition does not hold"
    undefined = next((cause for cause in causes if cause.undefined), None)
    if undefined is not None:
        return f"{name} cannot be executed: {undefined.note}"
    verb = "which is" if len(causes) == 1 else "which are"
    required = list_some([cause.text for cause in causes], 3)
    return f"{name} requires {required}, {verb} false before this step"


def _places(trace: Trace, causes: Iterable[Cause]) -> Iterator[Location]:
    for cause in causes:
        if cause.step is not None:
            yield trace.plan.locate(trace.plan.steps[cause.step - 1], cause.label)


def _more(causes: list[Cause]) -> tuple[str, ...]:
    hidden = len(causes) - MAX_CAUSES
    return (f"and {hidden} more conditions that do not hold",) if hidden > 0 else ()


def _extent(trace: Trace) -> Iterator[str]:
    """Say which steps are fine and which were not checked."""
    done, total = trace.executed, len(trace.plan.steps)
    if done:
        yield "step 1 is fine" if done == 1 else f"steps 1 to {done} are fine"
    rest = total - done - 1
    if rest:
        first = done + 2
        yield (
            f"step {first} was not checked"
            if rest == 1
            else f"steps {first} to {total} were not checked"
        )


def _slice_state(trace: Trace, objects: Iterable[str]) -> list[str]:
    """List what holds of some objects, and what holds of none."""
    wanted = frozenset(objects)
    spelling = trace.program.task.vocabulary.spelling
    found = [
        f"({' '.join((predicate, *(spelling[name] for name in row)))})"
        for predicate, relation in trace.state.relations.items()
        for row in relation.rows
        if not row or not wanted.isdisjoint(row)
    ]
    for function, values in trace.state.values.items():
        for row, value in values.items():
            if not row or not wanted.isdisjoint(row):
                fluent = f"({' '.join((function, *(spelling[name] for name in row)))})"
                found.append(f"(= {fluent} {show_number(value)})")
    return found


def _list_facts(facts: list[str]) -> str:
    return list_some(facts, MAX_FACTS) if facts else "nothing holds of these objects"


def _hints(trace: Trace, causes: Iterable[Cause]) -> Iterator[str]:
    wanted = [cause for cause in causes if cause.wanted is not None]
    for cause in wanted[:MAX_HINTS]:
        if cause.wanted is None:
            continue
        hint = find_hint(trace.program, trace.state, cause.wanted)
        if not hint.achievers:
            if cause.wanted[0] not in trace.program.task.vocabulary.derived:
                yield f"no action makes `{cause.text}` true"
            continue
        tried = f"; executable here: {list_some(hint.applicable, 3)}" if hint.applicable else ""
        yield f"actions that make `{cause.text}` true: {list_some(hint.achievers, 6)}{tried}"
