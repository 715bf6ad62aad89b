"""Schemas up to the names of their properties and up to order.

Names mean nothing where a schema uses only keywords that do not refer to them; in every other
schema each name counts.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from random import Random

from pydantic import JsonValue

KNOWN = frozenset(
    {
        *("type", "properties", "required", "additionalProperties", "items", "minItems"),
        *("maxItems", "uniqueItems", "minLength", "maxLength", "pattern", "minimum", "maximum"),
        *("exclusiveMinimum", "multipleOf", "enum", "const", "anyOf", "title", "description"),
    }
)
"""Keywords next to which names mean nothing."""
ONE = ("items", "additionalProperties")
"""Keywords that hold one schema."""


def settle(schema: JsonValue) -> JsonValue:
    """Write a schema such that equal ones, up to names and order, are equal."""
    return _settle(schema) if _is_plain(schema) else _sort(schema)


def list_names(schema: JsonValue) -> list[str]:
    """List the names that may be replaced, each once."""
    return list(dict.fromkeys(_list_names(schema))) if _is_plain(schema) else []


def replace(random: Random, schema: JsonValue, names: Mapping[str, str]) -> JsonValue:
    """Replace names, if there are any, and shuffle properties."""
    if not isinstance(schema, dict) or not names:
        return schema
    changed = dict(schema)
    for key in ONE:
        if key in schema:
            changed[key] = replace(random, schema[key], names)
    if "anyOf" in schema:
        changed["anyOf"] = [replace(random, part, names) for part in _list(schema["anyOf"])]
    if "properties" in schema:
        parts = list(_dict(schema["properties"]).items())
        changed["properties"] = {
            names[name]: replace(random, part, names)
            for name, part in random.sample(parts, len(parts))
        }
    if "required" in schema:
        changed["required"] = [names[str(name)] for name in _list(schema["required"])]
    return changed


def _is_plain(schema: JsonValue) -> bool:
    if not isinstance(schema, dict):
        return isinstance(schema, bool)
    return schema.keys() <= KNOWN and all(map(_is_plain, _inner(schema)))


def _inner(schema: Mapping[str, JsonValue]) -> Iterator[JsonValue]:
    """Give the schemas in a schema."""
    yield from _dict(schema.get("properties")).values()
    yield from _list(schema.get("anyOf"))
    yield from (schema[key] for key in ONE if key in schema)


def _list_names(schema: JsonValue) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from _dict(schema.get("properties"))
        yield from map(str, _list(schema.get("required")))
        for part in _inner(schema):
            yield from _list_names(part)


def _settle(schema: JsonValue) -> JsonValue:
    if not isinstance(schema, dict):
        return schema
    properties, needed = _dict(schema.get("properties")), _list(schema.get("required"))
    named = {"properties", "required", "anyOf", *ONE}
    shape = {key: _sort(value) for key, value in schema.items() if key not in named}
    shape |= {key: _settle(schema[key]) for key in ONE if key in schema}
    parts = [[name in needed, _settle(part)] for name, part in properties.items()]
    return shape | {
        "properties": _order(parts),
        "required": len([name for name in needed if name not in properties]),
        "anyOf": _order(map(_settle, _list(schema.get("anyOf")))),
    }


def _sort(value: JsonValue) -> JsonValue:
    """Put lists into one order; everything counts."""
    if isinstance(value, list):
        return _order(map(_sort, value))
    if isinstance(value, dict):
        return {key: _sort(part) for key, part in value.items()}
    return value


def _order(values: Iterable[JsonValue]) -> list[JsonValue]:
    return sorted(values, key=lambda value: json.dumps(value, sort_keys=True))


def _dict(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
