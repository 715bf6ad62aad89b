"""The payload of a `json-schema` problem, and what it is once it has been read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Self

from pydantic import Field, JsonValue, StrictBool, model_validator

from critics.schema.dialects import Dialect
from critics.schema.engine import read_published
from critics.schema.formats import FORMATS
from critics.schema.patterns import Untranslatable, compile_pattern
from critics.schema.reader import MAX_DEPTH, make_exact, measure_depth
from critics.schema.resources import ROOT, Library, Schema, UnknownDialect, Unresolvable
from critics.schema.survey import MAX_SHOWN, POINTER, find_ignored, survey
from critics.types import (
    Diagnostic,
    Frozen,
    Location,
    Problem,
    ProblemError,
    Severity,
)

AnySchema = dict[str, JsonValue] | StrictBool
MAX_KEPT = 200_000
"""Characters of the largest payload that is kept once it has been read."""


class NamedSchema(Frozen):
    """A schema as the OpenAI dialect names one."""

    name: str | None = None
    description: str | None = None
    schema_: AnySchema = Field(alias="schema")
    strict: StrictBool | None = None
    """Read and ignored: documents are always held to the whole schema."""


class SchemaProblem(Problem):
    """A JSON Schema that a document must satisfy, as `schema` or as a `response_format`."""

    schema_: AnySchema | None = Field(default=None, alias="schema")
    """The schema; draft 2020-12 unless its `$schema` says 2019-09, 7, 6 or 4."""
    schemas: dict[str, AnySchema] = Field(default_factory=dict, max_length=1000)
    """Schemas that `$ref` may lead to, by their URI. Nothing is ever fetched."""
    assert_formats: StrictBool = False
    """Whether `format` is asserted; by default it is an annotation, as in the specification."""
    task: str | None = None
    """What the document shall say, for the model. No critic decides it."""
    name: str | None = None
    description: str | None = None
    strict: StrictBool | None = None
    """Read and ignored: documents are always held to the whole schema."""
    type: Literal["json_schema"] | None = None
    """Present in the form of a `response_format`."""
    json_schema: NamedSchema | None = None
    """The schema in the form of a `response_format`."""

    @model_validator(mode="after")
    def _has_one_schema(self) -> Self:
        if (self.schema_ is None) is (self.json_schema is None):
            raise ValueError("give either `schema` or `json_schema`")
        return self

    @property
    def wanted(self) -> AnySchema:
        """The schema, in whichever form it came."""
        if self.json_schema is not None:
            return self.json_schema.schema_
        return False if self.schema_ is None else self.schema_


@dataclass(frozen=True)
class Loaded:
    """A problem, read and checked.

    Attributes:
        problem: As it was sent.
        library: All schemas it brings.
        schema: The schema, exact.
        base: Its URI.
        dialect: How it is read.
        formats: Formats it names that are not asserted.
        ignored: Keywords that mean nothing in the dialect.
        open: What no critic decides, in the user's words.
    """

    problem: SchemaProblem
    library: Library
    schema: Schema
    base: str
    dialect: Dialect
    formats: tuple[str, ...]
    ignored: tuple[str, ...]
    open: tuple[str, ...]


def load_problem(problem: SchemaProblem) -> Loaded:
    """Read a payload; equal payloads of ordinary size are read once.

    Raises:
        ProblemError: It is no schema, refers to what is not here, or is of another dialect.
    """
    payload = problem.model_dump_json(by_alias=True, exclude_unset=True)
    return _load_text(payload) if len(payload) <= MAX_KEPT else _load(problem)


@lru_cache(maxsize=32)
def _load_text(payload: str) -> Loaded:
    return _load(SchemaProblem.model_validate_json(payload))


def _load(problem: SchemaProblem) -> Loaded:
    if max(map(measure_depth, (problem.wanted, *problem.schemas.values()))) > MAX_DEPTH:
        raise _refused("schema-limit", f"the schema nests deeper than {MAX_DEPTH} levels")
    library = Library(read_published)
    for uri, schema in problem.schemas.items():
        library.supply(uri, make_exact(schema))
    exact = make_exact(problem.wanted)
    try:
        base = library.add(ROOT, exact)
        dialect = library.default = library.resource(base).dialect
        _add_supplied(library, problem.schemas)
        reached = survey(library, exact, base)
    except UnknownDialect as error:
        raise _refused("schema-dialect", f"the dialect `{str(error)[:200]}` is not read") from error
    except Unresolvable as error:
        raise _unresolvable(str(error)) from error
    formats, undecided = _examine([each.schema for each in reached], problem, dialect)
    return Loaded(
        problem=problem,
        library=library,
        schema=exact,
        base=base,
        dialect=dialect,
        formats=formats,
        ignored=tuple(find_ignored(reached)),
        open=undecided,
    )


def _add_supplied(library: Library, schemas: Mapping[str, Any]) -> None:
    """Index what was supplied; what is of another dialect is only a fault if it is needed."""
    for uri in schemas:
        try:
            library.resource(uri)
        except UnknownDialect:
            continue


def _examine(
    schemas: list[Mapping[str, Any]], problem: SchemaProblem, dialect: Dialect
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """List the formats that only annotate, and what cannot be decided."""
    asserted = problem.assert_formats or dialect.asserts_format
    named = {s["format"] for s in schemas if isinstance(s.get("format"), str)}
    undecided = [f"the format `{name[:60]}`" for name in sorted(named - set(FORMATS)) if asserted]
    patterns = {s["pattern"] for s in schemas if isinstance(s.get("pattern"), str)}
    for schema in schemas:
        if isinstance(schema.get("patternProperties"), dict):
            patterns.update(schema["patternProperties"])
    for pattern in sorted(patterns):
        try:
            compile_pattern(pattern)
        except Untranslatable as error:
            undecided.append(f"the pattern `{pattern[:60]}` ({error})")
    return tuple(() if asserted else sorted(named)), tuple(undecided)


def warn(loaded: Loaded) -> Iterator[Diagnostic]:
    """Name the formats that are not asserted, and keywords without a meaning."""
    if loaded.ignored:
        listed = ", ".join(f"`{name[:60]}`" for name in loaded.ignored[:MAX_SHOWN])
        yield Diagnostic(
            code="schema-keyword-ignored",
            headline=f"keywords mean nothing in {loaded.dialect.name} and decide nothing: {listed}",
            help=("correct their names, or name another draft in `$schema`",),
            severity=Severity.WARNING,
        )
    if loaded.formats:
        listed = ", ".join(f"`{name[:60]}`" for name in loaded.formats[:MAX_SHOWN])
        yield Diagnostic(
            code="schema-format-ignored",
            headline=f"formats are annotations here and decide nothing: {listed}",
            help=("send `assert_formats: true` to have them decided",),
            severity=Severity.WARNING,
        )


def _unresolvable(reference: str) -> ProblemError:
    return _refused(
        "schema-reference",
        f"`{reference[:200]}` leads to no schema of the problem, and nothing is fetched",
        "send the schema it leads to in `schemas`, by its URI",
    )


def _refused(code: str, headline: str, *advice: str) -> ProblemError:
    at = Location(source="problem", pointer=POINTER)
    return ProblemError([Diagnostic(code=code, headline=headline, at=at, help=advice)])
