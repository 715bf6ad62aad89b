"""The one door to the libraries `jsonschema` and `jsonschema-specifications`, imported lazily.

They give the published meta-schemas, and a second opinion: an independent implementation of the
same specification. Its regular expressions are Python's, so it is handed translated ones.
"""

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from time import perf_counter
from typing import Any

from critics.schema.dialects import Dialect
from critics.schema.patterns import translate
from critics.schema.reader import Exact, make_exact
from critics.schema.resources import MANY, NAMED, ONE, Schema
from critics.types import Opinion, Verdict


@cache
def _published() -> Mapping[str, Any]:
    """Read the published meta-schemas from the package's files."""
    found: dict[str, Any] = {}
    folders = [files("jsonschema_specifications").joinpath("schemas")]
    while folders:
        for entry in folders.pop().iterdir():
            if entry.is_dir():
                folders.append(entry)
            else:
                schema = json.loads(entry.read_text(encoding="utf-8"))
                found[(schema.get("$id") or schema["id"]).removesuffix("#")] = make_exact(schema)
    return found


def read_published(uri: str) -> Schema | None:
    """Give a published meta-schema by its URI, or nothing."""
    return _published().get(uri)


def judge_again(
    schema: Schema, supplied: Mapping[str, Any], dialect: Dialect, value: Exact
) -> Opinion:
    """Ask the library whether a value is valid."""
    from jsonschema import exceptions, validators  # noqa: PLC0415  # imported lazily
    from referencing import Registry, Resource  # noqa: PLC0415  # imported lazily
    from referencing.exceptions import Unresolvable  # noqa: PLC0415  # imported lazily
    from referencing.jsonschema import specification_with  # noqa: PLC0415  # imported lazily

    started = perf_counter()
    engine = f"jsonschema {version('jsonschema')}"
    default = specification_with(dialect.uri)
    try:
        registry: Registry[Any] = Registry().with_resources(
            (uri, Resource.from_contents(_plain(make_exact(each), "schema"), default))
            for uri, each in supplied.items()
        )
        own = validators.validator_for({"$schema": dialect.uri})
        validator = own(_plain(schema, "schema"), registry=registry)
        fault = next(validator.iter_errors(_plain(value)), None)
    except (exceptions.UnknownType, Unresolvable, re.error, RecursionError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}"[:200]
        return Opinion(engine=engine, verdict=Verdict.UNKNOWN, reason=reason)
    ms = round((perf_counter() - started) * 1000, 3)
    if fault is None:
        return Opinion(engine=engine, verdict=Verdict.ACCEPTED, ms=ms)
    return Opinion(engine=engine, verdict=Verdict.REJECTED, reason=fault.message[:200], ms=ms)


def _plain(value: Exact, kind: str = "data") -> Any:
    """Write whole fractions as integers, which the library asks for, and translate patterns."""
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else value
    if isinstance(value, list):
        return [_plain(part, kind) for part in value]
    if not isinstance(value, dict):
        return value
    if kind == "map":
        return {name: _plain(part, "schema") for name, part in value.items()}
    if kind == "data":
        return {name: _plain(part) for name, part in value.items()}
    return {keyword: _plain_keyword(keyword, part) for keyword, part in value.items()}


def _plain_keyword(keyword: str, value: Exact) -> Any:
    if keyword == "pattern" and isinstance(value, str):
        return translate(value)
    if keyword == "patternProperties" and isinstance(value, dict):
        return {translate(pattern): _plain(part, "schema") for pattern, part in value.items()}
    kind = "map" if keyword in NAMED else "schema" if keyword in ONE | MANY else "data"
    return _plain(value, kind)
