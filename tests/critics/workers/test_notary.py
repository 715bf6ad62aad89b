from datetime import UTC, datetime
from typing import Any

import pytest

from critics.certificate import NotCertifiable, Order
from critics.domain import DomainError
from critics.envelope import Envelope
from critics.judge import Demand
from critics.statement import canonical, digest, embed, read_statement, write_statement
from critics.types import Assurance, ProblemError
from critics.verification import Outcome, Signed, verify
from critics.workers import frames, notary
from critics.workers.pool import Pool
from tests.conftest import find_recordings
from tests.critics.sealing import KEY, OTHER, forge, seal, signer

pytestmark = [pytest.mark.usefixtures("toys"), pytest.mark.asyncio(loop_scope="module")]
ORDER = Order(id="c1", issued_at=datetime(2026, 1, 2, tzinfo=UTC), signer=signer())
HIGH = [{"name": "high", "expr": "a > 5"}]
CLASH = {
    "variables": {"a": {"type": "int", "min": 0, "max": 10}},
    "constraints": [*HIGH, {"name": "low", "expr": "a < 3"}],
}


async def test_certifies_what_is_accepted_and_nothing_else(pool: Pool) -> None:
    judged = await pool.judge("hostile", {}, "fine")
    minted = await pool.notary.certify("hostile", {}, "fine", ORDER, opinions=judged.opinions)
    certificate = read_statement(minted)
    assert write_statement(certificate) == minted
    assert (certificate.assurance, certificate.opinions) == (Assurance.CROSS, judged.opinions)
    assert (certificate.id, certificate.signer) == (ORDER.id, ORDER.signer)
    assert verify(seal(minted)).outcome is Outcome.VERIFIED
    for word in ("wrong", "exit", "fail"):
        with pytest.raises(NotCertifiable):
            await pool.notary.certify("hostile", {}, word, ORDER)
    with pytest.raises(NotCertifiable):
        await pool.notary.certify("hostile", {}, "fine", ORDER, demand=Demand.CROSS)
    with pytest.raises(ProblemError):
        await pool.notary.certify("toy", {}, "1", ORDER)
    with pytest.raises(DomainError):
        await pool.notary.certify("none", {}, "1", ORDER)


@pytest.mark.parametrize(("word", "claim"), [("fine", "optimal"), ("exit", "answer")])
async def test_a_comparison_that_fails_costs_no_certificate(
    pool: Pool, word: str, claim: str
) -> None:
    payload = {"opinion": word}
    minted = read_statement(
        await pool.notary.certify("hostile", payload, "fine", ORDER, compare_deadline_s=20)
    )
    assert minted.claim == claim
    assert (minted.optimality is None) == (claim == "answer")


async def test_certifies_that_there_is_no_answer(pool: Pool) -> None:
    minted = await pool.notary.certify_infeasible("smt", CLASH, ORDER)
    assert read_statement(minted).claim == "infeasible"
    found = await pool.notary.verify(seal(minted))
    assert (found.outcome, found.judgement) == (Outcome.VERIFIED, None)
    with pytest.raises(NotCertifiable):
        await pool.notary.certify_infeasible("smt", {**CLASH, "constraints": HIGH}, ORDER)
    with pytest.raises(NotCertifiable):
        await pool.notary.certify_infeasible("hostile", {"opinion": "exit"}, ORDER)


async def test_what_a_worker_mints_must_be_what_was_asked(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = (await pool.notary.certify("hostile", {}, "fine", ORDER)).decode()
    lies = {
        "another id": honest.replace('"id":"c1"', '"id":"c2"'),
        "another key": honest.replace(KEY.public.keyid, OTHER.public.keyid),
        "another claim": honest.replace('"claim":"answer"', '"claim":"infeasible"'),
        "another answer": honest.replace(digest(b"fine"), digest(b"wrong")),
        "another problem": honest.replace(digest(canonical({})), digest(b"{ }")),
        "nothing": "{}",
    }
    for lie in lies.values():
        assert lie != honest

        async def answer(*_: Any, said: str = lie) -> tuple[str, tuple[()]]:
            return said, ()

        monkeypatch.setattr(notary, "ask", answer)
        with pytest.raises(NotCertifiable):
            await pool.notary.certify("hostile", {}, "fine", ORDER)


async def test_verifies_a_strangers_certificate(pool: Pool) -> None:
    document = seal(await pool.notary.certify("hostile", {}, "fine", ORDER))
    found = await pool.notary.verify(document)
    assert (found.outcome, found.signed) == (Outcome.VERIFIED, Signed.SELF)
    trusted = await pool.notary.verify(document, trusted=[OTHER.public, KEY.public])
    assert (trusted.outcome, trusted.signed) == (Outcome.VERIFIED, Signed.TRUSTED)
    assert trusted.keyid == KEY.public.keyid
    other = await pool.notary.verify(document, trusted=[OTHER.public])
    assert (other.outcome, other.findings[0].code) == (Outcome.REFUTED, "certificate-signature")


@pytest.mark.parametrize(
    ("word", "outcome", "code"),
    [
        ("wrong", Outcome.REFUTED, "not-certifiable"),
        ("exit", Outcome.UNDECIDED, "critic-crashed"),
        ("fail", Outcome.UNDECIDED, "not-certifiable"),
    ],
)
async def test_an_answer_that_is_not_accepted_again_is_not_verified(
    pool: Pool, word: str, outcome: Outcome, code: str
) -> None:
    honest = seal(await pool.notary.certify("hostile", {}, "fine", ORDER))

    def lie(statement: dict[str, Any]) -> None:
        text = embed(word.encode()).model_dump()
        statement["predicate"]["candidate"] = text
        statement["subject"][1]["digest"]["sha256"] = text["sha256"]

    found = await pool.notary.verify(forge(honest, lie))
    assert (found.outcome, found.findings[0].code) == (outcome, code)


async def test_a_check_that_takes_too_long_decides_nothing(pool: Pool) -> None:
    honest = seal(await pool.notary.certify("hostile", {}, "fine", ORDER))

    def lie(statement: dict[str, Any]) -> None:
        text = embed(b"sleep").model_dump()
        statement["predicate"]["candidate"] = text
        statement["subject"][1]["digest"]["sha256"] = text["sha256"]

    found = await pool.notary.verify(forge(honest, lie), deadline_s=0.3)
    assert (found.outcome, found.findings[0].code) == (Outcome.UNDECIDED, "critic-deadline")


async def test_what_is_too_large_for_a_worker_is_left_undecided(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = seal(await pool.notary.certify("hostile", {}, "fine", ORDER))
    monkeypatch.setattr(frames, "MAX_BYTES", 1000)
    found = await pool.notary.verify(honest)
    assert found.outcome is Outcome.UNDECIDED


@pytest.mark.parametrize("document", ["", "{}", b"\xff", {}, Envelope(b"{}").to_json()])
async def test_what_is_no_certificate_reaches_no_worker(
    pool: Pool, document: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(notary, "ask")
    found = await pool.notary.verify(document)
    assert (found.outcome, found.findings[0].code) == (Outcome.REFUTED, "certificate-invalid")


@pytest.mark.slow
async def test_every_recorded_problem_without_a_plan_is_certified_and_verified(pool: Pool) -> None:
    recorded = find_recordings("planbench")
    unsolvable = [name for name, row in recorded.problems.items() if row["solvable"] is False]
    assert unsolvable
    for name in unsolvable:
        payload = recorded.payload(name)
        minted = await pool.notary.certify_infeasible("pddl", payload, ORDER, demand=Demand.CROSS)
        found = await pool.notary.verify(seal(minted), trusted=[KEY.public], problem=payload)
        assert (found.outcome, found.assurance) == (Outcome.VERIFIED, Assurance.CROSS), name
