"""Asking for translations: the budget is asked before every call, and nothing spent is lost."""

import asyncio

import pytest

from backprompt.budget import Budget, Usage
from backprompt.translation import VARIETY, translate
from backprompt.upstream import (
    Completion,
    ReplayUpstream,
    Sampling,
    ScriptedUpstream,
    UpstreamError,
)


def upstream(seen, *, tokens=30, cost=0.0):
    def respond(request):
        seen.append(request)
        usage = Usage(calls=1, prompt_tokens=tokens - 5, completion_tokens=5, cost_usd=cost)
        return Completion(text=f"text {request.call}", model="served", usage=usage)

    return ScriptedUpstream(respond)


async def ask(asked, count=3, *, budget=None, sampling=None, **more):
    return await translate(
        "x" * 100,
        count,
        upstream=asked,
        budget=budget or Budget(),
        sampling=sampling or Sampling(),
        **more,
    )


async def test_the_model_is_asked_afresh_each_time():
    seen = []
    said = await ask(upstream(seen))
    assert said.texts == ("text 0", "text 1", "text 2")
    assert (said.model, said.short) == ("served", None)
    assert (said.usage.calls, said.usage.tokens) == (3, 90)
    assert [request.call for request in seen] == [0, 1, 2]
    assert len({request.messages for request in seen}) == 1


async def test_a_model_is_never_asked_to_repeat_itself_greedily():
    seen = []
    await ask(upstream(seen), sampling=Sampling(temperature=0))
    await ask(upstream(seen), sampling=Sampling(temperature=0.2))
    assert {request.sampling.temperature for request in seen} == {VARIETY, 0.2}


@pytest.mark.parametrize(
    ("budget", "calls", "short"),
    [
        (Budget(tokens=60), 2, "tokens"),
        (Budget(tokens=70), 2, "tokens"),
        (Budget(tokens=1), 0, "tokens"),
        (Budget(cost_usd=0.25), 3, None),
        (Budget(cost_usd=0.2), 2, "cost_usd"),
    ],
)
async def test_no_call_is_made_once_the_budget_is_spent(budget, calls, short):
    seen = []
    said = await ask(upstream(seen, cost=0.1), budget=budget)
    assert (len(seen), len(said.texts), said.short) == (calls, calls, short)


async def test_time_is_spent_like_the_rest():
    seen, now = [], iter(range(0, 100, 4))
    said = await ask(upstream(seen), budget=Budget(seconds=10), clock=lambda: next(now))
    assert said.short == "seconds"
    assert len(seen) < 3
    assert all(0 < request.timeout_s <= 10 for request in seen)


async def test_a_call_under_way_when_the_time_ends_is_cut_off_and_counted():
    async def hang(_request):
        await asyncio.Event().wait()
        return ""

    said = await ask(ScriptedUpstream(hang), budget=Budget(seconds=0.05))
    assert (said.texts, said.short, said.usage.calls) == ((), "seconds", 1)
    assert said.model == "scripted"


async def test_a_recording_that_ends_is_told():
    said = await ask(ReplayUpstream.from_texts(["a", "b"]))
    assert (said.texts, said.short) == (("a", "b"), "recording")


async def test_a_failure_tells_what_all_calls_took():
    def respond(request):
        if request.call:
            raise UpstreamError("upstream-failed", "500", status=500, usage=Usage(calls=1))
        return "first"

    with pytest.raises(UpstreamError) as caught:
        await ask(ScriptedUpstream(respond))
    assert (caught.value.code, caught.value.status, caught.value.usage.calls) == (
        "upstream-failed",
        500,
        2,
    )


async def test_a_timeout_of_the_upstream_itself_is_a_failure():
    def respond(_request):
        raise UpstreamError("upstream-timeout", "too slow")

    with pytest.raises(UpstreamError, match="too slow"):
        await ask(ScriptedUpstream(respond))
