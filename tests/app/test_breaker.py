"""Breakers, retry budgets and what they must never do."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.breaker import (
    Breaker,
    Breakers,
    Guarded,
    State,
    SuspendedError,
    may_retry,
    require_available,
)
from app.failures import ServiceError
from app.setting_groups import BreakerSettings
from backprompt.openai_upstream import OpenAIUpstream
from backprompt.upstream import Message, Request, ScriptedUpstream, UpstreamError
from tests.upstream_server import HANG, RESET, Reply, UpstreamServer


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def request(timeout_s: float = 60.0) -> Request:
    return Request(messages=(Message(role="user", content="?"),), timeout_s=timeout_s, call=0)


def failing(code: str, calls: list[str]) -> ScriptedUpstream:
    def respond(_request: Request) -> str:
        calls.append(code)
        raise UpstreamError(code, "no")

    return ScriptedUpstream(respond)


async def ask(guarded: Guarded, timeout_s: float = 60.0) -> str:
    """Ask, and give the code of what failed."""
    try:
        await guarded.generate(request(timeout_s))
    except UpstreamError as error:
        return error.code
    return "ok"


@pytest.mark.parametrize("code", ["upstream-unreachable", "upstream-failed", "upstream-timeout"])
async def test_it_opens_after_failures_in_a_row_and_then_asks_nobody(code):
    clock, calls = Clock(), []
    guarded = Guarded(failing(code, calls), Breaker(BreakerSettings(failures=3), clock))
    said = [await ask(guarded) for _ in range(5)]
    assert said == [code] * 3 + ["upstream-suspended"] * 2
    assert len(calls) == 3
    assert (guarded.breaker.state, guarded.breaker.opened) == (State.OPEN, 1)
    assert guarded.breaker.suspended == 2


@pytest.mark.parametrize("code", ["upstream-refused", "upstream-busy", "upstream-invalid"])
async def test_an_upstream_that_answers_is_not_suspended(code):
    calls = []
    guarded = Guarded(failing(code, calls), Breaker(BreakerSettings(failures=2)))
    assert [await ask(guarded) for _ in range(9)] == [code] * 9


async def test_no_client_opens_it_with_short_budgets():
    code = "upstream-timeout"
    guarded = Guarded(failing(code, []), Breaker(BreakerSettings(failures=1, patience_s=30)))
    assert [await ask(guarded, 29.0) for _ in range(9)] == [code] * 9
    assert await ask(guarded, 30.0) == code
    assert guarded.breaker.state is State.OPEN


async def test_a_suspended_call_costs_nothing():
    breaker = Breaker(BreakerSettings(failures=1))
    breaker.note_failure()
    with pytest.raises(UpstreamError, match="kept failing") as caught:
        await Guarded(ScriptedUpstream(lambda _: "hi"), breaker).generate(request())
    assert (caught.value.code, caught.value.usage.calls) == ("upstream-suspended", 0)


async def test_one_call_tries_and_its_end_decides():
    clock = Clock()
    breaker = Breaker(BreakerSettings(failures=1, open_s=10), clock)
    breaker.note_failure()
    clock.now += 10
    assert breaker.state is State.HALF_OPEN
    with breaker.call() as trial:
        with pytest.raises(SuspendedError), breaker.call():
            pass
        trial.failed("upstream-failed", 60)
    assert breaker.state is State.OPEN
    clock.now += 10
    with breaker.call() as trial:
        trial.succeeded()
    assert breaker.state is State.CLOSED


async def test_a_trial_that_is_cancelled_lets_the_next_one_try():
    clock, begun = Clock(), asyncio.Event()

    async def hang(_request: Request) -> str:
        begun.set()
        await asyncio.Event().wait()
        return ""

    breaker = Breaker(BreakerSettings(failures=1, open_s=10), clock)
    breaker.note_failure()
    clock.now += 10
    call = asyncio.create_task(Guarded(ScriptedUpstream(hang), breaker).generate(request()))
    await begun.wait()
    call.cancel()
    await asyncio.wait({call})
    assert await ask(Guarded(ScriptedUpstream(lambda _: "hi"), breaker)) == "ok"
    assert breaker.state is State.CLOSED


def test_nothing_is_refused_while_one_model_can_be_asked():
    well, ill = Breaker(BreakerSettings()), Breaker(BreakerSettings(failures=1))
    ill.note_failure()
    scripted = ScriptedUpstream(lambda _: "hi")
    require_available([])
    require_available([Guarded(scripted, ill), Guarded(scripted, well)])
    with pytest.raises(ServiceError) as caught:
        require_available([Guarded(scripted, ill)])
    assert (caught.value.code, caught.value.status) == ("upstream-suspended", 503)
    assert 0 < int(caught.value.headers["Retry-After"]) <= 15


def test_zero_failures_never_open_it():
    breaker = Breaker(BreakerSettings(failures=0))
    for _ in range(100):
        breaker.note_failure()
    assert breaker.state is State.CLOSED


def test_each_model_of_each_endpoint_has_its_own():
    breakers = Breakers(BreakerSettings(failures=1))
    breakers.of("http://a/v1/", "m").note_failure()
    assert breakers.of("http://a/v1", "m").state is State.OPEN
    assert breakers.of("http://a/v1", "n").state is State.CLOSED
    assert breakers.of("http://b/v1", "m").state is State.CLOSED
    assert (breakers.circuits["m"].state, breakers.circuits["m"].opened) == (2, 1)
    assert breakers.circuits["n"].state == 0


@pytest.mark.parametrize("behaviour", [RESET, Reply(status=500, body=b"{}")])
async def test_a_real_endpoint_that_fails_is_left_alone(behaviour):
    async with UpstreamServer(default=behaviour) as server:
        upstream = OpenAIUpstream(server.base_url, "mine", retries=0)
        guarded = Guarded(upstream, Breaker(BreakerSettings(failures=2)))
        said = [await ask(guarded) for _ in range(4)]
        asked = len(server.seen)
        await upstream.aclose()
    assert said[2:] == ["upstream-suspended"] * 2
    assert asked == 2


async def test_a_silent_endpoint_is_left_alone_too():
    settings = BreakerSettings(failures=1, patience_s=0.05)
    async with UpstreamServer(default=HANG) as server:
        upstream = OpenAIUpstream(server.base_url, "mine", retries=0)
        guarded = Guarded(upstream, Breaker(settings))
        assert await ask(guarded, 0.1) == "upstream-timeout"
        assert await ask(guarded, 0.1) == "upstream-suspended"
        await upstream.aclose()


async def test_retries_are_bounded_by_what_is_called():
    """Ten retries are saved up; after that there is one for each five calls."""
    breaker = Breaker(BreakerSettings(failures=0, retry_ratio=0.2))
    async with UpstreamServer(default=Reply(status=503, body=b"{}")) as server:
        upstream = OpenAIUpstream(
            server.base_url, "mine", retries=5, backoff_s=0.0, may_retry=may_retry
        )
        guarded = Guarded(upstream, breaker)
        for _ in range(50):
            assert await ask(guarded) == "upstream-failed"
        asked = len(server.seen)
        await upstream.aclose()
    assert asked == 50 + breaker.retries
    assert 15 <= breaker.retries <= 10 + 0.2 * 50


@given(
    st.lists(
        st.one_of(st.sampled_from(["ok", "fail", "refuse", "leave"]), st.floats(0, 20)),
        max_size=80,
    ),
    st.integers(1, 4),
)
def test_it_is_never_stuck_and_never_lets_a_crowd_in(steps, failures):
    """Whatever happens: open only after failures, and closed again by a success in time."""
    clock = Clock()
    breaker = Breaker(BreakerSettings(failures=failures, open_s=10), clock)
    in_a_row = 0
    for step in steps:
        if isinstance(step, float):
            clock.now += step
            continue
        try:
            with breaker.call() as trial:
                if step == "ok":
                    trial.succeeded()
                    in_a_row = 0
                elif step == "fail":
                    trial.failed("upstream-failed", 60)
                    in_a_row += 1
                elif step == "refuse":
                    trial.failed("upstream-refused", 60)
                    in_a_row = 0
        except SuspendedError:
            assert breaker.state is State.OPEN
            assert in_a_row >= failures
            assert 0 < breaker.retry_after_s <= 10
    clock.now += 10
    with breaker.call() as trial:
        trial.succeeded()
    assert breaker.state is State.CLOSED
