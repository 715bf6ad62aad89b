"""A ladder asks the model of the rung that a call names."""

import pytest

from backprompt.ladder import Ladder
from backprompt.upstream import Request, ScriptedUpstream


def named(name: str) -> ScriptedUpstream:
    return ScriptedUpstream(lambda _request: name, name=name)


async def test_a_call_goes_to_its_rung_and_never_above_the_last() -> None:
    ladder = Ladder([named("small"), named("middle"), named("big")])
    replies = [
        await ladder.generate(Request(messages=(), timeout_s=1, call=call, rung=rung))
        for call, rung in enumerate((0, 1, 1, 2, 7))
    ]
    assert [reply.model for reply in replies] == ["small", "middle", "middle", "big", "big"]
    assert ladder.name == "small, middle, big"
    await ladder.aclose()


def test_there_is_no_ladder_without_rungs() -> None:
    with pytest.raises(ValueError, match="rungs"):
        Ladder([])
