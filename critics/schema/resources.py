"""Where schemas are: every schema that a problem brings with it, found by its URI.

Nothing is ever fetched. A reference leads to a part of the problem, to a schema that the problem
supplies in `schemas`, or to a published meta-schema; anything else is a fault of the problem.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import unquote, urljoin

from critics.schema.dialects import DEFAULT, DIALECTS, Dialect, UnknownVocabulary, restrict

Schema: TypeAlias = Any
"""A bool or a dict, with exact numbers."""

ROOT = "problem:schema"
"""The URI of the problem's schema, unless it names itself."""
ONE = frozenset(
    {
        "additionalProperties",
        "items",
        "additionalItems",
        "contains",
        "not",
        "if",
        "then",
        "else",
        "propertyNames",
        "unevaluatedItems",
        "unevaluatedProperties",
        "contentSchema",
    }
)
"""Keywords whose value is a schema."""
MANY = frozenset({"allOf", "anyOf", "oneOf", "prefixItems", "items"})
"""Keywords whose value is a list of schemas."""
NAMED = frozenset(
    {
        "properties",
        "patternProperties",
        "$defs",
        "definitions",
        "dependentSchemas",
        "dependencies",
    }
)
"""Keywords whose value is an object of schemas."""
_OPAQUE = re.compile(r"(?!https?:)[A-Za-z][A-Za-z0-9+.-]*:")


class Unresolvable(ValueError):
    """A reference leads nowhere in the problem."""


class UnknownDialect(ValueError):
    """A `$schema` names no dialect that is read."""


@dataclass(slots=True)
class Resource:
    """A schema with a URI of its own.

    Attributes:
        root: The schema.
        dialect: How it is read.
        anchors: Plain names in it.
        dynamic: Those that `$dynamicAnchor` gives.
    """

    root: Schema
    dialect: Dialect
    anchors: dict[str, Schema] = field(default_factory=dict)
    dynamic: dict[str, Schema] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference leads to.

    Attributes:
        schema: The schema.
        base: URI of the resource it belongs to.
        anchor: The plain name it was found by.
    """

    schema: Schema
    base: str
    anchor: str | None = None


class Library:
    """All resources of one problem.

    Args:
        published: Gives a published meta-schema by its URI, or nothing.
    """

    def __init__(self, published: Callable[[str], Schema | None]) -> None:
        self._published = published
        self.default = DIALECTS[DEFAULT]
        """How a document is read that names no dialect."""
        self._documents: dict[str, Schema] = {}
        self.resources: dict[str, Resource] = {}
        self.bases: dict[int, str] = {}
        """Identity of every schema that was indexed to its resource's URI."""

    def supply(self, uri: str, schema: Schema) -> None:
        """Keep a document at hand that may be referred to."""
        self._documents[_trim(uri)] = schema

    def add(self, uri: str, schema: Schema, dialect: Dialect | None = None) -> str:
        """Index a document and all schemas in it; gives its own URI.

        Raises:
            UnknownDialect: It, or a part of it, is of a dialect that is not read.
        """
        first = self.find_dialect(schema, dialect)
        uri = _trim(uri)
        own = _join(uri, _identifier(schema, first)).partition("#")[0]
        self.resources[uri] = self.resources[own] = Resource(schema, first)
        self._index(schema, own, first)
        return own

    def find_dialect(self, schema: Schema, default: Dialect | None) -> Dialect:
        """Find the dialect that a schema's `$schema` names.

        Raises:
            UnknownDialect: It is none that is read.
        """
        named = schema.get("$schema") if isinstance(schema, dict) else None
        if not isinstance(named, str):
            return default or self.default
        uri = _trim(named)
        if uri in DIALECTS:
            return DIALECTS[uri]
        meta_schema = self._documents.get(uri)
        if not isinstance(meta_schema, dict):
            raise UnknownDialect(named)
        inner = meta_schema.get("$schema")
        if not isinstance(inner, str) or _trim(inner) not in DIALECTS:
            raise UnknownDialect(named)
        try:
            return restrict(DIALECTS[_trim(inner)], meta_schema, uri)
        except UnknownVocabulary as error:
            raise UnknownDialect(f"{named} with the vocabulary {error}") from error

    def resource(self, uri: str) -> Resource:
        """Find a resource.

        Raises:
            Unresolvable: There is none.
            UnknownDialect: It is of a dialect that is not read.
        """
        uri = _trim(uri)
        if uri not in self.resources:
            schema = self._documents.get(uri)
            schema = self._published(uri) if schema is None else schema
            if schema is None:
                raise Unresolvable(uri)
            self.add(uri, schema)
        return self.resources[uri]

    def resolve(self, base: str, reference: str) -> Target:
        """Follow a reference from a resource.

        Raises:
            Unresolvable: It leads nowhere.
            UnknownDialect: It leads to a dialect that is not read.
        """
        uri, _, fragment = _join(base, reference).partition("#")
        fragment = unquote(fragment)
        resource = self.resource(uri)
        own = self.bases.get(id(resource.root), _trim(uri))
        if not fragment:
            return Target(resource.root, own)
        if not fragment.startswith("/"):
            if fragment not in resource.anchors:
                raise Unresolvable(reference)
            return Target(resource.anchors[fragment], own, fragment)
        return self._walk(resource.root, own, fragment, reference)

    def _walk(self, node: Any, base: str, pointer: str, reference: str) -> Target:
        dialect = self.resources[base].dialect
        for token in pointer.split("/")[1:]:
            name = token.replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and name in node:
                node = node[name]
            elif isinstance(node, list) and name.isdecimal() and int(name) < len(node):
                node = node[int(name)]
            else:
                raise Unresolvable(reference)
            base = self.bases.get(id(node), base)
            dialect = self.resources[base].dialect
        if not isinstance(node, dict | bool):
            raise Unresolvable(reference)
        if isinstance(node, dict) and id(node) not in self.bases:
            self._index(node, base, dialect)
            base = self.bases[id(node)]
        return Target(node, base)

    def _index(self, schema: Schema, base: str, dialect: Dialect) -> None:
        """Note a schema and those in it."""
        if not isinstance(schema, dict):
            return
        alone = dialect.lone_ref and "$ref" in schema
        name = None if alone else _identifier(schema, dialect)
        if name is not None and self.resources[base].root is not schema:
            if dialect.lone_ref and name.startswith("#"):
                self.resources[base].anchors[name[1:]] = schema
            else:
                dialect = self.find_dialect(schema, dialect)
                base = _trim(_join(base, name))
                self.resources.setdefault(base, Resource(schema, dialect))
        elif dialect.lone_ref and name is not None and "#" in name:
            self.resources[base].anchors[name.partition("#")[2]] = schema
        self.bases[id(schema)] = base
        self._note_anchors(schema, self.resources[base])
        for inner in _subschemas(schema):
            self._index(inner, base, dialect)

    def _note_anchors(self, schema: Schema, resource: Resource) -> None:
        for keyword in ("$anchor", "$dynamicAnchor"):
            anchor = schema.get(keyword)
            if isinstance(anchor, str) and not resource.dialect.lone_ref:
                resource.anchors[anchor] = schema
                if keyword == "$dynamicAnchor":
                    resource.dynamic[anchor] = schema


def _subschemas(schema: Mapping[str, Any]) -> Iterator[Schema]:
    """Give the schemas directly inside a schema."""
    for keyword, value in schema.items():
        if keyword in ONE and isinstance(value, dict):
            yield value
        elif keyword in MANY and isinstance(value, list):
            yield from value
        elif keyword in NAMED and isinstance(value, dict):
            yield from value.values()


def _identifier(schema: Schema, dialect: Dialect) -> str | None:
    found = schema.get(dialect.identifier) if isinstance(schema, dict) else None
    return found if isinstance(found, str) else None


def _join(base: str, reference: str | None) -> str:
    """Resolve a reference against a base (RFC 3986, 5); opaque URIs such as URNs keep theirs.

    Raises:
        Unresolvable: It is no URI reference.
    """
    if reference is None:
        return base
    if reference.startswith("#"):
        return base.partition("#")[0] + reference
    if _OPAQUE.match(reference):
        return reference
    try:
        return urljoin(base, reference) or reference
    except ValueError as error:
        raise Unresolvable(reference) from error


def _trim(uri: str) -> str:
    return uri.removesuffix("#")
