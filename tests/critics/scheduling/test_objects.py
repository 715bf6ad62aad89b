"""Objects in responses, and answers that are read strictly."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critics.scheduling.objects import find_objects, quote, read_object, spell_keys
from critics.types import CandidateError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


def test_every_outermost_object_with_a_key_is_found() -> None:
    text = 'a {"day": 1} b {"x": {"day": 2}} {"y": [{"day": 3}], "day": 4} {bad {"day": 5}'
    assert [found["day"] for _, found in find_objects(text, ["day"])] == [1, 2, 4, 5]


def test_objects_deep_in_others_or_in_their_lists_are_none() -> None:
    deep = '{"a": {"b": {"c": {"d": {"day": 1}}}}} {"options": [{"day": 2}]}'
    assert list(find_objects(deep, ["day"])) == []


def test_a_bare_list_stands_for_the_first_key() -> None:
    stays = [{"City": "Oslo"}, {"city": "Riga"}]
    bare = f"My plan: {json.dumps(stays)}"
    assert [found for _, found in find_objects(bare, ["plan"], ["city"])] == [{"plan": stays}]
    for text in (json.dumps([*stays, {"day": 1}]), f'{{"plan": {json.dumps(stays)}, cut', "[{}]"):
        assert list(find_objects(text, ["plan"], ["city"])) == []


def test_keys_are_read_in_any_spelling() -> None:
    item = {"startDay": 1, "End Day": 2, "last-day": 3, "day": 4, "Day": 5}
    spelt = {"start_day": 1, "end_day": 2, "last_day": 3, "day": 4}
    assert spell_keys(item) == spelt


@settings(max_examples=50, deadline=None)
@given(st.lists(st.dictionaries(st.text(max_size=3), VALUES), max_size=5), st.text(max_size=9))
def test_objects_between_text_are_found(objects: list[dict[str, object]], between: str) -> None:
    between = between.replace("{", "(")
    kept = [{**found, "day": 1} for found in objects]
    text = between.join(json.dumps(found) for found in kept)
    assert [found for _, found in find_objects(text, ["day"])] == kept


@pytest.mark.parametrize("text", ["{" * 50_000, '{"day": ' * 50_000, '[{"' * 50_000])
def test_broken_objects_cost_little(text: str) -> None:
    assert list(find_objects(text, ["day"])) == []


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
