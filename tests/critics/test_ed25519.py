import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from critics.ed25519 import PREFIX, KeyFormatError, PrivateKey, PublicKey

# RFC 8032 section 7.1, test 3.
PUBLIC = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"
MESSAGE = "af82"
SIGNATURE = (
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
)


def test_checks_the_signature_of_the_rfc() -> None:
    key = PublicKey(PREFIX + bytes.fromhex(PUBLIC))
    assert key.verifies(bytes.fromhex(SIGNATURE), bytes.fromhex(MESSAGE))
    assert not key.verifies(bytes.fromhex(SIGNATURE), b"")
    assert not key.verifies(b"", bytes.fromhex(MESSAGE))


def test_keys_survive_their_files() -> None:
    key = PrivateKey.generate()
    again = PrivateKey.from_pem(key.to_pem())
    assert again.public == key.public
    assert again.sign(b"x") == key.sign(b"x")
    assert PublicKey.from_pem(key.public.to_pem()) == key.public
    assert PublicKey.from_base64(key.public.to_base64()) == key.public
    assert key.public.verifies(key.sign(b"x"), b"x")


def test_a_private_key_shows_itself_to_nobody() -> None:
    key = PrivateKey.generate()
    secret = "".join(key.to_pem().splitlines()[1:-1])
    assert secret not in f"{key!r}{key}"
    with pytest.raises(KeyFormatError) as caught:
        PrivateKey.from_pem(key.to_pem().replace("PRIVATE", "SECRET"))
    assert secret not in str(caught.value)
    assert caught.value.__cause__ is None


def test_openssl_reads_our_keys_and_gives_them_the_same_name(tmp_path: Path) -> None:
    key = PrivateKey.generate()
    file = tmp_path / "key.pem"
    file.write_text(key.to_pem())
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed")
    asked = [program, "pkey", "-in", file, "-pubout", "-outform", "DER"]
    der = subprocess.run(asked, capture_output=True, check=True).stdout
    assert der == key.public.der


@pytest.mark.parametrize("text", ["", "é", "AAAA", "!", PrivateKey.generate().to_pem()])
def test_other_texts_are_no_public_keys(text: str) -> None:
    with pytest.raises(KeyFormatError):
        PublicKey.from_base64(text)
    with pytest.raises(KeyFormatError):
        PublicKey.from_pem(text)
    with pytest.raises(KeyFormatError):
        PublicKey.from_pem(f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----")


def test_other_kinds_of_keys_are_refused() -> None:
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(KeyFormatError, match="Ed25519"):
        PrivateKey.from_pem(other.decode())
