"""No byte of a certificate can change unnoticed, and nothing in it brings the verifier down."""

import base64
import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critics.envelope import open_envelope
from critics.types import Verdict
from critics.verification import Outcome, verify
from tests.critics.sealing import KEY, forge, seal, set_payload
from tests.critics.test_verification import PROBED, codes, sealed

pytestmark = pytest.mark.usefixtures("toys")


@PROBED
@given(st.sampled_from(["toy", "pddl", "smt"]), st.floats(0, 1), st.integers(1, 255))
def test_no_byte_of_the_file_can_change_unnoticed(name: str, place: float, flip: int) -> None:
    written = json.dumps(sealed(name), separators=(",", ":")).encode()
    changed = bytearray(written)
    changed[min(int(place * len(written)), len(written) - 1)] ^= flip
    assert verify(bytes(changed)).outcome is not Outcome.VERIFIED
    assert verify(bytes(changed), trusted=[KEY.public]).outcome is not Outcome.VERIFIED


@PROBED
@given(st.sampled_from(["toy", "pddl", "smt"]), st.floats(0, 1), st.integers(1, 255))
def test_no_byte_of_what_is_signed_can_change_unnoticed(name: str, place: float, flip: int) -> None:
    document = sealed(name)
    payload = bytearray(open_envelope(document).payload)
    payload[min(int(place * len(payload)), len(payload) - 1)] ^= flip
    assert verify(set_payload(document, bytes(payload))).outcome is not Outcome.VERIFIED


@pytest.mark.slow
@pytest.mark.parametrize("name", ["toy", "pddl", "smt"])
def test_no_byte_at_all_can_change_unnoticed(name: str) -> None:
    """Each byte of the file once, and each of what is signed."""
    document = sealed(name)
    written = json.dumps(document, separators=(",", ":")).encode()
    for place in range(len(written)):
        changed = bytearray(written)
        changed[place] ^= 1 + place % 255
        assert verify(bytes(changed)).outcome is not Outcome.VERIFIED, place
    payload = open_envelope(document).payload
    for place in range(len(payload)):
        changed = bytearray(payload)
        changed[place] ^= 1 + place % 255
        found = verify(set_payload(document, bytes(changed)))
        assert found.outcome is not Outcome.VERIFIED, place


@settings(PROBED, max_examples=64)
@given(st.integers(0, 63), st.integers(1, 255))
def test_no_byte_of_the_signature_can_change_unnoticed(place: int, flip: int) -> None:
    document = copy.deepcopy(sealed("toy"))
    sig = bytearray(base64.b64decode(document["signatures"][0]["sig"]))
    sig[place] ^= flip
    document["signatures"][0]["sig"] = base64.b64encode(sig).decode()
    assert codes(verify(document)) == ["certificate-signature"]


def texts_of(name: str) -> list[tuple[str, ...]]:
    """Where the problem, the answer, the verdicts and the hashes stand in the Statement."""
    statement = json.loads(open_envelope(sealed(name)).payload)
    found: list[tuple[str, ...]] = [("predicate", "problem", "text"), ("predicate", "claim")]
    found += [("predicate", "candidate", "text"), ("predicate", "scope")]
    found += [("predicate", part, "sha256") for part in ("problem", "candidate")]
    found += [("subject", str(n), "digest", "sha256") for n in range(len(statement["subject"]))]
    critics = range(len(statement["predicate"]["critics"]))
    return [*found, *(("predicate", "critics", str(n), "verdict") for n in critics)]


@PROBED
@given(st.sampled_from(["toy", "pddl", "smt"]), st.data())
def test_even_signed_again_no_character_of_what_is_proved_can_change(
    name: str, data: st.DataObject
) -> None:
    """Whoever holds the key may sign what they like; problem, answer and verdict still hold."""
    path = data.draw(st.sampled_from(texts_of(name)))
    character = data.draw(st.characters(codec="utf-8"))

    def change(statement: Any) -> None:
        holder = statement
        for part in path[:-1]:
            holder = holder[int(part) if part.isdigit() else part]
        text = holder[path[-1]]
        place = data.draw(st.integers(0, len(text) - 1))
        holder[path[-1]] = text[:place] + character + text[place + 1 :]

    changed = forge(sealed(name), change)
    if changed == sealed(name):
        return
    assert verify(changed).outcome is Outcome.REFUTED


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from nodes(value[key], (*path, key))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@PROBED
@given(st.sampled_from(["toy", "pddl", "smt"]), st.data())
def test_nothing_that_is_put_into_a_statement_brings_the_verifier_down(
    name: str, data: st.DataObject
) -> None:
    statement = json.loads(open_envelope(sealed(name)).payload)
    *above, last = data.draw(st.sampled_from([path for path in nodes(statement) if path]))
    holder = statement
    for part in above:
        holder = holder[part]
    holder[last] = data.draw(ANYTHING)
    found = verify(seal(json.dumps(statement).encode()))
    found.model_dump_json()
    if found.outcome is Outcome.VERIFIED:
        assert found.judgement is not None
        assert found.judgement.verdict is Verdict.ACCEPTED
