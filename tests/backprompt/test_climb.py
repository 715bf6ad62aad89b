"""When a model is left for the next one of the ladder, and when it is not."""

import pytest

from backprompt.budget import Budget, Usage
from backprompt.events import Decided, Diversified, Origin, RoundStarted, Status
from backprompt.journal import Journal
from backprompt.prompt import KNOWN_WRONG, WORDINGS
from backprompt.rung import Rung
from backprompt.strategy import Diversion, Strategy
from backprompt.upstream import Completion, UpstreamError
from critics.types import Solved
from tests.backprompt.toy import TASK, completion, run

DOWN = UpstreamError("upstream-failed", "500", usage=Usage(calls=1))
PATIENT = Strategy(restart_after=None, same_error_after=None)


def task(*rungs: Rung, **sampling: int):
    wanted = TASK.sampling.model_copy(update=sampling)
    return TASK.model_copy(update={"rungs": rungs, "sampling": wanted})


def steps(journal: Journal) -> list[tuple[int | None, str]]:
    decided = [event for event in journal.events if isinstance(event, Decided)]
    return [(event.rung, event.why) for event in decided if event.decision == "escalate"]


def asked(effects) -> list[int]:
    return [request.rung for request in effects.requests]


async def climb(*answers, rungs, strategy=PATIENT, budget=None, **more):
    outcome, journal, effects = await run(
        *answers, task=task(*rungs), strategy=strategy, budget=budget, **more
    )
    return outcome, journal, effects


async def test_each_rung_has_its_rounds():
    rungs = (Rung(rounds=2), Rung(rounds=1), Rung())
    outcome, journal, effects = await climb(*"12345", "42", rungs=rungs)
    assert outcome.status is Status.CERTIFIED
    assert asked(effects) == [0, 0, 1, 2, 2, 2]
    assert steps(journal) == [(1, "rung-spent"), (2, "rung-spent")]
    started = [event.rung for event in journal.events if isinstance(event, RoundStarted)]
    assert started == asked(effects)


@pytest.mark.parametrize(
    "cap", [{"tokens": 400}, {"cost_usd": 0.5}, {"seconds": 3.0}], ids=["tokens", "cost", "seconds"]
)
async def test_a_rung_is_left_when_its_part_is_spent(cap):
    paid = completion("7", tokens=200, cost=0.25)
    _, journal, effects = await climb(
        *(paid for _ in range(4)),
        rungs=(Rung(**cap), Rung()),
        budget=Budget(rounds=4),
        seconds=[1.5] * 4,
    )
    assert asked(effects) == [0, 0, 1, 1]
    assert steps(journal) == [(1, "rung-spent")]


async def test_the_last_rung_that_is_spent_ends_the_run():
    rungs = (Rung(rounds=1), Rung(rounds=2))
    outcome, _, effects = await climb(*"123456", rungs=rungs)
    assert (outcome.status, outcome.reason) == (Status.EXHAUSTED, "ladder")
    assert asked(effects) == [0, 1, 1]


async def test_the_end_of_the_ladder_is_where_a_fallback_begins():
    strategy = PATIENT.model_copy(update={"solver": "fallback"})
    solved = Solved(answer="42", engine="toy")
    outcome, _, effects = await climb(
        *"123", rungs=(Rung(rounds=1),), strategy=strategy, solved=solved
    )
    assert (outcome.origin, len(effects.requests)) == (Origin.SOLVER, 1)


async def test_a_model_that_cannot_be_asked_is_left_for_the_next():
    outcome, journal, effects = await climb(DOWN, "42", rungs=(Rung(), Rung()))
    assert (outcome.status, asked(effects)) == (Status.CERTIFIED, [0, 1])
    assert steps(journal) == [(1, "upstream-failed")]


async def test_only_the_last_failure_fails_the_run():
    outcome, _, effects = await climb(DOWN, DOWN, rungs=(Rung(), Rung()))
    assert (outcome.status, outcome.reason) == (Status.FAILED, "upstream-failed")
    assert asked(effects) == [0, 1]


async def test_a_recording_that_ends_is_not_mended_by_another_model():
    outcome, _, effects = await climb("1", rungs=(Rung(), Rung()))
    assert (outcome.status, outcome.reason) == (Status.EXHAUSTED, "recording-ended")
    assert asked(effects) == [0, 0]


async def test_the_second_stall_leaves_the_model():
    strategy = Strategy(restart_after=1, same_error_after=None)
    _, journal, effects = await climb(
        *"50", *"10", "3", rungs=(Rung(), Rung()), strategy=strategy, budget=Budget(rounds=5)
    )
    assert asked(effects)[:3] == [0, 0, 0]
    assert steps(journal)[0][1] in {"no-progress", "repeated-answer"}


async def test_a_repeated_answer_leaves_the_model_where_one_stall_is_enough():
    strategy = Strategy(restart_after=1, escalate_after=1, same_error_after=None)
    _, journal, effects = await climb("7", "7", "42", rungs=(Rung(), Rung()), strategy=strategy)
    assert (asked(effects), steps(journal)) == ([0, 0, 1], [(1, "repeated-answer")])


async def test_the_same_mistake_over_and_over_leaves_the_model():
    strategy = Strategy(restart_after=None, same_error_after=3)
    _, journal, effects = await climb(*"123", "42", rungs=(Rung(), Rung()), strategy=strategy)
    assert (asked(effects), steps(journal)) == ([0, 0, 0, 1], [(1, "same-error")])


async def test_without_a_ladder_nothing_is_climbed():
    _, journal, effects = await run(*"1234567", "42", strategy=Strategy(restart_after=1))
    assert set(asked(effects)) == {0}
    assert steps(journal) == []


# Money and tokens.

DEAR = Rung(price_output=1_000_000.0, max_tokens=10)
CHEAP = Rung(price_output=1.0, max_tokens=10)


async def test_a_model_that_is_too_dear_is_passed_over():
    rungs = (Rung(rounds=1), DEAR, CHEAP)
    _, journal, effects = await climb("1", "42", rungs=rungs, budget=Budget(cost_usd=1.0))
    assert (asked(effects), steps(journal)) == ([0, 2], [(2, "rung-spent")])


async def test_a_model_that_has_become_too_dear_is_left_for_a_cheaper_one():
    first = Completion(text="1", model="m", usage=Usage(calls=1, cost_usd=9.0))
    _, journal, effects = await climb(
        first, "42", rungs=(DEAR, CHEAP), budget=Budget(cost_usd=12.0)
    )
    assert (asked(effects), steps(journal)) == ([0, 1], [(1, "too-expensive")])


async def test_a_dear_model_alone_is_asked_for_what_the_money_buys():
    _, _, effects = await climb("42", rungs=(DEAR,), budget=Budget(cost_usd=3.0))
    assert [request.max_tokens_left for request in effects.requests] == [3]


async def test_a_model_that_not_even_a_token_can_be_paid_of_is_not_asked():
    outcome, _, effects = await climb("42", rungs=(DEAR,), budget=Budget(cost_usd=0.5))
    assert (outcome.status, outcome.reason) == (Status.EXHAUSTED, "cost_usd")
    assert effects.requests == []


async def test_a_prompt_above_the_tokens_is_not_sent():
    outcome, _, effects = await run("42", budget=Budget(tokens=3))
    assert (outcome.status, outcome.reason) == (Status.EXHAUSTED, "tokens")
    assert effects.requests == []


# Fresh starts.


async def test_each_fresh_start_differs_in_one_thing_more():
    strategy = Strategy(restart_after=1, solver="off")
    _, journal, effects = await run(
        *"7" * 8, strategy=strategy, budget=Budget(rounds=8), presents=True
    )
    how = [event.how for event in journal.events if isinstance(event, Diversified)]
    ways = tuple(Diversion)
    assert how[:3] == [ways[:1], ways[:2], ways[:3]]
    prompts = [request.messages[0].content for request in effects.requests]
    assert KNOWN_WRONG not in prompts[2]
    first = next(prompt for prompt in prompts if KNOWN_WRONG in prompt)
    assert first.endswith(f"{KNOWN_WRONG}\n\n7")
    worded = [prompt for prompt in prompts if any(words in prompt for words in WORDINGS)]
    assert worded


async def test_fresh_starts_may_differ_in_nothing():
    strategy = Strategy(restart_after=1, diversify=())
    _, journal, effects = await run(*"7" * 6, strategy=strategy, budget=Budget(rounds=6))
    assert not any(isinstance(event, Diversified) for event in journal.events)
    fresh = [r for r in effects.requests if len(r.messages) == 1]
    assert {r.messages[0].content for r in fresh} == {effects.requests[0].messages[0].content}
    assert {r.sampling.temperature for r in fresh} == {0.7}


@pytest.mark.parametrize("presents", [True, False])
async def test_parts_in_another_order_are_shown_where_a_domain_can(presents):
    strategy = Strategy(restart_after=1, diversify=("shuffle",))
    _, journal, effects = await run(
        *"7777", strategy=strategy, budget=Budget(rounds=4), presents=presents
    )
    how = [event.how for event in journal.events if isinstance(event, Diversified)]
    shown = [request.messages[0].content for request in effects.requests]
    assert how[:1] == ([("shuffle",)] if presents else [])
    assert shown[0].startswith(TASK.prompt)
    assert any(prompt.startswith("The number, by ") for prompt in shown) is presents


async def test_a_run_may_begin_above_the_first_rung():
    rungs = (Rung(model="small"), Rung(model="big"))
    begun = Strategy(first_rung=1)
    _, journal, effects = await run("7", "42", task=task(*rungs), strategy=begun)
    assert (asked(effects), steps(journal)) == ([1, 1], [])
    _, _, effects = await run("7", "42", task=task(), strategy=begun)
    assert asked(effects) == [0, 0]
