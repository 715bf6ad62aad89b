"""Survey everything that a schema can lead to, before anything is judged by it.

Invariants:
    * Every reference is followed, to its end; one that leads nowhere is a fault of the problem.
    * Whatever is reached was held to the meta-schema of its dialect, wherever it stands. So the
      evaluator never meets a keyword with a value that it cannot have.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from critics.schema.dialects import DIALECTS, Dialect
from critics.schema.engine import read_published
from critics.schema.evaluate import Evaluation
from critics.schema.resources import ROOT, Library, Schema
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
    hold(library, schema, base)
    reached: list[Reached] = []
    seen: set[int] = set()
    held: set[int] = set()
    references: list[tuple[str, str]] = []
    rest = [(schema, base)]
    while rest or references:
        while rest:
            node, outer = rest.pop()
            if isinstance(node, dict) and id(node) not in seen:
                seen.add(id(node))
                own = library.bases.get(id(node), outer)
                rest.extend((part, own) for part in node.values())
                if id(node) in library.bases:
                    held.add(id(node))
                    reached.append(Reached(node, library.resource(own).dialect))
                    references.extend((own, node[k]) for k in _REFERENCES if _is_text(node, k))
            elif isinstance(node, list):
                rest.extend((part, outer) for part in node)
        if references:
            for part, own in _targets(library, *references.pop()):
                if id(part) not in held:
                    hold(library, part, own)
                    held.add(id(part))
                    seen.discard(id(part))
                    rest.append((part, own))
    return reached


def _is_text(node: Mapping[str, Any], keyword: str) -> bool:
    return isinstance(node.get(keyword), str)


def _targets(library: Library, base: str, reference: str) -> Iterator[tuple[Schema, str]]:
    """Give what a reference leads to, and the document that it is a part of."""
    target = library.resolve(base, reference)
    if read_published(target.base) is None:
        for part in (library.resource(target.base).root, target.schema):
            if isinstance(part, dict):
                yield part, target.base


def hold(library: Library, schema: Schema, base: str) -> None:
    """Hold a schema to its meta-schema.

    Raises:
        ProblemError: It is not valid.
    """
    dialect = library.resource(base).dialect
    uris = {dialect.uri: None}
    if dialect.keywords == DIALECTS[dialect.published].keywords:
        uris[dialect.published] = None
    for uri in uris:
        _check(library, schema, base, uri)


def _check(library: Library, schema: Schema, base: str, uri: str) -> None:
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
                headline=f"`{fault.at or '/'}` of {name}: {fault.said}",
                at=Location(source="problem", pointer=f"{POINTER}{fault.at}"),
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
