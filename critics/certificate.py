"""Certificates: what was proved, for whom, and enough to prove it again.

Invariants:
    * `certify()` is the only way to mint one. It judges again itself and refuses unless the
      answer is accepted; nobody's word is taken for a verdict.
    * A certificate holds exactly the bytes that were judged. `verify()` needs nothing else: it
      trusts neither the service nor the model, only the installed domain.
    * `signature` is honest: null means that nobody has signed, and whoever can edit the file can
      replace it by another true one. A false one does not survive `verify()`.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import (
    AwareDatetime,
    Field,
    JsonValue,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from critics.domain import Domain, find_domain
from critics.guard import guard
from critics.judge import Demand, judge, read_problem, weigh
from critics.types import (
    Assurance,
    Comparison,
    Coverage,
    CriticResult,
    Diagnostic,
    Frozen,
    Judgement,
    KernelError,
    Opinion,
    Optimality,
    Severity,
    Verdict,
)

SCOPE = (
    "The answer satisfies every part of the problem that is listed as decided, relative to the "
    "problem as given here. Whether that problem describes the world is not certified."
)
SCOPES = {"answer": SCOPE, "optimal": f"{SCOPE} No answer is better by the problem's objective."}
_MINT = object()


class NotCertifiable(KernelError):
    """There is no certificate for this answer, or the document is not one.

    Attributes:
        judgement: What the critics say, if they were asked.
    """

    def __init__(self, diagnostic: Diagnostic, judgement: Judgement | None = None) -> None:
        super().__init__([diagnostic])
        self.judgement = judgement


class Provenance(Frozen):
    """Where an answer came from. Recorded, not proved."""

    origin: str = "model"
    """Who found the answer: `model`, `user` or `solver`; `solver_repair` is the model after it was
    shown a solver's values."""
    run: str | None = None
    rounds: int | None = None
    models: tuple[str, ...] = ()
    usage: dict[str, JsonValue] = Field(default_factory=dict)


class Certificate(Frozen):
    """A proof that one answer solves one problem. Made by `certify()` only."""

    schema_version: Literal[1] = 1
    id: str
    issued_at: AwareDatetime
    claim: Literal["answer", "optimal"] = "answer"
    """`optimal` says that the answer is one and that an engine refuted every better one."""
    domain: str
    domain_version: str
    problem: dict[str, JsonValue]
    problem_sha256: str
    candidate: str
    candidate_sha256: str
    critics: tuple[CriticResult, ...]
    coverage: Coverage
    assurance: Assurance
    opinions: tuple[Opinion, ...] = ()
    optimality: Comparison | None = None
    """How the answer compares with all others, where the problem has an objective. Proved again
    by `verify()` for the claim `optimal`, else only recorded."""
    warnings: tuple[Diagnostic, ...] = ()
    provenance: Provenance = Provenance()
    scope: str = SCOPE
    signature: None = None
    """Nothing is signed yet."""

    @model_validator(mode="before")
    @classmethod
    def _minted(cls, data: Any, info: ValidationInfo) -> Any:
        context = info.context
        if not isinstance(context, Mapping) or context.get("mint") is not _MINT:
            raise TypeError("a certificate is made by `certify()` and read by `verify()`")
        return data

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy, but refuse to change anything."""
        if update:
            raise TypeError("a certificate cannot be changed; make another with `certify()`")
        return super().model_copy(deep=deep)


def certify(
    domain_name: str,
    payload: Mapping[str, JsonValue],
    text: str,
    *,
    certificate_id: str,
    issued_at: datetime,
    provenance: Provenance | None = None,
    opinions: tuple[Opinion, ...] = (),
    demand: Demand = Demand.AUTO,
    compare: bool = False,
) -> Certificate:
    """Judge an answer and mint its certificate.

    Args:
        domain_name: The domain.
        payload: The problem.
        text: The canonical answer.
        certificate_id: Its id.
        issued_at: When; with a time zone.
        provenance: Where the answer came from.
        opinions: What independent engines have said of this very answer.
        demand: The assurance that must be reached.
        compare: Also find out whether a better answer exists, which takes an engine.

    Raises:
        NotCertifiable: The critics do not accept it, or an opinion speaks against it.
        ProblemError: The problem is wrong.
        DomainError: There is no such domain.
    """
    domain = find_domain(domain_name)
    judgement = judge(domain, payload, text)
    judgement = _weigh_all(judgement, opinions, demand)
    if judgement.verdict is not Verdict.ACCEPTED:
        raise NotCertifiable(_refusal(judgement), judgement)
    compared = compare_with_all(domain, payload, text, demand) if compare else None
    claim = _claim(compared)
    return adopt(
        {
            **_proved(judgement, payload),
            "claim": claim,
            "scope": SCOPES[claim],
            "optimality": compared,
            "id": certificate_id,
            "issued_at": issued_at.isoformat(),
            "provenance": provenance or Provenance(),
        }
    )


def _weigh_all(judgement: Judgement, opinions: tuple[Opinion, ...], demand: Demand) -> Judgement:
    for opinion in opinions:
        judgement = weigh(judgement, opinion, Demand.AUTO)
    single = judgement.assurance is Assurance.SINGLE
    short = demand is Demand.PROOF or (demand is Demand.CROSS and single)
    return weigh(judgement, None, demand) if short else judgement


def compare_with_all(
    domain: Domain, payload: Mapping[str, JsonValue], text: str, demand: Demand
) -> Comparison | None:
    """Find out whether anything is better than an accepted answer; needs an engine.

    Returns:
        `None` if the problem or the domain compares no answers. A proof that does not reach the
        demanded assurance leaves it `unknown`.
    """
    ask = domain.optimality
    if ask is None:
        return None
    problem = read_problem(domain, payload)
    found, faults = guard("optimality", lambda: ask(problem, text))
    if found is None:
        return Comparison(status=Optimality.UNKNOWN, diagnostics=faults)
    if found.status is Optimality.UNKNOWN and found.objective is None:
        return None
    short = demand is Demand.CROSS and found.assurance is Assurance.SINGLE
    short = short or (demand is Demand.PROOF and found.assurance is not Assurance.PROOF)
    if found.status is Optimality.OPTIMAL and short:
        return found.model_copy(update={"status": Optimality.UNKNOWN})
    return found


def verify(
    document: Certificate | Mapping[str, Any] | bytes | str,
) -> tuple[Certificate, Judgement]:
    """Prove a certificate again, offline, with the installed domain.

    The claim `optimal` takes the domain's engine: without it, it is not shown again.
    The verdict, the hashes and (for the same version of the domain) what the critics decide are
    found again. Times, opinions, assurance and provenance are only what was recorded: rely on the
    judgement that is returned.

    Args:
        document: The certificate, or its JSON.

    Raises:
        NotCertifiable: The document is no certificate, was altered, or its answer is not accepted.
        ProblemError: Its problem is wrong.
        DomainError: Its domain is not installed.
    """
    certificate = document if isinstance(document, Certificate) else _read(document)
    _compare("problem", certificate.problem_sha256, digest(canonical(certificate.problem)))
    _compare("candidate", certificate.candidate_sha256, digest(certificate.candidate.encode()))
    _compare("claim", certificate.claim, _claim(certificate.optimality))
    _compare("scope", certificate.scope, SCOPES[certificate.claim])
    domain = find_domain(certificate.domain)
    judgement = judge(domain, certificate.problem, certificate.candidate)
    if judgement.verdict is not Verdict.ACCEPTED:
        raise NotCertifiable(_refusal(judgement), judgement)
    if judgement.domain_version == certificate.domain_version:
        _compare("coverage", certificate.coverage, judgement.coverage)
        _compare("critics", _named(certificate.critics), _named(judgement.critics))
        _compare("warnings", certificate.warnings, _warnings(judgement))
    if certificate.claim == "optimal":
        _prove_optimal(certificate, domain, judgement)
    return certificate, judgement


def adopt(document: Mapping[str, Any]) -> Certificate:
    """Take over a certificate that this kernel minted, as it comes from one of its own workers.

    For documents of any other origin there is `verify()`.
    """
    return Certificate.model_validate(document, context={"mint": _MINT})


def canonical(payload: Mapping[str, JsonValue]) -> bytes:
    """Write a payload so that equal payloads have equal bytes: sorted keys, no spaces, UTF-8."""
    return json.dumps(
        payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest(content: bytes) -> str:
    """Hash with SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _read(document: Mapping[str, Any] | bytes | str) -> Certificate:
    try:
        loaded = document if isinstance(document, Mapping) else json.loads(document)
        canonical(loaded)
        return adopt(loaded)
    except (ValidationError, ValueError, TypeError, RecursionError, AttributeError) as error:
        raise NotCertifiable(_no_certificate(error)) from error


def _proved(judgement: Judgement, payload: Mapping[str, JsonValue]) -> dict[str, Any]:
    return {
        "domain": judgement.domain,
        "domain_version": judgement.domain_version,
        "problem": dict(payload),
        "problem_sha256": digest(canonical(payload)),
        "candidate": judgement.candidate,
        "candidate_sha256": digest(judgement.candidate.encode()),
        "critics": judgement.critics,
        "coverage": judgement.coverage,
        "assurance": judgement.assurance,
        "opinions": judgement.opinions,
        "warnings": _warnings(judgement),
    }


def _claim(compared: Comparison | None) -> str:
    best = compared is not None and compared.status is Optimality.OPTIMAL
    return "optimal" if best else "answer"


def _prove_optimal(certificate: Certificate, domain: Domain, judgement: Judgement) -> None:
    found = compare_with_all(domain, certificate.problem, certificate.candidate, Demand.AUTO)
    if found is None or found.status is not Optimality.OPTIMAL:
        raise NotCertifiable(_not_best(found), judgement)
    recorded = certificate.optimality
    _compare("optimality", recorded.objective if recorded else None, found.objective)


def _not_best(found: Comparison | None) -> Diagnostic:
    refuted = found is not None and found.status is Optimality.IMPROVABLE
    return Diagnostic(
        code="not-certifiable",
        headline="a better answer exists, so this one is not optimal"
        if refuted
        else "that no answer is better was not shown again",
        notes=tuple(d.headline for d in found.diagnostics) if found else (),
        help=("verify where the engines of the domain are installed, with more time",),
    )


def _warnings(judgement: Judgement) -> tuple[Diagnostic, ...]:
    return tuple(d for d in judgement.diagnostics if d.severity is Severity.WARNING)


def _named(critics: tuple[CriticResult, ...]) -> list[tuple[str, str, Verdict, bool]]:
    return [(ran.critic, ran.version, ran.verdict, ran.hard) for ran in critics]


def _compare(part: str, written: object, found: object) -> None:
    if written != found:
        raise NotCertifiable(_altered(part))


def _refusal(judgement: Judgement) -> Diagnostic:
    codes = ", ".join(f"`{code}`" for code in judgement.codes) or "none"
    return Diagnostic(
        code="not-certifiable",
        headline=f"the critics say {judgement.verdict.value} (codes: {codes}), so there is no "
        "certificate",
        help=("only an accepted answer is certified",),
    )


def _altered(part: str) -> Diagnostic:
    return Diagnostic(
        code="certificate-altered",
        headline=f"the certificate's `{part}` is not what was certified",
        help=("ask for the original file",),
    )


def _no_certificate(error: Exception) -> Diagnostic:
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False, include_input=False)[0]
        why = f"`{'.'.join(map(str, fault['loc']))}`: {fault['msg']}"
    else:
        why = str(error)[:200]
    return Diagnostic(
        code="certificate-invalid",
        headline="the document is not a certificate",
        notes=(why,),
        help=("give the JSON file exactly as the service returned it",),
    )
