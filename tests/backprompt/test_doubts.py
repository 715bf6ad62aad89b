from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest

from backprompt.effects import DirectKernel
from backprompt.events import Decided, RoundStarted, Status
from backprompt.journal import Journal
from backprompt.outcome import Outcome
from backprompt.strategy import Strategy
from critics import statement
from critics.certificate import Order, Provenance
from critics.envelope import Envelope
from critics.types import Comparison, Diagnostic, Judgement, Optimality, Verdict
from tests.backprompt.toy import completion, extract, run

NOW = datetime(2026, 1, 2, tzinfo=UTC)
BETTER = Diagnostic(code="toy-better", headline="the cost is 42, and a smaller one is possible")


def accept(text: str) -> Judgement:
    return Judgement(
        domain="toy", domain_version="1", verdict=Verdict.ACCEPTED, candidate=text, score=1.0
    )


def mint(found: Callable[[str], Comparison | None]) -> DirectKernel:
    def certify(judgement: Judgement, _: Provenance) -> Mapping[str, object]:
        compared = found(judgement.candidate)
        best = compared is not None and compared.status is Optimality.OPTIMAL
        minted = statement.mint(
            Order(id="c1", issued_at=NOW),
            {},
            claim="optimal" if best else "answer",
            text=judgement.candidate,
            domain="toy",
            domain_version="1",
            coverage=judgement.coverage,
            assurance=judgement.assurance,
            opinions=(),
            optimality=compared,
            warnings=(),
        )
        return Envelope(statement.write_statement(minted)).to_json()

    return DirectKernel(extract=extract, judge=accept, certify=certify)


def cheapest(text: str) -> Comparison:
    if text == "41":
        return Comparison(status=Optimality.OPTIMAL, objective="41")
    return Comparison(status=Optimality.IMPROVABLE, objective=text, diagnostics=(BETTER,))


async def play(
    kernel: DirectKernel, *answers: str, require_optimal: bool
) -> tuple[Outcome, Journal]:
    strategy = Strategy(require_optimal=require_optimal)
    outcome, journal, _ = await run(*map(completion, answers), strategy=strategy, kernel=kernel)
    return outcome, journal


async def test_a_good_answer_is_certified_by_default() -> None:
    outcome, _ = await play(mint(cheapest), "42", require_optimal=False)
    assert outcome.status is Status.CERTIFIED
    assert outcome.certificate is not None
    assert statement.read_envelope(outcome.certificate).claim == "answer"


async def test_only_the_best_will_do_where_that_is_required() -> None:
    outcome, journal = await play(mint(cheapest), "42", "41", require_optimal=True)
    assert (outcome.status, outcome.answer) == (Status.CERTIFIED, "41")
    (decided,) = [event for event in journal.events if isinstance(event, Decided)]
    assert (decided.decision, decided.why) == ("not-certified", "not-optimal")
    started = [event for event in journal.events if isinstance(event, RoundStarted)]
    assert BETTER.headline in started[1].messages[-1].content


async def test_an_improvable_answer_is_never_handed_out_where_the_best_is_required() -> None:
    outcome, _ = await play(mint(cheapest), "42", "43", require_optimal=True)
    assert (outcome.status, outcome.answer, outcome.certificate) == (Status.EXHAUSTED, None, None)
    assert outcome.judgement is not None
    assert outcome.judgement.verdict is Verdict.REJECTED
    assert outcome.judgement.score < 1


@pytest.mark.parametrize("found", [None, Comparison(status=Optimality.UNKNOWN, objective="42")])
async def test_what_cannot_be_compared_costs_no_further_call(found: Comparison | None) -> None:
    outcome, _ = await play(mint(lambda _: found), "42", "41", require_optimal=True)
    assert (outcome.status, outcome.reason) == (Status.FAILED, "optimality-undecided")
    assert (outcome.usage.calls, outcome.answer) == (1, None)
