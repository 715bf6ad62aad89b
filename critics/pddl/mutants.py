"""Changes a plan for the self-test; what must be rejected is known by construction."""

from collections.abc import Callable, Iterator

from critics.domain import Mutant
from critics.pddl.plan import Plan, Step, parse_plan
from critics.pddl.task import Task
from critics.types import CandidateError

MAX_STEPS = 12
"""Steps of a long plan that are changed one by one."""
PROSE = "The plan achieves the goal."


def mutate(task: Task, text: str) -> Iterator[Mutant]:
    """Change a well-formed plan in every way that once fooled a validator."""
    try:
        plan = parse_plan(task, text)
    except CandidateError:
        return
    lines = [str(step) for step in plan.steps]
    yield Mutant(f"{text}\n{PROSE}", "prose is appended", rejected=True)
    yield Mutant(PROSE, "prose takes the plan's place", rejected=True)
    yield Mutant(f"{text}\n)", "a parenthesis too many", rejected=True)
    yield Mutant(f"{text}\n(", "an open parenthesis", rejected=True)
    yield Mutant(f"{text}\n()", "a step without a name", rejected=True)
    if not lines:
        return
    numbered = "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
    yield Mutant(numbered, "the steps are numbered", rejected=True)
    bare = "\n".join(line[1:-1] for line in lines)
    yield Mutant(bare, "the parentheses are left out", rejected=True)
    yield Mutant(f"({text})", "the plan is put in parentheses", rejected=True)
    yield Mutant("", "every step is left out", rejected=False)
    yield Mutant("\n".join(lines[::-1]), "the steps are reversed", rejected=False)
    for step in plan.steps[:MAX_STEPS]:
        yield from _mutate_step(task, plan, step, lines)


def _mutate_step(task: Task, plan: Plan, step: Step, lines: list[str]) -> Iterator[Mutant]:
    here = step.number - 1
    name = step.action.signature.name

    def put(*new: str) -> str:
        return "\n".join([*lines[:here], *new, *lines[here + 1 :]])

    def put_step(head: str, arguments: tuple[str, ...]) -> str:
        return put(f"({' '.join((head, *arguments))})")

    place = f"step {step.number}"
    yield Mutant(put(), f"{place} is dropped", rejected=False)
    yield Mutant(put(lines[here], lines[here]), f"{place} is repeated", rejected=False)
    yield Mutant("\n".join(lines[:here]), f"the plan ends before {place}", rejected=False)
    if here + 1 < len(plan.steps):
        swapped = [*lines[:here], lines[here + 1], lines[here], *lines[here + 2 :]]
        yield Mutant("\n".join(swapped), f"{place} changes places with the next", rejected=False)
    unknown = f"{name}-not-an-action"
    if unknown not in task.actions:
        yield Mutant(put_step(unknown, step.arguments), f"{place} has no action", rejected=True)
    some = next(iter(task.objects), "nothing")
    more = (*step.arguments, some)
    yield Mutant(put_step(name, more), f"{place} has an object too many", rejected=True)
    for position in range(len(step.arguments)):
        before, after = step.arguments[:position], step.arguments[position + 1 :]
        what = f"argument {position + 1} of {place}"
        yield Mutant(put_step(name, before + after), f"{what} is left out", rejected=True)
        yield Mutant(
            put_step(name, (*before, "no-such-object", *after)),
            f"{what} is no object",
            rejected="no-such-object" not in task.objects,
        )
        yield from _exchange(task, step, position, put_step)


def _exchange(
    task: Task, step: Step, position: int, put_step: Callable[[str, tuple[str, ...]], str]
) -> Iterator[Mutant]:
    """Put another object of the right type, and one of a wrong type, in an argument's place."""
    name, own = step.action.signature.name, step.arguments[position]
    fitting = task.vocabulary.members(step.action.signature.parameters[position].types)
    before, after = step.arguments[:position], step.arguments[position + 1 :]
    what = f"argument {position + 1} of step {step.number}"
    other = next((o for o in fitting if o != own), None)
    if other is not None:
        changed = put_step(name, (*before, other, *after))
        yield Mutant(changed, f"{what} is another object", rejected=False)
    wrong = next((o for o in task.objects if o not in fitting), None)
    if wrong is not None:
        changed = put_step(name, (*before, wrong, *after))
        yield Mutant(changed, f"{what} is of a wrong type", rejected=True)
