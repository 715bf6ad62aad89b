"""Every reader against a few thousand changed inputs, and against each that ever went wrong.

`make fuzz` takes a million.
"""

import random

import pytest

from tests.fuzz.fuzz import kept
from tests.fuzz.mutation import mutate
from tests.fuzz.targets import REFUSALS, Target, all_targets

TARGETS = [pytest.param(target, id=target.name.replace(" ", "-")) for target in all_targets()]
INPUTS = 40


@pytest.mark.parametrize("target", TARGETS)
def test_a_reader_refuses_or_returns(target: Target) -> None:
    chance = random.Random(target.name)  # noqa: S311  # no secret
    for _ in range(INPUTS):
        target.try_one(mutate(chance.choice(target.seeds), chance.choice(target.seeds), chance))


@pytest.mark.parametrize("target", TARGETS)
def test_what_went_wrong_once_does_not_again(target: Target) -> None:
    for path in kept(target):
        target.try_one(path.read_bytes())


def test_the_seeds_are_read_and_most_changes_are_refused() -> None:
    targets = {target.name: target for target in all_targets()}
    for name in ("SMT-LIB tokens", "DIMACS", "JSON body", "friendly constraint", "unit tests"):
        refused = 0
        target = targets[name]
        for seed in target.seeds:
            target.run(seed)
        chance = random.Random(name)  # noqa: S311  # no secret
        for _ in range(INPUTS):
            try:
                target.run(mutate(target.seeds[0], target.seeds[0], chance))
            except REFUSALS:
                refused += 1
        assert refused > 0, name
