"""Completions and chunks on the wire."""

import json
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from app.proxy.chat_wire import MOST_PIECES, PIECE_CHARS, ChunkWriter, cut, data
from app.proxy.exchange import Reply, header_safe
from app.proxy.wire_json import dump
from backprompt.budget import Usage
from tests.app.proxy.chats import content, frames


def reply(text: str) -> Reply:
    return Reply(
        run="run_1",
        created=7,
        model="m",
        certified=True,
        text=text,
        tool_calls=(),
        usage=Usage(prompt_tokens=2, completion_tokens=3),
        fingerprint="modulo:certified:0",
        report={"certified": True},
    )


@given(st.text(max_size=20_000))
def test_pieces_make_the_text_again(text):
    pieces = list(cut(text))
    assert "".join(pieces) == text
    assert all(pieces)
    assert len(pieces) <= max(MOST_PIECES, -(-len(text) // PIECE_CHARS))


@given(st.text(alphabet=st.characters(), max_size=300), st.booleans())
def test_a_stream_says_the_text_and_nothing_named(text, include_usage):
    exchange = SimpleNamespace(run="run_1", created=7, model="m")
    writer = ChunkWriter(exchange, include_usage=include_usage)
    sent = b"".join([writer.role(), writer.progress("a line\n"), *writer.answer(reply(text))])
    assert b"event:" not in sent
    chunks = frames(sent.decode("ascii"))
    assert content(chunks) == text
    assert [chunk for chunk in chunks if not chunk["choices"]] == (
        [chunks[-1]] if include_usage else []
    )


@given(st.text(alphabet=st.characters(), max_size=200))
def test_whatever_a_text_holds_can_be_sent(text):
    assert json.loads(dump({"a": text})) == {"a": text}
    assert data({"a": text}).count(b"\n") == 2


def test_half_a_surrogate_pair_can_be_sent():
    assert json.loads(dump("\ud800")) == "\ud800"


@given(st.text(alphabet=st.characters(), max_size=200))
def test_a_header_is_printable_and_without_space_around_it(text):
    value = header_safe(text)
    assert value.isascii()
    assert value.isprintable()
    assert value == value.strip()
