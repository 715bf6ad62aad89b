"""Hints on expressions, and the JSON Schema of an answer.

Invariant: a hint says of a step that it leads nowhere only if a complete search found no expression
with it, and that it can be kept only if one was found.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from pydantic import JsonValue

from critics.puzzles.countdown_search import OverBudget, Search
from critics.puzzles.expressions import DivisionByZero, combine, read_answer, write_number
from critics.types import CandidateError, Diagnostic, HintLevel

MAX_STEPS = 200_000
"""Values looked at for one step of an answer."""
MAX_SHAPES_OF = 6
"""Most numbers for which the schema lists every way to set parentheses: 42 ways for six."""


@dataclass(frozen=True)
class Goal:
    """What an expression must reach, and with what."""

    numbers: tuple[Fraction, ...]
    target: Fraction
    operators: Collection[str]
    use_all: bool


def advise(goal: Goal, text: str, found: str | None, level: HintLevel) -> Sequence[Diagnostic]:
    """Tell which first steps of an answer can be kept, a first step that can, or a solution.

    Args:
        goal: What is to be reached.
        text: The rejected answer.
        found: An expression that reaches the target, if one is known.
        level: How much may be given away.
    """
    if found is None:
        return ()
    if level is HintLevel.VALUES:
        data: dict[str, JsonValue] = {"origin": "solver_repair", "answer": found}
        return (_note(f"an expression that reaches the target is {found}", data),)
    inner = re.search(r"\(([^()]*)\)", found)
    if level is HintLevel.PLACES and inner is not None:
        return (_note(f"an expression that reaches the target contains {inner[1]}", {}),)
    steps = list(_try_steps(goal, text))
    dead = [step for step, lives in steps if lives is False]
    kept = [step for step, lives in steps if lives] if level is not HintLevel.CORE else []
    told = []
    if dead:
        told.append(f"no expression with {' or '.join(dead)} as a step reaches the target")
    if kept:
        told.append(f"some expression with {' or with '.join(kept)} as a step reaches it")
    return (_note("; ".join(told), {"dead": [*dead], "kept": [*kept]}),) if told else ()


def _try_steps(goal: Goal, text: str) -> Iterator[tuple[str, bool | None]]:
    """Give the steps of an answer that join two given numbers, and whether they lead anywhere."""
    try:
        tokens = read_answer(text).expression.tokens
    except CandidateError:
        return
    seen: set[str] = set()
    for (left, right), sign in zip(pairwise(tokens), tokens[2:], strict=False):
        if isinstance(left, str) or isinstance(right, str) or not isinstance(sign, str):
            continue
        step = f"`{write_number(left)} {sign} {write_number(right)}`"
        rest = list(goal.numbers)
        if step in seen or sign not in goal.operators:
            continue
        seen.add(step)
        try:
            rest.remove(left)
            rest.remove(right)
            value = combine(sign, left, right)
        except (ValueError, DivisionByZero):
            continue
        yield step, _reaches(goal, [*rest, value])


def _reaches(goal: Goal, numbers: list[Fraction]) -> bool | None:
    """Say whether the target can be reached with what a step leaves; `None` if that is open."""
    try:
        search = Search(numbers, goal.operators, MAX_STEPS)
        found = search.find(goal.target, use_all=goal.use_all)
    except OverBudget:
        return None
    if found is None:
        return False
    # Where not every number must be used, what was found need not use the step.
    return True if goal.use_all else None


def describe_answer(goal: Goal) -> dict[str, JsonValue]:
    """Describe an answer as a JSON object; of few numbers it lists the shapes of expressions."""
    text: dict[str, JsonValue] = {"type": "string", "minLength": 1, "maxLength": 4_000}
    most = len(goal.numbers)
    if most <= MAX_SHAPES_OF:
        literals = dict.fromkeys(write_number(number) for number in goal.numbers)
        number = f"(?:{'|'.join(map(_escape, literals))})"
        sign = f"(?:{'|'.join(map(_escape, sorted(goal.operators)))})"
        sizes = [most] if goal.use_all else range(1, most + 1)
        shapes = "|".join(shape for size in sizes for shape in _shapes(size, number, sign))
        text = {"type": "string", "pattern": f"^(?:{shapes})$"}
    return {
        "type": "object",
        "properties": {"expression": text},
        "required": ["expression"],
        "additionalProperties": False,
    }


def _shapes(size: int, number: str, sign: str) -> list[str]:
    """Give a pattern for every way to join some numbers, in order, by parentheses."""
    if size == 1:
        return [number]
    return [
        f"{_wrap(left)} {sign} {_wrap(right)}"
        for cut in range(1, size)
        for left in _shapes(cut, number, sign)
        for right in _shapes(size - cut, number, sign)
    ]


def _wrap(shape: str) -> str:
    return rf"\({shape}\)" if " " in shape else shape


def _escape(text: str) -> str:
    """Escape as ECMA-262 has it: `-` is no special character outside of a class."""
    return re.sub(r"([\\^$.*+?()\[\]{}|/])", r"\\\1", text)


def _note(headline: str, data: dict[str, JsonValue]) -> Diagnostic:
    return Diagnostic(
        code="countdown-hint", headline=headline, notes=("it was computed exactly",), data=data
    )
