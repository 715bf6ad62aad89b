"""Changed answers for the self-test of the domain `smt`."""

import json
from collections.abc import Iterator

from critics.domain import Mutant
from critics.smt.critics import Loaded


def mutate(loaded: Loaded, text: str) -> Iterator[Mutant]:
    """Change an answer in ways that make it wrong, and in ways that may leave it right."""
    values = json.loads(text)
    for name in loaded.instance.variables:
        rest = {key: value for key, value in values.items() if key != name}
        yield Mutant(json.dumps(rest), f"`{name}` left out", rejected=True)
        yield Mutant(json.dumps({**rest, name: None}), f"`{name}` set to null", rejected=True)
        value = values[name]
        if isinstance(value, int) and not isinstance(value, bool):
            yield Mutant(json.dumps({**rest, name: value + 1}), f"`{name}` raised", rejected=False)
    yield Mutant(json.dumps({**values, "made-up": 0}), "a variable added", rejected=True)
    yield Mutant(f"[{text}]", "wrapped in a list", rejected=True)
    yield Mutant(f"{text} {text}", "written twice", rejected=True)
    yield Mutant(f"Sure: {text}", "prose before it", rejected=True)
