"""History `summary`: earlier attempts in a model's words, the latest one word for word."""

from backprompt.budget import Budget
from backprompt.strategy import Feedback, History, Strategy
from backprompt.summary import SUMMARY_CHARS
from backprompt.upstream import Role, UpstreamError
from tests.backprompt.toy import run

SUMMING = Strategy(history=History.SUMMARY, restart_after=None)


async def test_the_turn_that_is_no_longer_repeated_is_summed_up():
    outcome, _, effects = await run(
        "7", "8", "SEVEN IS OUT", "9", "SO IS EIGHT", "42", strategy=SUMMING
    )
    assert (outcome.status, outcome.usage.rounds, outcome.usage.calls) == ("certified", 4, 6)
    roles = [request.role for request in effects.requests]
    assert roles == [
        Role.GENERATOR,
        Role.GENERATOR,
        Role.SUMMARISER,
        Role.GENERATOR,
        Role.SUMMARISER,
        Role.GENERATOR,
    ]
    first, third, last = (effects.requests[number].messages for number in (2, 3, 5))
    assert "`7` is not the number" in first[0].content
    assert "SEVEN IS OUT" in third[-1].content
    assert "`8` is not the number" in third[-1].content
    assert "SEVEN IS OUT" in effects.requests[4].messages[0].content
    assert "SEVEN IS OUT" not in last[-1].content
    assert "SO IS EIGHT" in last[-1].content
    assert "`9` is not the number" in last[-1].content


async def test_a_summary_that_fails_costs_the_run_nothing():
    gone = UpstreamError("upstream-failed", "gone")
    outcome, *_ = await run("7", "8", gone, "42", strategy=SUMMING)
    assert (outcome.status, outcome.usage.rounds) == ("certified", 3)


async def test_nothing_is_summed_up_that_is_never_told():
    silent = Strategy(history=History.SUMMARY, feedback=Feedback.NONE)
    _, _, effects = await run("7", "8", "42", strategy=silent)
    assert {request.role for request in effects.requests} == {Role.GENERATOR}


async def test_nothing_is_summed_up_after_the_last_round():
    _, _, effects = await run("7", "8", strategy=SUMMING, budget=Budget(rounds=2))
    assert len(effects.requests) == 2


async def test_a_long_summary_is_cut():
    _, _, effects = await run("7", "8", "x" * 9_000, "42", strategy=SUMMING)
    assert effects.requests[3].messages[-1].content.count("x") <= SUMMARY_CHARS + 20
