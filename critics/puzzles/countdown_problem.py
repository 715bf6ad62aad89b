"""What a number puzzle says: numbers, a target, operators, and whether all numbers are used."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StrictStr

from critics.types import Problem

_NUMBER = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30}|/0*[1-9][0-9]{0,29})?", re.ASCII)
MAX_NUMBERS = 50
MAX_NUMBER = 10**30


def _readable(value: int | str) -> int | str:
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError('write a number as 24, "1/3" or "0.5", with at most 30 digits')
    if isinstance(value, int) and abs(value) >= MAX_NUMBER:
        raise ValueError("a number has at most 30 digits")
    return value


Number: TypeAlias = Annotated[StrictInt | StrictStr, AfterValidator(_readable)]


class CountdownProblem(Problem):
    """Numbers to be joined into an expression whose value is the target."""

    numbers: list[Number] = Field(min_length=1, max_length=MAX_NUMBERS)
    """Integers, or strings such as "1/3" and "0.5"; read exactly."""
    target: Number = 24
    """What the expression must be worth, exactly."""
    operators: list[Literal["+", "-", "*", "/"]] = Field(
        default=["+", "-", "*", "/"], min_length=1, max_length=4
    )
    """Operators that may be used, each as often as wanted."""
    use_all: StrictBool = True
    """Whether every number must be used (the Game of 24), or any of them, each at most once."""


@dataclass(frozen=True)
class Game:
    """A problem, read.

    Attributes:
        numbers: What may be used, each once.
        target: What the value must be.
        operators: What may be used.
        use_all: Whether every number must be used.
    """

    numbers: tuple[Fraction, ...]
    target: Fraction
    operators: frozenset[str]
    use_all: bool


def load(problem: CountdownProblem) -> Game:
    """Read a payload."""
    return Game(
        numbers=tuple(Fraction(number) for number in problem.numbers),
        target=Fraction(problem.target),
        operators=frozenset(problem.operators),
        use_all=problem.use_all,
    )
