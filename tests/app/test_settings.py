import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from app.settings import Settings, SettingsError, load_settings, resolve


def write(text: str) -> None:
    Path("modulo.toml").write_text(text, "utf-8")


def resolved() -> dict[str, tuple[object, str]]:
    return {name: (value, source) for name, value, source in resolve(load_settings())}


def test_defaults_hold_without_any_configuration():
    assert resolved()["host"] == ("127.0.0.1", "default")
    assert load_settings().upstream.api_key is None


def test_the_environment_wins_over_the_file_and_the_file_over_the_defaults(monkeypatch):
    write("port = 1\n[worker]\nmemory_mb = 256\ndeadline_s = 2\n")
    monkeypatch.setenv("MODULO_WORKER__DEADLINE_S", "3")
    found = resolved()
    assert found["port"] == (1, "toml")
    assert found["worker.memory_mb"] == (256, "toml")
    assert found["worker.deadline_s"] == (3.0, "env")
    assert found["worker.opinion_deadline_s"][1] == "default"


def test_a_named_file_is_read_and_must_be_there(monkeypatch, tmp_path):
    (tmp_path / "other.toml").write_text("port = 7\n")
    monkeypatch.setenv("MODULO_CONFIG", "other.toml")
    assert load_settings().port == 7
    monkeypatch.setenv("MODULO_CONFIG", "missing.toml")
    with pytest.raises(SettingsError, match=r"missing\.toml"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("MODULO_PROT", "MODULO_PORT"),
        ("MODULO_UPSTREAM__MODLE", "MODULO_UPSTREAM__MODEL"),
        ("MODULO_UPSTREAM_MODEL", "MODULO_UPSTREAM__MODEL"),
        ("MODULO_PORT__X", "MODULO_PORT"),
    ],
)
def test_an_unknown_variable_is_an_error_with_the_nearest_name(monkeypatch, name, near):
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert any(f"`{name}`" in fault and f"`{near}`" in fault for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("text", "name", "near"),
    [
        ("prot = 1\n", "prot", "port"),
        ("[upstream]\nmodle = 'x'\n", "upstream.modle", "upstream.model"),
    ],
)
def test_an_unknown_key_of_the_file_is_an_error_with_the_nearest_name(text, name, near):
    write(text)
    with pytest.raises(SettingsError, match=rf"`{name}`.*did you mean `{near}`"):
        load_settings()


def test_all_faults_are_told_at_once(monkeypatch):
    write("prot = 1\nhots = 2\n")
    monkeypatch.setenv("MODULO_PORT", "many")
    monkeypatch.setenv("MODULO_NONE", "1")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert len(caught.value.faults) == 4


@pytest.mark.parametrize("text", ["port = ", "\xff\xfe", "port = 1\nport = 2\n"])
def test_a_file_that_is_not_toml_is_one_fault(text):
    Path("modulo.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingsError, match="TOML"):
        load_settings()


def test_a_secret_is_never_shown(monkeypatch):
    monkeypatch.setenv("MODULO_UPSTREAM__API_KEY", "sk-canary")
    settings = load_settings()
    assert settings.upstream.api_key is not None
    assert settings.upstream.api_key.get_secret_value() == "sk-canary"
    shown = f"{settings!r}{settings}{list(resolve(settings))}{settings.model_dump_json()}"
    assert "sk-canary" not in shown


def test_a_wrong_secret_is_not_quoted_in_the_fault():
    write("[upstream]\napi_key = 4711\n")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "4711" not in str(caught.value.faults)


def test_an_empty_variable_sets_nothing(monkeypatch):
    monkeypatch.setenv("MODULO_UPSTREAM__MODEL", "")
    assert load_settings().upstream.model is None


def test_prices_are_keyed_by_model(monkeypatch):
    write("[upstream.prices.'gpt-x']\ninput = 1.5\noutput = 6\n")
    assert load_settings().upstream.prices["gpt-x"].input == 1.5
    monkeypatch.setenv("MODULO_UPSTREAM__PRICES", '{"gpt-x": {"input": -1, "output": 0}}')
    with pytest.raises(SettingsError, match="prices"):
        load_settings()


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "0", "1e9"])
def test_a_deadline_is_a_finite_positive_number(monkeypatch, value):
    monkeypatch.setenv("MODULO_WORKER__DEADLINE_S", value)
    with pytest.raises(SettingsError, match="MODULO_WORKER__DEADLINE_S"):
        load_settings()


def models(model: type[BaseModel]):
    yield model
    for field in model.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from models(field.annotation)


def test_every_setting_of_ours_is_documented():
    groups = [model for model in models(Settings) if model.__module__.startswith("app.")]
    undocumented = [
        f"{model.__name__}.{name}"
        for model in groups
        for name, field in model.model_fields.items()
        if not (field.description or getattr(field.annotation, "__doc__", None))
    ]
    assert not undocumented
    assert len(groups) >= 4


NAMES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", min_size=1, max_size=20)


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(name=NAMES)
def test_no_variable_with_our_prefix_is_ever_ignored(monkeypatch, name):
    variable = f"MODULO_{name}"
    with monkeypatch.context() as patch:
        patch.setenv(variable, "\x01")
        if variable in {"MODULO_CONFIG", "MODULO_TEST_DATA", "MODULO_HOST", "MODULO_MODELS_DIR"}:
            return
        with pytest.raises(SettingsError) as caught:
            load_settings()
        assert variable.lower().removeprefix("modulo_").strip("_") or caught.value.faults
        assert any(variable in fault for fault in caught.value.faults)
    assert variable not in os.environ
