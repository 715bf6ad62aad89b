"""What every family of made problems promises, for every domain that offers any."""

import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critics.domain import Domain, find_domain, installed
from critics.generation import Family
from critics.judge import judge, read_problem
from critics.types import Feasible, Verdict

SLOW = {"python-tests"}
"""Domains whose critics start a sandbox for each answer; they have tests of their own."""


@cache
def families() -> list[tuple[str, str]]:
    domains = [find_domain(name) for name in sorted(installed())]
    return [(d.name, f.name) for d in domains if d.generation for f in d.generation.families]


def find(domain_name: str, family_name: str) -> tuple[Domain, Family]:
    domain = find_domain(domain_name)
    assert domain.generation is not None
    return domain, next(f for f in domain.generation.families if f.name == family_name)


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  # no secret


@pytest.mark.parametrize(("domain_name", "family_name"), families())
@settings(max_examples=3, deadline=None)
@given(st.data())
def test_a_family_makes_what_it_says(domain_name: str, family_name: str, data) -> None:
    domain, family = find(domain_name, family_name)
    assert domain.generation is not None
    level = data.draw(st.integers(1, min(len(family.levels), 3)))
    seed = data.draw(st.integers(0, 2**32))
    payload = family.make(seeded(seed), level)
    assert family.make(seeded(seed), level) == payload, "the same seed makes the same problem"
    problem = read_problem(domain, payload)
    identity = domain.generation.identity(problem)
    renamed = problem
    if domain.generation.rename is not None:
        twin = domain.generation.rename(seeded(seed), problem)
        assert domain.generation.rename(seeded(seed), problem) == twin
        renamed = read_problem(domain, twin)
        assert domain.generation.identity(renamed) == identity
    if not family.solvable:
        assert domain.feasibility is not None
        assert domain.feasibility(renamed).status is Feasible.INFEASIBLE
    elif domain_name not in SLOW:
        require_answers(domain, family, renamed, seed)


def require_answers(domain: Domain, family: Family, problem, seed: int) -> None:
    answer = family.answer(problem) if family.answer else None
    if answer is None:
        assert domain.solver is not None
        answer = domain.solver(problem).answer
    assert answer is not None
    assert judge(domain, problem, answer).verdict is Verdict.ACCEPTED
    assert answer in domain.extract(domain.load(problem), answer)
    if family.repair is None:
        return
    wrong = [mutant.text for mutant in domain.mutate(domain.load(problem), answer)]
    for text in ["", "junk", *seeded(seed).sample(wrong, min(3, len(wrong)))]:
        repaired = family.repair(problem, text)
        if repaired is not None:
            assert judge(domain, problem, repaired).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(("domain_name", "family_name"), families())
def test_a_family_makes_different_problems(domain_name: str, family_name: str) -> None:
    domain, family = find(domain_name, family_name)
    assert domain.generation is not None
    level = min(len(family.levels), 3)
    made = [read_problem(domain, family.make(seeded(seed), level)) for seed in range(8)]
    assert len({domain.generation.identity(problem) for problem in made}) > 3


def test_names_of_families_are_unique() -> None:
    assert len(set(families())) == len(families())
    assert {"pddl", "countdown"} <= {domain for domain, _ in families()}
