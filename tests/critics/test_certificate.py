import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from critics.certificate import Certificate, NotCertifiable, Provenance, canonical, certify, verify
from critics.domain import DomainError
from critics.judge import Demand
from critics.types import Assurance, Opinion, ProblemError, Verdict

pytestmark = pytest.mark.usefixtures("toys")
NOW = datetime(2026, 1, 2, tzinfo=UTC)
PROBLEM: dict[str, Any] = {"numbers": [3, 1, 2]}


def mint(text: str = "1,2,3", **changed: Any) -> Certificate:
    asked = {"certificate_id": "c1", "issued_at": NOW} | changed
    return certify("toy", PROBLEM, text, **asked)


def opinion(verdict: Verdict) -> Opinion:
    return Opinion(engine="other 1.0", verdict=verdict)


def test_holds_everything_that_verifying_needs() -> None:
    where = Provenance(origin="model", run="r1", rounds=2, models=("m",), usage={"calls": 2})
    certificate = mint(provenance=where)
    assert (certificate.problem, certificate.candidate) == (PROBLEM, "1,2,3")
    assert (certificate.domain, certificate.domain_version) == ("toy", "1")
    assert [ran.critic for ran in certificate.critics] == ["syntax", "ascending", "same-numbers"]
    assert certificate.coverage.decided == (
        "that the numbers ascend",
        "that the numbers are those given",
    )
    assert (certificate.assurance, certificate.signature) == (Assurance.SINGLE, None)
    assert certificate.provenance == where
    document = certificate.model_dump_json()
    again, judgement = verify(document)
    assert again == certificate
    assert judgement.verdict is Verdict.ACCEPTED
    assert verify(json.loads(document))[0] == verify(document.encode())[0] == certificate


@pytest.mark.parametrize("text", ["3,2,1", "", "one", "\ud800"])
def test_only_what_is_accepted_is_certified(text: str) -> None:
    with pytest.raises(NotCertifiable) as caught:
        mint(text)
    assert caught.value.diagnostics[0].code == "not-certifiable"
    assert caught.value.judgement is not None


@pytest.mark.parametrize("word", ["fail", "doubt", "memory", "wrong"])
def test_unknown_is_not_certified(word: str) -> None:
    with pytest.raises(NotCertifiable):
        certify("hostile", {}, word, certificate_id="c1", issued_at=NOW)


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
        certify("toy", {}, "1,2,3", certificate_id="c1", issued_at=NOW)
    with pytest.raises(DomainError):
        certify("none", {}, "1,2,3", certificate_id="c1", issued_at=NOW)


def test_a_certificate_cannot_be_made_by_hand() -> None:
    certificate = mint()
    with pytest.raises(TypeError, match="certify"):
        Certificate(**certificate.model_dump())
    with pytest.raises(TypeError, match="certify"):
        Certificate.model_validate_json(certificate.model_dump_json())
    with pytest.raises(TypeError, match="certify"):
        certificate.model_copy(update={"candidate": "3,2,1"})
    with pytest.raises(ValidationError, match="frozen"):
        certificate.candidate = "3,2,1"  # type: ignore[misc]  # it must not work
    assert certificate.model_copy() == certificate


TAMPERED: dict[str, Any] = {
    "schema_version": 2,
    "claim": "optimal",
    "domain": "hostile",
    "problem": {"numbers": [1, 2]},
    "problem_sha256": "0" * 64,
    "candidate": "1,2,3,3",
    "candidate_sha256": "0" * 64,
    "critics": [],
    "coverage": {"decided": ["everything"], "undecided": []},
    "warnings": [{"code": "x", "headline": "y"}],
    "scope": "The answer is right in every respect.",
    "signature": "x",
    "issued_at": "2026-01-02T00:00:00",
    "more": 1,
    "id": None,
}


@pytest.mark.parametrize("part", TAMPERED)
def test_a_changed_part_is_noticed(part: str) -> None:
    document = mint().model_dump(mode="json") | {part: TAMPERED[part]}
    with pytest.raises((NotCertifiable, ProblemError)):
        verify(document)
    with pytest.raises((NotCertifiable, ProblemError)):
        verify(json.dumps(document))


def test_a_consistent_lie_does_not_survive() -> None:
    honest = mint().model_dump(mode="json")
    other = mint("1,2,3 ").model_dump(mode="json")
    lie = honest | {"problem": {"numbers": [1, 2]}}
    lie["problem_sha256"] = certify(
        "toy", lie["problem"], "1,2", certificate_id="c2", issued_at=NOW
    ).problem_sha256
    with pytest.raises(NotCertifiable, match="rejected"):
        verify(lie)
    with pytest.raises(NotCertifiable, match="candidate"):
        verify(honest | {"candidate": other["candidate"]})


def test_another_version_of_the_domain_judges_again() -> None:
    older = mint().model_dump(mode="json") | {"domain_version": "0", "critics": []}
    certificate, judgement = verify(older)
    assert (certificate.domain_version, judgement.domain_version) == ("0", "1")
    with pytest.raises(NotCertifiable, match="candidate"):
        verify(older | {"candidate": "3,2,1"})


@pytest.mark.parametrize(
    "document", [b"", b"{}", b"[]", "null", b"\xff", b"[" * 100_000, {"id": "\ud800"}, {}, "NaN"]
)
def test_what_is_no_certificate_is_refused(document: Any) -> None:
    with pytest.raises(NotCertifiable) as caught:
        verify(document)
    assert caught.value.diagnostics[0].code == "certificate-invalid"
    caught.value.diagnostics[0].model_dump_json()


@given(st.dictionaries(st.text(), st.integers() | st.text(), min_size=2), st.randoms())
def test_equal_payloads_have_equal_bytes(payload: dict, random: Any) -> None:
    items = list(payload.items())
    random.shuffle(items)
    assert canonical(dict(items)) == canonical(payload)
    assert json.loads(canonical(payload)) == payload
