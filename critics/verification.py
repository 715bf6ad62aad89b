"""Verification: a certificate is proved again, offline, with the domain installed here.

Two questions are kept apart. *Who* says it is the signature's (`open_certificate`). *What* is
true is found by judging again (`prove`): verdict, hashes, claim and, for the same versions, what
the critics decide. Times, usage, opinions and provenance are only recorded.

Invariants:
    * `verified` means that the claim was proved again just now; nothing recorded is taken for it.
    * Whatever was not finished or not supported is `undecided`, never `verified`.
    * With signatures asked for, each byte of the payload is under one that holds.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any

from pydantic import JsonValue

from critics.certificate import (
    ask_feasibility,
    claim_of,
    compare_with_all,
    read_in_full,
    warnings_of,
)
from critics.domain import Domain, DomainError, find_domain
from critics.ed25519 import KeyFormatError, PublicKey
from critics.envelope import Envelope, EnvelopeError, open_envelope, pae, read_json
from critics.judge import Demand, judge
from critics.refusals import (
    about_another,
    altered,
    detached,
    invalid,
    key_unknown,
    not_shown,
    refusal,
    refuted,
    unsigned,
    wrong_signature,
)
from critics.statement import (
    Certificate,
    NotCertifiable,
    Text,
    canonical,
    digest,
    read_statement,
    write_scope,
)
from critics.types import (
    Assurance,
    Comparison,
    CriticResult,
    Diagnostic,
    Feasible,
    Frozen,
    Judgement,
    KernelError,
    Opinion,
    Optimality,
    ProblemError,
    Undecided,
    Verdict,
)


class Outcome(StrEnum):
    """What came of a verification."""

    VERIFIED = "verified"
    """The claim was proved again."""
    REFUTED = "refuted"
    """The document is no certificate, was altered, or its claim is false."""
    UNDECIDED = "undecided"
    """It could not be found out."""


class Signed(StrEnum):
    """How the signature stands."""

    TRUSTED = "trusted"
    """By a key that whoever verifies trusts."""
    SELF = "self"
    """By the key that the certificate itself names: nothing was altered since, but who holds the
    key is not known."""
    UNSIGNED = "unsigned"
    IGNORED = "ignored"
    """Not checked, as was asked."""


class Verification(Frozen):
    """What came of proving a certificate again."""

    outcome: Outcome
    signed: Signed | None = None
    keyid: str | None = None
    """The key whose signature holds."""
    judgement: Judgement | None = None
    """Of the answer, found just now."""
    assurance: Assurance | None = None
    """Of the claim `optimal` or `infeasible`, reached just now."""
    opinions: tuple[Opinion, ...] = ()
    """What the engines said that have proved such a claim just now."""
    findings: tuple[Diagnostic, ...] = ()
    """Why it is not verified."""
    notes: tuple[str, ...] = ()
    """What else is to be known, such as that another version of the domain had certified."""


class Opened(Frozen):
    """A certificate whose signature was looked at; nothing in it is proved."""

    certificate: Certificate
    statement: bytes
    signed: Signed
    keyid: str | None = None


def verify(
    document: Mapping[str, Any] | bytes | str,
    *,
    trusted: Collection[PublicKey] = (),
    signature: bool = True,
    problem: Mapping[str, JsonValue] | None = None,
    answer: str | None = None,
) -> Verification:
    """Prove a certificate again, in this process and without a deadline.

    Args:
        document: The envelope, or its JSON.
        trusted: Keys one of which must have signed; without any, the key that the certificate
            names is used, which shows that nothing was altered but not who has signed.
        signature: Whether a signature is asked for at all.
        problem: The problem that it must be about.
        answer: The answer that it must be about.
    """
    try:
        opened = open_certificate(document, trusted=trusted, signature=signature)
        found = prove(opened.certificate, problem, answer)
    except KernelError as error:
        return judge_failure(error)
    return found.model_copy(update={"signed": opened.signed, "keyid": opened.keyid})


def open_certificate(
    document: Mapping[str, Any] | bytes | str,
    *,
    trusted: Collection[PublicKey] = (),
    signature: bool = True,
) -> Opened:
    """Read a certificate and look at its signature; see `verify`.

    Raises:
        NotCertifiable: The document is no certificate, or its signature does not hold.
        Undecided: It is not signed, though a signature is asked for.
    """
    try:
        envelope = open_envelope(document)
    except EnvelopeError as error:
        raise NotCertifiable(invalid(error)) from error
    certificate = read_statement(envelope.payload)
    signed, keyid = Signed.IGNORED, None
    if signature:
        signed, keyid = _check_signature(envelope, certificate, trusted)
    elif not envelope.signatures:
        signed = Signed.UNSIGNED
    return Opened(certificate=certificate, statement=envelope.payload, signed=signed, keyid=keyid)


def _check_signature(
    envelope: Envelope, certificate: Certificate, trusted: Collection[PublicKey]
) -> tuple[Signed, str]:
    if not envelope.signatures:
        raise Undecided([unsigned()])
    keys = list(trusted) or [_named_key(certificate)]
    signed = pae(envelope.payload)
    for key in keys:
        for one in envelope.signatures:
            if one.keyid == key.keyid and key.verifies(one.sig, signed):
                return (Signed.TRUSTED if trusted else Signed.SELF), key.keyid
    signers = [one.keyid for one in envelope.signatures]
    raise NotCertifiable(wrong_signature(signers, [key.keyid for key in keys]))


def _named_key(certificate: Certificate) -> PublicKey:
    if certificate.signer is None:
        raise Undecided([key_unknown()])
    try:
        key = PublicKey.from_base64(certificate.signer.public_key)
    except KeyFormatError as error:
        raise NotCertifiable(invalid(error)) from error
    _compare("signer", certificate.signer.keyid, key.keyid)
    return key


def prove(
    certificate: Certificate,
    problem: Mapping[str, JsonValue] | None = None,
    answer: str | None = None,
) -> Verification:
    """Find out again what a certificate claims; its signature is not looked at.

    Args:
        certificate: It may come from anybody.
        problem: What it must be about; needed where the certificate holds only the hash.
        answer: Likewise.

    Raises:
        NotCertifiable: The claim is false, or the certificate contradicts itself.
        Undecided: It could not be found out.
        ProblemError: Its problem is none of its domain, in the version that had certified.
        DomainError: Its domain is not installed.
    """
    payload = _find_problem(certificate, problem)
    scope = write_scope(certificate.claim, certificate.provenance, certificate.assurance)
    _compare("scope", certificate.scope, scope)
    domain = find_domain(certificate.domain)
    tested = certificate.assurance is Assurance.TESTED
    _compare("assurance", tested, domain.assurance is Assurance.TESTED)
    try:
        if certificate.claim == "infeasible":
            return _prove_infeasible(certificate, domain, payload)
        return _prove_answer(certificate, domain, payload, _find_answer(certificate, answer))
    except ProblemError as error:
        if certificate.domain_version == domain.version:
            raise
        raise Undecided(error.diagnostics) from error


def _prove_answer(
    certificate: Certificate, domain: Domain, payload: Mapping[str, JsonValue], text: str
) -> Verification:
    _compare("claim", certificate.claim, claim_of(certificate.optimality))
    _compare("feasibility", certificate.feasibility, None)
    judgement = judge(domain, payload, text)
    if judgement.verdict is Verdict.UNKNOWN:
        raise Undecided([refusal(judgement)])
    if judgement.verdict is not Verdict.ACCEPTED:
        raise NotCertifiable(refusal(judgement), judgement)
    notes = _compare_records(certificate, judgement)
    found = Verification(outcome=Outcome.VERIFIED, judgement=judgement, notes=notes)
    if certificate.claim != "optimal":
        return found
    best = _prove_optimal(certificate, domain, payload, text)
    return found.model_copy(update={"assurance": best.assurance, "opinions": best.opinions})


def judge_failure(error: KernelError) -> Verification:
    """Say what it means that a verification has raised."""
    open_ended = isinstance(error, Undecided | DomainError)
    return Verification(
        outcome=Outcome.UNDECIDED if open_ended else Outcome.REFUTED,
        judgement=error.judgement if isinstance(error, NotCertifiable) else None,
        findings=error.diagnostics,
    )


def _find_problem(
    certificate: Certificate, given: Mapping[str, JsonValue] | None
) -> Mapping[str, JsonValue]:
    try:
        asked = None if given is None else canonical(given).decode()
    except (ValueError, RecursionError):
        raise NotCertifiable(about_another("problem")) from None
    text = _find_text("problem", certificate.problem, asked)
    try:
        payload = read_json(text)
    except EnvelopeError as error:
        raise NotCertifiable(invalid(error)) from error
    if not isinstance(payload, dict):
        raise NotCertifiable(altered("problem"))
    return payload


def _find_answer(certificate: Certificate, given: str | None) -> str:
    if certificate.candidate is None:
        raise NotCertifiable(altered("candidate"))
    return _find_text("candidate", certificate.candidate, given)


def _find_text(part: str, held: Text, given: str | None) -> str:
    """Take the text that was certified: the one held, which must be the one given."""
    if held.text is None and given is None:
        raise Undecided([detached(part)])
    for text in (held.text, given):
        if text is not None and digest(text.encode("utf-8", "surrogatepass")) != held.sha256:
            raise NotCertifiable(altered(part) if text is held.text else about_another(part))
    return given if held.text is None and given is not None else held.text or ""


def _compare_records(certificate: Certificate, judgement: Judgement) -> tuple[str, ...]:
    """Compare what is recorded of the critics with what they say now, as far as they are the same.

    Returns:
        A note where another version has certified: its records cannot be compared.
    """
    if any(ran.hard and ran.verdict is not Verdict.ACCEPTED for ran in certificate.critics):
        raise NotCertifiable(altered("critics"))
    if not certificate.critics and certificate.domain_version == judgement.domain_version:
        raise NotCertifiable(altered("critics"))
    then = certificate.domain_version, _versions(certificate.critics)
    now = judgement.domain_version, _versions(judgement.critics)
    if then != now:
        return (_other_version(certificate, judgement.domain_version),)
    _compare("coverage", certificate.coverage, judgement.coverage)
    _compare("critics", _verdicts(certificate.critics), _verdicts(judgement.critics))
    _compare("warnings", certificate.warnings, warnings_of(judgement))
    return ()


def _prove_optimal(
    certificate: Certificate, domain: Domain, payload: Mapping[str, JsonValue], text: str
) -> Comparison:
    found = compare_with_all(domain, payload, text, Demand.AUTO)
    if found is not None and found.status is Optimality.IMPROVABLE:
        raise NotCertifiable(refuted("a better answer exists, so this one is not optimal"))
    if found is None or found.status is not Optimality.OPTIMAL:
        raise Undecided([not_shown("no answer is better", found.diagnostics if found else ())])
    recorded = certificate.optimality
    _compare("optimality", recorded.objective if recorded else None, found.objective)
    return found


def _prove_infeasible(
    certificate: Certificate, domain: Domain, payload: Mapping[str, JsonValue]
) -> Verification:
    recorded = certificate.feasibility
    _compare("candidate", certificate.candidate, None)
    _compare("critics", certificate.critics, ())
    _compare("optimality", certificate.optimality, None)
    _compare("feasibility", recorded.status if recorded else None, Feasible.INFEASIBLE)
    coverage, warnings = read_in_full(domain, payload)
    found = ask_feasibility(domain, payload)
    if found.status is Feasible.FEASIBLE:
        raise NotCertifiable(refuted("the problem has an answer"))
    if found.status is not Feasible.INFEASIBLE:
        raise Undecided([not_shown("the problem has no answer", found.diagnostics)])
    notes: tuple[str, ...] = ()
    if certificate.domain_version == domain.version:
        _compare("coverage", certificate.coverage, coverage)
        _compare("warnings", certificate.warnings, warnings)
    else:
        notes = (_other_version(certificate, domain.version),)
    return Verification(
        outcome=Outcome.VERIFIED, assurance=found.assurance, opinions=found.opinions, notes=notes
    )


def _versions(critics: tuple[CriticResult, ...]) -> list[tuple[str, str]]:
    return [(ran.critic, ran.version) for ran in critics]


def _verdicts(critics: tuple[CriticResult, ...]) -> list[tuple[Verdict, bool, int]]:
    return [(ran.verdict, ran.hard, ran.findings) for ran in critics]


def _compare(part: str, written: object, found: object) -> None:
    if written != found:
        raise NotCertifiable(altered(part))


def _other_version(certificate: Certificate, installed: str) -> str:
    return (
        f"certified by version {certificate.domain_version} of `{certificate.domain}` "
        f"({certificate.product}); proved again by version {installed}, which is installed here"
    )
