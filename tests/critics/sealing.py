"""Certificates for tests: signed, altered, and signed again by somebody else."""

import base64
import json
from collections.abc import Callable
from typing import Any

from critics.ed25519 import PrivateKey
from critics.envelope import Envelope, Signature, open_envelope, pae
from critics.statement import Certificate, Signer, write_statement

KEY = PrivateKey.generate()
OTHER = PrivateKey.generate()


def signer(key: PrivateKey = KEY) -> Signer:
    public = key.public
    return Signer(keyid=public.keyid, public_key=public.to_base64(), kind="configured")


def seal(statement: bytes | Certificate, *keys: PrivateKey) -> dict[str, Any]:
    """Put a Statement into an envelope, signed by `KEY` unless other keys are given."""
    payload = statement if isinstance(statement, bytes) else write_statement(statement)
    signatures = [Signature(k.public.keyid, k.sign(pae(payload))) for k in keys or (KEY,)]
    return Envelope(payload, tuple(signatures)).to_json()


def forge(document: dict[str, Any], change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """Change a certificate's Statement and sign it again by the key it names."""
    statement = json.loads(open_envelope(document).payload)
    change(statement)
    return seal(json.dumps(statement, separators=(",", ":"), ensure_ascii=False).encode())


def set_payload(document: dict[str, Any], payload: bytes) -> dict[str, Any]:
    """Put another payload under the same signatures."""
    return {**document, "payload": base64.b64encode(payload).decode()}
