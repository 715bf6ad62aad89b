"""Families of planning tasks over one domain, with a procedure that plans by rule.

A procedure sees the names of the family's own domain only: a renamed twin is mapped back first
(`critics.pddl.generation_structure`), so it plans there, too.
"""

import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from critics.generation import Payload
from critics.pddl.extract import EMPTY_PLAN
from critics.pddl.formula import Holds, split_conjuncts
from critics.pddl.generation_structure import Symbol, find_shape, match_symbols
from critics.pddl.plan import Plan, Step, parse_plan
from critics.pddl.problem_reader import read_task
from critics.pddl.program import compile_task
from critics.pddl.search import write_plan
from critics.pddl.simulate import Trace, walk_plan
from critics.pddl.successors import Move
from critics.pddl.task import Row, Task
from critics.sexpr import Source
from critics.types import CandidateError, Undecided

Atom: TypeAlias = tuple[str, Row]
"""A predicate of the family's domain, and objects."""
STEP = re.compile(r"\([^()]*\)")
LONGEST = 2
"""A beginning that is longer than this many whole answers is given up."""


@dataclass(frozen=True)
class World:
    """A state and a goal, in the words of the family's own domain.

    Attributes:
        objects: In the order in which they were declared.
        facts: Predicate to the rows that hold.
        goal: What must hold, in the order in which it is written.
    """

    objects: Sequence[str]
    facts: Mapping[str, Mapping[Row, object]]
    goal: Sequence[Atom]

    def rows(self, predicate: str) -> Mapping[Row, object]:
        """Give the rows of a predicate."""
        return self.facts.get(predicate, {})

    def named(self, predicate: str) -> Sequence[str]:
        """Give the objects for which a predicate of one place holds, as they were declared."""
        rows = self.rows(predicate)
        return [name for name in self.objects if (name,) in rows]


Procedure: TypeAlias = Callable[[World], Sequence[Move] | None]


@dataclass(frozen=True)
class Template:
    """A domain with a procedure for its tasks.

    Attributes:
        domain: The domain's text.
        procedure: Plans by rule, from any state; None where the rule does not apply.
    """

    domain: str
    procedure: Procedure

    @property
    def name(self) -> str:
        """Give the domain's name."""
        return self.domain.split("(domain ", 1)[1].split(")", 1)[0]

    def write(self, objects: Sequence[str], init: Iterable[Atom], goal: Iterable[Atom]) -> Payload:
        """Write a task."""
        lines = [
            f"(define (problem {self.name}-{len(objects)})",
            f"  (:domain {self.name})",
            f"  (:objects {' '.join(objects)})",
            "  (:init",
            *(f"    {_show(atom)}" for atom in init),
            "  )",
            "  (:goal (and",
            *(f"    {_show(atom)}" for atom in goal),
            "  )))",
        ]
        return {"domain": self.domain, "problem": "\n".join(lines) + "\n"}

    def answer(self, payload: Any) -> str | None:
        """Plan by the procedure."""
        position = self._open(payload)
        return None if position is None else position.plan(())

    def repair(self, payload: Any, wrong: str) -> str | None:
        """Keep the steps of a wrong plan that can be executed, and plan on from there."""
        position = self._open(payload)
        if position is None:
            return None
        whole = position.plan(())
        steps = position.follow(wrong)
        allowed = LONGEST * (whole or "").count("(")
        return whole if len(steps) > allowed else position.plan(steps) or whole

    def _open(self, payload: Any) -> "_Position | None":
        task = read_task(payload.domain, payload.problem)
        names = match_symbols(find_shape(_own_task(self.domain)), find_shape(task))
        return None if names is None else _Position(task, self.procedure, names)


class _Position:
    """A task of the family's domain, whatever its names."""

    def __init__(self, task: Task, procedure: Procedure, names: Mapping[Symbol, str]) -> None:
        self._task = task
        self._procedure = procedure
        self._actions = {own: name for (kind, own), name in names.items() if kind == "action"}
        self._predicates = {n: own for (kind, own), n in names.items() if kind == "predicate"}

    def follow(self, text: str) -> Sequence[Step]:
        """Give the steps of a text that can be executed one after the other from the start."""
        steps: list[Step] = []
        for item in STEP.findall(text):
            try:
                steps += parse_plan(self._task, item).steps
            except CandidateError:
                break
        return steps[: self._run(steps).executed]

    def plan(self, begun: Sequence[Step]) -> str | None:
        """Plan from the state after some steps, which the plan then begins with."""
        goal = self._goal()
        if goal is None:
            return None
        state = self._run(begun).state
        facts = {
            self._predicates.get(name, name): relation.rows
            for name, relation in state.relations.items()
        }
        moves = self._procedure(World(tuple(self._task.objects), facts, goal))
        if moves is None:
            return None
        named = tuple([(self._actions[name], row) for name, row in moves])
        lines = [*map(str, begun), write_plan(named)]
        return "\n".join(filter(None, lines)) or EMPTY_PLAN

    def _run(self, steps: Sequence[Step]) -> Trace:
        program = compile_task(self._task)
        trace = Trace(program, Plan(Source("answer", ""), tuple(steps)), program.start())
        try:
            for _ in walk_plan(trace):
                pass
        except Undecided:
            pass  # What was executed until then was executed.
        return trace

    def _goal(self) -> Sequence[Atom] | None:
        goal: list[Atom] = []
        for part in split_conjuncts(self._task.goal.formula):
            if not isinstance(part, Holds) or any(isinstance(term, int) for term in part.terms):
                return None
            row = tuple(map(str, part.terms))
            goal.append((self._predicates.get(part.predicate, part.predicate), row))
        return goal


def choose_names(chance: random.Random, count: int, letter: str) -> list[str]:
    """Name objects: mostly `a b c`, else some letters in some order, or `b1 b2 b3`."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    style = chance.choice(("first", "first", "some", "numbered"))
    if style == "numbered" or count > len(letters):
        return [f"{letter}{number}" for number in range(1, count + 1)]
    return list(letters[:count]) if style == "first" else chance.sample(letters, count)


@lru_cache(maxsize=32)
def _own_task(domain: str) -> Task:
    """Read the family's domain with a task in which there is nothing."""
    return read_task(domain, "(define (problem empty) (:init) (:goal (and)))")


def _show(atom: Atom) -> str:
    return f"({' '.join((atom[0], *atom[1]))})"
