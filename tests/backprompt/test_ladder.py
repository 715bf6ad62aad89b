"""A ladder asks the first model for the first rounds, then the next one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprompt.ladder import Ladder, Step
from backprompt.upstream import Request, ScriptedUpstream


def named(name: str) -> ScriptedUpstream:
    return ScriptedUpstream(lambda _request: name, name=name)


def asked(ladder: Ladder, number: int) -> str:
    return ladder.rung(number).upstream.name


def test_each_rung_has_its_rounds_and_the_last_one_the_rest():
    ladder = Ladder([Step(named("small"), 2), Step(named("middle"), 1), Step(named("big"))])
    assert [asked(ladder, number) for number in range(1, 7)] == [
        "small",
        "small",
        "middle",
        "big",
        "big",
        "big",
    ]
    assert ladder.name == "small, middle, big"


async def test_a_call_goes_to_the_rung_of_its_round():
    ladder = Ladder([Step(named("small"), 1), Step(named("big"))])
    replies = [
        await ladder.generate(Request(messages=(), timeout_s=1, call=call, round=number))
        for call, number in ((0, 1), (1, 1), (2, 2))
    ]
    assert [reply.model for reply in replies] == ["small", "small", "big"]
    await ladder.aclose()


def test_there_is_no_ladder_without_rungs():
    with pytest.raises(ValueError, match="rungs"):
        Ladder([])


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.integers(1, 40))
def test_the_ladder_is_the_list_of_its_rounds(rounds, number):
    names = [f"m{index}" for index in range(len(rounds) + 1)]
    steps = [Step(named(name), count) for name, count in zip(names, rounds, strict=False)]
    listed = [name for name, count in zip(names, rounds, strict=False) for _ in range(count)]
    expected = (listed + [names[-1]] * 40)[number - 1]
    assert asked(Ladder([*steps, Step(named(names[-1]))]), number) == expected
