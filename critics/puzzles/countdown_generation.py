"""Number puzzles made by a program, with answers in one form.

An answer joins numbers by whole, positive results where that is possible: of what is left the
greatest numbers come first, the operators in the order `+ - * /`, and the first way that reaches
the target is taken. Where there is none, the domain's own search is asked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any, TypeAlias

from critics.generation import Family, Generation, Payload
from critics.puzzles.countdown_problem import CountdownProblem, Game, load
from critics.puzzles.countdown_search import OverBudget, Search
from critics.puzzles.expressions import PRECEDENCE, read_answer, write_number
from critics.types import CandidateError

LITERAL = 3
"""How tightly a number holds together, beside the operators' precedence."""
MAX_JOINS = 100_000
"""Pairs joined before the answer is left to the domain's search."""
MOST = 99
"""Greatest target that is made."""
NEAR = 1e-6
"""Two different values of so few, so small numbers differ by more."""


@dataclass(frozen=True, slots=True)
class Part:
    """A value and the expression that makes it."""

    value: int
    text: str
    rank: int = LITERAL


Parts: TypeAlias = tuple[Part, ...]
"""What is left, the greatest first."""


@dataclass(frozen=True, slots=True)
class Size:
    """What the puzzles of a level are like."""

    counts: tuple[int, ...]
    most: int
    target: int | None = None
    some: float = 0.0
    """How many of them need not use every number."""


SIZES = (
    Size(counts=(2,), most=30),
    Size(counts=(3,), most=30),
    Size(counts=(4,), most=13, target=24),
    Size(counts=(4, 5), most=50, some=0.3),
)
LEVELS = (
    "two numbers to 30",
    "three numbers to 30",
    "the Game of 24: four numbers to 13",
    "four or five numbers to 50, not always all of them",
)


def make_puzzle(random: Random, level: int) -> Payload:
    """Make a puzzle from a random way to reach its target."""
    size = SIZES[level - 1]
    while True:
        numbers = [random.randint(1, size.most) for _ in range(random.choice(size.counts))]
        use_all = random.random() >= size.some
        used = numbers if use_all else random.sample(numbers, random.randint(2, len(numbers)))
        if size.target is not None:
            reached = _find(_parts(numbers), size.target, "+-*/", use_all=True) is not None
            target = size.target if reached else None
        else:
            target = _reach(random, used)
        if target is not None:
            return _puzzle(numbers, target, use_all=use_all)


def make_unreachable(random: Random, level: int) -> Payload:
    """Make a puzzle that no expression solves."""
    size = SIZES[level - 1]
    while True:
        numbers = [random.randint(1, size.most) for _ in range(size.counts[0])]
        target = size.target or random.randint(1, MOST)
        if not any(abs(value - target) < NEAR for value in _worths(tuple(numbers))):
            return _puzzle(numbers, target, use_all=True)


def answer(payload: Any) -> str | None:
    """Write the answer to a puzzle; nothing if there is none, or none was found."""
    game = load(CountdownProblem.model_validate(payload))
    return _solve(game, _start(game)) or _search(game)


def repair(payload: Any, wrong: str) -> str | None:
    """Keep as many operations of a wrong answer, from its first on, as lead to the target."""
    game = load(CountdownProblem.model_validate(payload))
    for left in reversed(list(_follow(game, wrong))):
        found = _solve(game, left)
        if found is not None:
            return found
    return answer(payload)


def identify(payload: Any) -> str:
    """Tell puzzles apart; the order of numbers and operators does not matter."""
    game = load(CountdownProblem.model_validate(payload))
    numbers = " ".join(map(str, sorted(game.numbers)))
    which = "all" if game.use_all else "some"
    return f"{numbers} = {game.target} by {''.join(sorted(game.operators))} of {which}"


def shuffle(random: Random, payload: Any) -> Payload:
    """Put the numbers into another order."""
    problem = CountdownProblem.model_validate(payload)
    numbers = random.sample(problem.numbers, len(problem.numbers))
    return {**problem.model_dump(mode="json", exclude_defaults=True), "numbers": [*numbers]}


def _puzzle(numbers: Sequence[int], target: int, *, use_all: bool) -> Payload:
    payload: Payload = {"numbers": [*numbers], "target": target}
    return payload if use_all else {**payload, "use_all": False}


def _reach(random: Random, numbers: Sequence[int]) -> int | None:
    """Join numbers at random; nothing if what comes out is no fair target."""
    parts = list(numbers)
    while len(parts) > 1:
        one, other = (parts.pop(random.randrange(len(parts))) for _ in range(2))
        results = list(_results(max(one, other), min(one, other), "+-*/"))
        parts.append(random.choice(results)[1])
    return parts[0] if 1 < parts[0] <= MOST and parts[0] not in numbers else None


def _worths(numbers: tuple[float, ...]) -> set[float]:
    """Give about every value that all of these numbers have together."""
    if len(numbers) == 1:
        return {numbers[0]}
    found: set[float] = set()
    for chosen in range(1, 2 ** (len(numbers) - 1)):
        one = tuple(n for place, n in enumerate(numbers) if chosen >> place & 1)
        other = tuple(n for place, n in enumerate(numbers) if not chosen >> place & 1)
        for left, right in product(_worths(one), _worths(other)):
            found |= {left + right, left - right, right - left, left * right}
            found |= {left / right} if abs(right) > NEAR else set()
            found |= {right / left} if abs(left) > NEAR else set()
    return {round(value, 9) for value in found}


def _results(great: int, small: int, operators: str) -> Iterator[tuple[str, int]]:
    """Give the whole, positive results of joining two numbers, the greater one first."""
    if "+" in operators and great + small > 0:
        yield "+", great + small
    if "-" in operators and great > small:
        yield "-", great - small
    if "*" in operators and great * small > 0:
        yield "*", great * small
    if "/" in operators and small > 0 and great % small == 0:
        yield "/", great // small


def _start(game: Game) -> Parts:
    if any(number.denominator != 1 for number in game.numbers):
        return ()
    return _parts([int(number) for number in game.numbers])


def _parts(numbers: Sequence[int]) -> Parts:
    return _order(Part(number, write_number(Fraction(number))) for number in numbers)


def _order(parts: Any) -> Parts:
    return tuple(sorted(parts, key=lambda part: (-part.value, part.text)))


def _solve(game: Game, parts: Parts) -> str | None:
    if not parts or game.target.denominator != 1:
        return None
    operators = "".join(sign for sign in "+-*/" if sign in game.operators)
    return _find(parts, int(game.target), operators, use_all=game.use_all)


def _find(parts: Parts, target: int, operators: str, *, use_all: bool) -> str | None:
    """Find the first way to a target, with few operations first where not all are needed."""
    walk = _Walk(target, operators, use_all=use_all)
    for joins in range(len(parts) - 1 if use_all else 0, len(parts)):
        found = walk.join(parts, joins)
        if found is not None:
            return found.text
    return None


class _Walk:
    """A search in one fixed order, with what failed kept."""

    def __init__(self, target: int, operators: str, *, use_all: bool) -> None:
        self._target = target
        self._operators = operators
        self._use_all = use_all
        self._failed: set[tuple[int, ...]] = set()
        self._left = MAX_JOINS

    def join(self, parts: Parts, joins: int) -> Part | None:
        """Reach the target by so many operations."""
        if joins == 0:
            return next((part for part in parts if part.value == self._target), None)
        key = (joins, *(part.value for part in parts))
        if key in self._failed:
            return None
        for i, great in enumerate(parts):
            for j in range(i + 1, len(parts)):
                rest = parts[:i] + parts[i + 1 : j] + parts[j + 1 :]
                for made in _combine(great, parts[j], self._operators):
                    self._left -= 1
                    if self._left < 0:
                        return None
                    found = self.join(_order((*rest, made)), joins - 1)
                    if found is not None:
                        return found
        self._failed.add(key)
        return None


def _combine(great: Part, small: Part, operators: str) -> Iterator[Part]:
    for sign, value in _results(great.value, small.value, operators):
        yield _write(great, sign, small, value)


def _write(left: Part, sign: str, right: Part, value: int) -> Part:
    """Write an operation with no more parentheses than it needs."""
    rank = PRECEDENCE[sign]
    first = f"({left.text})" if left.rank < rank else left.text
    tight = right.rank < rank or (right.rank == rank and sign in "-/")
    second = f"({right.text})" if tight else right.text
    return Part(value, f"{first} {sign} {second}", rank)


def _follow(game: Game, text: str) -> Iterator[Parts]:
    """Give what is left after each operation of an answer, as far as they are possible."""
    try:
        tokens = read_answer(text).expression.tokens
    except CandidateError:
        return
    rest, stack = list(_start(game)), list[Part]()
    for token in tokens:
        if isinstance(token, str):
            right, left = stack.pop(), stack.pop()
            value = _compute(left.value, token, right.value)
            if value is None or token not in game.operators:
                return
            stack.append(_write(left, token, right, value))
            yield _order((*rest, *stack))
            continue
        part = next((part for part in rest if part.value == token), None)
        if part is None:
            return
        rest.remove(part)
        stack.append(part)


def _compute(left: int, sign: str, right: int) -> int | None:
    if sign == "/":
        return left // right if right and left % right == 0 else None
    return {"+": left + right, "-": left - right, "*": left * right}[sign]


def _search(game: Game) -> str | None:
    try:
        found = Search(game.numbers, game.operators).find(game.target, use_all=game.use_all)
    except OverBudget:
        return None
    return found[1:-1] if found is not None and found.startswith("(") else found


COUNTDOWN_GENERATION = Generation(
    families=(
        Family(
            name="reach",
            summary="numbers that reach their target",
            levels=LEVELS,
            make=make_puzzle,
            answer=answer,
            repair=repair,
        ),
        Family(
            name="out-of-reach",
            summary="numbers that cannot reach their target, whatever is done with them",
            levels=(*LEVELS[:3], "four numbers to 50"),
            make=make_unreachable,
            solvable=False,
        ),
    ),
    identity=identify,
    rename=shuffle,
)
