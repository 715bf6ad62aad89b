"""Survey everything that a schema can lead to, before anything is judged by it.

Invariants:
    * Every reference is followed, to its end; one that leads nowhere is a fault of the problem.
    * Whatever is reached was held to the meta-schema of its dialect, wherever it stands. So the
      evaluator never meets a keyword with a value that it cannot have.
"""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any, NamedTuple

from critics.schema.applicators import point
from critics.schema.assertions import identify
from critics.schema.dialects import DIALECTS, Dialect
from critics.schema.engine import read_published
from critics.schema.evaluate import Evaluation
from critics.schema.resources import MANY, NAMED, ONE, ROOT, Library, Schema
from critics.types import Diagnostic, Location, ProblemError, Undecided

MAX_SHOWN = 10
POINTER = "/schema"
"""Where the schema stands in the payload."""
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_SILENT = frozenset(
    {
        *("$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary"),
        *("$comment", "$defs", "definitions", "title", "description", "default", "deprecated"),
        *("readOnly", "writeOnly", "examples", "contentEncoding", "contentMediaType"),
        *("contentSchema", "then", "else", "minContains", "maxContains", "format"),
    }
)
"""Keywords that decide nothing by themselves, and that nobody expects to."""


class Reached(NamedTuple):
    """A schema that can be applied, and how it is read."""

    schema: Mapping[str, Any]
    dialect: Dialect


def survey(library: Library, schema: Schema, base: str) -> list[Reached]:
    """Give every schema that a schema can lead to, each once.

    Raises:
        ProblemError: One of them is not valid.
        Unresolvable: A reference leads nowhere.
        UnknownDialect: It leads to a dialect that is not read.
    """
    walk = _Walk(library)
    walk.enter(schema, base)
    while walk.references:
        for part, own in _targets(library, *walk.references.pop()):
            walk.enter(part, own)
    return walk.reached


class _Walk:
    """A walk through documents, schema by schema."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._held: set[int] = set()
        self._valid: set[Hashable] = set()
        """What is known to be valid; small schemas recur."""
        self.reached: list[Reached] = []
        self.references: list[tuple[str, str]] = []
        """References that were found, with the URI that they are relative to."""

    def enter(self, schema: Schema, base: str) -> None:
        """Hold a schema, and all schemas in it, to their meta-schemas."""
        if id(schema) in self._held:
            return
        dialect = self._library.resource(base).dialect
        if dialect.uri not in DIALECTS:
            _check(self._library, schema, base, "", dialect.uri)
        if not isinstance(schema, dict):
            return
        rest: list[tuple[Any, str]] = [(schema, "")]
        while rest:
            node, at = rest.pop()
            if isinstance(node, dict):
                rest.extend((part, point(at, key)) for key, part in node.items())
                if id(node) in self._library.bases and id(node) not in self._held:
                    self._hold(node, at)
            elif isinstance(node, list):
                rest.extend((part, point(at, place)) for place, part in enumerate(node))

    def _hold(self, schema: Mapping[str, Any], at: str) -> None:
        self._held.add(id(schema))
        base = self._library.bases[id(schema)]
        dialect = self._library.resource(base).dialect
        if dialect.keywords == DIALECTS[dialect.published].keywords:
            alone = _empty(schema)
            key = (dialect.published, identify(alone))
            if key not in self._valid:
                _check(self._library, alone, base, at, dialect.published)
                self._valid.add(key)
        self.reached.append(Reached(schema, dialect))
        found = (schema.get(keyword) for keyword in _REFERENCES)
        self.references.extend((base, each) for each in found if isinstance(each, str))


def _targets(library: Library, base: str, reference: str) -> Iterator[tuple[Schema, str]]:
    """Give what a reference leads to, and the document that it is a part of."""
    target = library.resolve(base, reference)
    if read_published(target.base) is None:
        yield library.resource(target.base).root, target.base
        yield target.schema, target.base


def _empty(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Put empty schemas for those inside a schema, which are held on their own, however deep."""
    return {keyword: _empty_keyword(keyword, value) for keyword, value in schema.items()}


def _empty_keyword(keyword: str, value: Any) -> Any:
    if keyword in ONE and isinstance(value, dict):
        return {}
    if keyword in MANY and isinstance(value, list):
        return [{} if isinstance(part, dict) else part for part in value]
    if keyword in NAMED and isinstance(value, dict):
        return {name: {} if isinstance(part, dict) else part for name, part in value.items()}
    return value


def _check(library: Library, schema: Schema, base: str, at: str, uri: str) -> None:
    """Hold a schema to one meta-schema.

    Raises:
        ProblemError: It is not valid.
    """
    target = library.resolve(ROOT, uri)
    try:
        faults = Evaluation(library).run(target.schema, target.base, schema)
    except Undecided as error:
        raise ProblemError(error.diagnostics) from error
    if faults:
        name = "the schema" if base == ROOT else f"the schema `{base[:200]}`"
        raise ProblemError(
            Diagnostic(
                code="schema-invalid",
                headline=f"`{at + fault.at or '/'}` of {name}: {fault.said}",
                at=Location(source="problem", pointer=f"{POINTER}{at}{fault.at}"),
                help=(f"see the meta-schema {uri}",),
            )
            for fault in faults[:MAX_SHOWN]
        )


def find_ignored(reached: list[Reached]) -> list[str]:
    """List keywords that mean nothing in the dialect in which they stand."""
    found = {
        keyword
        for schema, dialect in reached
        for keyword in schema
        if keyword not in _SILENT and keyword not in dialect.keywords
    }
    return sorted(name for name in found if not name.startswith("x-"))
