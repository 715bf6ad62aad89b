"""Made problems of every domain but `pddl`: their answers, repairs, twins and refutations."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critics.domain import Domain, find_domain
from critics.judge import judge
from critics.types import Verdict
from tests.critics.generated import (
    JUNK,
    accepts,
    family_of,
    generation_of,
    infeasible,
    make,
    renamed,
    seeded,
    wrong_answers,
)

QUICK = ("countdown", "coloring", "calendar", "meeting", "trip", "json-schema")
WITH_ENGINES = ("smt", "claim")
SEEDS = st.integers(0, 2**32)


def families(names: tuple[str, ...], *, solvable: bool) -> list[tuple[str, str, int]]:
    return [
        (name, family.name, level)
        for name in names
        for family in generation_of(find_domain(name)).families
        if family.solvable is solvable
        for level in range(1, len(family.levels) + 1)
    ]


def answer_of(domain: Domain, name: str, payload: object) -> str | None:
    family = family_of(domain, name)
    if family.answer is not None:
        return family.answer(payload)
    assert domain.solver is not None
    return domain.solver(domain.problem.model_validate(payload)).answer


@pytest.mark.parametrize(("name", "family", "level"), families(QUICK, solvable=True))
@settings(max_examples=4, deadline=None)
@given(SEEDS)
def test_answers_and_repairs_are_right(name: str, family: str, level: int, seed: int) -> None:
    domain = find_domain(name)
    payload = make(domain, family, level, seed)
    answer = answer_of(domain, family, payload)
    assert answer is not None
    assert accepts(domain, payload, answer)
    assert answer_of(domain, family, domain.problem.model_validate(payload)) == answer
    twin = renamed(domain, payload, seed)
    assert accepts(domain, twin, answer_of(domain, family, twin))
    repair = family_of(domain, family).repair
    assert repair is not None
    for wrong in wrong_answers(domain, payload, answer, seed):
        assert accepts(domain, payload, repair(payload, wrong))
    assert accepts(domain, payload, repair(payload, seeded(seed).choice(JUNK)))
    assert accepts(domain, payload, repair(payload, answer))


@pytest.mark.parametrize(("name", "family", "level"), families(QUICK, solvable=False))
@settings(max_examples=4, deadline=None)
@given(SEEDS)
def test_infeasible_ones_are_proved_infeasible(
    name: str, family: str, level: int, seed: int
) -> None:
    domain = find_domain(name)
    payload = make(domain, family, level, seed)
    assert infeasible(domain, payload)
    assert infeasible(domain, renamed(domain, payload, seed))


@pytest.mark.parametrize(("name", "family", "level"), families(WITH_ENGINES, solvable=True))
def test_engines_accept_the_answers(name: str, family: str, level: int) -> None:
    domain = find_domain(name)
    payload = make(domain, family, level, seed=level)
    assert accepts(domain, payload, answer_of(domain, family, payload))
    twin = renamed(domain, payload, seed=level)
    assert accepts(domain, twin, answer_of(domain, family, twin))


@pytest.mark.parametrize(("name", "family", "level"), families(WITH_ENGINES, solvable=False))
def test_engines_refute_contradictions(name: str, family: str, level: int) -> None:
    domain = find_domain(name)
    for seed in range(2):
        payload = make(domain, family, level, seed)
        assert infeasible(domain, payload)
        assert infeasible(domain, renamed(domain, payload, seed))


@pytest.mark.parametrize("name", QUICK)
def test_problems_are_many(name: str) -> None:
    domain = find_domain(name)
    generation = generation_of(domain)
    for family in generation.families:
        last = len(family.levels)
        found = {generation.identity(family.make(seeded(seed), last)) for seed in range(20)}
        assert len(found) > 17


@pytest.mark.parametrize("name", [*QUICK, *WITH_ENGINES])
def test_examples_have_identities_and_twins(name: str) -> None:
    domain = find_domain(name)
    found = []
    for example in domain.examples:
        twin = renamed(domain, example.problem, seed=1)
        domain.load(domain.problem.model_validate(twin))
        found.append(generation_of(domain).identity(example.problem))
        wrong = next(iter(example.bad))
        for family in generation_of(domain).families:
            if family.solvable and family.answer is not None:
                answer = family.answer(example.problem)
                assert answer is None or accepts(domain, example.problem, answer)
            if family.repair is not None:
                fixed = family.repair(example.problem, wrong)
                assert fixed is None or (
                    judge(domain, example.problem, fixed).verdict is Verdict.ACCEPTED
                )
    assert len(set(found)) == len(domain.examples)
