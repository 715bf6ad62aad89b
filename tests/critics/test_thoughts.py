"""Thoughts are left out, an answer is not, and no text takes for ever."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from critics.schema.extract import find_documents
from critics.thoughts import leave_out_thoughts

CLOSED = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
PIECES = ["<think>", "</think>", "<Thinking>", "</thinking>", "<reasoning>", "</THINK>", "a", "\n"]
texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@given(texts)
def test_closed_thoughts_are_left_out_as_by_a_pattern(text):
    assert leave_out_thoughts(text) == CLOSED.sub("", text)


@given(texts)
def test_a_thought_that_is_cut_off_reaches_to_the_end(text):
    opened = re.compile(rf"{CLOSED.pattern[:-5]}(?:</\1>|\Z)", CLOSED.flags)
    assert leave_out_thoughts(text, cut_off=True) == opened.sub("", text)


@pytest.mark.parametrize("tag", ["<think>", "</think>", "<think></thinking>"])
def test_no_number_of_tags_takes_for_ever(tag):
    text = tag * 300_000
    assert leave_out_thoughts(text) == text
    assert '{"a": 1}' in find_documents(f'{text}\n{{"a": 1}}')
