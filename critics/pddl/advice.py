"""What helps with a rejected plan: how far it leads, what is still to come, and the next step.

Everything told is computed, and true: a prefix can be kept only if a plan was found that begins
with it and that the certifier executes; no plan begins with a prefix only if even the relaxed task
has none from there; landmarks and lower bounds hold for every plan (`critics.pddl.landmarks`). A
whole plan is given at the highest level alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from time import perf_counter

from pydantic import JsonValue

from critics.deadline import seconds_left
from critics.pddl.extract import EMPTY_PLAN
from critics.pddl.feasible import accepts
from critics.pddl.landmarks import Landmarks
from critics.pddl.lazy_search import LazySearch
from critics.pddl.plan import parse_plan
from critics.pddl.relaxation import Relaxation, TooLarge
from critics.pddl.search import write_plan
from critics.pddl.simulate import trace_plan
from critics.pddl.successors import Move, Space
from critics.pddl.task import Task
from critics.types import CandidateError, Diagnostic, HintLevel, Severity, Undecided

SECONDS = 3.0
MAX_LANDMARKS = 8


@dataclass(frozen=True)
class _Way:
    """How a plan can go on.

    Attributes:
        begun: The steps of the answer that the finding is about.
        rest: What a plan has after them; nothing where none was found.
        dead: With how many of the answer's first steps no plan begins, for certain.
    """

    begun: tuple[Move, ...]
    rest: tuple[Move, ...] | None
    dead: int | None


def advise(task: Task, text: str, level: HintLevel) -> Sequence[Diagnostic]:
    """Give a finding that helps with a rejected plan, or none.

    Args:
        task: The task.
        text: The rejected answer.
        level: How much may be given away.
    """
    if task.undecided:
        return ()
    try:
        return _Adviser(task, text).tell(level)
    except (Undecided, TooLarge):
        return ()


class _Adviser:
    """Works out the facts about one answer."""

    def __init__(self, task: Task, text: str) -> None:
        self._task = task
        self._due = perf_counter() + seconds_left(SECONDS)
        self._space = Space(task)
        self._relaxation = Relaxation(self._space)
        try:
            plan = parse_plan(task, text)
            done = trace_plan(task, plan).executed
            self._steps = len(plan.steps)
        except CandidateError:
            plan, done, self._steps = parse_plan(task, ""), 0, 0
        self._moves = tuple(
            (step.action.signature.name, step.arguments) for step in plan.steps[:done]
        )
        self._keys = [self._space.start]
        for move in self._moves:
            after = self._space.apply(self._keys[-1], move)
            if after is None:
                break
            self._keys.append(after)

    def tell(self, level: HintLevel) -> Sequence[Diagnostic]:
        """Word the facts that a level allows."""
        way = self._find_way()
        if level is HintLevel.VALUES:
            return self._tell_plan(way)
        told: list[str] = []
        data: dict[str, JsonValue] = {}
        if way.rest is not None and self._steps:
            told.append(f"a plan begins with the first {_count(len(way.begun))} of the answer")
            data["kept"] = len(way.begun)
        if way.dead is not None:
            told.append(f"no plan begins with its first {_count(way.dead)}")
            data["dead"] = way.dead
        if level is not HintLevel.CORE:
            marks = Landmarks(self._relaxation, self._keys[len(way.begun)])
            self._tell_rest(way, marks, told, data)
            if level is HintLevel.PLACES:
                _tell_places(way, marks, told, data)
        return (_note("; ".join(told), data),) if told else ()

    def _tell_plan(self, way: _Way) -> Sequence[Diagnostic]:
        if way.rest is None:
            return ()
        answer = write_plan(way.begun + way.rest) or EMPTY_PLAN
        shown = answer.replace("\n", " ")
        data: dict[str, JsonValue] = {"origin": "solver_repair", "answer": answer}
        return (_note(f"this is a plan: {shown}", data),)

    def _tell_rest(
        self, way: _Way, marks: Landmarks, told: list[str], data: dict[str, JsonValue]
    ) -> None:
        least = marks.least_steps()
        if least in (0, inf):
            return
        where = f"after step {len(way.begun)}" if way.begun else "from the initial state on"
        told.append(f"{where} a plan has at least {_count(round(least))}")
        data["least"] = round(least)

    def _find_way(self) -> _Way:
        """Find the longest beginning of the answer that some plan has."""
        longest = len(self._keys) - 1
        dead: int | None = None
        low, high = 0, longest
        best: tuple[int, tuple[Move, ...]] | None = None
        while low <= high and perf_counter() < self._due:
            tried = longest if best is None and dead is None else (low + high) // 2
            rest = self._search(tried)
            if rest is not None:
                best, low = (tried, rest), tried + 1
                continue
            if Landmarks(self._relaxation, self._keys[tried]).dead:
                dead = tried
            high = tried - 1
        if best is None:
            return _Way(self._moves[:longest], None, dead)
        return _Way(self._moves[: best[0]], best[1], dead)

    def _search(self, begun: int) -> tuple[Move, ...] | None:
        """Find the rest of a plan; the certifier executes the whole."""
        left = self._due - perf_counter()
        search = LazySearch(self._space, self._relaxation, self._keys[begun])
        rest = search.run(perf_counter() + left / 2)
        whole = None if rest is None else self._moves[:begun] + rest
        return rest if whole is not None and accepts(self._task, whole) else None


def _tell_places(way: _Way, marks: Landmarks, told: list[str], data: dict[str, JsonValue]) -> None:
    missing = [f"({' '.join((name, *row))})" for name, row in marks.missing]
    if missing and not marks.dead:
        shown = ", ".join(missing[:MAX_LANDMARKS])
        told.append(f"every way on makes each of these true at some moment: {shown}")
        data["landmarks"] = list[JsonValue](missing[:MAX_LANDMARKS])
    # The last step of a plan would be the whole answer.
    if way.rest is not None and len(way.rest) > 1:
        step = write_plan(way.rest[:1])
        told.append(f"a plan can go on with `{step}`")
        data["next"] = step


def _count(steps: int) -> str:
    return f"{steps} step" if steps == 1 else f"{steps} steps"


def _note(headline: str, data: dict[str, JsonValue]) -> Diagnostic:
    return Diagnostic(code="pddl-hint", headline=headline, data=data, severity=Severity.WARNING)
