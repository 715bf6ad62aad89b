"""Keywords that look at a value alone: each says what is wrong with it, or nothing.

Numbers are exact (`int` or `Fraction`), so no comparison and no `multipleOf` is ever rounded.
"""

from collections.abc import Callable, Hashable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, TypeAlias

from critics.schema.dialects import Dialect
from critics.schema.patterns import compile_pattern
from critics.schema.reader import Exact

Assertion: TypeAlias = Callable[[Any, Exact], str | None]
SHOWN, MAX_LISTED = 60, 8
MAX_BITS = 13_300
"""Numbers of more bits (4,000 digits) are named and not written: Python writes 4,300 digits."""


def is_type(name: str, value: Exact, dialect: Dialect) -> bool:
    """Say whether a value has a type of JSON Schema."""
    if name == "integer":
        whole = dialect.whole_fractions and isinstance(value, Fraction)
        return _is_int(value) or (whole and value.denominator == 1)
    if name == "number":
        return is_number(value)
    kinds = {"null": type(None), "boolean": bool, "string": str, "array": list, "object": dict}
    return isinstance(value, kinds.get(name, ()))


def is_number(value: Exact) -> bool:
    """Say whether a value is a number; in JSON, true is none."""
    return _is_int(value) or isinstance(value, Fraction)


def identify(value: Exact) -> Hashable:
    """Give a key that two values share exactly if they are the same JSON value."""
    if isinstance(value, dict):
        return "object", frozenset((key, identify(part)) for key, part in value.items())
    if isinstance(value, list):
        return "array", tuple(identify(part) for part in value)
    return ("number" if is_number(value) else type(value).__name__), value


def show(value: Exact) -> str:
    """Write a value for a message, cut where it is long."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict | list):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    text = f'"{value}"' if isinstance(value, str) else show_number(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def show_number(value: int | Fraction) -> str:
    """Write a number as a decimal where it has one, else as a fraction."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        return "a number of more than 4,000 digits"
    if isinstance(value, int) or value.denominator == 1:
        return str(value)
    for places in range(1, 30):
        scaled = value * 10**places
        if scaled.denominator == 1:
            digits = str(abs(scaled.numerator)).rjust(places + 1, "0")
            return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"
    return str(value)


def name_type(value: Exact) -> str:
    """Name a value's type."""
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return kinds.get(type(value), "number")


def _is_int(value: Exact) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _enum(options: list[Any], value: Exact) -> str | None:
    if identify(value) in {identify(option) for option in options}:
        return None
    shown = ", ".join(show(option) for option in options[:MAX_LISTED])
    if len(options) > MAX_LISTED:
        shown += ", ..."
    return f"{show(value)} is not one of {shown}"


def _const(wanted: Exact, value: Exact) -> str | None:
    same = identify(value) == identify(wanted)
    return None if same else f"{show(value)} is not {show(wanted)}"


def _multiple_of(factor: Exact, value: Exact) -> str | None:
    if (Fraction(value) / factor).denominator == 1:
        return None
    return f"{show(value)} is not a multiple of {show(factor)}"


def _minimum(limit: Exact, value: Exact) -> str | None:
    return f"{show(value)} is less than {show(limit)}" if value < limit else None


def _maximum(limit: Exact, value: Exact) -> str | None:
    return f"{show(value)} is greater than {show(limit)}" if value > limit else None


def _above(limit: Exact, value: Exact) -> str | None:
    return f"{show(value)} is not greater than {show(limit)}" if value <= limit else None


def _below(limit: Exact, value: Exact) -> str | None:
    return f"{show(value)} is not less than {show(limit)}" if value >= limit else None


def _at_least(unit: str) -> Assertion:
    def check(limit: Exact, value: Exact) -> str | None:
        short = len(value) < limit
        return f"it has {len(value)} {unit}, at least {show(limit)} are needed" if short else None

    return check


def _at_most(unit: str) -> Assertion:
    def check(limit: Exact, value: Exact) -> str | None:
        long = len(value) > limit
        return f"it has {len(value)} {unit}, at most {show(limit)} are allowed" if long else None

    return check


def _pattern(pattern: str, value: str) -> str | None:
    found = compile_pattern(pattern).search(value)
    return None if found else f"{show(value)} does not match the pattern {pattern[:SHOWN]}"


def _unique(wanted: bool, value: list[Exact]) -> str | None:  # noqa: FBT001  # a keyword's value
    if not wanted:
        return None
    places: dict[Hashable, int] = {}
    for place, item in enumerate(value):
        first = places.setdefault(identify(item), place)
        if first != place:
            return f"items {first} and {place} are the same"
    return None


def _required(names: list[str], value: dict[str, Exact]) -> str | None:
    missing = [f"`{name}`" for name in names if name not in value]
    if not missing:
        return None
    return f"{', '.join(missing[:MAX_LISTED])} {'is' if len(missing) == 1 else 'are'} missing"


def _dependent_required(needs: dict[str, list[str]], value: dict[str, Exact]) -> str | None:
    for name, others in needs.items():
        missing = [other for other in others if other not in value] if name in value else []
        if missing:
            return f"`{missing[0]}` is missing, which `{name}` demands"
    return None


ASSERTIONS: Mapping[str, tuple[str, str, Assertion]] = MappingProxyType(
    {
        "enum": ("any", "schema-value", _enum),
        "const": ("any", "schema-value", _const),
        "multipleOf": ("number", "schema-number", _multiple_of),
        "minimum": ("number", "schema-number", _minimum),
        "maximum": ("number", "schema-number", _maximum),
        "exclusiveMinimum": ("number", "schema-number", _above),
        "exclusiveMaximum": ("number", "schema-number", _below),
        "minLength": ("string", "schema-string", _at_least("characters")),
        "maxLength": ("string", "schema-string", _at_most("characters")),
        "pattern": ("string", "schema-string", _pattern),
        "minItems": ("array", "schema-array", _at_least("items")),
        "maxItems": ("array", "schema-array", _at_most("items")),
        "uniqueItems": ("array", "schema-array", _unique),
        "required": ("object", "schema-required", _required),
        "dependentRequired": ("object", "schema-required", _dependent_required),
        "minProperties": ("object", "schema-object", _at_least("properties")),
        "maxProperties": ("object", "schema-object", _at_most("properties")),
    }
)
"""Keyword to the type of value it looks at, the code of an objection, and the check."""
