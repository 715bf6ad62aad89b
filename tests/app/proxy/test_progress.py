"""Lines of progress: one per round, and no word of an answer."""

import pytest

from app.proxy.progress import Narrator
from backprompt.budget import Budget, Usage
from backprompt.events import (
    CandidateRepeated,
    Ended,
    Judged,
    NoCandidate,
    RoundStarted,
    RunStarted,
)
from backprompt.strategy import Strategy
from backprompt.task import Task
from backprompt.upstream import Sampling
from critics.types import Diagnostic, Judgement

CANARY = "kanarienvogel"


def judged(number: int, score: float, *codes: str) -> Judged:
    found = tuple(Diagnostic(code=code, headline=CANARY) for code in codes)
    return Judged(
        candidate=number,
        round=1,
        judgement=Judgement(
            domain="word",
            domain_version="1",
            verdict="rejected",
            candidate=CANARY,
            score=score,
            diagnostics=found,
            critics=(),
            coverage={},
            assurance="single",
        ),
    )


def lines(*events) -> list[str]:
    narrator = Narrator()
    return [line for event in events for line in narrator.tell(event)]


STARTED = RoundStarted(messages=(), sampling=Sampling(), calls=(0,), fresh=True, round=1)
ENDED = Ended(status="exhausted", usage=Usage())


def test_the_best_of_a_round_is_told_with_its_codes():
    task = Task(domain="word", prompt=CANARY)
    begun = RunStarted(task=task, strategy=Strategy(), budget=Budget(), upstream=CANARY)
    told = lines(begun, STARTED, judged(0, 0.1, "a"), judged(1, 0.4, "b", "c", "d", "e"), ENDED)
    assert told == [
        "Round 1: asking the model.\n",
        "Round 1: 2 answers judged, the best is rejected (b, c, d), score 0.40.\n",
    ]


def test_a_code_that_only_pretends_to_be_one_is_not_told():
    told = lines(STARTED, judged(0, 0.1, f"{CANARY} said"), ENDED)
    assert told[-1] == "Round 1: rejected (unlisted), score 0.10.\n"


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (NoCandidate(call=0, round=1), "Round 1: no answer was found in the response.\n"),
        (
            CandidateRepeated(candidate=0, call=1, round=1),
            "Round 1: an answer that was judged before.\n",
        ),
    ],
)
def test_a_round_without_news_is_told(event, line):
    assert lines(STARTED, event, ENDED)[1:] == [line]
    assert lines(STARTED, event, judged(0, 0.1, "a"), ENDED)[1:] == [
        "Round 1: rejected (a), score 0.10.\n"
    ]
