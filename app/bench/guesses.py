"""Guesses: answers drawn without a model, as the control beside every row of a benchmark.

`RandomUpstream` draws blindly from the JSON Schema of the domain's answer: the same grammar that a
model may be constrained by. Whatever a model certifies beyond it is more than the grammar's.

Invariants:
    * A guess depends on the request's seed and call number alone, never on the prompt.
    * Its tokens are estimates and are marked so: a guess costs nothing.
"""

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

from app.bench.patterns import draw_text
from backprompt.budget import Usage
from backprompt.upstream import Completion, Request, UpstreamError, estimate_usage
from critics.statement import digest

MOST_ITEMS = 8
"""Items of a guessed list whose schema sets no limit."""
MOST_CHARS = 8
"""Characters of a guessed text whose schema says nothing of it."""
NO_GRAMMAR = "no-grammar"
"""Code of a guess at an answer whose form nobody has declared."""
DEEPEST = 12
"""Nesting of a guess; deeper parts are null."""


class RandomUpstream:
    """Guesses an answer that fits the answer's schema."""

    name = "random"

    async def generate(self, request: Request) -> Completion:
        """Guess once.

        Raises:
            UpstreamError: `no-grammar`: the domain's answer has no schema.
        """
        if request.answer_schema is None:
            message = "the domain's answer has no JSON Schema to draw from"
            raise UpstreamError(NO_GRAMMAR, message, usage=Usage())
        draw = seeded(request)
        text = json.dumps(guess(request.answer_schema, draw), ensure_ascii=False)
        usage = estimate_usage(request, len(text))
        return Completion(text=text, model=self.name, finish_reason="stop", usage=usage)

    async def aclose(self) -> None:
        """Hold nothing."""


def seeded(request: Request) -> random.Random:
    """Make the generator of one call."""
    key = f"{request.sampling.seed} {request.call}"
    return random.Random(int(digest(key.encode())[:16], 16))  # noqa: S311  # a yardstick, no secret


def guess(schema: Any, draw: random.Random, depth: int = 0) -> Any:
    """Draw a value that fits a JSON Schema, as far as its keywords are known here.

    Known are those that domains use for answers: `const`, `enum`, `anyOf`, `oneOf`, `type`,
    `properties`, `required`, `items`, `prefixItems`, the limits of numbers and lists, and simple
    `pattern`s. Whatever does not fit is judged like any other wrong answer.
    """
    if not isinstance(schema, Mapping) or depth > DEEPEST:
        return None
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return draw.choice(schema["enum"])
    for word in ("anyOf", "oneOf"):
        if schema.get(word):
            return guess(draw.choice(schema[word]), draw, depth + 1)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, Sequence) and not isinstance(kind, str):
        kind = draw.choice(list(kind))
    return _GUESSES.get(str(kind), _nothing)(schema, draw, depth)


def _object(schema: Mapping[str, Any], draw: random.Random, depth: int) -> Any:
    required = set(schema.get("required", ()))
    return {
        name: guess(part, draw, depth + 1)
        for name, part in schema.get("properties", {}).items()
        if name in required or draw.random() < 0.5  # noqa: PLR2004  # a fair coin
    }


def _array(schema: Mapping[str, Any], draw: random.Random, depth: int) -> Any:
    first = schema.get("prefixItems", ())
    least = int(schema.get("minItems", 1))
    most = int(schema.get("maxItems", max(MOST_ITEMS, least)))
    count = draw.randint(least, max(least, most))
    parts = [guess(part, draw, depth + 1) for part in first[:count]]
    while len(parts) < count:
        part = guess(schema.get("items", {}), draw, depth + 1)
        distinct = schema.get("uniqueItems", False)
        if distinct and part in parts and draw.random() < 0.9:  # noqa: PLR2004  # ends nearly surely
            continue
        parts.append(part)
    return parts


def _integer(schema: Mapping[str, Any], draw: random.Random, _depth: int) -> Any:
    least = int(schema.get("minimum", int(schema.get("exclusiveMinimum", -1)) + 1))
    most = int(schema.get("maximum", int(schema.get("exclusiveMaximum", least + 101)) - 1))
    step = max(int(schema.get("multipleOf", 1)), 1)
    return draw.randrange(least, max(least, most) + 1, step)


def _number(schema: Mapping[str, Any], draw: random.Random, _depth: int) -> Any:
    least, most = float(schema.get("minimum", 0)), float(schema.get("maximum", 100))
    return round(draw.uniform(least, most), 2)


def _string(schema: Mapping[str, Any], draw: random.Random, _depth: int) -> Any:
    if "pattern" in schema:
        return draw_text(str(schema["pattern"]), draw)
    length = draw.randint(1, int(schema.get("maxLength", MOST_CHARS)))
    return "".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=min(length, MOST_CHARS)))


def _boolean(_schema: Mapping[str, Any], draw: random.Random, _depth: int) -> Any:
    return draw.random() < 0.5  # noqa: PLR2004  # a fair coin


def _nothing(_schema: Mapping[str, Any], _draw: random.Random, _depth: int) -> Any:
    return None


_GUESSES = {
    "object": _object,
    "array": _array,
    "integer": _integer,
    "number": _number,
    "string": _string,
    "boolean": _boolean,
}
