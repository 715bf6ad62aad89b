"""What endpoints differ in: turns, and tool calls, which are taken as a model wrote them."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprompt.dialect import DEEPEST, Dialect, read_tool_calls

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def test_calls_are_taken_as_they_are_and_nothing_else_is_a_call():
    call = {"id": "1", "function": {"name": "f", "arguments": '{"a": NaN}'}, "odd": [1.5, None]}
    assert read_tool_calls([call, "x", None, 7]) == (call,)


@pytest.mark.parametrize("calls", [None, "x", 7, {}, []])
def test_what_is_no_list_holds_no_calls(calls):
    assert read_tool_calls(calls) == ()


def nest(depth: int) -> dict:
    return {} if depth == 0 else {"a": nest(depth - 1)}


@pytest.mark.parametrize("call", [{"a": math.nan}, {"a": [math.inf]}, nest(DEEPEST), nest(300)])
def test_what_is_not_plain_json_is_refused(call):
    with pytest.raises(ValueError, match="not plain JSON"):
        read_tool_calls([call])


@given(st.lists(VALUES))
def test_what_is_taken_can_be_sent(calls):
    try:
        taken = read_tool_calls(calls)
    except ValueError:
        taken = ()
    assert json.dumps(taken, allow_nan=False, ensure_ascii=False).encode()


def test_texts_and_parts_in_a_row_become_one_message():
    dialect = Dialect()
    image = {"type": "image_url"}
    said = [
        {"role": "user", "content": [image], "name": "me"},
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "yes"},
        {"role": "assistant", "content": "no"},
        {"role": "user", "content": "then"},
    ]
    assert dialect.turns(said) == said
    assert dialect.learn_turns({"messages": said}, b"roles should alternate")
    text = {"type": "text", "text": "hello"}
    assert dialect.turns(said) == [
        {"role": "user", "content": [image, text], "name": "me"},
        *said[2:],
    ]
    assert not dialect.learn_turns({"messages": said}, b"roles should alternate")
