"""The first place that says a thing wins, whatever the others say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.failures import ServiceError
from app.proxy.directions import HEADERS, Directions, direct, read_directions
from app.settings import Settings
from backprompt.budget import Budget

NAMES = ["one", "two", "three", "four", "five"]
SETTINGS = Settings(
    profiles={name: {"domain": name, "budget": {"rounds": 9}} for name in NAMES},
    proxy={"default_profile": "five"},
)
PLACED = st.none() | st.sampled_from(NAMES)


@given(PLACED, PLACED, PLACED, PLACED)
def test_the_profile_is_that_of_the_first_place(body, header, model, path):
    asked = {"model": f"{model}/m" if model else "m"}
    if body:
        asked["llm_modulo"] = {"profile": body}
    headers = {"x-llm-modulo-profile": header} if header else {}
    directed = direct(asked, headers, path, SETTINGS)
    assert directed.name == (body or header or model or path or "five")
    assert directed.domain == directed.name
    assert directed.model == "m"


@given(st.none() | st.integers(1, 99), st.none() | st.integers(1, 99))
def test_a_budget_is_laid_over_the_profiles_field_by_field(body, header):
    asked = {"llm_modulo": {"budget": {"rounds": body}}} if body else {}
    headers = {"x-llm-modulo-max-rounds": str(header)} if header else {}
    headers["x-llm-modulo-max-seconds"] = "7"
    budget = direct(asked, headers, "one", SETTINGS).budget
    assert budget == Budget(rounds=body or header or 9, seconds=7)
    assert budget.model_fields_set == {"rounds", "seconds"}


def test_every_header_has_its_field():
    values = {"assurance": "cross", "on-fail": "error", "progress": "false", "solver": "race"}
    headers = {f"x-llm-modulo-{name}": values.get(name, "3") for name in HEADERS}
    read = read_directions({}, headers)
    assert read.budget == Budget(rounds=3, candidates=3, seconds=3, tokens=3, cost_usd=3)
    told = set(Directions.model_fields) - {"problem"}
    assert read.model_fields_set == told


@pytest.mark.parametrize("name", ["llmModulo", "LLM_MODULO", "llm-modulo", "llmmodulo"])
def test_a_name_that_is_nearly_ours_is_not_passed_by(name):
    with pytest.raises(ServiceError, match="did you mean `llm_modulo`"):
        read_directions({name: {"domain": "pddl"}}, {})


def test_a_profiles_problem_belongs_to_its_domain_alone():
    settings = Settings(profiles={"a": {"domain": "x", "problem": {"p": 1}}})
    same = direct({"llm_modulo": {"domain": "x"}}, {}, "a", settings)
    other = direct({"llm_modulo": {"domain": "y"}}, {}, "a", settings)
    assert (same.fixed, other.fixed) == ({"p": 1}, {})


@pytest.mark.parametrize(
    ("model", "name", "asked"),
    [
        ("one", "one", None),
        ("one/", "one", None),
        ("one/a/b", "one", "a/b"),
        ("none/a", "five", "none/a"),
        ("/a", "five", "/a"),
        (None, "five", None),
    ],
)
def test_a_model_may_begin_with_a_profile(model, name, asked):
    directed = direct({"model": model}, {}, None, SETTINGS)
    assert (directed.name, directed.model) == (name, asked)
