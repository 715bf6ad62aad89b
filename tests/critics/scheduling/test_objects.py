"""Objects in responses, and answers that are read strictly."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critics.scheduling.objects import find_objects, quote, read_object
from critics.types import CandidateError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


def test_every_outermost_object_with_a_key_is_found() -> None:
    text = 'a {"day": 1} b {"x": {"day": 2}} {"y": [{"day": 3}], "day": 4} {bad {"day": 5}'
    assert [found["day"] for _, found in find_objects(text, {"day"})] == [1, 4, 5]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.dictionaries(st.text(max_size=3), VALUES), max_size=5), st.text(max_size=9))
def test_objects_between_text_are_found(objects: list[dict[str, object]], between: str) -> None:
    between = between.replace("{", "(")
    kept = [{**found, "day": 1} for found in objects]
    text = between.join(json.dumps(found) for found in kept)
    assert [found for _, found in find_objects(text, {"day"})] == kept


@pytest.mark.parametrize("text", ["{" * 50_000, '{"day": ' * 50_000, '[{"' * 50_000])
def test_broken_objects_cost_little(text: str) -> None:
    assert list(find_objects(text, {"day"})) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}{}",
        "[]",
        "1",
        '{"day": NaN}',
        '{"day": 1, "day": 1}',
        "{" * 50_000,
        "[" * 50_000,
        '{"day": ' + "9" * 10_000 + "}",
        'x {"day": 1}',
        " " * 1_000_001,
    ],
    ids=range(11),
)
def test_what_is_not_one_object_is_refused(text: str) -> None:
    with pytest.raises(CandidateError) as caught:
        read_object(text, "calendar-format", "{}")
    assert [finding.code for finding in caught.value.diagnostics] == ["calendar-format"]


def test_long_values_are_cut() -> None:
    assert len(quote("x" * 1000)) < 200
    assert quote({"a": [1]}) == '`{"a": [1]}`'
