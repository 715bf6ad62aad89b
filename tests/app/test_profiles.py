"""Profiles come from the configuration, and their keys stay secret."""

import pytest

from app.settings import Settings, SettingsError, load_settings, resolve

FILE = """
[proxy]
default_profile = "plans"

[profiles.plans]
domain = "pddl"
recognise = true
budget = { rounds = 4 }

[[profiles.plans.models]]
model = "small"
rounds = 2

[[profiles.plans.models]]
model = "big"
base_url = "https://models.example/v1"
api_key = "very-secret"
"""


def test_a_file_and_the_environment_make_profiles(monkeypatch):
    with open("modulo.toml", "w") as file:  # noqa: PTH123  # in the test's own folder
        file.write(FILE)
    monkeypatch.setenv("MODULO_PROFILES__PLANS__ON_FAIL", "best_effort")
    settings = load_settings()
    profile = settings.profiles["plans"]
    assert (profile.domain, profile.on_fail) == ("pddl", "best_effort")
    assert profile.budget is not None
    assert profile.budget.model_fields_set == {"rounds"}
    assert [rung.model for rung in profile.models] == ["small", "big"]
    shown = {name: value for name, value, _ in resolve(settings)}
    assert shown["profiles.plans.domain"] == "pddl"
    assert "very-secret" not in repr(shown)
    assert "very-secret" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[proxy]\ndefault_profile = "plan"\n[profiles.plans]', "did you mean `plans`?"),
        ('[profiles.plans]\ndomian = "pddl"', "profiles.plans.domian"),
        ('[profiles."no/slash"]', "profiles"),
        ('[profiles.a]\nmodels = [{ model = "a", rounds = 0 }]', "rounds"),
        ('[profiles.a]\nmodels = [{ model = "a", api_key = "k" }]', "`api_key`"),
    ],
)
def test_what_is_wrong_with_a_profile_is_told(text, said):
    with open("modulo.toml", "w") as file:  # noqa: PTH123  # in the test's own folder
        file.write(text)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert said in "\n".join(refused.value.faults)


def test_there_are_none_by_default():
    assert Settings().profiles == {}
