"""A JSON Schema of plans, for upstreams that can be constrained by one.

A small task lists its ground actions; a large one its actions, with the objects that fit each
parameter. Every plan of at least one step can be written so, and `extract` reads it.
"""

from collections.abc import Mapping
from itertools import product
from math import prod

from pydantic import JsonValue

from critics.pddl.task import Action, Task

MAX_LISTED = 500
"""Most ground actions that are listed one by one."""
MAX_NAMES = 2_000
"""Most names of objects; beyond that any word may stand for an object."""
MAX_STEPS = 1_000


def write_answer_schema(task: Task) -> Mapping[str, JsonValue]:
    """Describe the plans of a task; the schema knows names and types, and no preconditions."""
    fitting = {name: _list_objects(task, action) for name, action in task.actions.items()}
    count = sum(prod(map(len, names)) for names in fitting.values())
    step: JsonValue
    if count <= MAX_LISTED:
        step = {
            "enum": [
                f"({' '.join((name, *row))})"
                for name, names in fitting.items()
                for row in product(*names)
            ]
        }
    else:
        size = sum(len(names) for lists in fitting.values() for names in lists)
        step = {
            "anyOf": [
                _describe(name, lists, listed=size <= MAX_NAMES)
                for name, lists in fitting.items()
                if all(lists)
            ]
        }
    return {
        "type": "object",
        "properties": {
            "plan": {"type": "array", "items": step, "minItems": 1, "maxItems": MAX_STEPS}
        },
        "required": ["plan"],
        "additionalProperties": False,
    }


def _list_objects(task: Task, action: Action) -> list[list[str]]:
    vocabulary = task.vocabulary
    return [list(vocabulary.members(variable.types)) for variable in action.parameters]


def _describe(name: str, fitting: list[list[str]], *, listed: bool) -> JsonValue:
    arguments: JsonValue = {
        "type": "array",
        "prefixItems": [{"enum": [*names]} if listed else {"type": "string"} for names in fitting],
        "minItems": len(fitting),
        "maxItems": len(fitting),
    }
    if not fitting:
        arguments = {"type": "array", "maxItems": 0}
    return {
        "type": "object",
        "properties": {"action": {"const": name}, "arguments": arguments},
        "required": ["action", "arguments"],
        "additionalProperties": False,
    }
