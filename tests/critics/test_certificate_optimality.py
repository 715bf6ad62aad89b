"""The claim `optimal`: minted on a proof, proved again by whoever verifies."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from critics.certificate import Certificate, Order, certify
from critics.judge import Demand
from critics.statement import SCOPES
from critics.types import Assurance, Opinion, Optimality, Verdict
from critics.verification import Outcome, Verification, verify
from tests.critics.sealing import forge, seal, signer

ORDER = Order(id="c1", issued_at=datetime(2026, 1, 2, tzinfo=UTC), signer=signer())
CHEAPEST: dict[str, Any] = {
    "variables": {name: {"type": "int", "min": 0, "max": 10} for name in ("a", "b")},
    "constraints": [{"name": "total", "expr": "a + b >= 12"}],
    "objective": {"minimize": "3*a + b"},
}
BEST, GOOD = {"a": 2, "b": 10}, {"a": 4, "b": 9}


def mint(answer: dict[str, int], problem: dict[str, Any] = CHEAPEST, **more: Any) -> Certificate:
    return certify("smt", problem, json.dumps(answer), ORDER, **({"compare": True} | more))


def lie(certificate: Certificate, **changed: Any) -> Verification:
    return verify(forge(seal(certificate), lambda said: said["predicate"].update(changed)))


def test_the_best_answer_is_certified_as_optimal_and_verified_as_such() -> None:
    minted = mint(BEST)
    assert (minted.claim, minted.scope) == ("optimal", SCOPES["optimal"])
    assert minted.optimality is not None
    assert (minted.optimality.status, minted.optimality.objective) == (Optimality.OPTIMAL, "16")
    assert verify(seal(minted)).outcome is Outcome.VERIFIED


def test_a_good_answer_is_certified_as_one_that_can_be_improved() -> None:
    minted = mint(GOOD)
    assert (minted.claim, minted.scope) == ("answer", SCOPES["answer"])
    assert minted.optimality is not None
    assert (minted.optimality.status, minted.optimality.objective) == (Optimality.IMPROVABLE, "21")
    assert verify(seal(minted)).outcome is Outcome.VERIFIED


def test_without_an_objective_or_a_question_nothing_is_said_of_optimality() -> None:
    aimless = {name: part for name, part in CHEAPEST.items() if name != "objective"}
    for minted in (mint(GOOD, aimless), mint(BEST, compare=False)):
        assert (minted.claim, minted.optimality) == ("answer", None)


FULL = {
    "status": "optimal",
    "objective": "21",
    "diagnostics": [],
    "assurance": "cross",
    "opinions": [],
}


@pytest.mark.parametrize(
    "changed",
    [
        {"claim": "optimal"},
        {"claim": "optimal", "scope": SCOPES["optimal"]},
        {"scope": SCOPES["optimal"]},
        {"optimality": FULL},
        {"claim": "optimal", "scope": SCOPES["optimal"], "optimality": FULL},
    ],
)
def test_optimality_cannot_be_claimed_afterwards(changed: dict[str, Any]) -> None:
    assert lie(mint(GOOD), **changed).outcome is Outcome.REFUTED


def test_the_value_of_the_best_answer_cannot_be_altered() -> None:
    minted = mint(BEST)
    assert minted.optimality is not None
    found = lie(minted, optimality={**minted.optimality.model_dump(mode="json"), "objective": "15"})
    assert [finding.code for finding in found.findings] == ["certificate-altered"]


def test_without_an_engine_it_is_not_known_again_whether_an_answer_is_the_best(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = seal(mint(BEST))
    monkeypatch.setitem(sys.modules, "cvc5", None)
    monkeypatch.setitem(sys.modules, "z3", None)
    found = verify(document)
    assert found.outcome is Outcome.UNDECIDED
    assert [finding.code for finding in found.findings] == ["certificate-undecided"]


def test_a_claim_below_the_demanded_assurance_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    assert mint(BEST).optimality is not None
    monkeypatch.setitem(sys.modules, "cvc5", None)
    alone = mint(BEST)
    assert alone.optimality is not None
    assert (alone.claim, alone.optimality.assurance) == ("optimal", Assurance.SINGLE)
    agreed = (Opinion(engine="other 1.0", verdict=Verdict.ACCEPTED),)
    minted = mint(BEST, demand=Demand.CROSS, opinions=agreed)
    assert minted.claim == "answer"
    assert minted.optimality is not None
    assert minted.optimality.status is Optimality.UNKNOWN
