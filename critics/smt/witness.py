"""From an engine's model to an answer that our own evaluator confirms.

A model is a hint and nothing more: what it leaves out gets a plain default, and the whole is
then evaluated against every constraint. What does not pass is dropped.
"""

import json
from collections.abc import Mapping
from fractions import Fraction

from pydantic import JsonValue

from critics.smt.critics import Loaded, check
from critics.smt.emit import Emitter
from critics.smt.evaluate import Environment
from critics.smt.problem import Instance
from critics.smt.terms import BOOL, INT, REAL, STRING, Function, Sort, Value, Var
from critics.smt.values import Data, Table

MAX_DIGITS = 900


def confirm(
    loaded: Loaded, emitter: Emitter, model: Mapping[str, Value]
) -> dict[Var | Function, Value] | None:
    """Turn a model into values that satisfy every constraint, or nothing."""
    values: dict[Var | Function, Value] = {}
    for name, var in emitter.symbols.items():
        value = _value(var.sort, model.get(name))
        if value is None:
            return None
        values[var] = value
    if set(values) != set(loaded.instance.variables.values()):
        return None
    return None if any(check(loaded, values)) else values


def _value(sort: Sort, given: Value | None) -> Value | None:
    if given is None:
        return _default(sort)
    if sort.members:
        place = str(given).rpartition("c")[2]
        return sort.members[int(place)] if place.isdigit() else None
    kinds = {BOOL: bool, INT: int, REAL: int | Fraction, STRING: str}
    return given if isinstance(given, kinds.get(sort, int)) else None


def _default(sort: Sort) -> Value | None:
    if sort.members:
        return sort.members[0]
    if sort.name == "BitVec":
        return 0
    return {BOOL: False, INT: 0, REAL: Fraction(0), STRING: ""}.get(sort)


def write_answer(instance: Instance, values: Environment) -> str:
    """Write values as a canonical answer."""
    found = {
        name: write_value(symbol.sort if isinstance(symbol, Var) else None, values[symbol])
        for name, symbol in instance.variables.items()
    }
    return json.dumps(found)


def write_value(sort: Sort | None, value: Value) -> JsonValue:
    """Write one value as the answer's format asks."""
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else f"{value}"
    if isinstance(value, Table):
        element = sort.part(1) if sort is not None else None
        key_sort = sort.part(0) if sort is not None else None
        entries: list[JsonValue] = [
            [_key(key_sort, key), write_value(element, item)] for key, item in value.entries.items()
        ]
        return {"default": write_value(element, value.default), "entries": entries}
    if isinstance(value, Data):
        fields: list[JsonValue] = [write_value(None, field) for field in value.fields]
        return {value.constructor: fields} if fields else value.constructor
    plain: JsonValue = value
    return plain


def _key(sort: Sort | None, key: Value) -> JsonValue:
    if sort is None and isinstance(key, tuple):
        return [write_value(None, part) for part in key]
    return write_value(sort, key)
