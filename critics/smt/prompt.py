"""The problem and the answer's format as they are put to a model."""

import json
from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from critics.smt.problem import Instance
from critics.smt.schema import Rule, Variable
from critics.smt.terms import BOOL, INT, REAL, STRING, Function, Sort, Var

ANSWER_FORMAT = """\
Answer with one JSON object that gives every variable a value, and nothing else, such as
{"x": 3, "y": "1/3", "ok": true, "colour": "red"}.
An Int is a JSON integer. A Real is a number or a string such as "0.25" or "1/3", read exactly.
A Bool is true or false. A bit-vector is an unsigned integer or a string such as "#b0101".
An enumeration's value and a String are JSON strings. An array is
{"default": 0, "entries": [[1, 5]]}; a function is the same with a list of arguments as key.\
"""

TASK = """\
Find values for all variables such that every constraint holds.
Numbers are exact. `div` and `mod` (`//` and `%`) are Euclidean: the remainder is never negative.
Division by zero is undefined and makes a constraint fail.

"""


def write_prompt(instance: Instance) -> str:
    """Put a problem to a model."""
    goal = ""
    if instance.objective is not None:
        word = "minimize" if instance.objective.minimize else "maximize"
        goal = f"\nAmong all such values, {word}: {instance.objective.text}\n"
    return f"{TASK}{instance.text.strip()}\n{goal}"


def write_rules(
    variables: Mapping[str, Variable], rules: Sequence[Rule], title: str = "Constraints"
) -> str:
    """Write the friendly form as a list."""
    lines = ["Variables:"]
    lines += [f"- {name}: {_kind(variable)}" for name, variable in variables.items()]
    lines += ["", f"{title} (in Python's syntax):"]
    lines += [f"- {r.name}: {r.expr}" + (f"  ({r.why})" if r.why else "") for r in rules]
    return "\n".join(lines)


def _kind(variable: Variable) -> str:
    return ", ".join(_facts(variable))


def _facts(variable: Variable) -> Iterator[str]:
    yield variable.type
    if variable.values is not None:
        yield "one of " + ", ".join(json.dumps(value) for value in variable.values)
    if variable.width is not None:
        yield f"{variable.width} bits"
    if variable.min is not None:
        yield f"at least {variable.min}"
    if variable.max is not None:
        yield f"at most {variable.max}"
    if variable.description:
        yield variable.description


def write_answer_schema(instance: Instance) -> dict[str, JsonValue]:
    """Give the JSON Schema of an answer."""
    properties: dict[str, JsonValue] = {
        name: _value_schema(symbol) for name, symbol in instance.variables.items()
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _value_schema(symbol: Var | Function) -> JsonValue:
    if isinstance(symbol, Function):
        return _TABLE
    return _sort_schema(symbol.sort)


def _sort_schema(sort: Sort) -> JsonValue:
    if sort.members:
        return {"type": "string", "enum": list(sort.members)}
    if sort.name == "Array":
        return _TABLE
    simple: Mapping[Sort, JsonValue] = {
        INT: {"type": "integer"},
        REAL: {"type": ["number", "string"]},
        BOOL: {"type": "boolean"},
        STRING: {"type": "string"},
    }
    return simple.get(sort, {"type": ["integer", "string", "object"]})


_TABLE: JsonValue = {"type": "object", "required": ["default", "entries"]}
