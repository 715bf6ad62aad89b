"""What the proposer is trained on, and what it is measured on."""

from random import Random

import pytest

from critics.domain import find_domain
from critics.types import Verdict
from examples.proposer.corpus import corrupt, make_repair, make_rows
from examples.proposer.problems import KINDS, draw, draw_measured, is_held_out

KINDS_AND_LEVELS = [
    pytest.param(kind, level, id=f"{kind.name}-{level}") for kind in KINDS for level in kind.levels
]


def test_no_row_of_the_corpus_is_held_out():
    domains = {kind.name: kind.domain for kind in KINDS}
    rows = list(make_rows(11, 120))
    assert len({row["kind"] for row in rows}) > 4
    assert not any(is_held_out(domains[row["kind"]], row["identity"]) for row in rows)


@pytest.mark.parametrize(("kind", "level"), KINDS_AND_LEVELS)
def test_measured_problems_are_held_out_under_every_name(kind, level):
    generation = find_domain(kind.domain).generation
    for instance in draw_measured(1, kind, level, 2):
        renamed = generation.rename(Random(2), instance.problem)  # noqa: S311  # no secret
        identity = generation.identity(type(instance.problem).model_validate(renamed))
        assert is_held_out(kind.domain, identity)


def test_both_sides_have_problems():
    kind = KINDS[0]
    sides = {
        draw(Random(seed), kind, 2, held_out=side).identity  # noqa: S311  # no secret
        for seed in (1, 2)
        for side in (True, False)
    }
    assert len(sides) == 4


@pytest.mark.parametrize(("kind", "level"), KINDS_AND_LEVELS)
def test_answers_are_right_and_corrupted_ones_wrong(kind, level):
    random = Random(level)  # noqa: S311  # no secret
    instance = draw(random, kind, level, held_out=False)
    answer = instance.answer()
    assert instance.judge(answer).verdict is Verdict.ACCEPTED
    wrong = corrupt(random, instance, answer)
    assert instance.judge(wrong).verdict is Verdict.REJECTED
    repair = make_repair(instance, wrong)
    assert instance.judge(repair.right).verdict is Verdict.ACCEPTED
    assert "not correct" in repair.told


def test_the_same_seed_makes_the_same_rows():
    assert list(make_rows(4, 6)) == list(make_rows(4, 6))
