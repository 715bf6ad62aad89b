import pytest

from backprompt.budget import Budget
from backprompt.events import Hinted, Origin, RoundStarted
from backprompt.hints import climb, gives_answer
from backprompt.journal import Journal
from backprompt.strategy import Feedback, Strategy
from critics.types import Diagnostic, HintLevel
from tests.backprompt.toy import run

CORE, COUNT, PLACES, VALUES = HintLevel
ANSWERS = ("1", "2", "3", "4", "5", "6", "42")


def constructive(limit: HintLevel = PLACES, **more: object) -> Strategy:
    return Strategy(feedback=Feedback.CONSTRUCTIVE, hint_limit=limit, restart_after=None, **more)


def last_prompts(journal: Journal) -> list[str]:
    started = [event for event in journal.events if isinstance(event, RoundStarted)]
    return [event.messages[-1].content for event in started]


@pytest.mark.parametrize(
    ("limit", "levels"),
    [
        (CORE, [None, CORE, CORE, CORE, CORE]),
        (PLACES, [None, CORE, COUNT, PLACES, PLACES]),
        (VALUES, [None, CORE, COUNT, PLACES, VALUES]),
    ],
)
def test_a_hint_gives_away_one_step_more_with_every_failed_round(
    limit: HintLevel, levels: list[HintLevel | None]
) -> None:
    assert [climb(failed, limit) for failed in range(1, 6)] == levels


async def test_hints_are_told_with_the_findings_and_stop_at_the_default_limit() -> None:
    outcome, journal, effects = await run(*ANSWERS, strategy=constructive())
    assert effects.hinted == [CORE, COUNT, PLACES, PLACES, PLACES]
    _, first, second, third, fourth, *_ = last_prompts(journal)
    assert "Hint:" not in first
    assert "`1` is not the number" in first
    assert "`2` is not the number\nHint: core of `2`" in second
    assert "Hint: repair_count of `3`" in third
    assert "Hint: repair_vars of `4`" in fourth
    assert outcome.origin is Origin.MODEL
    hinted = [event for event in journal.events if isinstance(event, Hinted)]
    assert [event.candidate for event in hinted] == [1, 2, 3, 4, 5]


async def test_an_answer_after_shown_values_is_not_the_models_own() -> None:
    outcome, journal, _ = await run(*ANSWERS, strategy=constructive(VALUES))
    assert "Hint: repair_values of `5`" in last_prompts(journal)[5]
    assert outcome.origin is Origin.SOLVER_REPAIR
    assert outcome.certificate == {"answer": "42", "origin": "solver_repair"}
    soon, _, _ = await run(*ANSWERS[:3], "42", strategy=constructive(VALUES))
    assert soon.origin is Origin.MODEL


async def test_values_that_were_found_but_never_shown_change_nothing() -> None:
    budget = Budget(rounds=5)
    _, _, effects = await run(*ANSWERS, strategy=constructive(VALUES), budget=budget)
    assert effects.hinted == [CORE, COUNT, PLACES]


def test_a_hint_that_says_it_gives_an_answer_does() -> None:
    told = Diagnostic(code="toy-hint", headline="h", data={"origin": "solver_repair"})
    assert gives_answer(CORE, (told,))
    assert not gives_answer(PLACES, (told.model_copy(update={"data": {}}),))


async def test_only_rejections_and_only_constructive_feedback_ask_for_hints() -> None:
    for feedback in set(Feedback) - {Feedback.CONSTRUCTIVE}:
        strategy = Strategy(feedback=feedback, restart_after=None)
        _, _, effects = await run(*ANSWERS, strategy=strategy)
        assert effects.hinted == []
    _, _, effects = await run("?1", "nothing", "?2", "?3", strategy=constructive())
    assert effects.hinted == []
