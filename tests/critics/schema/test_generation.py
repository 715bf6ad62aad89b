"""Made schemas: simple documents, repairs that keep what is right, and names of properties."""

import json

import pytest

from critics.schema import domain
from critics.schema.examples import MOMENT, PERSON, SHAPES
from critics.schema.generation import answer, identify, rename, repair
from tests.critics.generated import accepts, seeded

RECORD = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 2},
        "size": {"type": "integer", "exclusiveMinimum": 3, "multipleOf": 5},
        "tags": {
            "type": "array",
            "items": {"enum": ["x", "y", "z"]},
            "minItems": 2,
            "uniqueItems": True,
        },
    },
    "required": ["name", "size"],
    "additionalProperties": False,
}


def test_the_answer_is_the_simplest_document() -> None:
    assert answer({"schema": RECORD}) == '{"name": "aa", "size": 5, "tags": ["x", "y"]}'


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ('{"name": "Bo", "size": 7}', '{"name": "Bo", "size": 5}'),
        ('{"name": "B", "size": 10, "more": 1}', '{"name": "aa", "size": 10}'),
        (
            '{"size": 10, "tags": ["z", "w", "z"]}',
            '{"name": "aa", "size": 10, "tags": ["z", "x"]}',
        ),
        ("[1]", '{"name": "aa", "size": 5, "tags": ["x", "y"]}'),
        ('{"name": "\\ud800\\ud800"}', '{"name": "aa", "size": 5, "tags": ["x", "y"]}'),
    ],
)
def test_a_repair_keeps_what_is_right(wrong: str, right: str) -> None:
    assert repair({"schema": RECORD}, wrong) == right
    assert accepts(domain, {"schema": RECORD}, right)


def test_what_is_not_understood_gets_no_document() -> None:
    assert answer(PERSON.problem) is None  # its pattern is none of ours
    assert answer(MOMENT.problem) is None  # a format is asserted
    assert answer({"schema": {"type": "object", "minProperties": 1}}) is None
    assert answer({"schema": {"not": {}}}) is None
    assert answer({"schema": {"const": 7}}) == "7"


def test_names_of_properties_mean_nothing_unless_something_refers_to_them() -> None:
    twin = json.loads(json.dumps({"schema": RECORD}).replace("name", "title"))
    assert identify(twin) == identify({"schema": RECORD})
    bounded = json.loads(json.dumps({"schema": RECORD}).replace("Length", "Length", 1))
    bounded["schema"]["properties"]["name"]["minLength"] = 3
    optional = {"schema": {**RECORD, "required": ["name"]}}
    found = {identify(each) for each in ({"schema": RECORD}, bounded, optional)}
    assert len(found) == 3
    referring = json.loads(json.dumps(twin))
    referring["schema"]["dependentRequired"] = {"title": ["tags"]}
    assert rename(seeded(1), referring) == referring
    other = json.loads(json.dumps(referring).replace("title", "name"))
    assert identify(other) != identify(referring)
    assert rename(seeded(1), SHAPES.problem) == SHAPES.problem
