"""Arrangement: the same problem with its parts in another order, to be shown to a model.

What is judged is always the problem as its user sent it; this changes what a model reads, and a
model that goes in circles may read it better.

Invariant: another arrangement says the same. It is only shown if both, with everything sorted whose
order means nothing, are equal.
"""

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Protocol

from pydantic import JsonValue

Payload = Mapping[str, JsonValue]


class Arrangement(Protocol):
    """What of a payload may stand in any order."""

    def shuffle(self, payload: Payload, chance: Random) -> Payload:
        """Put it into another order."""
        ...

    def settle(self, payload: Payload) -> Hashable:
        """Write it without any order that means nothing: equal for payloads that say the same."""
        ...


@dataclass(frozen=True, slots=True)
class AnyOrder:
    """A JSON payload of which some lists and objects may stand in any order.

    Attributes:
        fields: Their names, at the top of the payload.
    """

    fields: tuple[str, ...]

    def shuffle(self, payload: Payload, chance: Random) -> Payload:
        """Shuffle the items of each field."""
        return {name: self._mix(name, value, chance) for name, value in payload.items()}

    def settle(self, payload: Payload) -> Hashable:
        """Sort the items of each field."""
        return tuple((name, self._sort(name, payload[name])) for name in sorted(payload))

    def _mix(self, name: str, value: JsonValue, chance: Random) -> JsonValue:
        if name not in self.fields:
            return value
        if isinstance(value, list):
            return chance.sample(value, len(value))
        if isinstance(value, dict):
            return dict(chance.sample(list(value.items()), len(value)))
        return value

    def _sort(self, name: str, value: JsonValue) -> Hashable:
        if name in self.fields and isinstance(value, list):
            return tuple(sorted(map(_spell, value)))
        return _spell(value)


def _spell(value: JsonValue) -> str:
    return json.dumps(value, sort_keys=True)
