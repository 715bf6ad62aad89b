import asyncio

import pytest

from backprompt.budget import Budget, Usage
from backprompt.effects import DirectKernel
from backprompt.events import Decided, Origin, RoundStarted, Status
from backprompt.journal import Journal
from backprompt.loop import solve
from backprompt.strategy import Strategy
from backprompt.task import Task
from backprompt.upstream import Request, Sampling, ScriptedUpstream, UpstreamError
from critics.certificate import Provenance
from critics.statement import Formalized
from critics.types import Judgement
from tests.backprompt.toy import TASK, Clockwork, completion, extract, judge, kinds, live, run

PARALLEL = Strategy(search="parallel", n=3)


def rounds(journal: Journal) -> list[RoundStarted]:
    return [event for event in journal.events if isinstance(event, RoundStarted)]


async def test_a_rejected_answer_is_back_prompted_until_one_is_certified() -> None:
    outcome, journal, effects = await run("41", "42")
    assert (outcome.status, outcome.answer) == (Status.CERTIFIED, "42")
    assert outcome.certificate == {"answer": "42", "origin": "model"}
    assert outcome.judgement is not None
    assert outcome.judgement.candidate == "42"
    assert "`41` is not the number" in effects.requests[1].messages[-1].content
    assert kinds(journal) == [
        "run-started",
        "round-started",
        "call-finished",
        "candidate-found",
        "judged",
        "round-started",
        "call-finished",
        "candidate-found",
        "judged",
        "certified",
        "ended",
    ]


async def test_every_candidate_of_a_response_is_judged_and_the_first_accepted_wins() -> None:
    outcome, _, effects = await run("1, no: 42, or 7")
    assert outcome.answer == "42"
    assert effects.judged == ["1", "42"]


async def test_the_best_of_several_candidates_is_back_prompted() -> None:
    _, _, effects = await run("1 40 2", "42")
    assert effects.requests[1].messages[-2].content == "40"


async def test_a_response_without_candidate_is_told_with_its_end() -> None:
    _, journal, effects = await run("I cannot say", "42")
    assert "no-candidate" in kinds(journal)
    assert "I cannot say" in effects.requests[1].messages[-1].content


async def test_unknown_never_certifies_and_is_not_called_wrong() -> None:
    outcome, _, effects = await run("?", "?2", budget=Budget(rounds=2))
    assert outcome.status is Status.EXHAUSTED
    assert outcome.certificate is None
    assert outcome.answer is None
    told = effects.requests[1].messages[-1].content
    assert "could not be decided" in told
    assert "not correct" not in told


async def test_an_uncovered_problem_ends_the_run_at_once() -> None:
    outcome, _, effects = await run("!", "42")
    assert (outcome.status, outcome.reason) == (Status.FAILED, "not-covered")
    assert outcome.message
    assert len(effects.requests) == 1


async def test_a_problem_known_to_be_uncovered_costs_no_call() -> None:
    task = TASK.model_copy(update={"undecided": ("signs",)})
    outcome, journal, effects = await run("42", task=task)
    assert (outcome.status, outcome.reason) == (Status.FAILED, "not-covered")
    assert effects.requests == []
    assert kinds(journal) == ["run-started", "ended"]


async def test_a_given_answer_is_judged_before_any_paid_call() -> None:
    task = TASK.model_copy(update={"start_from": "42"})
    outcome, _, effects = await run(task=task)
    assert (outcome.status, outcome.origin) == (Status.CERTIFIED, Origin.USER)
    assert outcome.usage.calls == outcome.usage.rounds == 0
    assert effects.requests == []


async def test_a_rejected_given_answer_is_what_the_first_prompt_repairs() -> None:
    task = TASK.model_copy(update={"start_from": "41"})
    outcome, _, effects = await run("42", task=task)
    assert outcome.origin is Origin.MODEL
    assert [m.content for m in effects.requests[0].messages][1] == "41"


async def test_a_repeated_answer_skips_the_critics() -> None:
    _, journal, effects = await run("41", "41", "42")
    assert effects.judged == ["41", "42"]
    assert "candidate-repeated" in kinds(journal)
    assert "you gave before" in effects.requests[2].messages[-1].content


async def test_a_plateau_restarts_afresh_and_warmer_for_one_round() -> None:
    _, journal, effects = await run("41", "1", "2", "3", "42")
    decided = [event for event in journal.events if isinstance(event, Decided)]
    assert [(d.decision, d.why, d.round) for d in decided] == [("restart", "no-progress", 3)]
    assert [r.fresh for r in rounds(journal)] == [True, False, False, True, False]
    warmth = [request.sampling.temperature for request in effects.requests]
    assert warmth == [0.7, 0.7, 0.7, 1.1, 0.7]


async def test_repeats_alone_restart_by_their_own_name() -> None:
    _, journal, _ = await run("41", "41", "41", "42")
    assert [e.why for e in journal.events if isinstance(e, Decided)] == ["repeated-answer"]


async def test_no_feedback_asks_the_bare_task_every_time() -> None:
    _, _, effects = await run("1", "2", "42", strategy=Strategy(feedback="none"))
    assert len({request.messages for request in effects.requests}) == 1


@pytest.mark.parametrize("strategy", [Strategy(feedback="none"), PARALLEL])
async def test_resampling_at_temperature_zero_is_refused(strategy: Strategy) -> None:
    task = TASK.model_copy(update={"sampling": Sampling(temperature=0)})
    with pytest.raises(ValueError, match="temperature"):
        await run("42", task=task, strategy=strategy)


async def test_each_call_has_its_own_seed() -> None:
    task = TASK.model_copy(update={"sampling": Sampling(temperature=1, seed=7)})
    _, _, effects = await run("1", "2", "3", "42", task=task, strategy=PARALLEL)
    assert [request.sampling.seed for request in effects.requests] == [7, 8, 9, 10, 11, 12]


@pytest.mark.parametrize(
    ("budget", "reason", "calls"),
    [
        (Budget(rounds=2), "rounds", 2),
        (Budget(candidates=3), "candidates", 2),
        (Budget(seconds=25), "seconds", 3),
        (Budget(tokens=150), "tokens", 2),
        (Budget(cost_usd=0.05), "cost_usd", 3),
    ],
)
async def test_each_dimension_of_the_budget_ends_the_run(
    budget: Budget, reason: str, calls: int
) -> None:
    answers = [completion(f"{i} {i + 100}", tokens=100, cost=0.02) for i in range(9)]
    outcome, _, effects = await run(*answers, budget=budget, seconds=[10] * 9)
    assert (outcome.status, outcome.reason) == (Status.EXHAUSTED, reason)
    assert len(effects.requests) == calls == outcome.usage.calls


async def test_the_answer_that_spends_the_budget_is_still_judged() -> None:
    outcome, _, _ = await run(completion("42", tokens=999), budget=Budget(tokens=10))
    assert outcome.status is Status.CERTIFIED


async def test_a_call_is_cut_at_the_end_of_the_budget() -> None:
    outcome, _, effects = await run("1", "2", budget=Budget(seconds=5), seconds=[3, 30])
    assert (outcome.status, outcome.reason) == (Status.EXHAUSTED, "seconds")
    assert effects.requests[1].timeout_s == pytest.approx(2)
    assert outcome.usage.seconds == pytest.approx(5)


async def test_a_time_out_within_the_budget_is_a_failure() -> None:
    late = UpstreamError("upstream-timeout", "too slow", usage=Usage(calls=1))
    outcome, _, _ = await run(late)
    assert (outcome.status, outcome.reason) == (Status.FAILED, "upstream-timeout")


async def test_what_is_left_of_the_tokens_goes_with_the_call() -> None:
    answers = [completion("1", tokens=120), completion("2", tokens=10)]
    _, _, effects = await run(*answers, budget=Budget(tokens=200))
    first, second = [request.max_tokens_left for request in effects.requests[:2]]
    assert first is not None
    assert second is not None
    assert 120 < first < 200
    assert 0 < second < 80


async def test_what_is_left_of_the_money_is_shared_by_the_calls_of_a_round() -> None:
    _, _, effects = await run("1", "2", "3", strategy=PARALLEL, budget=Budget(cost_usd=0.3))
    assert [r.max_cost_usd for r in effects.requests[:3]] == pytest.approx([0.1] * 3)


async def test_the_end_of_a_recording_ends_the_run_uncertified() -> None:
    outcome, _, _ = await run("1", "2")
    assert (outcome.status, outcome.reason) == (Status.EXHAUSTED, "recording-ended")
    assert outcome.judgement is not None
    assert outcome.judgement.candidate == "2"


async def test_a_failed_call_keeps_what_was_spent_and_the_best_answer() -> None:
    bad = UpstreamError("upstream-failed", "500", status=500, usage=Usage(calls=1, prompt_tokens=7))
    outcome, _, _ = await run(completion("41", tokens=5), bad)
    assert (outcome.status, outcome.reason) == (Status.FAILED, "upstream-failed")
    assert (outcome.usage.calls, outcome.usage.tokens) == (2, 12)
    assert outcome.judgement is not None
    assert outcome.judgement.candidate == "41"


async def test_a_parallel_round_outlives_a_failed_call() -> None:
    bad = UpstreamError("upstream-failed", "500", status=500)
    outcome, _, _ = await run("1", bad, "42", strategy=PARALLEL)
    assert outcome.status is Status.CERTIFIED


async def test_the_first_certified_answer_cancels_the_rest() -> None:
    cancelled: list[int] = []

    async def respond(request: Request) -> str:
        if request.call == 1:
            return "42"
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(request.call)
        return "never"

    journal = Journal()
    outcome = await solve(
        TASK,
        strategy=PARALLEL,
        budget=Budget(),
        effects=live(ScriptedUpstream(respond)),
        journal=journal,
    )
    assert outcome.status is Status.CERTIFIED
    assert sorted(cancelled) == [0, 2]
    assert outcome.usage.calls == 3
    assert kinds(journal)[-4:] == ["certified", "call-failed", "call-failed", "ended"]


async def test_an_answer_that_arrived_with_the_winner_is_recorded() -> None:
    outcome, journal, _ = await run("42", "1", "2", strategy=PARALLEL)
    assert kinds(journal).count("call-finished") == outcome.usage.calls == 3


async def test_a_cancelled_run_cancels_its_call_and_says_what_it_cost() -> None:
    asked = asyncio.Event()

    async def respond(request: Request) -> str:
        if request.call == 0:
            return "1"
        asked.set()
        await asyncio.Event().wait()
        return "never"

    journal = Journal()
    effects = live(ScriptedUpstream(respond))
    task = asyncio.create_task(
        solve(TASK, strategy=Strategy(), budget=Budget(), effects=effects, journal=journal)
    )
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert journal.ended is not None
    assert journal.ended.status is Status.CANCELLED
    assert journal.ended.usage.calls == 2
    assert kinds(journal)[-2:] == ["call-failed", "ended"]


async def test_a_broken_effect_ends_the_journal_and_is_not_swallowed() -> None:
    def broken(_: str) -> Judgement:
        raise LookupError("a bug")

    kernel = DirectKernel(extract=extract, judge=broken, certify=lambda *_: None)
    journal = Journal()
    with pytest.raises(LookupError):
        await run("1", kernel=kernel)
    effects = live(ScriptedUpstream(lambda _: "1"))
    effects._kernel = kernel
    with pytest.raises(LookupError):
        await solve(TASK, strategy=Strategy(), budget=Budget(), effects=effects, journal=journal)
    assert journal.ended is not None
    assert journal.ended.reason == "internal-error"


async def test_an_accepted_answer_that_cannot_be_certified_counts_as_undecided() -> None:
    kernel = DirectKernel(extract=extract, judge=judge, certify=lambda *_: None)
    outcome, journal, effects = await run("42", "42", "1", kernel=kernel)
    assert outcome.status is Status.EXHAUSTED
    assert outcome.answer is None
    assert "certified" not in kinds(journal)
    assert "could not be decided" in effects.requests[1].messages[-1].content
    assert outcome.judgement is not None
    assert outcome.judgement.codes != ()


async def test_the_same_effects_write_the_same_journal() -> None:
    answers = ["41", "no", "41", "?", completion("1 2 3", tokens=9), "42"]
    first = (await run(*answers, seconds=[0.5] * 6))[1]
    second = (await run(*answers, seconds=[0.5] * 6))[1]
    assert list(first.dump()) == list(second.dump())


async def test_equal_answers_of_one_round_are_no_repetition() -> None:
    _, journal, effects = await run("41", "41", "41", "42", strategy=PARALLEL)
    assert kinds(journal).count("candidate-repeated") == 2
    assert effects.judged == ["41", "42"]
    assert "you gave before" not in effects.requests[3].messages[-1].content


async def test_judging_goes_on_past_the_end_of_the_budget_but_not_for_ever() -> None:
    slow = Clockwork([completion("1 2 3 4 5 6 7 8 9 42")], seconds=[5])
    judge_once = slow.judge

    async def judge_slowly(text: str) -> Judgement:
        slow.now += 4
        return await judge_once(text)

    slow.judge = judge_slowly
    outcome = await solve(
        TASK,
        strategy=Strategy(),
        budget=Budget(seconds=5),
        effects=slow,
        journal=Journal(),
    )
    assert (outcome.status, outcome.reason) == (Status.EXHAUSTED, "seconds")
    assert slow.judged == ["1", "2", "3", "4"]


async def test_a_certificate_says_that_the_problem_was_formalised() -> None:
    made = Formalized(made_by="model:m", confirmed=False)
    noted: list[Provenance] = []

    def certify(judgement: Judgement, provenance: Provenance) -> dict[str, str]:
        noted.append(provenance)
        return {"answer": judgement.candidate}

    kernel = DirectKernel(extract=extract, judge=judge, certify=certify)
    await run("42", task=TASK.model_copy(update={"formalized": made}), kernel=kernel)
    assert [provenance.formalized for provenance in noted] == [made]


CALLING = completion("42").model_copy(update={"tool_calls": ({"function": {"name": "f"}},)})


def offering(**extra: object) -> Task:
    return TASK.model_copy(update={"extra": extra})


async def test_a_response_that_calls_the_callers_tools_ends_the_run_unjudged() -> None:
    outcome, journal, effects = await run("41", CALLING, "42", task=offering(tools=[{}]))
    assert (outcome.status, outcome.reason) == (Status.NEEDS_INPUT, "tool-calls")
    assert (outcome.answer, outcome.certificate) == (None, None)
    assert effects.judged == ["41"]
    assert kinds(journal)[-2:] == ["tools-called", "ended"]


async def test_a_response_that_calls_tools_nobody_offered_is_an_answer() -> None:
    outcome, _, _ = await run(CALLING)
    assert outcome.answer == "42"


async def test_every_call_carries_the_conversation_and_its_round() -> None:
    said = ({"role": "user", "content": "hello"},)
    task = TASK.model_copy(update={"conversation": said, "extra": {"top_p": 0.5}})
    _, _, effects = await run("1", "2", "42", task=task)
    assert all(request.conversation == said for request in effects.requests)
    assert all(request.extra == {"top_p": 0.5} for request in effects.requests)
    assert [request.round for request in effects.requests] == [1, 2, 3]
