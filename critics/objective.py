"""Objective: what makes one accepted answer better than another, as an exact number.

Invariants:
    * The number is computed by the domain from the answer alone; nobody's word is taken for it.
    * It decides no verdict: whoever compares answers has had each of them accepted first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    Field,
    JsonValue,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)

from critics.types import Frozen

Sense: TypeAlias = Literal["min", "max"]
MOST_BITS = 10_000
"""Numbers whose numerator or denominator is longer compare no answers: they cannot be written."""
MOST_CHARS = 8_000


class Aim(Frozen):
    """What answers of one problem are compared by."""

    name: str = Field(max_length=200)
    """In words that follow a number's, such as `plan length`."""
    sense: Sense
    """`min`: a smaller number is better."""

    def prefers(self, one: Fraction, other: Fraction) -> bool:
        """Say whether one value is better than another."""
        return one < other if self.sense == "min" else one > other

    def reaches(self, value: Fraction, target: Fraction) -> bool:
        """Say whether a value is at least as good as another."""
        return not self.prefers(target, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """How a problem's answers are compared.

    Attributes:
        name: What is counted, such as `plan length`.
        sense: Whether less of it is better, or more.
        measure: A candidate that the critics accept to its value; `None` if it has none.
    """

    name: str
    sense: Sense
    measure: Callable[[Any], int | Fraction | None]

    @property
    def aim(self) -> Aim:
        """Say what is counted."""
        return Aim(name=" ".join(self.name.split())[:200], sense=self.sense)


def read_exact(value: object) -> Fraction:
    """Read a number exactly: an integer, a decimal or a fraction such as `7/2`.

    Raises:
        ValueError: It is none, or too long.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str | Fraction):
        raise ValueError("a number is an integer, a decimal, or a fraction such as `7/2`")  # noqa: TRY004  # pydantic reports a ValueError
    if isinstance(value, str) and len(value) > MOST_CHARS:
        raise ValueError("the number is too long")
    try:
        read = Fraction(Decimal(str(value))) if isinstance(value, float) else _read(value)
    except (InvalidOperation, OverflowError, ZeroDivisionError) as error:
        raise ValueError("a number is finite, and no fraction divides by 0") from error
    if not is_writable(read):
        raise ValueError("the number is too long")
    return read


def _read(value: int | str | Fraction) -> Fraction:
    if isinstance(value, str) and ("e" in value.lower() or "_" in value):
        raise ValueError("a number is written without an exponent")
    return Fraction(value)


def is_writable(value: int | Fraction) -> bool:
    """Say whether a number is short enough to be written down."""
    return max(value.numerator.bit_length(), value.denominator.bit_length()) <= MOST_BITS


_SCHEMA: Mapping[str, JsonValue] = {
    "anyOf": [{"type": "integer"}, {"type": "number"}, {"type": "string", "maxLength": MOST_CHARS}],
    "description": "An exact number: an integer, a decimal, or a fraction such as `7/2`.",
}
Exact: TypeAlias = Annotated[
    Fraction,
    PlainValidator(read_exact),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(dict(_SCHEMA)),
]
"""A number that JSON carries exactly, as text."""
