"""Classical planning in PDDL: an exact, lifted validator of sequential plans."""

import re
from collections.abc import Iterator, Sequence
from importlib.resources import files

from pydantic import Field

from critics.critic import critic
from critics.domain import Domain
from critics.pddl.advice import advise
from critics.pddl.answer_schema import write_answer_schema
from critics.pddl.arrangement import AnyFacts
from critics.pddl.codes import CODES
from critics.pddl.engine import OPINION_MODULES, second_opinion
from critics.pddl.examples import EXAMPLES
from critics.pddl.explain import explain_cost, explain_failure, explain_goal
from critics.pddl.extract import extract
from critics.pddl.feasible import decide_feasibility
from critics.pddl.generation import GENERATION
from critics.pddl.mutants import mutate
from critics.pddl.optimal import compare, compare_by
from critics.pddl.picture import picture_plan
from critics.pddl.plan import Plan, parse_plan
from critics.pddl.planner import find_plan
from critics.pddl.prefix import open_prefix
from critics.pddl.problem_reader import read_task
from critics.pddl.simulate import trace_plan
from critics.pddl.task import Task
from critics.types import (
    Comparison,
    Coverage,
    Diagnostic,
    Feasibility,
    HintLevel,
    Problem,
    Severity,
    Solved,
    Undecided,
)


class PddlProblem(Problem):
    """A planning task: a PDDL domain and a PDDL problem, as text."""

    domain: str = Field(description="The PDDL domain, `(define (domain …) …)`.")
    problem: str = Field(description="The PDDL problem, `(define (problem …) …)`.")


def load(problem: PddlProblem) -> Task:
    """Read the two texts; equal texts give the same task."""
    return read_task(problem.domain, problem.problem)


@critic(decides="every step can be executed, and the goal holds at the end")
def executes_to_goal(task: Task, plan: Plan) -> Iterator[Diagnostic]:
    """Execute the plan and yield the one root cause why it is none."""
    if task.undecided:
        raise Undecided([_not_executed()])
    trace = trace_plan(task, plan)
    if trace.undecided is not None:
        raise trace.undecided
    step = trace.failed
    if step is not None:
        yield explain_failure(trace, step)
    elif not all(trace.met):
        yield explain_goal(trace)
    else:
        cost = explain_cost(trace)
        if cost is not None:
            yield cost


def _not_executed() -> Diagnostic:
    return Diagnostic(
        code="pddl-not-executed",
        headline="the plan was not executed: the task has parts that no critic decides",
        help=("remove them, or judge the plan with a validator that supports them",),
        severity=Severity.UNKNOWN,
    )


def warnings_of(task: Task) -> tuple[Diagnostic, ...]:
    """Give the warts that were read around."""
    return task.warnings


def coverage_of(task: Task) -> Coverage:
    """Say which parts of the task nobody decides."""
    return Coverage(
        decided=("the precondition and the effects of every step", "the goal"),
        undecided=task.undecided,
    )


def score(task: Task, plan: Plan, _errors: object) -> float:
    """Score progress: half for the steps that can be executed, half for the goals met then."""
    trace = trace_plan(task, plan)
    steps, goals = len(plan.steps), len(trace.met)
    executed = trace.executed / steps if steps else 0.0
    return (executed + (sum(trace.met) / goals if goals else 0.0)) / 2


def decide_feasible(problem: PddlProblem) -> Feasibility:
    """Decide whether the task has any plan."""
    return decide_feasibility(load(problem), problem)


def solve(problem: PddlProblem) -> Solved:
    """Look for a plan by searches and the planners that are installed."""
    return find_plan(load(problem), problem)


def give_hint(problem: PddlProblem, text: str, level: HintLevel) -> Sequence[Diagnostic]:
    """Tell how much of a rejected plan can be kept, and what is still to come."""
    return advise(load(problem), text, level)


def compare_plan(problem: PddlProblem, text: str) -> Comparison:
    """Compare an accepted plan with every other, by the problem's metric."""
    task = load(problem)
    return compare(task, parse_plan(task, text))


def prompt(task: Task) -> str:
    """Put the task to a model."""
    text = files("critics.pddl").joinpath("prompt.md").read_text(encoding="utf-8")
    given = {"{domain}": task.domain_text.strip(), "{problem}": task.problem_text.strip()}
    return re.sub(r"\{(?:domain|problem)\}", lambda place: given[place.group()], text)


domain = Domain(
    name="pddl",
    version="1",
    summary="Sequential plans for PDDL: STRIPS, typing, ADL, numeric fluents, costs, axioms",
    problem=PddlProblem,
    load=load,
    parse=parse_plan,
    critics=(executes_to_goal,),
    prompt=prompt,
    extract=extract,
    second_opinion=second_opinion,
    opinion_modules=OPINION_MODULES,
    feasibility=decide_feasible,
    solver=solve,
    hint=give_hint,
    answer_schema=write_answer_schema,
    optimality=compare_plan,
    objective=compare_by,
    picture=picture_plan,
    arrangement=AnyFacts(),
    prefix=open_prefix,
    generation=GENERATION,
    answer_format="Write one action per line in parentheses: `(action object …)`.",
    warnings=warnings_of,
    coverage=coverage_of,
    score=score,
    mutate=mutate,
    examples=EXAMPLES,
    codes=CODES,
    max_candidate_chars=2_000_000,
)
