"""Several certified answers: soft critics choose, and can neither grant nor block anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprompt.budget import Budget
from backprompt.disclosure import public
from backprompt.effects import DirectKernel
from backprompt.events import Origin
from backprompt.preference import read_score, score_by_rules
from backprompt.strategy import Preference, Strategy
from backprompt.upstream import Role, UpstreamError
from critics.types import Coverage, CriticResult, Diagnostic, Judgement, Severity, Verdict
from tests.backprompt.toy import TASK, certify, completion, extract, run

RUBRIC = "as large as can be"


def judge(text: str) -> Judgement:
    """Accept every even number; a soft critic would rather have no 4 in it."""
    right, fours = int(text) % 2 == 0, text.count("4")
    wrong = Diagnostic(code="odd", headline=f"`{text}` is odd")
    soft = Diagnostic(code="four", headline=f"`{text}` has a 4", severity=Severity.WARNING)
    results = (
        CriticResult(
            critic="even",
            version="1",
            verdict=Verdict.ACCEPTED if right else Verdict.REJECTED,
            hard=True,
            findings=int(not right),
            ms=0.0,
        ),
        CriticResult(
            critic="fours",
            version="1",
            verdict=Verdict.REJECTED if fours else Verdict.ACCEPTED,
            hard=False,
            findings=fours,
            ms=0.0,
        ),
    )
    return Judgement(
        domain="toy",
        domain_version="1",
        verdict=Verdict.ACCEPTED if right else Verdict.REJECTED,
        candidate=text,
        score=float(right),
        diagnostics=(soft,) * fours if right else (wrong,),
        critics=results,
        coverage=Coverage(decided=("parity",), undecided=()),
    )


EVEN = DirectKernel(extract=extract, judge=judge, certify=certify)


def choosing(answers: int = 3, rubric: str | None = None, **fields: object) -> Strategy:
    return Strategy(prefer=Preference(answers=answers, rubric=rubric), **fields)


async def test_the_rules_choose_between_certified_answers():
    outcome, journal, effects = await run("44", "24", "20", kernel=EVEN, strategy=choosing())
    assert (outcome.status, outcome.answer) == ("certified", "20")
    assert outcome.certificate == {"answer": "20", "origin": "model"}
    assert outcome.usage.calls == 3
    (event,) = [e for e in journal.events if e.event == "preferred"]
    assert event.candidate == 2
    assert [score.rules for score in event.scores] == [1 / 3, 1 / 2, 1.0]
    told = effects.requests[1].messages[-1].content
    assert "it is correct" in told
    assert "has a 4" in told
    assert "another correct answer" in told


async def test_a_rubric_is_put_to_the_soft_critic():
    outcome, journal, effects = await run(
        "20", "88", "SCORE: 2", "Score: 9.5 of 10", kernel=EVEN, strategy=choosing(2, RUBRIC)
    )
    assert (outcome.status, outcome.answer) == ("certified", "88")
    assert [request.role for request in effects.requests[2:]] == [Role.SOFT_CRITIC] * 2
    assert RUBRIC in effects.requests[1].messages[-1].content
    assert RUBRIC in effects.requests[2].messages[0].content
    assert "20" in effects.requests[2].messages[0].content
    assert outcome.usage.calls == 4
    (event,) = [e for e in journal.events if e.event == "preferred"]
    assert [score.model for score in event.scores] == [0.2, 0.95]


@pytest.mark.parametrize("said", ["I like it.", "SCORE: 11", "", UpstreamError("x", "gone")])
async def test_a_soft_critic_that_says_nothing_blocks_nothing(said):
    outcome, *_ = await run("44", "20", said, said, kernel=EVEN, strategy=choosing(2, RUBRIC))
    assert (outcome.status, outcome.answer) == ("certified", "20")


async def test_a_high_score_makes_no_wrong_answer_right():
    words = ["7", "9", "SCORE: 10"]
    outcome, *_ = await run(
        *words, kernel=EVEN, strategy=choosing(2, RUBRIC), budget=Budget(rounds=2)
    )
    assert (outcome.status, outcome.answer, outcome.certificate) == ("exhausted", None, None)


async def test_when_the_budget_ends_one_certified_answer_is_enough():
    outcome, journal, _ = await run(
        "44", "7", kernel=EVEN, strategy=choosing(3, RUBRIC), budget=Budget(rounds=2)
    )
    assert (outcome.status, outcome.answer, outcome.usage.calls) == ("certified", "44", 2)
    assert "preferred" not in [event.event for event in journal.events]


async def test_when_the_model_fails_one_certified_answer_is_enough():
    outcome, *_ = await run("44", UpstreamError("x", "gone"), kernel=EVEN, strategy=choosing())
    assert (outcome.status, outcome.answer) == ("certified", "44")


async def test_the_same_answer_again_counts_once():
    outcome, journal, effects = await run(
        "44", "44", "22", kernel=EVEN, strategy=choosing(2, restart_after=None)
    )
    assert (outcome.answer, outcome.usage.candidates) == ("22", 2)
    assert "gave before" in effects.requests[2].messages[-1].content
    assert [e.event for e in journal.events].count("certified") == 2


async def test_the_callers_own_certified_answer_is_among_those_chosen_from():
    task = TASK.model_copy(update={"start_from": "20"})
    outcome, *_ = await run("44", task=task, kernel=EVEN, strategy=choosing(2))
    assert (outcome.answer, outcome.origin) == ("20", Origin.USER)


async def test_what_is_shown_of_a_choice_are_numbers():
    _, journal, _ = await run("44", "20", kernel=EVEN, strategy=choosing(2))
    (event,) = [e for e in journal.events if e.event == "preferred"]
    assert set(public(event)) == {"event", "seq", "at", "round", "candidate", "scores"}


async def test_scoring_spends_no_token_that_is_not_there():
    budget = Budget(rounds=5, tokens=400)
    answers = [completion("44", 150), completion("20", 150), completion("SCORE: 3", 90)]
    outcome, *_ = await run(
        *answers, "SCORE: 9", kernel=EVEN, strategy=choosing(2, RUBRIC), budget=budget
    )
    assert outcome.status == "certified"
    assert outcome.usage.tokens <= 400


@given(st.text(max_size=80))
def test_any_text_gives_a_share_or_nothing(said):
    score = read_score(said)
    assert score is None or 0 <= score <= 1


@pytest.mark.parametrize(
    ("said", "score"),
    [
        ("SCORE: 7", 0.7),
        ("score=10", 1.0),
        ("**Score:** 4.5/10", 0.45),
        ("SCORE: 3\nSCORE: 5", 0.5),
    ],
)
def test_reads_the_last_score(said, score):
    assert read_score(said) == score


def test_hard_findings_are_no_wish():
    assert score_by_rules(judge("7")) == 1.0
