"""What every family of generated problems is held to, for the tests of each domain."""

import json
import random
from collections.abc import Iterator

from pydantic import JsonValue

from critics.domain import Domain
from critics.generation import Family, Generation, Payload
from critics.judge import judge
from critics.types import Feasible, Verdict

JUNK = ("", "{}", "null", "[]", "x = ?", "\ud800", "{" * 2000, '{"a": NaN}')


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  # no secret


def generation_of(domain: Domain) -> Generation:
    assert domain.generation is not None
    return domain.generation


def family_of(domain: Domain, name: str) -> Family:
    return next(each for each in generation_of(domain).families if each.name == name)


def make(domain: Domain, name: str, level: int, seed: int) -> Payload:
    """Make a problem twice, and find that it is the same one, in JSON, and can be loaded."""
    family = family_of(domain, name)
    payload = family.make(seeded(seed), level)
    assert family.make(seeded(seed), level) == payload
    assert json.loads(json.dumps(payload)) == payload
    domain.load(domain.problem.model_validate(payload))
    return payload


def accepts(domain: Domain, payload: Payload, answer: str | None) -> bool:
    return answer is not None and judge(domain, payload, answer).verdict is Verdict.ACCEPTED


def infeasible(domain: Domain, payload: Payload) -> bool:
    assert domain.feasibility is not None
    found = domain.feasibility(domain.problem.model_validate(payload))
    return found.status is Feasible.INFEASIBLE


def renamed(domain: Domain, payload: Payload, seed: int) -> Payload:
    """Rename a problem, and find that it is the same one up to names."""
    generation = generation_of(domain)
    assert generation.rename is not None
    twin = generation.rename(seeded(seed), payload)
    assert generation.identity(twin) == generation.identity(payload)
    return twin


def wrong_answers(domain: Domain, payload: Payload, answer: str, seed: int) -> Iterator[str]:
    """Give a few changed answers that are rejected."""
    instance = domain.load(domain.problem.model_validate(payload))
    mutants = [mutant.text for mutant in domain.mutate(instance, answer)]
    for text in seeded(seed).sample(mutants, min(6, len(mutants))):
        if judge(domain, payload, text).verdict is Verdict.REJECTED:
            yield text


def changed(payload: Payload, **fields: JsonValue) -> Payload:
    return {**payload, **fields}
