"""Which part of the data a problem belongs to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.failures import ServiceError
from app.flywheel.splits import choose_split, read_shares

SHARES = read_shares("train=.8,dev=.1,test=.1")


@given(st.lists(st.text(), unique=True), st.text())
def test_a_part_depends_on_the_identity_alone(identities: list[str], other: str) -> None:
    first = {identity: choose_split(identity, SHARES) for identity in identities}
    again = {i: choose_split(i, SHARES) for i in [other, *reversed(identities)]}
    assert {identity: again[identity] for identity in identities} == first


def test_parts_are_as_large_as_their_shares() -> None:
    found = [choose_split(f"pddl:{number}", SHARES) for number in range(4_000)]
    assert 0.78 < found.count("train") / len(found) < 0.82
    assert 0.08 < found.count("test") / len(found) < 0.12


def test_what_leaves_the_training_data_is_only_what_the_other_parts_gain() -> None:
    less = read_shares("train=.7,dev=.2,test=.1")
    for number in range(500):
        before, after = choose_split(str(number), SHARES), choose_split(str(number), less)
        assert (after == "train") <= (before == "train")
        assert (after == "test") == (before == "test")


@given(st.text())
def test_an_empty_part_gets_nothing(identity: str) -> None:
    assert choose_split(identity, read_shares("train=1,test=0")) == "train"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "train",
        "train=.5",
        "train=.5,train=.5",
        "train=-1,test=2",
        "train=nan",
        "a b=1",
        "x=1e9",
    ],
)
def test_what_divides_nothing_is_refused(text: str) -> None:
    with pytest.raises(ServiceError) as raised:
        read_shares(text)
    assert raised.value.code == "usage"
