"""The states that a plan leads through, for whoever wants to look at it step by step."""

from collections.abc import Iterator

from critics.pddl.causes import Inquiry
from critics.pddl.explain import find_causes
from critics.pddl.plan import Plan
from critics.pddl.plan import Step as PlanStep
from critics.pddl.program import compile_task
from critics.pddl.simulate import Trace, trace_plan, walk_plan
from critics.pddl.state import State
from critics.pddl.task import Task
from critics.picture import MOST_FACTS, MOST_STEPS, Step, Unmet, Walk
from critics.types import Undecided


def picture_plan(task: Task, plan: Plan) -> Walk:
    """Show the states before and after every step, and why the first impossible one is that."""
    program = compile_task(task)
    trace = Trace(program, plan, program.start())
    steps = list(_walk(trace))
    left = plan.steps[trace.executed :]
    if left:
        steps.append(_failed(task, plan, left[0]))
        steps += [Step(number=s.number, action=str(s), executed=False) for s in left[1:]]
    shown = tuple(_goals(trace_plan(task, plan)))
    return Walk(
        steps=tuple(steps[: MOST_STEPS + 1]),
        goals=shown[:MOST_FACTS],
        left_out=max(len(steps) - MOST_STEPS - 1, 0),
    )


def _goals(trace: Trace) -> Iterator[tuple[str, bool]]:
    goal = trace.program.goal()
    inquiry, env = Inquiry(trace, goal.frame), goal.frame.open()
    for formula, met in zip(goal.conjuncts, trace.met, strict=False):
        yield inquiry.write(formula, env), met


def _walk(trace: Trace) -> Iterator[Step]:
    before = _facts(trace.state, trace.program.changing)
    yield Step(number=0, action="", facts=_some(before))
    try:
        for done in walk_plan(trace):
            after = _facts(trace.state, trace.program.changing)
            yield Step(
                number=done.number,
                action=str(done),
                facts=_some(after),
                added=_some(after - before),
                deleted=_some(before - after),
            )
            before = after
    except Undecided:
        return


def _failed(task: Task, plan: Plan, step: PlanStep) -> Step:
    causes = find_causes(trace_plan(task, plan), step)
    unmet = tuple(Unmet(condition=cause.text, since_step=cause.step) for cause in causes)
    return Step(number=step.number, action=str(step), executed=False, unmet=unmet[:MOST_FACTS])


def _facts(state: State, changing: tuple[str, ...]) -> frozenset[str]:
    return frozenset(
        f"({' '.join((predicate, *row))})"
        for predicate in changing
        for row in state.relations[predicate].rows
    )


def _some(facts: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(facts)[:MOST_FACTS])
