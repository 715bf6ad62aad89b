"""Reading a plan that is written as JSON.

Steps are strings, lists of words, or objects with a name and arguments. A list is a plan only if
every item of it is a step: none is skipped.
"""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from critics.pddl.lines import Names, Step, read_step

MAX_JSON_CHARS = 1_000_000
MAX_JSON_TRIES = 4

_JSON = re.compile(r"^[ \t]*[\[{]", re.MULTILINE)
_DECODER = json.JSONDecoder()


def read_json(text: str, names: Names) -> list[Step] | None:
    """Read a JSON list of steps: strings, lists, or objects with a name and arguments."""
    if len(text) > MAX_JSON_CHARS:
        return None
    for start in islice(_JSON.finditer(text), MAX_JSON_TRIES):
        try:
            found, _ = _DECODER.raw_decode(text, start.end() - 1)
        except (ValueError, RecursionError):
            continue
        for items in _json_lists(found):
            steps = [_json_step(item, names) for item in items]
            whole = [step for step in steps if step]
            if len(whole) == len(items) and any(names.means_action(step[0]) for step in whole):
                return whole
    return None


def _json_lists(found: Any) -> Iterator[list[Any]]:
    if isinstance(found, Mapping):
        for value in found.values():
            if isinstance(value, list):
                yield value
    elif isinstance(found, list):
        yield found


def _json_step(item: Any, names: Names) -> Step | None:
    if isinstance(item, str):
        return read_step(item, names)
    if isinstance(item, list) and item and all(isinstance(part, str) for part in item):
        return tuple(part.strip().lower() for part in item)
    if isinstance(item, Mapping):
        return _json_object(item, names)
    return None


def _json_object(item: Mapping[str, Any], names: Names) -> Step | None:
    name = next((v for k, v in item.items() if k in ("action", "name", "operator")), None)
    if not isinstance(name, str):
        return None
    listed = next((v for v in item.values() if isinstance(v, list)), None)
    named = next((v for v in item.values() if isinstance(v, Mapping)), None)
    arguments = listed if listed is not None else list((named or {}).values())
    step = read_step(name, names)
    return (*step, *(str(a).strip().lower() for a in arguments)) if step else None
