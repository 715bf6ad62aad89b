"""Properties of the loop over any sequence of answers, costs, verdicts, budgets and strategies."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from backprompt.budget import Budget, Usage
from backprompt.disclosure import public
from backprompt.effects import DirectKernel
from backprompt.events import (
    CallFailed,
    CallFinished,
    CandidateFound,
    Certified,
    Ended,
    Judged,
    RoundStarted,
    Status,
)
from backprompt.journal import Journal
from backprompt.outcome import Outcome
from backprompt.strategy import Feedback, History, Strategy
from backprompt.upstream import Completion, UpstreamError
from critics.types import Verdict
from tests.backprompt.toy import TASK, Clockwork, certify, extract, judge, run

WORDS = st.sampled_from(["42", "41", "7", "7", "1000", "?", "?2", "!", "nothing", ""])
TEXTS = st.lists(WORDS, max_size=4).map(" ".join)
USAGE = st.builds(
    Usage,
    calls=st.just(1),
    prompt_tokens=st.integers(0, 60),
    completion_tokens=st.integers(0, 60),
    reasoning_tokens=st.integers(0, 9),
    cost_usd=st.sampled_from([0.0, 0.125, 0.5]),
)
ANSWERS = st.builds(Completion, text=TEXTS, model=st.just("m"), usage=USAGE)
ERRORS = st.builds(
    UpstreamError,
    st.sampled_from(["upstream-failed", "upstream-timeout", "upstream-refused"]),
    st.just("told to fail"),
    usage=USAGE,
)
SCRIPTS = st.lists(st.one_of(ANSWERS, ANSWERS, ANSWERS, ERRORS), max_size=8)
BUDGETS = st.builds(
    Budget,
    rounds=st.integers(1, 6),
    candidates=st.none() | st.integers(1, 6),
    seconds=st.sampled_from([1.0, 3.5, 20.0]),
    tokens=st.none() | st.integers(1, 400),
    cost_usd=st.none() | st.sampled_from([0.25, 0.5, 2.0]),
)
WIDTHS = st.integers(1, 3)
STRATEGIES = st.builds(
    lambda n, **rest: Strategy(search="parallel" if n > 1 else "sequential", n=n, **rest),
    WIDTHS,
    feedback=st.sampled_from(list(Feedback)),
    history=st.sampled_from(list(History)),
    k=st.integers(1, 3),
    restart_after=st.none() | st.integers(1, 3),
)
TASKS = st.builds(
    lambda text: TASK.model_copy(update={"start_from": text}),
    st.none() | st.sampled_from(["42", "41", "?", "!", ""]),
)
SECONDS = st.lists(st.sampled_from([0.0, 0.5, 2.0, 30.0]), min_size=24, max_size=24)


def kernel(*, certifies: bool) -> DirectKernel:
    mint = certify if certifies else (lambda *_: None)
    return DirectKernel(extract=extract, judge=judge, certify=mint)


def charged(journal: Journal) -> list[CallFinished | CallFailed]:
    return [event for event in journal.events if isinstance(event, CallFinished | CallFailed)]


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """Everything a run depends on."""
    return {
        "answers": draw(SCRIPTS),
        "seconds": draw(SECONDS),
        "budget": draw(BUDGETS),
        "strategy": draw(STRATEGIES),
        "task": draw(TASKS),
        "certifies": draw(st.booleans()),
    }


async def play(world: dict[str, Any]) -> tuple[Outcome, Journal, Clockwork]:
    rest = {key: world[key] for key in ("seconds", "budget", "strategy", "task")}
    return await run(*world["answers"], **rest, kernel=kernel(certifies=world["certifies"]))


@settings(max_examples=150, deadline=None)
@given(worlds())
async def test_every_run_keeps_the_promises(world: dict[str, Any]) -> None:
    outcome, journal, effects = await play(world)
    _, again, _ = await play(world)
    assert list(again.dump()) == list(journal.dump())
    check_certificate(outcome, journal, certifies=world["certifies"])
    check_usage(outcome, journal)
    check_budget(world["budget"], world["strategy"], journal, effects)
    check_journal(journal)


def check_certificate(outcome: Outcome, journal: Journal, *, certifies: bool) -> None:
    judged = [event.judgement for event in journal.events if isinstance(event, Judged)]
    accepted = [found for found in judged if found.verdict is Verdict.ACCEPTED]
    won = [event for event in journal.events if isinstance(event, Certified)]
    assert (outcome.status is Status.CERTIFIED) == bool(accepted and certifies) == bool(won)
    assert (outcome.answer is not None) == (outcome.certificate is not None) == bool(won)
    if won:
        assert outcome.answer == "42" == outcome.judgement.candidate
    elif judged:
        assert outcome.judgement is not None
        assert outcome.judgement.verdict is not Verdict.ACCEPTED


def check_usage(outcome: Outcome, journal: Journal) -> None:
    total = sum((event.usage for event in charged(journal)), Usage())
    for name in ("calls", "prompt_tokens", "completion_tokens", "reasoning_tokens"):
        assert getattr(outcome.usage, name) == getattr(total, name)
    assert abs(outcome.usage.cost_usd - total.cost_usd) < 1e-9
    assert outcome.usage.candidates == sum(isinstance(e, CandidateFound) for e in journal.events)


def check_budget(budget: Budget, strategy: Strategy, journal: Journal, effects: Clockwork) -> None:
    spent, candidates, rounds = Usage(), 0, 0
    for event in journal.events:
        if isinstance(event, RoundStarted):
            at = spent.model_copy(
                update={"rounds": rounds, "candidates": candidates, "seconds": event.at}
            )
            assert budget.exhausted(at) is None
            rounds += 1
        elif isinstance(event, CallFinished | CallFailed):
            spent += event.usage
        elif isinstance(event, CandidateFound):
            candidates += 1
    assert rounds <= budget.rounds
    assert candidates <= (budget.candidates or candidates)
    assert effects.now <= budget.seconds * strategy.n + 1e-9
    assert all(request.timeout_s <= budget.seconds for request in effects.requests)


def check_journal(journal: Journal) -> None:
    assert [event.seq for event in journal.events] == list(range(len(journal.events)))
    assert [isinstance(event, Ended) for event in journal.events].count(True) == 1
    assert journal.ended is not None
    times = [event.at for event in journal.events]
    assert times == sorted(times)
    texts = [event.text for event in journal.events if isinstance(event, CandidateFound)]
    assert len(texts) == len(set(texts))
    assert not any("text" in public(event) for event in journal.events)
    assert Journal.load(journal.dump()).events == journal.events
