"""Expressions up to the names of their variables, for problems in the friendly form."""

import re
from collections.abc import Collection, Iterator, Mapping
from random import Random

from critics.generation import Fact
from critics.names import THINGS
from critics.smt.schema import Variable

_WORD = re.compile(r"'[^']*'|\"[^\"]*\"|[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_QUOTED = re.compile(r"`([A-Za-z_][A-Za-z0-9_]*)`", re.ASCII)


def replace_names(text: str, names: Mapping[str, str]) -> str:
    """Replace variables in an expression; what stands in quotes stays."""
    return _WORD.sub(lambda found: names.get(found[0], found[0]), text)


def replace_quoted(text: str, names: Mapping[str, str]) -> str:
    """Replace variables that a sentence has in backticks."""
    return _QUOTED.sub(lambda found: f"`{names.get(found[1], found[1])}`", text)


def draw_names(random: Random, names: Collection[str]) -> dict[str, str]:
    """Choose other names for variables."""
    extra = [f"x{number}" for number in range(len(names) - len(THINGS))]
    return dict(zip(names, random.sample([*THINGS, *extra], len(names)), strict=True))


def state_variables(variables: Mapping[str, Variable]) -> Iterator[Fact]:
    """State what is known of each variable."""
    for name, variable in variables.items():
        kind = variable.model_dump_json(exclude={"description"}, exclude_defaults=True)
        yield f"variable {kind}", (name,)


def state_expression(label: str, text: str, names: Collection[str]) -> Fact:
    """State an expression about the variables in it."""
    used = list(dict.fromkeys(word for word in _WORD.findall(text) if word in names))
    places = {name: f"[{place}]" for place, name in enumerate(used)}
    return f"{label} {' '.join(replace_names(text, places).split())}", tuple(used)
