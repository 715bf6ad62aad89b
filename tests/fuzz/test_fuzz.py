"""Every reader against a few thousand changed inputs, and against each that ever went wrong.

`make fuzz` takes a million.
"""

import random
import signal
from pathlib import Path

import pytest

from critics.ed25519 import KeyFormatError
from tests.fuzz import fuzz as fuzzer
from tests.fuzz.fuzz import fuzz, kept
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


def crash(data: bytes) -> None:
    """Read what is no digit as if it were one."""
    if b"x" in data:
        raise ZeroDivisionError


def spin(data: bytes) -> None:
    """Never end."""
    while data:
        pass


def refuse(_data: bytes) -> None:
    raise KeyFormatError("this is no key")


@pytest.mark.parametrize(("run", "faults"), [(crash, 1), (spin, 1), (refuse, 0)])
def test_a_reader_that_crashes_or_does_not_end_is_found(
    run, faults: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzzer, "CORPUS", tmp_path)
    monkeypatch.setattr(fuzzer, "HANG_S", 0.2)
    before = signal.signal(signal.SIGVTALRM, fuzzer.on_alarm)
    try:
        target = Target("bad reader", run, (b"x 1 x 2 x 3",))
        assert fuzz(target, 3, seed=1) == faults
    finally:
        signal.signal(signal.SIGVTALRM, before)
    assert len(kept(target)) == faults


def test_what_a_reader_does_not_refuse_fails_its_test() -> None:
    with pytest.raises(ZeroDivisionError):
        Target("bad reader", crash, ()).try_one(b"x")


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
