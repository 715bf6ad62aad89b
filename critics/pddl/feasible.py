"""Whether a task has any plan.

`infeasible` is said only where every reachable state was searched and the goal held in none;
`feasible` only with a plan that the certifier accepts. unified-planning's reader with a search of
its own, where it can read the task, must count the same states for `cross`.
"""

from collections.abc import Callable
from time import perf_counter

from critics.pddl.engine import Texts, is_loaded
from critics.pddl.lazy_search import LazySearch
from critics.pddl.plan import Plan, parse_plan
from critics.pddl.relaxation import Relaxation, TooLarge
from critics.pddl.search import (
    Breadth,
    Exhausted,
    Found,
    GaveUp,
    Result,
    write_plan,
)
from critics.pddl.second_search import search_again
from critics.pddl.simulate import trace_plan
from critics.pddl.successors import Move, Space
from critics.pddl.task import Task
from critics.types import (
    Assurance,
    Diagnostic,
    Feasibility,
    Feasible,
    Opinion,
    Severity,
    Undecided,
    Verdict,
)

ENGINE = "llm-modulo state-space search 1"
FEW_STATES = 5_000
"""Reached breadth first before a plan is looked for greedily: small tasks end here."""
GREEDY_S = 6.0
SECONDS = 15.0
"""For everything but the second opinion."""
AGAIN_S = 4.0


def decide_feasibility(
    task: Task, payload: Texts, clock: Callable[[], float] = perf_counter
) -> Feasibility:
    """Decide whether any plan exists.

    Args:
        task: The task.
        payload: Its texts, for the second opinion.
        clock: Reads seconds.
    """
    if task.undecided:
        return _open(f"no critic decides {task.undecided[0]}", ())
    started = clock()
    try:
        result = _search(task, started)
    except Undecided as outcome:
        result = GaveUp(f"{outcome}")
    ms = round((clock() - started) * 1000, 3)
    if isinstance(result, Found) and accepts(task, result.moves):
        first = Opinion(engine=ENGINE, verdict=Verdict.ACCEPTED, ms=ms)
        return Feasibility(status=Feasible.FEASIBLE, opinions=(first,))
    if not isinstance(result, Exhausted):
        why = result.why if isinstance(result, GaveUp) else "the plan found is no plan"
        return _open(why, (Opinion(engine=ENGINE, verdict=Verdict.UNKNOWN, reason=why, ms=ms),))
    reason = f"the goal holds in none of {result.states:,} reachable states"
    first = Opinion(engine=ENGINE, verdict=Verdict.REJECTED, reason=reason, ms=ms)
    second = _search_again(payload, result)
    if second is None:
        return _proved(result, Assurance.SINGLE, (first,))
    if second.verdict is Verdict.ACCEPTED:
        return _open("two searches disagree", (first, second))
    agreed = second.verdict is Verdict.REJECTED
    return _proved(result, Assurance.CROSS if agreed else Assurance.SINGLE, (first, second))


def accepts(task: Task, moves: tuple[Move, ...]) -> bool:
    """Say whether the certifier executes the moves and finds the goal reached."""
    return executes(task, parse_plan(task, write_plan(moves)))


def executes(task: Task, plan: Plan) -> bool:
    """Say whether the certifier executes a plan and finds the goal reached."""
    trace = trace_plan(task, plan)
    return trace.undecided is None and trace.failed is None and all(trace.met)


def _search(task: Task, started: float) -> Result:
    """Search a little everywhere, then where a plan seems near, then everywhere."""
    space, deadline = Space(task), started + SECONDS
    breadth = Breadth(space)
    result = breadth.run(states=FEW_STATES, deadline=deadline)
    if not isinstance(result, GaveUp):
        return result
    greedy = _search_greedily(space, min(deadline, perf_counter() + GREEDY_S))
    if not isinstance(greedy, GaveUp):
        return greedy
    return breadth.run(deadline=deadline)


def _search_greedily(space: Space, deadline: float) -> Result:
    try:
        moves = LazySearch(space, Relaxation(space)).run(deadline)
    except TooLarge:
        return GaveUp("there are too many ground steps to estimate anything")
    # Whatever it has looked at proves nothing.
    return Found(moves) if moves is not None else GaveUp("a greedy search found no plan")


def _search_again(payload: Texts, result: Exhausted) -> Opinion | None:
    """Ask for the second opinion, unless its engine would first have to be imported.

    That takes longer than most checks may; who needs `cross` asks a worker that has it.
    """
    if not is_loaded():
        return None
    return search_again(payload, states=result.states, seconds=AGAIN_S)


def _proved(result: Exhausted, assurance: Assurance, opinions: tuple[Opinion, ...]) -> Feasibility:
    return Feasibility(
        status=Feasible.INFEASIBLE,
        diagnostics=(_infeasible(result),),
        assurance=assurance,
        opinions=opinions,
    )


def describe(result: Exhausted | GaveUp) -> str:
    """Tell in one sentence how a search ended without a plan."""
    return result.why if isinstance(result, GaveUp) else _infeasible(result).headline


def _infeasible(result: Exhausted) -> Diagnostic:
    return Diagnostic(
        code="pddl-infeasible",
        headline=f"no plan exists: the goal holds in none of the {result.states:,} reachable "
        + ("states" if result.states > 1 else "state"),
        notes=("every reachable state was searched",),
        help=("change the goal, the initial state or the actions",),
        data={"states": result.states},
    )


def _open(why: str, opinions: tuple[Opinion, ...]) -> Feasibility:
    finding = Diagnostic(
        code="pddl-feasibility-undecided",
        headline="whether any plan exists was not decided",
        notes=(why,),
        severity=Severity.UNKNOWN,
    )
    return Feasibility(status=Feasible.UNKNOWN, diagnostics=(finding,), opinions=opinions)
