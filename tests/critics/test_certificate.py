import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from critics.certificate import (
    Certificate,
    NotCertifiable,
    Order,
    Provenance,
    certify,
    certify_infeasible,
)
from critics.domain import DomainError
from critics.judge import Demand
from critics.statement import Formalized, Signer, canonical, digest, read_statement, write_statement
from critics.types import Assurance, Feasible, Opinion, ProblemError, Verdict

pytestmark = pytest.mark.usefixtures("toys")
NOW = datetime(2026, 1, 2, tzinfo=UTC)
PROBLEM: dict[str, Any] = {"numbers": [3, 1, 2]}
CLASH: dict[str, Any] = {
    "variables": {"a": {"type": "int", "min": 0, "max": 10}},
    "constraints": [{"name": "high", "expr": "a > 5"}, {"name": "low", "expr": "a < 3"}],
}


def order(**said: Any) -> Order:
    return Order(id="c1", issued_at=NOW, **said)


def mint(text: str = "1,2,3", said: Order | None = None, **changed: Any) -> Certificate:
    return certify("toy", PROBLEM, text, said or order(), **changed)


def opinion(verdict: Verdict) -> Opinion:
    return Opinion(engine="other 1.0", verdict=verdict)


def test_holds_everything_that_verifying_needs() -> None:
    where = Provenance(origin="model", run="r1", rounds=2, models=("m",), usage={"calls": 2})
    signer = Signer(keyid="k", public_key="p", kind="ephemeral")
    certificate = mint(said=order(provenance=where, limits={"deadline_s": 4.5}, signer=signer))
    assert certificate.problem.text == '{"numbers":[3,1,2]}'
    assert certificate.problem.sha256 == digest(b'{"numbers":[3,1,2]}')
    assert certificate.candidate is not None
    assert certificate.candidate.text == "1,2,3"
    assert (certificate.claim, certificate.domain, certificate.domain_version) == (
        *("answer", "toy", "1"),
    )
    assert [ran.critic for ran in certificate.critics] == ["syntax", "ascending", "same-numbers"]
    assert certificate.coverage.decided == (
        "that the numbers ascend",
        "that the numbers are those given",
    )
    assert certificate.product.startswith("llm-modulo ")
    assert (certificate.assurance, certificate.limits) == (Assurance.SINGLE, {"deadline_s": 4.5})
    assert (certificate.provenance, certificate.signer) == (where, signer)
    again = read_statement(write_statement(certificate))
    assert write_statement(again) == write_statement(certificate)
    assert again == certificate


def test_is_an_in_toto_statement_about_the_problem_and_the_answer() -> None:
    statement = json.loads(write_statement(mint()))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://llm-modulo.dev/certificate/v1"
    assert statement["subject"] == [
        {"name": "problem", "digest": {"sha256": digest(b'{"numbers":[3,1,2]}')}},
        {"name": "answer", "digest": {"sha256": digest(b"1,2,3")}},
    ]


def test_a_large_text_is_named_by_its_hash_only() -> None:
    small = mint(said=order(embed_bytes=5))
    assert (small.problem.text, small.problem.sha256) == (None, mint().problem.sha256)
    assert small.candidate == mint().candidate


@pytest.mark.parametrize("confirmed", [True, False])
def test_the_scope_names_the_formalisation_that_it_is_relative_to(confirmed: bool) -> None:  # noqa: FBT001  # pytest passes it by name
    made = Provenance(formalized=Formalized(made_by="model:m", confirmed=confirmed))
    scope = mint(said=order(provenance=made)).scope
    assert scope.startswith(mint().scope)
    assert "formalised by model:m" in scope
    assert ("not confirmed by the user" in scope) != confirmed


def test_what_an_upstream_calls_its_model_cannot_break_a_certificate() -> None:
    made = Formalized(made_by="model:{by}\ud800" * 100, confirmed=True)
    odd = Provenance(models=("\ud800" * 300,), formalized=made)
    assert read_statement(write_statement(mint(said=order(provenance=odd)))).provenance == odd
    assert len(odd.models[0]) == 200


@pytest.mark.parametrize("text", ["3,2,1", "", "one", "\ud800"])
def test_only_what_is_accepted_is_certified(text: str) -> None:
    with pytest.raises(NotCertifiable) as caught:
        mint(text)
    assert caught.value.diagnostics[0].code == "not-certifiable"
    assert caught.value.judgement is not None


@pytest.mark.parametrize("word", ["fail", "doubt", "memory", "wrong"])
def test_unknown_is_not_certified(word: str) -> None:
    with pytest.raises(NotCertifiable):
        certify("hostile", {}, word, order())


@pytest.mark.parametrize(
    ("opinions", "demand", "assurance"),
    [
        ((), Demand.AUTO, Assurance.SINGLE),
        ((), Demand.SINGLE, Assurance.SINGLE),
        ((), Demand.CROSS, None),
        ((Verdict.ACCEPTED,), Demand.CROSS, Assurance.CROSS),
        ((Verdict.ACCEPTED,), Demand.AUTO, Assurance.CROSS),
        ((Verdict.UNKNOWN,), Demand.AUTO, Assurance.SINGLE),
        ((Verdict.UNKNOWN,), Demand.CROSS, None),
        ((Verdict.REJECTED,), Demand.AUTO, None),
        ((Verdict.REJECTED,), Demand.SINGLE, None),
        ((Verdict.ACCEPTED, Verdict.REJECTED), Demand.AUTO, None),
        ((Verdict.ACCEPTED,), Demand.PROOF, None),
    ],
)
def test_opinions_count(
    opinions: tuple[Verdict, ...], demand: Demand, assurance: Assurance | None
) -> None:
    told = tuple(opinion(verdict) for verdict in opinions)
    if assurance is None:
        with pytest.raises(NotCertifiable):
            mint(opinions=told, demand=demand)
    else:
        certificate = mint(opinions=told, demand=demand)
        assert (certificate.assurance, certificate.opinions) == (assurance, told)


def test_the_users_errors_are_raised() -> None:
    with pytest.raises(ProblemError):
        certify("toy", {}, "1,2,3", order())
    with pytest.raises(DomainError):
        certify("none", {}, "1,2,3", order())


def test_that_there_is_no_answer_is_certified_by_finding_it_out() -> None:
    minted = certify_infeasible("smt", CLASH, order())
    assert (minted.claim, minted.candidate, minted.critics) == ("infeasible", None, ())
    assert minted.feasibility is not None
    assert minted.feasibility.status is Feasible.INFEASIBLE
    assert set(minted.feasibility.conflict) == {"high", "low"}
    assert [part["name"] for part in json.loads(write_statement(minted))["subject"]] == ["problem"]


def test_infeasibility_is_certified_of_nothing_else() -> None:
    solvable = {**CLASH, "constraints": CLASH["constraints"][:1]}
    with pytest.raises(NotCertifiable, match="has an answer"):
        certify_infeasible("smt", solvable, order())
    with pytest.raises(NotCertifiable, match="was not shown"):
        certify_infeasible("toy", PROBLEM, order())
    with pytest.raises(NotCertifiable, match="not proved to the assurance asked"):
        certify_infeasible("smt", CLASH, order(), demand=Demand.PROOF)
    with pytest.raises(ProblemError):
        certify_infeasible("smt", {}, order())


def test_a_certificate_cannot_be_made_by_hand() -> None:
    certificate = mint()
    with pytest.raises(TypeError, match="certify"):
        Certificate(**certificate.model_dump())
    with pytest.raises(TypeError, match="certify"):
        Certificate.model_validate_json(certificate.model_dump_json())
    with pytest.raises(TypeError, match="certify"):
        certificate.model_copy(update={"claim": "optimal"})
    with pytest.raises(ValidationError, match="frozen"):
        certificate.claim = "optimal"  # type: ignore[misc]  # it must not work
    assert certificate.model_copy() == certificate


@given(st.dictionaries(st.text(), st.integers() | st.text(), min_size=2), st.randoms())
def test_equal_payloads_have_equal_bytes(payload: dict, random: Any) -> None:
    items = list(payload.items())
    random.shuffle(items)
    assert canonical(dict(items)) == canonical(payload)
    assert json.loads(canonical(payload)) == payload
