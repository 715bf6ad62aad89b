"""Plans from planners, one after the other: a solver's answer that is still to be judged.

Own searches come first and briefly, for they need no process; then Fast Downward where it is
installed; then the own searches again with the time that is left.
"""

from time import perf_counter

from critics.deadline import seconds_left
from critics.pddl.engine import Texts
from critics.pddl.extract import EMPTY_PLAN
from critics.pddl.fast_downward import ask_planner, name_planner
from critics.pddl.feasible import ENGINE, describe, executes
from critics.pddl.lazy_search import LazySearch
from critics.pddl.plan import parse_plan
from critics.pddl.relaxation import Relaxation, TooLarge
from critics.pddl.search import Breadth, Exhausted, Found, GaveUp, write_plan
from critics.pddl.successors import Move, Space
from critics.pddl.task import Task
from critics.types import CandidateError, Solved, Undecided

SECONDS = 120.0
"""For everything; a job's own deadline may leave less."""
FEW_STATES = 1_000
"""Reached breadth first before anything else: the smallest tasks end here."""
FIRST_S = 2.5
"""For the own search before another planner is asked, which takes a quarter second to start."""
THEIR_SHARE = 0.35
"""How much of what is then left another planner gets."""
LAZY_ENGINE = "llm-modulo lazy greedy search 1"


def find_plan(task: Task, payload: Texts) -> Solved:
    """Look for a plan.

    Args:
        task: The task.
        payload: Its texts, for planners that read them.
    """
    if task.undecided:
        return _nothing(f"no critic decides {task.undecided[0]}")
    try:
        return _Attempt(task, payload).run()
    except Undecided as outcome:
        return _ask_others(task, payload, seconds_left(SECONDS)) or _nothing(f"{outcome}")


class _Attempt:
    """One look for a plan, with the time that it may take."""

    def __init__(self, task: Task, payload: Texts) -> None:
        self._started = perf_counter()
        self._due = self._started + seconds_left(SECONDS)
        self._task = task
        self._payload = payload
        self._space = Space(task)
        self._breadth = Breadth(self._space)

    def run(self) -> Solved:
        """Try every planner in turn."""
        result = self._breadth.run(states=FEW_STATES, deadline=self._due)
        if isinstance(result, GaveUp):
            return self._search_on()
        return _tell(result)

    def _search_on(self) -> Solved:
        lazy = self._prepare()
        moves = lazy.run(min(self._due, self._started + FIRST_S)) if lazy else None
        if moves is None:
            left = (self._due - perf_counter()) * THEIR_SHARE
            theirs = _ask_others(self._task, self._payload, left)
            if theirs is not None:
                return theirs
            moves = lazy.run(self._due) if lazy else None
        if moves is not None:
            return Solved(answer=_write(moves), engine=LAZY_ENGINE)
        return _tell(self._breadth.run(deadline=self._due))

    def _prepare(self) -> LazySearch | None:
        try:
            return LazySearch(self._space, Relaxation(self._space))
        except TooLarge:
            return None


def _ask_others(task: Task, payload: Texts, seconds: float) -> Solved | None:
    """Ask the planners that are installed; a plan that the certifier rejects is none."""
    name = name_planner()
    if name is None or seconds <= 0:
        return None
    text, _ = ask_planner(payload, seconds)
    if text is None:
        return None
    try:
        plan = parse_plan(task, text)
    except CandidateError:
        return None
    moves = tuple((step.action.signature.name, step.arguments) for step in plan.steps)
    return Solved(answer=_write(moves), engine=name) if executes(task, plan) else None


def _tell(result: Found | Exhausted | GaveUp) -> Solved:
    if isinstance(result, Found):
        return Solved(answer=_write(result.moves), engine=ENGINE)
    return _nothing(describe(result))


def _write(moves: tuple[Move, ...]) -> str:
    return write_plan(moves) or EMPTY_PLAN


def _nothing(why: str) -> Solved:
    return Solved(answer=None, engine=ENGINE, reason=why)
