"""The codes of the domain `json-schema`, with their explanations."""

from collections.abc import Mapping
from types import MappingProxyType

from critics.codes import Code

SCHEMA_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "json-syntax": Code(
            "The answer is not one JSON document",
            "It is read as RFC 8259 says, with nothing but white space around the document.",
            "Answer with the JSON document alone.",
        ),
        "json-duplicate-key": Code(
            "A key stands twice in one object",
            "JSON readers differ on repeated keys, so one program would read another document "
            "than the one that was judged.",
            "Give each key once.",
        ),
        "json-constant": Code(
            "A word is used as a number that JSON does not have",
            "`NaN`, `Infinity` and `-Infinity` are no JSON, though some readers take them.",
            "Write a number, a string or null.",
        ),
        "json-surrogate": Code(
            "A string holds half of a surrogate pair",
            "It stands for no character, and no UTF-8 text can hold it (RFC 7493).",
            "Write the character itself, or both halves.",
        ),
        "json-limit": Code(
            "A document is beyond the reader's caps",
            "It is JSON, but nests deeper or has a number longer than what is read, so it is "
            "neither accepted nor rejected.",
            "Write a shallower document, or a shorter number.",
        ),
        "schema-type": Code(
            "A value is of the wrong type",
            "The keyword `type` names other types. An integer may be written 1.0, except in "
            "draft 4.",
            "Write a value of the type that the finding names.",
        ),
        "schema-value": Code(
            "A value is not one of those allowed",
            "The keyword `enum` or `const` lists the values. Numbers are compared exactly; true "
            "is not 1.",
            "Use one of the listed values.",
        ),
        "schema-required": Code(
            "A property is missing",
            "The keyword `required`, `dependentRequired` or `dependencies` demands it.",
            "Add the property.",
        ),
        "schema-extra": Code(
            "Something stands where nothing is allowed",
            "The schema at this place is `false`; most often `additionalProperties` or "
            "`unevaluatedProperties` forbids a property that the schema does not name.",
            "Leave it out, or correct its name.",
        ),
        "schema-number": Code(
            "A number is out of bounds",
            "`minimum`, `maximum`, their exclusive forms and `multipleOf` are decided on exact "
            "numbers, without rounding.",
            "Change the number.",
        ),
        "schema-string": Code(
            "A string has the wrong length or form",
            "`minLength` and `maxLength` count characters; `pattern` is an ECMA-262 regular "
            "expression that may match anywhere unless it is anchored.",
            "Change the string.",
        ),
        "schema-format": Code(
            "A string is not of its format",
            "`format` is asserted because the problem says `assert_formats`, or its meta-schema "
            "demands it.",
            "Write the string as the format's specification says.",
        ),
        "schema-array": Code(
            "A list has too few, too many or repeated items",
            "`minItems`, `maxItems`, `uniqueItems` or `contains` objects.",
            "Change the list.",
        ),
        "schema-object": Code(
            "An object has the wrong number of properties, or a name that is not allowed",
            "`minProperties`, `maxProperties` or `propertyNames` objects.",
            "Change the object's properties.",
        ),
        "schema-choice": Code(
            "A combination of schemas does not hold",
            "`anyOf`: no alternative holds. `oneOf`: none or several hold. `not`: what is "
            "forbidden holds. The notes tell what the nearest alternative objects to.",
            "Satisfy exactly what the combination asks.",
        ),
        "schema-undecided": Code(
            "A part of the schema could not be decided",
            "A schema that refers to itself without end, a pattern that cannot be translated "
            "faithfully, or a reference that leads nowhere. The document is neither accepted nor "
            "rejected.",
            "Restate that part of the schema.",
        ),
        "schema-format-ignored": Code(
            "Formats decide nothing",
            "In the specification `format` is an annotation unless it is asked for, so an answer "
            "may be accepted whose strings are not of their formats.",
            "Send `assert_formats: true`.",
        ),
        "schema-keyword-ignored": Code(
            "Keywords decide nothing",
            "A keyword that the schema's dialect does not have is an annotation, in the "
            "specification too; often it is misspelt or from another draft.",
            "Correct its name, or name another draft in `$schema`.",
        ),
        "schema-invalid": Code(
            "The problem's schema is not valid",
            "It was held to the meta-schema of its dialect.",
            "Correct the schema at the place that the finding names.",
        ),
        "schema-reference": Code(
            "A reference leads nowhere",
            "References lead to parts of the schema, to what is sent in `schemas` and to the "
            "published meta-schemas. Nothing is ever fetched.",
            "Send the schema it leads to in `schemas`, by its URI.",
        ),
        "schema-dialect": Code(
            "The schema's dialect is not read",
            "`$schema` names the dialect: drafts 2020-12, 2019-09, 7, 6 and 4, or a meta-schema "
            "that is sent in `schemas` and asks for no other vocabulary.",
            "Restate the schema in a dialect that is read.",
        ),
        "schema-limit": Code(
            "The problem passes a cap",
            "Nesting is capped, so that no problem can exhaust the service.",
            "State the schema with less nesting.",
        ),
    }
)
