"""Search all expressions over given numbers for a target: complete, or honestly given up.

Every expression joins the values of two disjoint parts of the numbers. The values of small parts
(at most four numbers) are listed; for a larger part the smaller side is listed and the larger one
is asked for what is missing. So no expression is passed over, and few are looked at.
"""

from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from typing import TypeAlias

from critics.puzzles.expressions import DivisionByZero, combine, write_number

MAX_STEPS = 1_200_000
"""Values looked at before a search is given up; a few seconds, enough for seven numbers."""
LISTED = 4
"""How many numbers a part has at most whose values are all listed."""

Missing: TypeAlias = tuple[str, Fraction, bool]
"""An operator, the other side's value, and whether that side stands on the right."""


class OverBudget(Exception):
    """The search was given up; nothing is known."""


class Search:
    """A search over one list of numbers.

    Args:
        numbers: What may be used, each once.
        operators: What may join them.
        max_steps: How much work is done before it is given up.
    """

    def __init__(
        self, numbers: Sequence[Fraction], operators: Collection[str], max_steps: int = MAX_STEPS
    ) -> None:
        self._numbers = numbers
        self._operators = operators
        self._steps = max_steps
        self._values: dict[int, frozenset[Fraction]] = {}
        self._failed: set[tuple[int, Fraction]] = set()

    def find(self, target: Fraction, *, use_all: bool) -> str | None:
        """Find an expression with a value; `None` proves that there is none.

        Raises:
            OverBudget: The search was given up.
        """
        seen: set[tuple[Fraction, ...]] = set()
        for part in self._parts(use_all=use_all):
            self._spend()
            members = tuple(sorted(self._members(part)))
            if members in seen:
                continue
            seen.add(members)
            found = self._solve(part, target)
            if found is not None:
                return found
        return None

    def _parts(self, *, use_all: bool) -> Iterator[int]:
        """Give what may be used together, small parts first."""
        places = range(len(self._numbers))
        for size in (len(places),) if use_all else range(1, len(places) + 1):
            for chosen in combinations(places, size):
                yield sum(1 << place for place in chosen)

    def _members(self, part: int) -> Iterator[Fraction]:
        return (n for place, n in enumerate(self._numbers) if part >> place & 1)

    def _spend(self, steps: int = 1) -> None:
        self._steps -= steps
        if self._steps < 0:
            raise OverBudget

    def _solve(self, part: int, target: Fraction) -> str | None:
        """Find an expression over exactly these numbers."""
        if part.bit_count() == 1:
            number = next(self._members(part))
            return write_number(number) if number == target else None
        listed = part.bit_count() <= LISTED
        if (part, target) in self._failed or (listed and target not in self._list(part)):
            return None
        for smaller, larger in self._splits(part):
            found = self._join(smaller, larger, target)
            if found is not None:
                return found
        self._failed.add((part, target))
        return None

    def _join(self, smaller: int, larger: int, target: Fraction) -> str | None:
        for value in self._list(smaller):
            for operator, missing, right in self._missing(value, target):
                self._spend()
                found = self._solve(larger, missing)
                if found is not None:
                    own = self._solve(smaller, value)
                    first, second = (found, own) if right else (own, found)
                    return f"({first} {operator} {second})"
            if value == target == 0:
                found = self._vanish(smaller, larger)
                if found is not None:
                    return found
        return None

    def _missing(self, value: Fraction, target: Fraction) -> Iterator[Missing]:
        """Give what the other side must be, and whether this side then stands on the right."""
        if "+" in self._operators:
            yield "+", target - value, False
        if "-" in self._operators:
            yield "-", value - target, False
            yield "-", target + value, True
        if "*" in self._operators and value != 0:
            yield "*", target / value, False
        if "/" in self._operators and value != 0:
            yield "/", target * value, True
            if target != 0:
                yield "/", value / target, False

    def _vanish(self, smaller: int, larger: int) -> str | None:
        """Make 0 of a side that is 0 and any value of the other one."""
        zero = self._solve(smaller, Fraction(0))
        for other in self._list(larger):
            if "*" in self._operators:
                return f"({zero} * {self._solve(larger, other)})"
            if "/" in self._operators and other != 0:
                return f"({zero} / {self._solve(larger, other)})"
        return None

    def _splits(self, part: int) -> Iterator[tuple[int, int]]:
        """Give the ways to split numbers into two parts, the smaller one first."""
        half = part
        while half := (half - 1) & part:
            self._spend()
            rest = part ^ half
            if half.bit_count() < rest.bit_count() or (
                half.bit_count() == rest.bit_count() and half < rest
            ):
                yield half, rest

    def _list(self, part: int) -> frozenset[Fraction]:
        """List every value that these numbers have."""
        if part not in self._values:
            if part.bit_count() == 1:
                self._values[part] = frozenset(self._members(part))
            else:
                self._values[part] = frozenset(self._combinations(part))
        return self._values[part]

    def _combinations(self, part: int) -> Iterator[Fraction]:
        for smaller, larger in self._splits(part):
            others = self._list(larger)
            for value in self._list(smaller):
                self._spend(2 * len(others) * len(self._operators))
                for other in others:
                    yield from self._results(value, other)

    def _results(self, value: Fraction, other: Fraction) -> Iterator[Fraction]:
        for operator in self._operators:
            for left, right in ((value, other), (other, value)):
                try:
                    yield combine(operator, left, right)
                except DivisionByZero:
                    continue
