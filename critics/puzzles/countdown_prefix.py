"""Number puzzles as moves: two of the numbers that are left are joined into one."""

import re
from bisect import insort
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TypeAlias

from critics.prefix import Prefix
from critics.puzzles.expressions import (
    DivisionByZero,
    Expression,
    combine,
    read_answer,
    write_number,
)
from critics.types import CandidateError

Part: TypeAlias = tuple[Fraction, str]
"""A value and the expression that makes it."""
State: TypeAlias = tuple[Part, ...]
"""What is left, sorted."""

_NUMBER = r"-?[0-9]+|\[-?[0-9]+/[0-9]+\]"
_MOVE = re.compile(rf"({_NUMBER}) ([-+*/]) ({_NUMBER})", re.ASCII)
MOST_CHARS = 4_000
"""Longest expression that is built."""
SWAPPABLE = frozenset("+*")


class Joins:
    """The moves of one puzzle; see `critics.prefix`.

    Args:
        numbers: What may be used, each once.
        target: What the value must be.
        operators: What may be used.
        use_all: Whether every number must be used.
    """

    def __init__(
        self,
        numbers: Sequence[Fraction],
        target: Fraction,
        operators: frozenset[str],
        *,
        use_all: bool,
    ) -> None:
        self.start: State = tuple(sorted((value, write_number(value)) for value in numbers))
        self._target = target
        self._operators = [sign for sign in "+-*/" if sign in operators]
        self._use_all = use_all

    def prefix(self) -> Prefix:
        """Give the protocol object."""
        return Prefix(
            start=self.start,
            apply=self.apply,
            is_goal=self.is_goal,
            key=key,
            join=self.join,
            split=split,
            tell=tell,
            moves=self.moves,
            h={"operations": self.estimate},
        )

    def apply(self, state: State, move: str) -> State | None:
        """Join two numbers."""
        found = _MOVE.fullmatch(move)
        if found is None or found[2] not in self._operators:
            return None
        rest = list(state)
        left, right = (_take(rest, text) for text in (found[1], found[3]))
        return None if left is None or right is None else _join(rest, left, found[2], right)

    def moves(self, state: State) -> Iterator[tuple[str, State]]:
        """Join every two values by every operator; two equal values are the same to anybody."""
        seen: set[str] = set()
        for i, left in enumerate(state):
            for j, right in enumerate(state):
                for sign in self._operators if i != j else ():
                    if sign in SWAPPABLE and j < i:
                        continue
                    move = f"{write_number(left[0])} {sign} {write_number(right[0])}"
                    if move in seen:
                        continue
                    seen.add(move)
                    after = self.apply(state, move)
                    if after is not None:
                        yield move, after

    def is_goal(self, state: State) -> bool:
        """Say whether the target is made."""
        if self._use_all:
            return len(state) == 1 and state[0][0] == self._target
        return any(value == self._target for value, _ in state)

    def estimate(self, state: State) -> float:
        """Count the operations that are left at most."""
        return 0.0 if self.is_goal(state) else float(max(len(state) - 1, 1))

    def join(self, moves: Sequence[str]) -> str:
        """Write what the moves have made: the target if it is there, else the latest value."""
        state, latest = self.start, self.start[-1]
        for move in moves:
            after = self.apply(state, move)
            if after is None:
                break
            latest = next(iter(Counter(after) - Counter(state)))
            state = after
        made = next((part for part in state if part[0] == self._target), latest)
        text = made[1]
        return text[1:-1] if text.startswith("(") else text


def key(state: State) -> str:
    """Name a state by the values that are left."""
    return " ".join(str(value) for value, _ in state)


def tell(state: State) -> str:
    """List what is left."""
    return "Numbers left: " + ", ".join(write_number(value) for value, _ in state)


def split(text: str) -> list[str]:
    """Give the operations of an expression in the order in which they are computed."""
    try:
        return list(_operations(read_answer(text).expression))
    except CandidateError:
        return []


def _operations(expression: Expression) -> Iterator[str]:
    stack: list[Fraction] = []
    for token in expression.tokens:
        if isinstance(token, Fraction):
            stack.append(token)
            continue
        right, left = stack.pop(), stack.pop()
        yield f"{write_number(left)} {token} {write_number(right)}"
        try:
            stack.append(combine(token, left, right))
        except DivisionByZero:
            return


def _take(rest: list[Part], text: str) -> Part | None:
    for part in rest:
        if write_number(part[0]) == text:
            rest.remove(part)
            return part
    return None


def _join(rest: list[Part], left: Part, sign: str, right: Part) -> State | None:
    text = f"({left[1]} {sign} {right[1]})"
    if len(text) > MOST_CHARS:
        return None
    try:
        insort(rest, (combine(sign, left[0], right[0]), text))
    except DivisionByZero:
        return None
    return tuple(rest)
