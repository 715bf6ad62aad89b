"""Changed documents for the self-test of the domain `json-schema`."""

import json
from collections.abc import Iterator

from critics.domain import Mutant
from critics.schema.problem import Loaded


def mutate(loaded: Loaded, text: str) -> Iterator[Mutant]:
    """Change a document in ways that make it wrong, and in ways that may leave it right."""
    yield Mutant(f"{text},", "a comma after it", rejected=True)
    yield Mutant(f"{text} {text}", "written twice", rejected=True)
    yield Mutant(f"Sure: {text}", "prose before it", rejected=True)
    yield Mutant(f"```json\n{text}\n```", "in a fence", rejected=True)
    yield Mutant(text[:-1] if len(text) > 1 else "", "cut off", rejected=not text[-1:].isdigit())
    value = json.loads(text)
    if isinstance(value, dict):
        yield from _change_object(loaded, value)


def _change_object(loaded: Loaded, value: dict[str, object]) -> Iterator[Mutant]:
    schema = loaded.schema if isinstance(loaded.schema, dict) else {}
    required = schema.get("required", ())
    for name, part in value.items():
        rest = {key: inner for key, inner in value.items() if key != name}
        yield Mutant(json.dumps(rest), f"`{name}` left out", rejected=name in required)
        yield Mutant(json.dumps({**rest, name: None}), f"`{name}` set to null", rejected=False)
        twice = f"{json.dumps(name)}: {json.dumps(part)}"
        yield Mutant("{" + f"{twice}, {twice}" + "}", f"`{name}` written twice", rejected=True)
        constant = f"{{{json.dumps(name)}: NaN}}"
        yield Mutant(constant, f"`{name}` set to NaN", rejected=True)
    closed = schema.get("additionalProperties") is False
    yield Mutant(json.dumps({**value, "made-up": 0}), "a property added", rejected=closed)
