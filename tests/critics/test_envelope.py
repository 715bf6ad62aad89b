import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as OtherEnvelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from critics.envelope import (
    MAX_SIGNATURES,
    PAYLOAD_TYPE,
    Envelope,
    EnvelopeError,
    Signature,
    open_envelope,
    pae,
    read_json,
)
from tests.critics.sealing import KEY, OTHER, seal, set_payload

SIGNATURES = st.builds(Signature, st.text(), st.binary())


def test_what_is_signed_is_the_example_of_the_dsse_specification() -> None:
    signed = pae(b"hello world", "http://example.com/HelloWorld")
    assert signed == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


@given(st.binary(), st.lists(SIGNATURES, max_size=MAX_SIGNATURES))
def test_an_envelope_survives_the_trip(payload: bytes, signatures: list[Signature]) -> None:
    envelope = Envelope(payload, tuple(signatures))
    assert open_envelope(envelope.encode()) == envelope
    assert open_envelope(envelope.encode().encode()) == envelope
    assert open_envelope(envelope.to_json()) == envelope


@given(st.binary(min_size=1), st.integers(0, 10_000), st.integers(1, 255))
def test_no_two_spellings_open_to_the_same_envelope(payload: bytes, place: int, flip: int) -> None:
    written = Envelope(payload, (Signature("k", b"sig"),)).encode().encode()
    changed = bytearray(written)
    changed[place % len(written)] ^= flip
    try:
        opened = open_envelope(bytes(changed))
    except EnvelopeError:
        return
    assert opened != Envelope(payload, (Signature("k", b"sig"),))


def damaged(**changed: Any) -> dict[str, Any]:
    return {**Envelope(b"{}", (Signature("k", b"s"),)).to_json(), **changed}


@pytest.mark.parametrize(
    "document",
    [
        {},
        damaged(more=1),
        damaged(payloadType="application/json"),
        damaged(payload=None),
        damaged(payload="e3 0="),
        damaged(payload="e30"),
        damaged(payload="e31="),
        damaged(payload="é"),
        damaged(signatures={}),
        damaged(signatures=["k"]),
        damaged(signatures=[{"keyid": "k"}]),
        damaged(signatures=[{"keyid": 1, "sig": ""}]),
        damaged(signatures=[{"keyid": "k", "sig": "", "cert": ""}]),
        damaged(signatures=[{"keyid": "k", "sig": ""}] * (MAX_SIGNATURES + 1)),
        "[]",
        "null",
        b"\xff",
        "[" * 100_000,
        '{"payload": NaN}',
        '{"payload": 1e999}',
        '{"payloadType":"x",' + json.dumps(damaged())[1:],
    ],
)
def test_what_is_no_envelope_is_refused(document: Any) -> None:
    with pytest.raises(EnvelopeError):
        open_envelope(document)


def test_a_number_that_python_will_not_read_is_refused() -> None:
    with pytest.raises(EnvelopeError):
        read_json("1" * 10_000)


def foreign_key(key: Any = KEY) -> SSlibKey:
    public = key.public
    raw = {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public.der[12:].hex()}}
    return SSlibKey.from_dict(public.keyid, raw)


def test_securesystemslib_verifies_our_envelopes() -> None:
    document = seal(b'{"a": 1}')
    theirs = OtherEnvelope.from_dict(json.loads(json.dumps(document)))
    assert theirs.pae() == pae(b'{"a": 1}')
    assert list(theirs.verify([foreign_key()], 1)) == [KEY.public.keyid]
    with pytest.raises(VerificationError):
        OtherEnvelope.from_dict(seal(b"{}", OTHER)).verify([foreign_key()], 1)
    with pytest.raises(VerificationError):
        OtherEnvelope.from_dict(set_payload(document, b'{"a": 2}')).verify([foreign_key()], 1)


def test_the_type_is_under_the_signature() -> None:
    theirs = OtherEnvelope(b"{}", "application/other", {})
    assert theirs.pae() != pae(b"{}")
    wrong = Signature(KEY.public.keyid, KEY.sign(theirs.pae()))
    assert not KEY.public.verifies(wrong.sig, pae(b"{}"))
    assert base64.b64decode(Envelope(b"{}").to_json()["payload"]) == b"{}"
    assert Envelope(b"{}").to_json()["payloadType"] == PAYLOAD_TYPE
