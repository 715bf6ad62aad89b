"""Keys: who signs the certificates of this service, and whose signatures it knows.

Invariants:
    * A service without a configured key makes one for itself, and every certificate says so
      (`ephemeral`): it shows that nothing was altered since, not who has certified.
    * The private key stays in this process: no worker, certificate, log or message has it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from app.failures import ServiceError
from app.setting_groups import KeySettings
from critics.ed25519 import KeyFormatError, PrivateKey, PublicKey
from critics.envelope import Envelope, Signature, pae
from critics.statement import Signer

Kind = Literal["configured", "ephemeral"]
MAX_KEY_CHARS = 10_000


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The key that signs, and older ones.

    Attributes:
        private: Signs.
        kind: Whether it outlives this process.
        older: Keys that signed before; what they signed still verifies.
    """

    private: PrivateKey
    kind: Kind
    older: tuple[PublicKey, ...] = ()

    @property
    def signer(self) -> Signer:
        """How a certificate names the key."""
        public = self.private.public
        return Signer(keyid=public.keyid, public_key=public.to_base64(), kind=self.kind)

    @property
    def public_keys(self) -> tuple[PublicKey, ...]:
        """Every key whose signatures are ours, the present one first."""
        own = self.private.public
        return (own, *(key for key in self.older if key != own))

    def seal(self, statement: bytes) -> dict[str, Any]:
        """Sign a certificate and put it into its envelope."""
        signature = Signature(self.private.public.keyid, self.private.sign(pae(statement)))
        return Envelope(statement, (signature,)).to_json()


def load_keys(settings: KeySettings) -> KeyRing:
    """Read the configured keys, or make one.

    Raises:
        ServiceError: `settings-invalid`: a key cannot be read; the key itself is never told.
    """
    older = tuple(_public(name) for name in settings.public_keys)
    if settings.private_key is not None:
        pem = settings.private_key.get_secret_value().replace("\\n", "\n")
        return KeyRing(_private(pem, "keys.private_key"), "configured", older)
    if settings.private_key_file is not None:
        pem = _read(settings.private_key_file, "keys.private_key_file")
        return KeyRing(_private(pem, "keys.private_key_file"), "configured", older)
    return KeyRing(PrivateKey.generate(), "ephemeral", older)


def read_public_key(path: Path) -> PublicKey:
    """Read a public key, or the public half of a private one, from a PEM file.

    Raises:
        OSError: The file cannot be read.
        KeyFormatError: It holds no such key.
    """
    text = path.read_bytes()[:MAX_KEY_CHARS].decode("ascii", "replace")
    if "PRIVATE KEY" in text:
        return PrivateKey.from_pem(text).public
    return PublicKey.from_pem(text)


def _public(path: Path) -> PublicKey:
    try:
        return read_public_key(path)
    except OSError as error:
        raise _wrong("keys.public_keys", f"`{path}` cannot be read: {error.strerror}") from error
    except KeyFormatError as error:
        raise _wrong("keys.public_keys", f"`{path}` is {error}") from error


def _private(pem: str, setting: str) -> PrivateKey:
    try:
        return PrivateKey.from_pem(pem)
    except KeyFormatError as error:
        raise _wrong(setting, f"the key is {error}") from error


def _read(path: Path, setting: str) -> str:
    try:
        return path.read_bytes()[:MAX_KEY_CHARS].decode("ascii", "replace")
    except OSError as error:
        raise _wrong(setting, f"`{path}` cannot be read: {error.strerror}") from error


def _wrong(setting: str, why: str) -> ServiceError:
    return ServiceError(
        "settings-invalid",
        f"setting `{setting}`: {why}",
        help=["make a key with `modulo keys new FILE`"],
    )
