import asyncio

import pytest

from backprompt.blackboard import Blackboard
from backprompt.budget import Budget, Usage
from backprompt.events import CallFailed
from backprompt.journal import Journal
from backprompt.rounds import open_round
from backprompt.search import generate
from backprompt.strategy import Strategy
from backprompt.upstream import Completion, Request, ScriptedUpstream, UpstreamError
from tests.backprompt.toy import TASK, kinds, live


def board(upstream: ScriptedUpstream, n: int = 3) -> Blackboard:
    strategy = Strategy(search="parallel", n=n)
    return Blackboard(TASK, strategy, Budget(), live(upstream), Journal())


async def test_answers_come_in_order_of_arrival() -> None:
    gates = [asyncio.Event() for _ in range(3)]

    async def respond(request: Request) -> str:
        await gates[request.call].wait()
        return str(request.call)

    state = board(ScriptedUpstream(respond))
    answers = generate(state, open_round(state))
    order = []
    for call in (2, 0, 1):
        gates[call].set()
        order.append((await anext(answers)).completion.text)
    assert order == ["2", "0", "1"]
    assert [answer async for answer in answers] == []


async def test_calls_that_arrive_together_are_taken_by_number() -> None:
    state = board(ScriptedUpstream(lambda request: str(request.call)))
    assert [a.call async for a in generate(state, open_round(state))] == [0, 1, 2]


async def test_no_more_answers_are_asked_for_than_may_be_judged() -> None:
    strategy = Strategy(search="parallel", n=5)
    upstream = ScriptedUpstream(lambda request: str(request.call))
    state = Blackboard(TASK, strategy, Budget(candidates=2), live(upstream), Journal())
    assert [request.call for request in open_round(state)] == [0, 1]


async def test_failures_are_recorded_and_passed_over() -> None:
    def respond(request: Request) -> str:
        if request.call == 1:
            raise UpstreamError("upstream-failed", "told to", usage=Usage(calls=1, cost_usd=0.5))
        return "7"

    state = board(ScriptedUpstream(respond))
    assert [a.call async for a in generate(state, open_round(state))] == [0, 2]
    assert kinds(state.journal).count("call-failed") == 1
    assert state.usage.cost_usd == 0.5


async def test_a_round_that_is_cancelled_twice_still_charges_every_call() -> None:
    asked, stubborn = asyncio.Event(), asyncio.Event()

    async def respond(_: Request) -> str:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            stubborn.set()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        return "never"

    state = board(ScriptedUpstream(respond))

    async def drain() -> list:
        return [answer async for answer in generate(state, open_round(state))]

    task = asyncio.create_task(drain())
    await asked.wait()
    task.cancel()
    await stubborn.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    failed = [event for event in state.journal.events if isinstance(event, CallFailed)]
    assert [(event.call, event.code) for event in failed] == [(n, "cancelled") for n in range(3)]
    assert state.usage.calls == 3


async def test_an_unexpected_error_is_not_swallowed() -> None:
    def respond(_: Request) -> Completion:
        raise LookupError("a bug")

    state = board(ScriptedUpstream(respond), n=1)
    with pytest.raises(LookupError):
        await anext(generate(state, open_round(state)))
