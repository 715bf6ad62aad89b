import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from critics.schema.extract import find_documents


@pytest.mark.parametrize(
    ("response", "found"),
    [
        ('{"a": 1}', ['{"a": 1}']),
        ("  3.50 ", ["3.50"]),
        ('```json\n{"a": 1}\n```', ['{"a": 1}']),
        ("```\n[1]\n```\nor\n~~~\n[2]\n~~~", ["[1]", "[2]"]),
        ('First {"a": 1}, no, {"a": 2}!', ['{"a": 1}', '{"a": 2}']),
        ('<think>{"a": 0}</think>{"a": 1}', ['{"a": 1}']),
        ("The answer:\n42\nI hope that helps.", ["42"]),
        ('Use {braces} like {"a": {"b": 1}}.', ['{"a": {"b": 1}}']),
        ('{"a": {"b": 1},}', ['{"a": {"b": 1},}']),
        ('{"a": {"b": 1}, "c', ['{"a": {"b": 1}, "c']),
        ('It is {"a": [1, 2', ['{"a": [1, 2']),
        ('{"a": 1} {"a": 1}', ['{"a": 1}']),
        ('\ufeff{"a": 1}', ['{"a": 1}']),
        ("I cannot.", []),
        ("", []),
        ("an open { brace and [ bracket", []),
        ('In {x} say {"a": "}"}', ['{"a": "}"}']),
        ('{"a": 1e400, "b": NaN}', ['{"a": 1e400, "b": NaN}']),
    ],
)
def test_every_outermost_document_is_found(response: str, found: list[str]) -> None:
    assert find_documents(response) == found


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    ),
    before=st.text("abc .,:\n", max_size=20),
)
def test_a_fenced_document_is_found_whatever_is_said_before(value: object, before: str) -> None:
    text = json.dumps(value)
    assert find_documents(f"{before}\n```json\n{text}\n```\nThat is it.") == [text]


@given(st.text())
def test_nothing_brings_it_down(response: str) -> None:
    assert all(isinstance(text, str) and text for text in find_documents(response))


@pytest.mark.parametrize("sign", ["{", "[", '{"', "{}", "[[]", '"', "```\n"])
def test_long_junk_is_read_in_time(sign: str) -> None:
    assert len(find_documents(sign * 50_000)) <= 20
