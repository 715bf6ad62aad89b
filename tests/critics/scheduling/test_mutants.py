"""Mutation test: for every critic, hundreds of answers with one fault each, and the right code.

Where a change can be made without a second fault, the code must be the only one.
"""

import json
from random import Random

import pytest

from critics.domain import Domain, find_domain
from critics.judge import judge
from critics.types import Problem, Verdict
from tests.critics.scheduling.mutators import MUTATORS
from tests.critics.scheduling.random_problems import make_calendar, make_meeting, make_trip

FEW, MANY = 100, 500
MAKERS = {"calendar": make_calendar, "meeting": make_meeting, "trip": make_trip}
ALONE = frozenset(
    {
        *("calendar-day", "calendar-duration", "calendar-not-earliest"),
        *("trip-unread", "trip-flight-record", "trip-statement", "trip-window", "trip-no-flight"),
        *("meeting-unread", "meeting-person-unknown", "meeting-place", "meeting-statement"),
        *("meeting-too-few", "meeting-too-short"),
    }
)
"""Faults that can be made without any other."""


def collect(code: str, wanted: int) -> list[tuple[Domain, Problem, str]]:
    """Make mutants of random problems' good answers until there are enough."""
    domain = find_domain(code.split("-", 1)[0])
    assert domain.solver
    mutants: dict[str, tuple[Domain, Problem, str]] = {}
    for seed in range(4000):
        random = Random(seed)  # noqa: S311  # the same mutants every time
        problem = domain.problem.model_validate(MAKERS[domain.name](random))
        answer = domain.solver(problem).answer
        if answer is None:
            continue
        for mutant in MUTATORS[code](random, problem, json.loads(answer)):
            text = json.dumps(mutant)
            mutants[f"{seed} {text}"] = domain, problem, text
        if len(mutants) >= wanted:
            break
    return list(mutants.values())


@pytest.mark.parametrize("wanted", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
@pytest.mark.parametrize("code", sorted(MUTATORS))
def test_single_faults_are_rejected_with_the_right_code(code: str, wanted: int) -> None:
    mutants = collect(code, wanted)
    assert len(mutants) >= wanted
    for domain, problem, text in mutants:
        judgement = judge(domain, problem, text)
        assert judgement.verdict is Verdict.REJECTED, (problem, text)
        assert code in judgement.codes, (problem, text, judgement.codes)
        if code in ALONE:
            assert judgement.codes == (code,), (problem, text)


@pytest.mark.parametrize("name", ["calendar", "meeting", "trip"])
def test_every_hard_critic_has_a_mutator(name: str) -> None:
    hard = [critic for critic in find_domain(name).critics if critic.hard]
    mutated = [code for code in MUTATORS if code.startswith(f"{name}-")]
    no_way_is_found_by_the_critic_of_travel = name == "meeting"
    assert len(mutated) == len(hard) + no_way_is_found_by_the_critic_of_travel
