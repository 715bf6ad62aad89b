"""Calls that were lost count as spent."""

import asyncio
from typing import cast

import pytest

from app.durable.payment import Payment
from app.durable.slots import FileSlots
from backprompt.budget import Usage
from backprompt.effects import LiveEffects
from backprompt.upstream import Message, Request, Sampling, UpstreamError, estimate_usage
from tests.backprompt.toy import completion


class Ledger:
    """Announcements, as the database keeps them."""

    def __init__(self) -> None:
        self.costs: list[str | None] = []

    def add_intent(self, run_id: str, position: int, executor: str) -> list[str | None]:
        assert (run_id, position, executor) == ("run", 7, "here")
        before = list(self.costs)
        self.costs.append(None)
        return before

    def settle_intent(self, run_id: str, position: int, executor: str, usage: str) -> None:
        assert (run_id, position, executor) == ("run", 7, "here")
        self.costs[-1] = usage


class Live:
    """A model that answers, fails or never comes back."""

    upstream_name = "model"

    def __init__(self, told: str | UpstreamError | None = "42") -> None:
        self.told = told
        self.requests: list[Request] = []
        self.asked = asyncio.Event()

    async def generate(self, request: Request):
        self.requests.append(request)
        self.asked.set()
        if self.told is None:
            return await asyncio.Future()
        if isinstance(self.told, UpstreamError):
            raise self.told
        return completion(self.told, tokens=5)


async def call_here(function, *arguments):
    return function(*arguments)


def payment(live: Live, ledger: Ledger, limit: int | None = None) -> Payment:
    slots = FileSlots(limit)
    return Payment(
        "run", cast("LiveEffects", live), ledger, slots=slots, executor="here", call=call_here
    )


REQUEST = Request(
    messages=(Message(role="user", content="x" * 400),),
    timeout_s=60,
    call=0,
    max_tokens_left=1000,
    sampling=Sampling(max_tokens=200),
)


async def test_a_call_is_announced_before_it_is_made_and_costs_what_it_costs():
    live, ledger = Live(), Ledger()
    answer = await payment(live, ledger).make(7, REQUEST)
    assert ledger.costs == [None]
    assert answer.usage.tokens == 5
    assert live.requests == [REQUEST]


async def test_a_lost_call_counts_as_the_most_that_it_may_have_cost():
    live, ledger = Live(), Ledger()
    ledger.costs = [None]
    answer = await payment(live, ledger).make(7, REQUEST)
    assert answer.usage.tokens == 5 + 100 + 200
    assert live.requests[0].max_tokens_left == 1000 - 300


async def test_a_call_that_failed_after_a_lost_one_costs_both():
    ledger = Ledger()
    ledger.costs = [None]
    live = Live(UpstreamError("upstream-failed", "no", usage=Usage(calls=1)))
    with pytest.raises(UpstreamError) as failed:
        await payment(live, ledger).make(7, REQUEST)
    assert failed.value.usage.tokens == 300
    assert failed.value.usage.calls == 2


@pytest.mark.parametrize(
    "spent",
    [{"max_tokens_left": 300}, {"max_cost_usd": 0.5, "max_tokens_left": None}],
)
async def test_nothing_is_asked_once_lost_calls_may_have_spent_the_budget(spent):
    live, ledger = Live(), Ledger()
    ledger.costs = [None]
    with pytest.raises(UpstreamError) as refused:
        await payment(live, ledger).make(7, REQUEST.model_copy(update=spent))
    assert refused.value.code == "call-lost"
    assert live.requests == []


async def test_a_call_broken_off_on_purpose_costs_its_prompt():
    live, ledger = Live(None), Ledger()
    asking = asyncio.ensure_future(payment(live, ledger).make(7, REQUEST))
    await live.asked.wait()
    asking.cancel()
    await asyncio.wait({asking})
    assert Usage.model_validate_json(ledger.costs[0] or "") == estimate_usage(REQUEST)


async def test_who_finds_no_slot_free_within_the_calls_time_pays_nothing():
    live, ledger = Live(None), Ledger()
    pay = payment(live, ledger, limit=1)
    first = asyncio.ensure_future(pay.make(7, REQUEST))
    await live.asked.wait()
    with pytest.raises(UpstreamError) as late:
        await pay.make(7, REQUEST.model_copy(update={"timeout_s": 0.01}))
    first.cancel()
    await asyncio.wait({first})
    assert late.value.code == "upstream-timeout"
    assert len(live.requests) == 1
