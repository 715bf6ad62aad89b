"""Envelopes: DSSE around the exact bytes of a certificate, and strict reading of both.

Source: DSSE 1.0 (https://github.com/secure-systems-lab/dsse), protocol.md and envelope.md.

Invariants:
    * What is signed are bytes, bound to their type (`pae`). Nothing is written anew between
      signing and checking, so there is no canonical form to get wrong.
    * An envelope has one reading. A key given twice, a member that is not known and base64 in
      another spelling are refused, so no byte of it can change and mean the same.
    * An envelope without signatures is one; who needs a signature asks for it.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_SIGNATURES = 16
_MEMBERS = {"payloadType", "payload", "signatures"}
_SIGNATURE_MEMBERS = {"keyid", "sig"}


class EnvelopeError(ValueError):
    """The document is no envelope, or its JSON has more than one reading."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature over `pae(PAYLOAD_TYPE, payload)`.

    Attributes:
        keyid: Names the key: SHA-256 of its DER form, in hexadecimal. A claim like any other.
        sig: The signature's bytes.
    """

    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload as it was signed, and who signed it."""

    payload: bytes
    signatures: tuple[Signature, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object that is handed out."""
        return {
            "payloadType": PAYLOAD_TYPE,
            "payload": base64.b64encode(self.payload).decode("ascii"),
            "signatures": [
                {"keyid": one.keyid, "sig": base64.b64encode(one.sig).decode("ascii")}
                for one in self.signatures
            ],
        }

    def encode(self) -> str:
        """Write it without a byte to spare, so that no changed byte goes unnoticed."""
        return json.dumps(self.to_json(), separators=(",", ":"))


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """Give the bytes that are signed: DSSE's pre-authentication encoding, version 1."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def open_envelope(document: Mapping[str, Any] | bytes | str) -> Envelope:
    """Read an envelope; nothing in it is believed yet.

    Raises:
        EnvelopeError: It is none.
    """
    held = document if isinstance(document, Mapping) else read_json(document)
    _require_members(held, _MEMBERS, "an envelope")
    if held["payloadType"] != PAYLOAD_TYPE:
        raise EnvelopeError(f"`payloadType` is not `{PAYLOAD_TYPE}`")
    listed = held["signatures"]
    if not isinstance(listed, list) or len(listed) > MAX_SIGNATURES:
        raise EnvelopeError(f"`signatures` is no list of at most {MAX_SIGNATURES}")
    return Envelope(_decode(held["payload"], "payload"), tuple(map(_signature, listed)))


def read_json(document: bytes | str) -> Any:
    """Read JSON that has one reading only.

    Raises:
        EnvelopeError: It is no JSON in UTF-8, a key is given twice, a number is none of JSON's, or
            a text holds half of a surrogate pair.
    """
    try:
        text = document if isinstance(document, str) else document.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unambiguous, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise EnvelopeError(f"not plain JSON: {str(error)[:200]}") from error
    return value


def _signature(held: Any) -> Signature:
    _require_members(held, _SIGNATURE_MEMBERS, "a signature")
    if not isinstance(held["keyid"], str):
        raise EnvelopeError("`keyid` is no text")
    return Signature(held["keyid"], _decode(held["sig"], "sig"))


def _require_members(held: Any, members: set[str], what: str) -> None:
    if not isinstance(held, Mapping) or set(held) != members:
        raise EnvelopeError(f"{what} has exactly the members {', '.join(sorted(members))}")


def _decode(text: Any, member: str) -> bytes:
    """Decode base64 in its one canonical spelling (RFC 4648 section 3.5)."""
    try:
        content = base64.b64decode(text.encode("ascii"), validate=True)
    except (AttributeError, UnicodeEncodeError, binascii.Error):
        raise EnvelopeError(f"`{member}` is not base64") from None
    if base64.b64encode(content).decode("ascii") != text:
        raise EnvelopeError(f"`{member}` is not canonical base64")
    return content


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"`{name}` is not a JSON number")
