"""Ed25519 keys (RFC 8032): the one adapter to `cryptography`, imported when a key is used.

A key is named by the SHA-256 of its public half in DER (SubjectPublicKeyInfo, RFC 8410), which
`openssl pkey -pubin -outform DER | sha256sum` prints, too.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Any, Self

PREFIX = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of an Ed25519 public key in DER."""
RAW_BYTES = 32


class KeyFormatError(ValueError):
    """The text is no Ed25519 key."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Whose signatures can be checked.

    Attributes:
        der: SubjectPublicKeyInfo, 44 bytes.
    """

    der: bytes

    def __post_init__(self) -> None:
        """Refuse any other kind of key."""
        if not self.der.startswith(PREFIX) or len(self.der) != len(PREFIX) + RAW_BYTES:
            raise KeyFormatError("not an Ed25519 public key")

    @classmethod
    def from_base64(cls, text: str) -> Self:
        """Read the DER form in base64.

        Raises:
            KeyFormatError: It is no such key.
        """
        try:
            return cls(base64.b64decode(text.encode("ascii"), validate=True))
        except (UnicodeEncodeError, binascii.Error) as error:
            raise KeyFormatError("not an Ed25519 public key in base64") from error

    @classmethod
    def from_pem(cls, text: str) -> Self:
        """Read a PEM file, as `to_pem` and `openssl pkey -pubout` write it.

        Raises:
            KeyFormatError: It is no such key.
        """
        lines = text.split()
        if lines[:3] != ["-----BEGIN", "PUBLIC", "KEY-----"] or lines[-3:] != [
            "-----END",
            "PUBLIC",
            "KEY-----",
        ]:
            raise KeyFormatError("not a public key in PEM")
        return cls.from_base64("".join(lines[3:-3]))

    @property
    def keyid(self) -> str:
        """Its name: SHA-256 of the DER form, in hexadecimal."""
        return hashlib.sha256(self.der).hexdigest()

    def to_base64(self) -> str:
        """Write the DER form in base64."""
        return base64.b64encode(self.der).decode("ascii")

    def to_pem(self) -> str:
        """Write it as PEM."""
        return f"-----BEGIN PUBLIC KEY-----\n{self.to_base64()}\n-----END PUBLIC KEY-----\n"

    def verifies(self, signature: bytes, content: bytes) -> bool:
        """Say whether this key made a signature over these bytes."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  # heavy
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415  # heavy

        try:
            key = ed25519.Ed25519PublicKey.from_public_bytes(self.der[len(PREFIX) :])
            key.verify(signature, content)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True, repr=False)
class PrivateKey:
    """A key that signs; it shows itself to nobody."""

    _key: Any  # an `Ed25519PrivateKey`, whose module is heavy

    @classmethod
    def generate(cls) -> Self:
        """Make a new one."""
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415  # heavy

        return cls(ed25519.Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, text: str) -> Self:
        """Read an unencrypted PKCS #8 file, as `openssl genpkey -algorithm ed25519` writes it.

        Raises:
            KeyFormatError: It is no such key; what it is is not told.
        """
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415  # heavy
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # heavy
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415  # heavy

        try:
            key = serialization.load_pem_private_key(text.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise KeyFormatError("not an unencrypted private key in PEM") from None
        if not isinstance(key, ed25519.Ed25519PrivateKey):
            raise KeyFormatError("not an Ed25519 key")
        return cls(key)

    @property
    def public(self) -> PublicKey:
        """Its public half."""
        return PublicKey(PREFIX + self._key.public_key().public_bytes_raw())

    def sign(self, content: bytes) -> bytes:
        """Sign bytes: 64 bytes, the same each time."""
        return bytes(self._key.sign(content))

    def to_pem(self) -> str:
        """Write it as PKCS #8 in PEM, unencrypted."""
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # heavy

        written = self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return str(written, "ascii")
