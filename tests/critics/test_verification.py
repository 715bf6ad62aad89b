"""Whatever is changed in a certificate is noticed, and what is proved is proved again."""

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from critics.certificate import Order, certify, certify_infeasible
from critics.domain import find_domain
from critics.envelope import Envelope, open_envelope
from critics.statement import canonical, digest, embed, read_statement, write_statement
from critics.types import Assurance, Verdict
from critics.verification import Outcome, Signed, Verification, verify
from tests.critics.sealing import KEY, OTHER, forge, seal, signer

pytestmark = pytest.mark.usefixtures("toys")
ORDER = Order(id="c1", issued_at=datetime(2026, 1, 2, tzinfo=UTC), signer=signer())
PROBLEM: dict[str, Any] = {"numbers": [3, 1, 2]}
PROBED = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
CLASH: dict[str, Any] = {
    "variables": {"a": {"type": "int", "min": 0, "max": 10}},
    "constraints": [{"name": "high", "expr": "a > 5"}, {"name": "low", "expr": "a < 3"}],
}


def mint(problem: dict[str, Any] = PROBLEM, text: str = "1,2,3", **said: Any) -> dict[str, Any]:
    order = ORDER.model_copy(update=said)
    return seal(certify("toy", problem, text, order))


@cache
def sealed(name: str) -> dict[str, Any]:
    """One certificate per domain whose verification is quick."""
    if name == "toy":
        return mint()
    example = find_domain(name).examples[0]
    return seal(certify(name, example.problem, example.good[0], ORDER))


def codes(found: Verification) -> list[str]:
    return [finding.code for finding in found.findings]


def test_a_certificate_is_proved_again_from_itself() -> None:
    found = verify(json.dumps(mint()))
    assert (found.outcome, found.signed, found.keyid) == (
        *(Outcome.VERIFIED, Signed.SELF, KEY.public.keyid),
    )
    assert found.judgement is not None
    assert found.judgement.verdict is Verdict.ACCEPTED
    assert (found.findings, found.notes) == ((), ())


def test_who_signed_and_what_holds_are_two_questions() -> None:
    statement = open_envelope(mint()).payload
    by_other, unsigned = seal(statement, OTHER), Envelope(statement).to_json()
    cases: list[tuple[dict[str, Any], dict[str, Any], Outcome, Signed | None, list[str]]] = [
        (mint(), {"trusted": [KEY.public]}, Outcome.VERIFIED, Signed.TRUSTED, []),
        (mint(), {"trusted": [OTHER.public]}, Outcome.REFUTED, None, ["certificate-signature"]),
        (mint(), {"signature": False}, Outcome.VERIFIED, Signed.IGNORED, []),
        (by_other, {}, Outcome.REFUTED, None, ["certificate-signature"]),
        (by_other, {"trusted": [OTHER.public]}, Outcome.VERIFIED, Signed.TRUSTED, []),
        (seal(statement, OTHER, KEY), {}, Outcome.VERIFIED, Signed.SELF, []),
        (unsigned, {}, Outcome.UNDECIDED, None, ["certificate-unsigned"]),
        (unsigned, {"trusted": [KEY.public]}, Outcome.UNDECIDED, None, ["certificate-unsigned"]),
        (unsigned, {"signature": False}, Outcome.VERIFIED, Signed.UNSIGNED, []),
    ]
    for document, asked, outcome, signed, expected in cases:
        found = verify(document, **asked)
        assert (found.outcome, found.signed, codes(found)) == (outcome, signed, expected)


def test_a_certificate_that_names_no_key_needs_one() -> None:
    document = mint(signer=None)
    assert codes(verify(document)) == ["certificate-key-unknown"]
    assert verify(document, trusted=[KEY.public]).outcome is Outcome.VERIFIED


# Altered certificates.


TAMPERED: dict[str, Any] = {
    "schema_version": 2,
    "claim": "optimal",
    "domain": "hostile",
    "problem": {"sha256": digest(b"{}"), "text": "{}"},
    "candidate": embed(b"1,2,3,3").model_dump(),
    "critics": [],
    "coverage": {"decided": ["everything"], "undecided": []},
    "warnings": [{"code": "x", "headline": "y"}],
    "scope": "The answer is right in every respect.",
    "signer": {"keyid": "x", "public_key": KEY.public.to_base64(), "kind": "configured"},
    "issued_at": "2026-01-02T00:00:00",
    "more": 1,
    "id": None,
    "feasibility": {"status": "infeasible"},
}


def place(statement: dict[str, Any], part: str, value: Any) -> None:
    statement["predicate"][part] = value
    if part in ("problem", "candidate"):
        position = 0 if part == "problem" else 1
        statement["subject"][position]["digest"]["sha256"] = value["sha256"]


@pytest.mark.parametrize("part", TAMPERED)
def test_a_changed_part_is_noticed_whoever_signs(part: str) -> None:
    changed = forge(mint(), lambda statement: place(statement, part, TAMPERED[part]))
    assert verify(changed).outcome is not Outcome.VERIFIED


def test_critics_of_another_version_are_said_to_be_so() -> None:
    def rename(statement: dict[str, Any]) -> None:
        statement["predicate"]["critics"][1]["version"] = "0"

    found = verify(forge(mint(), rename))
    assert (found.outcome, len(found.notes)) == (Outcome.VERIFIED, 1)


def test_a_recorded_verdict_must_be_the_one_found() -> None:
    def doubt(statement: dict[str, Any]) -> None:
        statement["predicate"]["critics"][1]["verdict"] = "unknown"
        statement["predicate"]["critics"][1]["version"] = "0"

    assert codes(verify(forge(mint(), doubt))) == ["certificate-altered"]


def test_a_certificate_for_one_problem_is_none_for_another() -> None:
    one, two = mint(), mint({"numbers": [1, 2]}, "1,2")

    def swap(part: str) -> Callable[[dict[str, Any]], None]:
        value = json.loads(open_envelope(two).payload)["predicate"][part]
        return lambda statement: place(statement, part, value)

    for part in ("problem", "candidate"):
        assert codes(verify(forge(one, swap(part)))) == ["not-certifiable"]
    assert verify(one, problem=PROBLEM, answer="1,2,3").outcome is Outcome.VERIFIED
    assert codes(verify(one, problem={"numbers": [1, 2]})) == ["certificate-about-another"]
    assert codes(verify(one, answer="1,2")) == ["certificate-about-another"]


def test_what_is_no_plain_text_is_never_what_was_certified() -> None:
    odd: tuple[dict[str, Any], ...] = (
        {"problem": {"numbers": "\ud800"}},
        {"problem": {"numbers": [float("nan")]}},
        {"answer": "\ud800"},
    )
    for asked in odd:
        assert codes(verify(mint(), **asked)) == ["certificate-about-another"]


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(st.integers(0, 9), min_size=1), st.lists(st.integers(0, 9), min_size=1))
def test_never_verifies_for_a_problem_that_was_not_certified(one: list, two: list) -> None:
    answer = ",".join(map(str, sorted(one)))
    document = mint({"numbers": one}, answer)
    found = verify(document, problem={"numbers": two})
    assert (found.outcome is Outcome.VERIFIED) == (one == two)
    changed = forge(document, lambda s: place(s, "problem", held({"numbers": two})))
    assert (verify(changed).outcome is Outcome.VERIFIED) == (sorted(one) == sorted(two))


def held(payload: dict[str, Any]) -> dict[str, Any]:
    return embed(canonical(payload)).model_dump()


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b"NaN", b'{"_type": {}}'],
)
def test_what_is_no_certificate_is_refused(payload: bytes) -> None:
    for document in (payload, seal(payload), Envelope(payload).to_json()):
        found = verify(document, signature=False)
        assert (found.outcome, codes(found)) == (Outcome.REFUTED, ["certificate-invalid"])
        found.model_dump_json()


def members(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        yield path
        for key, item in value.items():
            yield from members(item, (*path, key))


def test_a_key_that_stands_twice_is_refused() -> None:
    text = open_envelope(mint()).payload.decode()
    for key in ("id", "claim", "sha256", "_type", "predicate"):
        twice = text.replace(f'"{key}":', f'"{key}":null,"{key}":', 1)
        assert codes(verify(seal(twice.encode()))) == ["certificate-invalid"]


def test_a_member_that_is_not_known_is_refused_wherever_it_stands() -> None:
    statement = json.loads(open_envelope(mint()).payload)
    paths = [p for p in members(statement) if p[-1:] not in (("usage",), ("limits",))]
    assert len(paths) > 6
    for path in paths:
        changed = copy.deepcopy(statement)
        holder = changed
        for part in path:
            holder = holder[part]
        holder["more"] = 1
        assert verify(seal(json.dumps(changed).encode())).outcome is Outcome.REFUTED


def test_a_value_in_another_spelling_is_refused() -> None:
    for part, value in (("schema_version", True), ("issued_at", "2026-01-02T00:00:00+00:00")):
        changed = forge(mint(), lambda s, p=part, v=value: place(s, p, v))  # type: ignore[misc]  # bound now
        assert verify(changed).outcome is Outcome.REFUTED, part


PLACES = (
    *(("problem", "text"), ("candidate", "text"), ("id",), ("domain",), ("domain_version",)),
    *(("scope",), ("signer", "keyid"), ("signer", "public_key"), ("product",)),
)


@pytest.mark.parametrize("path", PLACES, ids="-".join)
@pytest.mark.parametrize("text", ["\ud800", "\0", "", "\x1b[31m", "{" * 5000, "é" * 1000])
def test_no_text_brings_the_verifier_down(path: tuple[str, ...], text: str) -> None:
    statement = json.loads(open_envelope(mint()).payload)
    holder = statement["predicate"]
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = text
    for signature in (True, False):
        found = verify(seal(json.dumps(statement).encode()), signature=signature)
        harmless = ("id", "product", "domain_version", "signer")
        if text == "\ud800" or path[0] not in harmless:
            assert found.outcome is not Outcome.VERIFIED
        found.model_dump_json()


def test_that_there_is_no_answer_has_no_other_evidence() -> None:
    made = seal(certify_infeasible("smt", CLASH, ORDER))
    assert verify(made).outcome is Outcome.VERIFIED
    critics = json.loads(open_envelope(mint()).payload)["predicate"]["critics"]
    for part, value in (
        ("critics", critics),
        ("optimality", {"status": "optimal", "objective": "1"}),
        ("warnings", [{"code": "x", "headline": "y"}]),
        ("coverage", {"decided": ["everything"], "undecided": []}),
        ("candidate", embed(b"{}").model_dump()),
    ):
        changed = forge(made, lambda s, p=part, v=value: s["predicate"].update({p: v}))  # type: ignore[misc]  # bound now
        assert verify(changed).outcome is Outcome.REFUTED, part


# Other versions, other places.


def test_another_version_of_the_domain_judges_again_and_says_so() -> None:
    def age(statement: dict[str, Any]) -> None:
        statement["predicate"] |= {"domain_version": "0", "critics": [], "warnings": []}

    older = forge(mint(), age)
    found = verify(older)
    assert found.outcome is Outcome.VERIFIED
    assert "certified by version 0 of `toy`" in found.notes[0]
    assert "version 1" in found.notes[0]
    wrong = forge(older, lambda s: place(s, "candidate", embed(b"3,2,1").model_dump()))
    assert verify(wrong).outcome is Outcome.REFUTED


def test_a_problem_that_another_version_cannot_read_is_undecided() -> None:
    def change(statement: dict[str, Any], version: str) -> None:
        statement["predicate"]["domain_version"] = version
        place(statement, "problem", held({"numerals": [1]}))

    assert verify(forge(mint(), lambda s: change(s, "1"))).outcome is Outcome.REFUTED
    assert verify(forge(mint(), lambda s: change(s, "0"))).outcome is Outcome.UNDECIDED


def test_a_domain_that_is_not_installed_leaves_it_open() -> None:
    found = verify(forge(mint(), lambda s: place(s, "domain", "chess")))
    assert (found.outcome, codes(found)) == (Outcome.UNDECIDED, ["domain-unknown"])


def test_large_texts_are_given_beside_the_certificate() -> None:
    document = mint(embed_bytes=0)
    assert codes(verify(document)) == ["certificate-detached"]
    assert codes(verify(document, problem=PROBLEM)) == ["certificate-detached"]
    assert verify(document, problem=PROBLEM, answer="1,2,3").outcome is Outcome.VERIFIED
    other = verify(document, problem=PROBLEM, answer="1,2,3 ")
    assert (other.outcome, codes(other)) == (Outcome.REFUTED, ["certificate-about-another"])


# That there is no answer.


def test_that_there_is_no_answer_is_found_again() -> None:
    document = seal(certify_infeasible("smt", CLASH, ORDER))
    assert verify(document).outcome is Outcome.VERIFIED
    found = verify(document, problem=CLASH)
    assert (found.outcome, found.assurance) == (Outcome.VERIFIED, Assurance.CROSS)
    assert len(found.opinions) == 2
    solvable = {**CLASH, "constraints": CLASH["constraints"][:1]}
    found = verify(forge(document, lambda s: place(s, "problem", held(solvable))))
    assert (found.outcome, codes(found)) == (Outcome.REFUTED, ["certificate-false"])


def test_one_kind_of_claim_cannot_become_another() -> None:
    infeasible = seal(certify_infeasible("smt", CLASH, ORDER))
    for claim in ("answer", "optimal"):
        changed = forge(infeasible, lambda s, c=claim: place(s, "claim", c))  # type: ignore[misc]  # bound now
        assert verify(changed).outcome is Outcome.REFUTED
    answer = forge(mint(), lambda s: place(s, "claim", "infeasible"))
    assert verify(answer).outcome is Outcome.REFUTED


def test_reading_and_writing_a_statement_are_inverse() -> None:
    for name in ("toy", "pddl", "smt"):
        statement = open_envelope(sealed(name)).payload
        assert write_statement(read_statement(statement)) == statement
