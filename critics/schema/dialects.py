"""The dialects of JSON Schema that are read, and what differs between them.

Sources: JSON Schema Core and Validation, drafts 2020-12, 2019-09, 7, 6 and 4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

DEFAULT = "https://json-schema.org/draft/2020-12/schema"

_STRINGS = ("minLength", "maxLength", "pattern")
_NUMBERS = ("multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_ARRAYS = ("minItems", "maxItems", "uniqueItems")
_OBJECTS = ("required", "minProperties", "maxProperties")
_OLD_VALIDATION = ("type", "enum", *_STRINGS, *_NUMBERS, *_ARRAYS, *_OBJECTS)
_LOGIC = ("allOf", "anyOf", "oneOf", "not")
_MEMBERS = ("properties", "patternProperties", "additionalProperties")

VOCABULARIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "core": ("$ref", "$dynamicRef", "$recursiveRef"),
        "applicator": (
            *_LOGIC,
            "if",
            "dependentSchemas",
            "prefixItems",
            "items",
            "additionalItems",
            "contains",
            *_MEMBERS,
            "propertyNames",
        ),
        "unevaluated": ("unevaluatedItems", "unevaluatedProperties"),
        "validation": (*_OLD_VALIDATION, "const", "dependentRequired"),
        "format": ("format",),
        "format-annotation": ("format",),
        "format-assertion": ("format",),
        "meta-data": (),
        "content": (),
    }
)
"""The last part of a vocabulary's URI to the keywords that it gives a meaning."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How schemas of one draft are read.

    Attributes:
        uri: Its meta-schema.
        published: The published meta-schema that it is derived from.
        name: For people.
        keywords: What decides something, in the order in which it is asked.
        identifier: The keyword that names a schema.
        lone_ref: Whether `$ref` switches everything beside it off.
        item_lists: Whether `items` may be a list of schemas, as `prefixItems` is later.
        contains_evaluates: Whether an item that `contains` finds counts as evaluated.
        whole_fractions: Whether 1.0 is an integer.
        exclusive_flags: Whether `exclusiveMinimum` is a flag of `minimum`.
        asserts_format: Whether its vocabulary demands that formats are asserted.
    """

    uri: str
    name: str
    keywords: tuple[str, ...]
    published: str
    identifier: str = "$id"
    lone_ref: bool = False
    item_lists: bool = False
    contains_evaluates: bool = True
    whole_fractions: bool = True
    exclusive_flags: bool = False
    asserts_format: bool = False


_MODERN = (
    *VOCABULARIES["core"][:1],
    *VOCABULARIES["validation"],
    "format",
    *VOCABULARIES["applicator"],
    *VOCABULARIES["unevaluated"],
)
_DRAFT_4 = (
    "$ref",
    *_OLD_VALIDATION,
    "format",
    *_LOGIC,
    "items",
    "additionalItems",
    *_MEMBERS,
    "dependencies",
)
_DRAFT_6 = (*_DRAFT_4, "const", "contains", "propertyNames")

DRAFT_2020 = Dialect(
    uri=DEFAULT,
    published=DEFAULT,
    name="draft 2020-12",
    keywords=("$dynamicRef", *(k for k in _MODERN if k != "additionalItems")),
)
DRAFT_2019 = Dialect(
    uri="https://json-schema.org/draft/2019-09/schema",
    published="https://json-schema.org/draft/2019-09/schema",
    name="draft 2019-09",
    keywords=("$recursiveRef", *(k for k in _MODERN if k != "prefixItems")),
    item_lists=True,
    contains_evaluates=False,
)
DRAFT_7 = Dialect(
    uri="http://json-schema.org/draft-07/schema",
    published="http://json-schema.org/draft-07/schema",
    name="draft 7",
    keywords=(*_DRAFT_6, "if"),
    lone_ref=True,
    item_lists=True,
)
DRAFT_6 = replace(
    DRAFT_7,
    uri="http://json-schema.org/draft-06/schema",
    published="http://json-schema.org/draft-06/schema",
    name="draft 6",
    keywords=_DRAFT_6,
)
DRAFT_4 = Dialect(
    uri="http://json-schema.org/draft-04/schema",
    published="http://json-schema.org/draft-04/schema",
    name="draft 4",
    keywords=_DRAFT_4,
    identifier="id",
    lone_ref=True,
    item_lists=True,
    whole_fractions=False,
    exclusive_flags=True,
)
DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {d.uri: d for d in (DRAFT_2020, DRAFT_2019, DRAFT_7, DRAFT_6, DRAFT_4)}
)


class UnknownVocabulary(ValueError):
    """A meta-schema demands a vocabulary that is not known."""


def restrict(base: Dialect, meta_schema: Mapping[str, Any], uri: str) -> Dialect:
    """Derive the dialect of a meta-schema of the user's own from that it is written in.

    Raises:
        UnknownVocabulary: It demands one that is not known.
    """
    listed = meta_schema.get("$vocabulary")
    if not isinstance(listed, Mapping):
        return replace(base, uri=uri)
    active = {"$ref", "$dynamicRef", "$recursiveRef"}
    asserts = False
    for vocabulary, needed in listed.items():
        name = vocabulary.rpartition("/")[2]
        known = vocabulary.startswith("https://json-schema.org/draft/") and name in VOCABULARIES
        if not known and needed:
            raise UnknownVocabulary(vocabulary)
        active.update(VOCABULARIES[name] if known else ())
        asserts = asserts or (known and name == "format-assertion")
    return replace(
        base,
        uri=uri,
        keywords=tuple(keyword for keyword in base.keywords if keyword in active),
        asserts_format=asserts,
    )
