import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critics.workers import frames

KEYS = st.text(max_size=9)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=()), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=30)
@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=3), max_size=3))
def test_messages_arrive_as_they_were_sent(messages: list[dict]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for message in messages:
            ours.sendall(frames.encode(message))
        ours.shutdown(socket.SHUT_WR)
        for message in messages:
            body = frames.receive(theirs)
            assert body is not None
            assert frames.decode(body) == message
        assert frames.receive(theirs) is None


def test_a_message_cut_short_is_none() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(frames.encode({"a": 1})[:-1])
        ours.shutdown(socket.SHUT_WR)
        assert frames.receive(theirs) is None


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_json_cannot_be_sent(number: float) -> None:
    with pytest.raises(frames.FrameError):
        frames.encode({"number": number})


def test_size_and_depth_are_capped() -> None:
    with pytest.raises(frames.FrameError, match="bytes"):
        frames.encode({"text": "x" * frames.MAX_BYTES})
    nested: list = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(frames.FrameError, match="JSON"):
        frames.encode({"nested": nested})
    while nested:
        nested = nested.pop()
    with pytest.raises(frames.FrameError, match="bytes"):
        frames.length(frames.HEADER.pack(frames.MAX_BYTES + 1))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(frames.FrameError):
        frames.decode(body)
