"""Going on from a recorded run."""

from backprompt.budget import Usage
from backprompt.continued import ContinuedUpstream, answers_before
from backprompt.events import CallFinished, NoCandidate
from backprompt.upstream import Completion, Request, ScriptedUpstream


def completion(text: str) -> Completion:
    return Completion(text=text, model="m", usage=Usage(calls=1, prompt_tokens=7))


async def test_recorded_answers_come_first_and_are_marked():
    upstream = ContinuedUpstream([completion("old")], ScriptedUpstream(lambda _: "new"))
    old, new = [
        await upstream.generate(Request(messages=(), timeout_s=1, call=call)) for call in (0, 1)
    ]
    assert (old.text, old.recorded, new.text, new.recorded) == ("old", True, "new", False)
    assert upstream.name == "scripted"


def test_only_the_answers_before_the_round_are_taken():
    events = [
        CallFinished(
            call=i, round=i + 1, completion=completion(str(i)), usage=Usage(), spent=Usage()
        )
        for i in range(3)
    ]
    mixed = [events[0], NoCandidate(call=0, round=1), *events[1:]]
    assert [c.text for c in answers_before(mixed, 3)] == ["0", "1"]
    assert [c.text for c in answers_before(mixed, None)] == ["0", "1", "2"]
    assert answers_before(mixed, 1) == []
