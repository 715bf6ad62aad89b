"""What crosses between the two guests: plain data, by value.

It runs in both guests, so it imports nothing of ours and works in Python 3.11 and later. An object
of the answer's own classes crosses as a reference: a number that only the answer's guest can look
up.

Invariants:
    * What `read_value` makes is of exact built-in types, made here. No code, class or method of the
      other side comes along, so no comparison here can be decided there.
    * Subclasses are written as the plain value that they hold.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator, MappingView
from types import MappingProxyType

TYPE_CHECKING = False  # importing `typing` would cost a third of a guest's start
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

MAX_DEPTH = 60
MAX_NODES = 200_000
MAX_ITEMS = 100_000


class Unsupported(Exception):
    """A value that cannot cross."""


class Writer:
    """Writes values as JSON; objects that are not plain go to `refer`."""

    def __init__(self, refer: Callable[[Any], tuple[int, str]]) -> None:
        self._refer = refer
        self._nodes = 0

    def write(self, value: Any, depth: int = 0) -> list[Any]:
        """Write one value.

        Raises:
            Unsupported: It is too large, nested too deep, or holds itself.
        """
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise Unsupported("a value is too large, nests too deep or holds itself")
        for base in type(value).__mro__:
            if base in LEAVES:
                return LEAVES[base](value)
            if base in SEQUENCES:
                tag, items = SEQUENCES[base]
                return [tag, self._some(items(value), depth)]
            if base is dict:
                return ["d", self._pairs(value, depth)]
            number = _write_number(base, value)
            if number is not None:
                return number
        if isinstance(value, Iterator | MappingView):
            return ["I", self._some(iter(value), depth)]  # type: ignore[arg-type]  # every view is iterable
        return ["r", *self._refer(value)]

    def _some(self, values: Iterable[Any], depth: int) -> list[Any]:
        written: list[Any] = []
        for value in values:
            if len(written) >= MAX_ITEMS:
                raise Unsupported(f"an iterator gives more than {MAX_ITEMS:,} values")
            written.append(self.write(value, depth + 1))
        return written

    def _pairs(self, value: dict[Any, Any], depth: int) -> list[Any]:
        pairs = dict.items(value)
        return [[self.write(k, depth + 1), self.write(v, depth + 1)] for k, v in pairs]


def _write_complex(value: complex) -> list[Any]:
    plain = complex.__complex__(value)
    return ["c", float.hex(plain.real), float.hex(plain.imag)]


def _write_number(kind: Any, value: Any) -> list[Any] | None:
    """Write an exact number, if whoever made it has imported its type; importing costs much."""
    if kind is object:
        return None
    if kind is getattr(sys.modules.get("decimal"), "Decimal", None):
        return ["D", str(value)]
    if kind is getattr(sys.modules.get("fractions"), "Fraction", None):
        return ["Q", hex(int(value.numerator)), hex(int(value.denominator))]
    return None


def _read_decimal(text: Any) -> Any:
    import decimal  # noqa: PLC0415  # see `_write_number`

    return decimal.Decimal(str(text))


def _read_fraction(above: Any, below: Any) -> Any:
    import fractions  # noqa: PLC0415  # see `_write_number`

    return fractions.Fraction(int(above, 16), int(below, 16))


LEAVES: Mapping[type, Callable[[Any], list[Any]]] = MappingProxyType(
    {
        type(None): lambda _value: ["n"],
        bool: lambda value: ["b", value is True],
        int: lambda value: ["i", hex(int.__index__(value))],
        float: lambda value: ["f", float.hex(value)],
        complex: _write_complex,
        str: lambda value: ["s", str.__str__(value)],
        bytes: lambda value: ["y", bytes.hex(value)],
        bytearray: lambda value: ["Y", bytearray.hex(value)],
        range: lambda value: ["g", value.start, value.stop, value.step],
    }
)
"""Type to how its values are written, subclasses included."""
SEQUENCES: Mapping[type, tuple[str, Callable[[Any], Iterable[Any]]]] = MappingProxyType(
    {
        list: ("l", list.__iter__),
        tuple: ("t", tuple.__iter__),
        set: ("S", set.__iter__),
        frozenset: ("z", frozenset.__iter__),
        deque: ("l", deque.__iter__),
    }
)


def read_value(written: Any, resolve: Callable[[int, str], Any], depth: int = 0) -> Any:
    """Make the value that was written.

    Args:
        written: JSON of any shape: the other side is not believed.
        resolve: Turns a reference's number and kind into what stands for it here.
        depth: How deep it lies.

    Raises:
        Unsupported: It is not what `Writer` writes.
    """
    if type(written) is not list or not written or depth > MAX_DEPTH + 1:
        raise Unsupported("what arrived is no value")
    tag, parts = written[0], written[1:]
    try:
        if tag in COLLECTIONS:
            (inner,) = parts
            return COLLECTIONS[tag]([read_value(part, resolve, depth + 1) for part in inner])
        if tag == "d":
            (pairs,) = parts
            return {
                read_value(key, resolve, depth + 1): read_value(value, resolve, depth + 1)
                for key, value in pairs
            }
        if tag == "r":
            number, kind = parts
            return resolve(int(number), str(kind)[:100])
        return SCALARS[tag](*parts)
    except (TypeError, ValueError, KeyError, ArithmeticError) as error:
        raise Unsupported(f"what arrived is no value ({type(error).__name__})") from error


COLLECTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "l": list,
    "t": tuple,
    "S": set,
    "z": frozenset,
    "I": iter,
}
SCALARS: dict[str, Callable[..., Any]] = {
    "n": lambda: None,
    "b": bool,
    "i": lambda text: int(text, 16),
    "f": float.fromhex,
    "c": lambda real, imaginary: complex(float.fromhex(real), float.fromhex(imaginary)),
    "s": str,
    "y": bytes.fromhex,
    "Y": bytearray.fromhex,
    "g": range,
    "D": _read_decimal,
    "Q": _read_fraction,
}
