"""folding: takes long texts out of JSON, so that each is kept once, by its hash.

Invariant: `unfold(fold(value))` is `value`, whatever it holds, given the texts taken out.
"""

import hashlib
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

LONG = 16_000
"""Characters from which on a text is taken out."""
MARK = "sha256:"
"""Begins what stands for a text; a text that begins like that itself is taken out, too."""


def fold(value: JsonValue, texts: dict[str, str]) -> JsonValue:
    """Replace every long text by its hash.

    Args:
        value: JSON.
        texts: Receives what was taken out, by hash.
    """
    if isinstance(value, str):
        if len(value) < LONG and not value.startswith(MARK):
            return value
        digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
        texts[digest] = value
        return MARK + digest
    if isinstance(value, dict):
        return {key: fold(item, texts) for key, item in value.items()}
    if isinstance(value, list):
        return [fold(item, texts) for item in value]
    return value


def unfold(value: JsonValue, texts: Mapping[str, str]) -> JsonValue:
    """Put the long texts back.

    Raises:
        KeyError: A text is missing.
    """
    if isinstance(value, str):
        return texts[value.removeprefix(MARK)] if value.startswith(MARK) else value
    if isinstance(value, dict):
        return {key: unfold(item, texts) for key, item in value.items()}
    if isinstance(value, list):
        return [unfold(item, texts) for item in value]
    return value


def hashes(value: JsonValue) -> Iterator[str]:
    """List the texts that a folded value needs."""
    if isinstance(value, str):
        if value.startswith(MARK):
            yield value.removeprefix(MARK)
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from hashes(item)
