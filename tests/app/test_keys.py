import pytest
from pydantic import SecretStr

from app.failures import ServiceError
from app.keys import load_keys, read_public_key
from app.setting_groups import KeySettings
from critics.ed25519 import KeyFormatError, PrivateKey
from critics.envelope import open_envelope, pae


@pytest.fixture
def key(tmp_path):
    made = PrivateKey.generate()
    (tmp_path / "key.pem").write_text(made.to_pem())
    (tmp_path / "public.pem").write_text(made.public.to_pem())
    return made


def test_without_a_key_one_is_made_for_this_process(key):
    ring, other = load_keys(KeySettings()), load_keys(KeySettings())
    assert (ring.kind, ring.signer.kind) == ("ephemeral", "ephemeral")
    assert ring.signer.keyid not in {other.signer.keyid, key.public.keyid}


def test_a_key_is_read_from_a_file_or_the_environment(key, tmp_path):
    named = KeySettings(private_key_file=tmp_path / "key.pem")
    given = KeySettings(private_key=SecretStr(key.to_pem()))
    in_a_line = KeySettings(private_key=SecretStr(key.to_pem().replace("\n", "\\n")))
    for settings in (named, given, in_a_line):
        ring = load_keys(settings)
        assert (ring.kind, ring.public_keys) == ("configured", (key.public,))
        assert key.to_pem() not in repr(settings) + repr(ring)


def test_what_is_sealed_is_signed_as_it_stands(key, tmp_path):
    ring = load_keys(KeySettings(private_key_file=tmp_path / "key.pem"))
    envelope = open_envelope(ring.seal(b"statement"))
    assert envelope.payload == b"statement"
    (signature,) = envelope.signatures
    assert signature.keyid == key.public.keyid == ring.signer.keyid
    assert key.public.verifies(signature.sig, pae(b"statement"))


def test_older_keys_are_known_once_and_sign_nothing(key, tmp_path):
    older = PrivateKey.generate()
    (tmp_path / "older.pem").write_text(older.public.to_pem())
    ring = load_keys(
        KeySettings(
            private_key_file=tmp_path / "key.pem",
            public_keys=(tmp_path / "older.pem", tmp_path / "public.pem"),
        )
    )
    assert ring.public_keys == (key.public, older.public)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"private_key_file": "none.pem"}, "`keys.private_key_file`: `none.pem` cannot be read"),
        ({"private_key_file": "public.pem"}, "`keys.private_key_file`: the key is not"),
        ({"private_key": "junk-secret"}, "`keys.private_key`: the key is not"),
        ({"public_keys": ["none.pem"]}, "`keys.public_keys`: `none.pem` cannot be read"),
        ({"public_keys": ["notes"]}, "`keys.public_keys`: `notes` is not"),
    ],
)
@pytest.mark.usefixtures("key")
def test_what_is_no_key_is_told_without_telling_it(tmp_path, settings, told):
    (tmp_path / "notes").write_text("junk-secret")
    with pytest.raises(ServiceError) as caught:
        load_keys(KeySettings.model_validate(settings))
    assert caught.value.code == "settings-invalid"
    assert told in caught.value.detail
    assert "junk-secret" not in caught.value.detail


def test_the_public_half_of_a_private_key_will_do(key, tmp_path):
    assert read_public_key(tmp_path / "key.pem") == read_public_key(tmp_path / "public.pem")
    assert read_public_key(tmp_path / "key.pem") == key.public
    (tmp_path / "junk").write_bytes(b"\xff" * 100)
    with pytest.raises(KeyFormatError):
        read_public_key(tmp_path / "junk")
