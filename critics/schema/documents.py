"""Documents made for a schema: the simplest one, and the nearest one to a wrong one.

Both know the keywords of `critics.schema.generation` only. What they make is held to the schema
by the domain's own evaluator, so what they do not understand leads to no document, never to a
wrong one.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from critics.schema.evaluate import Evaluation
from critics.schema.problem import Loaded
from critics.schema.reader import make_exact
from critics.types import Undecided

PATTERNS: Mapping[str, str] = {
    "^[A-Z]{3}$": "ABC",
    "^[a-z]+$": "a",
    "^[0-9]{4}$": "2000",
    "^[A-Z][a-z]+$": "Ab",
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "2000-01-01",
    "^#[0-9a-f]{6}$": "#000000",
}
"""Patterns to a text that fits."""
MAX_ITEMS = 100


class NoDocument(Exception):
    """A schema is not understood well enough to make a document for it."""


def is_valid(loaded: Loaded, schema: JsonValue, value: JsonValue) -> bool:
    """Say whether the domain's evaluator finds no fault."""
    run = Evaluation(loaded.library, assert_formats=loaded.problem.assert_formats)
    try:
        return not run.run(make_exact(schema), loaded.base, make_exact(value))
    except Undecided:
        return False


def build(schema: JsonValue, nth: int = 0) -> JsonValue:  # noqa: PLR0911  # one case per type
    """Make the simplest value of a schema.

    Args:
        schema: The schema.
        nth: Which one, from 0, where several different ones are needed.

    Raises:
        NoDocument: It is not understood.
    """
    if not isinstance(schema, dict):
        return _expect(schema is True, nth)
    if "const" in schema:
        return schema["const"]
    for choice in ("enum", "anyOf"):
        options = schema.get(choice)
        if isinstance(options, list) and options:
            return options[nth % len(options)] if choice == "enum" else build(options[0], nth)
    if schema.get("type") == "object" or "properties" in schema:
        parts = _dict(schema.get("properties"))
        return {name: build(part) for name, part in parts.items()}
    if schema.get("type") == "array":
        items = schema.get("items", True)
        return [build(items, at) for at in range(min(_int(schema, "minItems"), MAX_ITEMS))]
    if schema.get("type") == "string":
        return _build_text(schema, nth)
    if schema.get("type") in ("integer", "number"):
        return _build_number(schema, nth)
    simple: Mapping[Any, JsonValue] = {"boolean": nth % 2 == 0, "null": None}
    if schema.get("type") not in simple:
        return _expect(not schema, nth)
    return simple[schema["type"]]


def mend(loaded: Loaded, schema: JsonValue, value: JsonValue) -> JsonValue:
    """Keep of a value what the schema allows, and make the rest anew.

    Raises:
        NoDocument: The schema is not understood.
    """
    if is_valid(loaded, schema, value):
        return value
    if not isinstance(schema, dict):
        return build(schema)
    if isinstance(value, dict) and "properties" in schema:
        return _mend_object(loaded, schema, value)
    if isinstance(value, list) and schema.get("type") == "array":
        return _mend_list(loaded, schema, value)
    return build(schema)


def _mend_object(
    loaded: Loaded, schema: Mapping[str, JsonValue], value: Mapping[str, JsonValue]
) -> JsonValue:
    parts = _dict(schema["properties"])
    required = schema.get("required")
    needed = required if isinstance(required, list) else []
    mended: dict[str, JsonValue] = {}
    for name, part in parts.items():
        if name in value:
            mended[name] = mend(loaded, part, value[name])
        elif name in needed:
            mended[name] = build(part)
    if schema.get("additionalProperties") is False:
        return mended
    return {**mended, **{name: part for name, part in value.items() if name not in parts}}


def _mend_list(
    loaded: Loaded, schema: Mapping[str, JsonValue], value: list[JsonValue]
) -> JsonValue:
    items = schema.get("items", True)
    mended = [mend(loaded, items, part) for part in value[:MAX_ITEMS]]
    if schema.get("uniqueItems"):
        mended = [part for at, part in enumerate(mended) if part not in mended[:at]]
    most = schema.get("maxItems")
    mended = mended[:most] if isinstance(most, int) else mended
    for nth in range(2 * MAX_ITEMS):
        if len(mended) >= _int(schema, "minItems"):
            break
        part = build(items, nth)
        if not schema.get("uniqueItems") or part not in mended:
            mended.append(part)
    return mended


def _build_text(schema: Mapping[str, JsonValue], nth: int) -> str:
    pattern = schema.get("pattern")
    if pattern is not None:
        if not isinstance(pattern, str) or pattern not in PATTERNS:
            raise NoDocument
        return PATTERNS[pattern]
    text = "abcdefghijklmnopqrstuvwxyz"[nth % 26] if nth or _int(schema, "minLength") else ""
    return text * max(_int(schema, "minLength"), 1)


def _build_number(schema: Mapping[str, JsonValue], nth: int) -> int:
    step = max(_int(schema, "multipleOf"), 1)
    least = _int(schema, "minimum") if "minimum" in schema else None
    if "exclusiveMinimum" in schema:
        least = _int(schema, "exclusiveMinimum") + 1
    most = _int(schema, "maximum") if "maximum" in schema else None
    if least is None:
        least = 0 if most is None or most >= 0 else most - step
    return -(-least // step) * step + nth * step


def _int(schema: Mapping[str, JsonValue], keyword: str) -> int:
    value = schema.get(keyword, 0)
    return value if isinstance(value, int) else 0


def _dict(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _expect(fits: bool, value: JsonValue) -> JsonValue:  # noqa: FBT001  # a condition, not a switch
    if not fits:
        raise NoDocument
    return value
