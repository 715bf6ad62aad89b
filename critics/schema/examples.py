"""Self-test examples of the domain `json-schema`: what must pass, and why others must not."""

from critics.domain import Example

PERSON = Example(
    name="person",
    problem={
        "task": "Ada Lovelace was born on 10 December 1815. She was a mathematician.",
        "schema": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "name": {"type": "string", "minLength": 1},
                "born": {"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$"},
                "jobs": {
                    "type": "array",
                    "items": {"enum": ["mathematician", "poet", "engineer"]},
                    "minItems": 1,
                    "uniqueItems": True,
                },
                "height_m": {"type": "number", "multipleOf": 0.01, "exclusiveMaximum": 3},
            },
            "required": ["name", "born", "jobs"],
            "additionalProperties": False,
        },
    },
    good=(
        '{"name": "Ada Lovelace", "born": "1815-12-10", "jobs": ["mathematician"]}',
        '{"name": "Ada", "born": "1815-12-10", "jobs": ["poet", "engineer"], "height_m": 1.67}',
    ),
    bad={
        '{"name": "Ada", "born": "1815-12-10", "jobs": ["poet"], }': "json-syntax",
        '{"name": "Ada", "name": "Ada", "born": "1815-12-10", "jobs": ["poet"]}': (
            "json-duplicate-key"
        ),
        '{"name": "Ada", "born": "1815-12-10", "jobs": ["poet"], "height_m": NaN}': "json-constant",
        '{"name": "\\ud800", "born": "1815-12-10", "jobs": ["poet"]}': "json-surrogate",
        '{"name": 1, "born": "1815-12-10", "jobs": ["poet"]}': "schema-type",
        '{"name": "", "born": "1815-12-10", "jobs": ["poet"]}': "schema-string",
        '{"name": "Ada", "born": "1815-12-10\\n", "jobs": ["poet"]}': "schema-string",
        '{"name": "Ada", "born": "1815-12-10", "jobs": ["nurse"]}': "schema-value",
        '{"name": "Ada", "born": "1815-12-10", "jobs": []}': "schema-array",
        '{"name": "Ada", "born": "1815-12-10"}': "schema-required",
        '{"name": "Ada", "born": "1815-12-10", "jobs": ["poet"], "age": 36}': "schema-extra",
        '{"name": "Ada", "born": "1815-12-10", "jobs": ["poet"], "height_m": 1.675}': (
            "schema-number"
        ),
    },
    responses={
        'Here you are:\n```json\n{"name": "Ada"}\n```\nAnything else?': ['{"name": "Ada"}'],
        '{"name": "Ada"}\nor rather {"name": "Ada Lovelace"}.': [
            '{"name": "Ada"}',
            '{"name": "Ada Lovelace"}',
        ],
        '{"name": "Ada", "more": {"name": "Eve"}, "': [
            '{"name": "Ada", "more": {"name": "Eve"}, "'
        ],
        "I cannot say.": [],
    },
)

SHAPES = Example(
    name="shapes",
    problem={
        "type": "json_schema",
        "json_schema": {
            "name": "drawing",
            "strict": True,
            "schema": {
                "type": "array",
                "items": {"$ref": "#/$defs/shape"},
                "contains": {"required": ["radius"]},
                "maxContains": 1,
                "$defs": {
                    "shape": {
                        "oneOf": [
                            {"properties": {"radius": {"minimum": 0}}, "required": ["radius"]},
                            {"properties": {"side": {"minimum": 0}}, "required": ["side"]},
                        ],
                        "type": "object",
                        "not": {"required": ["banned"]},
                        "propertyNames": {"maxLength": 8},
                        "maxProperties": 2,
                        "unevaluatedProperties": {"type": "string"},
                    }
                },
            },
        },
    },
    good=('[{"radius": 1}, {"side": 2, "name": "box"}]',),
    bad={
        '[{"radius": 1, "side": 2}]': "schema-choice",
        '[{"radius": 1}, {"radius": 2}]': "schema-array",
        '[{"radius": 1, "banned": "no"}]': "schema-choice",
        '[{"radius": 1, "description": "long"}]': "schema-object",
        '[{"radius": 1, "a": "x", "b": "y"}]': "schema-object",
        '[{"radius": 1, "name": 3}]': "schema-type",
    },
)

MOMENT = Example(
    name="moment",
    problem={"schema": {"type": "string", "format": "date-time"}, "assert_formats": True},
    good=('"2024-02-29T23:59:60Z"',),
    bad={'"2023-02-29T00:00:00Z"': "schema-format", '"today"': "schema-format"},
)

EXAMPLES = (PERSON, SHAPES, MOMENT)
