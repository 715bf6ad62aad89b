"""`modulo keys`: makes the key that signs certificates, and shows public keys."""

import os
from pathlib import Path

from app.cli.terminal import note, reported, show, show_json
from app.failures import ServiceError
from app.keys import load_keys, read_public_key
from app.settings import load_settings
from critics.ed25519 import KeyFormatError, PrivateKey, PublicKey


def make_key(path: Path) -> None:
    """Write a new private key, readable by its owner only, and print the public one."""
    with reported():
        key = PrivateKey.generate()
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "w", encoding="ascii") as writing:
                writing.write(key.to_pem())
        except OSError as error:
            raise ServiceError("usage", f"`{path}` cannot be made: {error.strerror}") from error
        show(key.public.to_pem().rstrip())
        note(f"key {key.public.keyid}")
        note(f"sign with it: MODULO_KEYS__PRIVATE_KEY_FILE={path}")


def show_keys(path: Path | None, *, as_json: bool) -> None:
    """Print the public half of a key, or of every configured one."""
    with reported(as_json=as_json):
        keys = _configured() if path is None else [_read(path)]
        if as_json:
            show_json([{"keyid": key.keyid, "public_key": key.to_pem()} for key in keys])
            return
        for key in keys:
            note(f"key {key.keyid}")
            show(key.to_pem().rstrip())


def _configured() -> list[PublicKey]:
    keys = load_keys(load_settings().keys)
    if keys.kind == "ephemeral":
        note("no key is configured: every process signs with one of its own (`ephemeral`)")
        return list(keys.older)
    return list(keys.public_keys)


def _read(path: Path) -> PublicKey:
    try:
        return read_public_key(path)
    except OSError as error:
        raise ServiceError("usage", f"`{path}` cannot be read: {error.strerror}") from error
    except KeyFormatError as error:
        raise ServiceError("usage", f"`{path}` is {error}") from error
