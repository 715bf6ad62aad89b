"""Wrong answers that look sound are right answers to problems that differ in a detail."""

import re
from random import Random

import pytest

from critics.judge import judge, read_problem
from critics.types import KernelError, Verdict
from examples.proposer.neighbours import CHANGES, answer_neighbour, forget, uncover
from examples.proposer.problems import KINDS, draw

KINDS_AND_LEVELS = [
    pytest.param(kind, level, id=f"{kind.name}-{level}")
    for kind in KINDS
    for level in kind.levels
    if kind.name in CHANGES
]


def draw_one(name: str, seed: int, level: int = 2):
    kind = next(kind for kind in KINDS if kind.name == name)
    return draw(Random(seed), kind, level, held_out=False)  # noqa: S311  # no secret


def change_some(instance, changes, times: int = 40):
    """Give neighbouring payloads, of which there are some."""
    random, made = Random(1), []  # noqa: S311  # no secret
    for _ in range(times):
        try:
            made.append(random.choice(changes)(random, instance.payload))
        except IndexError:
            continue
    assert made
    return made


@pytest.mark.parametrize(("kind", "level"), KINDS_AND_LEVELS)
def test_a_neighbours_answer_is_right_there_and_often_wrong_here(kind, level):
    random = Random(level)  # noqa: S311  # no secret
    verdicts = set()
    for _ in range(60):
        instance = draw(random, kind, level, held_out=False)
        slip = answer_neighbour(random, instance)
        if slip is not None:
            verdicts.add(instance.judge(slip).verdict)
    assert Verdict.REJECTED in verdicts
    assert verdicts <= {Verdict.REJECTED, Verdict.ACCEPTED}


@pytest.mark.parametrize("name", CHANGES)
def test_a_neighbour_is_another_problem_whose_rule_answers_it(name):
    instance = draw_one(name, 3)
    for payload in change_some(instance, CHANGES[name]):
        assert payload != instance.payload
        try:
            problem = read_problem(instance.domain, payload)
            answer = instance.family.answer(problem)
        except KernelError:
            continue
        if answer is not None:
            assert judge(instance.domain, problem, answer).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("seed", range(5))
def test_a_block_that_is_overlooked_stands_on_the_table(seed):
    instance = draw_one("blocksworld", seed, 4)
    for payload in change_some(instance, [uncover]):
        inits = [p["problem"].split("(:goal")[0] for p in (instance.payload, payload)]
        facts = [set(re.findall(r"\([^():]+\)", init)) for init in inits]
        [gone], new = facts[0] - facts[1], facts[1] - facts[0]
        _, upper, lower = gone.strip("()").split()
        assert new == {f"(ontable {upper})", f"(clear {lower})"}


def test_a_kind_without_neighbours_has_no_answer_of_one():
    assert answer_neighbour(Random(1), draw_one("countdown", 1)) is None  # noqa: S311  # no secret


def test_one_goal_is_forgotten_and_one_is_left():
    instance = next(
        one for seed in range(50) if len(goals_of(one := draw_one("mystery", seed))) > 1
    )
    for payload in change_some(instance, [forget]):
        assert goals_of(payload) < goals_of(instance.payload)
        assert goals_of(payload)


def goals_of(payload) -> set[str]:
    text = getattr(payload, "payload", payload)["problem"]
    return set(re.findall(r"\([^():]+\)", text.split("(:goal (and")[1]))
