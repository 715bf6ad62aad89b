"""Values that Python has no type for, their equality, and the caps on what is computed.

Invariant: nothing here is approximate. Where a result would be too large to compute in
reasonable time, `OverBudget` is raised and the constraint stays undecided.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from critics.smt.terms import Absent, Sort, Value

MAX_RESULT_BITS = 200_000
MAX_RESULT_CHARS = 1_000_000


class OverBudget(Exception):
    """A computation would pass the evaluator's caps; the message says which."""


@dataclass(frozen=True)
class Table:
    """An array's or a function's value: finitely many entries over a default."""

    default: Value
    entries: Mapping[Value, Value]

    def at(self, key: Value) -> Value:
        """Look a key up; `RESIDUAL` where only an engine can tell whether two keys are one."""
        if key in self.entries:
            return self.entries[key]
        parts = key if isinstance(key, tuple) else (key,)
        unclear = self.entries and any(map(_holds_table, parts))
        return Absent.RESIDUAL if unclear else self.default

    def stored(self, key: Value, value: Value) -> "Table":
        """Give the table with one entry changed."""
        return Table(self.default, {**self.entries, key: value})

    def __hash__(self) -> int:
        """Hash what equal tables share."""
        return hash(frozenset(k for k, v in self.entries.items() if v != self.default))

    def __eq__(self, other: object) -> bool:
        """Compare as tables over an infinite index."""
        if not isinstance(other, Table) or self.default != other.default:
            return False
        return all(self.at(key) == other.at(key) for key in {*self.entries, *other.entries})


@dataclass(frozen=True, slots=True)
class Data:
    """A datatype's value: a constructor and its fields' values."""

    constructor: str
    fields: tuple[Value, ...] = ()


def equal(sort: Sort, left: Value, right: Value) -> Value:
    """Compare two values of a sort; what holds arrays over a finite index may be `RESIDUAL`."""
    if isinstance(left, Absent) or isinstance(right, Absent):
        return left if isinstance(left, Absent) else right
    if left == right:
        return True
    if sort.name != "Array":
        # Fields may be arrays that differ in their tables and nowhere else.
        return Absent.RESIDUAL if _holds_table(left) and _holds_table(right) else False
    element = sort.part(1)
    keys = {*left.entries, *right.entries}
    sides = [(left.at(key), right.at(key)) for key in keys]
    infinite = sort.part(0).name in ("Int", "Real", "String")
    if infinite:
        sides.append((left.default, right.default))
    verdicts = [equal(element, a, b) for a, b in sides]
    if False in verdicts:
        return False
    return True if infinite and all(v is True for v in verdicts) else Absent.RESIDUAL


def _holds_table(value: Value) -> bool:
    """Tell whether an array is anywhere in a value."""
    if isinstance(value, Data):
        return any(map(_holds_table, value.fields))
    return isinstance(value, Table)


def sized(number: int | Fraction) -> int | Fraction:
    """Pass a number on if it is within the caps.

    Raises:
        OverBudget: It has more than `MAX_RESULT_BITS` bits.
    """
    if bits(number) > MAX_RESULT_BITS:
        raise OverBudget(f"a number of more than {MAX_RESULT_BITS:,} bits")
    return number


def bits(number: int | Fraction) -> int:
    """Count the bits of a number, numerator and denominator together."""
    return number.numerator.bit_length() + number.denominator.bit_length()
