"""Schemas of records made by a program, and documents that satisfy them.

The answer gives every property the simplest value; a repair keeps what was right in a wrong
document. There are no schemas here that nothing satisfies: the domain cannot prove that of one.
"""

import json
from random import Random
from typing import Any, TypeAlias

from pydantic import JsonValue

from critics.generation import Family, Generation, Payload
from critics.names import CITIES, COLORS, PEOPLE, THINGS
from critics.schema.documents import PATTERNS, NoDocument, build, is_valid, mend
from critics.schema.problem import Loaded, SchemaProblem, load_problem
from critics.schema.reader import read_document
from critics.schema.shapes import list_names, replace, settle
from critics.types import CandidateError, Undecided

Schema: TypeAlias = dict[str, JsonValue]

FIELDS = (
    *(
        "name",
        "title",
        "code",
        "city",
        "color",
        "owner",
        "status",
        "kind",
        "level",
        "count",
        "size",
    ),
    *("price", "weight", "year", "month", "day", "hour", "score", "rank", "tags", "notes", "label"),
    *("unit", "state", "route", "floor", "room", "seat", "stock", "grade"),
)
WIDTHS = ((2,), (3, 4), (3, 4), (4, 5, 6))
DEPTHS = (0, 0, 1, 2)
LEVELS = (
    "two properties",
    "three or four properties with bounds",
    "lists, and a record in a record",
    "up to six properties, records and lists in each other",
)
CLOSED = 0.7
OPTIONAL = 0.2
CHOICE = 0.2


def make_record(random: Random, level: int) -> Payload:
    """Make the schema of a record."""
    return {"schema": _draw_object(random, level, DEPTHS[level - 1])}


def answer(payload: Any) -> str | None:
    """Write the simplest document; nothing if the schema is not understood."""
    loaded = load_problem(SchemaProblem.model_validate(payload))
    try:
        return _write(loaded, build(loaded.problem.wanted))
    except NoDocument:
        return None


def repair(payload: Any, wrong: str) -> str | None:
    """Keep what is right in a wrong document."""
    loaded = load_problem(SchemaProblem.model_validate(payload))
    try:
        mended = mend(loaded, loaded.problem.wanted, json.loads(wrong))
        return _write(loaded, mended) or answer(payload)
    except (ValueError, RecursionError, NoDocument):
        return answer(payload)


def identify(payload: Any) -> str:
    """Tell schemas apart; names of properties and the order of lists do not matter."""
    problem = load_problem(SchemaProblem.model_validate(payload)).problem
    settled = [settle(problem.wanted), problem.assert_formats, problem.schemas, problem.task]
    return json.dumps(settled, sort_keys=True)


def rename(random: Random, payload: Any) -> Payload:
    """Give properties other names, where these mean nothing, and shuffle what has no order."""
    problem = load_problem(SchemaProblem.model_validate(payload)).problem
    names = list_names(problem.wanted)
    extra = [f"field{number}" for number in range(len(names) - len(FIELDS))]
    others = dict(zip(names, random.sample([*FIELDS, *extra], len(names)), strict=True))
    renamed = problem.model_dump(mode="json", by_alias=True, exclude_unset=True)
    inner = renamed if problem.json_schema is None else renamed["json_schema"]
    inner["schema"] = replace(random, problem.wanted, others)
    return renamed


def _draw_object(random: Random, level: int, depth: int) -> Schema:
    names = random.sample(FIELDS, random.choice(WIDTHS[level - 1]))
    deep = random.sample(names, min(depth, len(names)))
    parts: Schema = {}
    for name in names:
        if name not in deep:
            parts[name] = _draw_value(random, level)
        elif random.random() < CHOICE + OPTIONAL:
            parts[name] = _draw_list(random, level)
        else:
            parts[name] = _draw_object(random, min(level, 2), depth - 1)
    needed: list[JsonValue] = [name for name in names if random.random() >= OPTIONAL]
    schema: Schema = {"type": "object", "properties": parts, "required": needed}
    return schema | ({"additionalProperties": False} if random.random() < CLOSED else {})


def _draw_list(random: Random, level: int) -> Schema:
    least = random.randint(1, 3)
    items: Schema = {"type": "integer", "minimum": random.randint(0, 20)}
    if random.random() < CHOICE + CHOICE:
        items = {"enum": [*_draw_words(random, random.randint(3, 6))]}
    elif level == len(LEVELS):
        items = _draw_object(random, 1, 0)
        return {"type": "array", "items": items, "minItems": least}
    schema: Schema = {"type": "array", "items": items, "minItems": least}
    schema |= {"maxItems": least + random.randint(0, 3)} if random.random() < CHOICE else {}
    return schema | ({"uniqueItems": True} if random.random() < CHOICE + CHOICE else {})


def _draw_value(random: Random, level: int) -> Schema:
    kind = random.choice(("string", "integer", "boolean", "enum", "pattern"))
    if kind == "enum":
        return {"enum": [*_draw_words(random, random.randint(2, 4))]}
    if kind == "pattern":
        return {"type": "string", "pattern": random.choice(sorted(PATTERNS))}
    schema: Schema = {"type": kind}
    if kind == "string" and random.random() < CLOSED:
        schema["minLength"] = random.randint(1, 2 + 2 * level)
    if kind == "integer":
        schema[random.choice(("minimum", "exclusiveMinimum"))] = random.randint(-5, 50)
        if level > 1 and random.random() < CHOICE + CHOICE:
            schema["multipleOf"] = random.choice((2, 3, 5, 7, 10))
        elif random.random() < CHOICE + CHOICE:
            schema["maximum"] = random.randint(60, 99)
    if level > 1 and random.random() < CHOICE / 2:
        return {"anyOf": [schema, {"type": "null"}]}
    return schema


def _draw_words(random: Random, count: int) -> list[str]:
    return random.sample(random.choice((CITIES, COLORS, PEOPLE, THINGS)), count)


def _write(loaded: Loaded, value: JsonValue) -> str | None:
    """Write a document, if it satisfies the schema."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        document = read_document(text)
    except (CandidateError, Undecided):
        return None
    return text if is_valid(loaded, loaded.problem.wanted, document.value) else None


SCHEMA_GENERATION = Generation(
    families=(
        Family(
            name="records",
            summary="records of a few properties, as a JSON Schema",
            levels=LEVELS,
            make=make_record,
            answer=answer,
            repair=repair,
        ),
    ),
    identity=identify,
    rename=rename,
)
