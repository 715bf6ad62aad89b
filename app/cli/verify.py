"""`modulo verify`: proves a certificate again, offline, and prints what was proved on one page."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any, NoReturn

import typer

from app.cli.exits import Verified
from app.cli.payloads import read_problem, read_text
from app.cli.terminal import draw_failure, is_colored, note, show, show_json
from app.failures import ServiceError, from_kernel
from app.keys import read_public_key
from app.setting_groups import WorkerSettings
from backprompt.render import draw, printable
from critics.ed25519 import KeyFormatError, PublicKey
from critics.envelope import EnvelopeError, open_envelope
from critics.statement import Certificate, NotCertifiable, digest, read_statement
from critics.types import KernelError
from critics.verification import Outcome, Signed, Verification
from critics.workers.pool import Pool, with_pool

DEADLINE_S = 300.0
"""Seconds that proving a certificate again may take."""
MEMORY_MB = 4096
WIDTH, INDENT = 100, 15
"""Columns of the page, and of the names on its left."""
EXITS = {
    Outcome.VERIFIED: Verified.VERIFIED,
    Outcome.REFUTED: Verified.REFUTED,
    Outcome.UNDECIDED: Verified.UNDECIDED,
}


@dataclass(frozen=True, kw_only=True)
class VerifyOptions:
    """What was typed; see `modulo verify --help`."""

    certificate: str
    keys: Sequence[Path]
    signature: bool
    problem: Sequence[str]
    answer: str | None
    as_json: bool
    seconds: float


def run_verify(options: VerifyOptions) -> None:
    """Prove a certificate again and print the page."""
    try:
        document = read_text(options.certificate)
        certificate = _peek(document)
        found = _verify(options, document, certificate)
    except KernelError as error:
        _stop(from_kernel(error), as_json=options.as_json)
    except ServiceError as error:
        _stop(error, as_json=options.as_json)
    if options.as_json:
        show_json(to_document(found, certificate))
    else:
        _show(found, certificate)
    raise typer.Exit(int(EXITS[found.outcome]))


def to_document(found: Verification, certificate: Certificate | None) -> dict[str, Any]:
    """Write the result for programs."""
    held = None if certificate is None else certificate.model_dump(mode="json")
    return {**found.model_dump(mode="json"), "certificate": held}


def _verify(options: VerifyOptions, document: str, certificate: Certificate | None) -> Verification:
    domain = certificate.domain if certificate else "pddl"
    problem = read_problem(domain, options.problem) if options.problem else None
    answer = None if options.answer is None else _read_answer(options.answer, certificate)
    trusted = [_read_key(path) for path in options.keys]

    async def work(pool: Pool) -> Verification:
        return await pool.notary.verify(
            document,
            trusted=trusted,
            signature=options.signature,
            problem=problem,
            answer=answer,
            deadline_s=options.seconds,
        )

    return with_pool(work, size=1, memory_mb=max(MEMORY_MB, WorkerSettings().memory_mb))


def _peek(document: str) -> Certificate | None:
    """Read what the certificate says of itself; `None` if it is none, which verifying tells."""
    try:
        return read_statement(open_envelope(document).payload)
    except (EnvelopeError, NotCertifiable):
        return None


def _read_answer(name: str, certificate: Certificate | None) -> str:
    """Read the answer; the end of a file's last line is not part of it, unless certified so."""
    text = read_text(name)
    certified = certificate.candidate if certificate else None
    whole = certified is not None and digest(text.encode()) == certified.sha256
    return text if whole else text.removesuffix("\n")


def _read_key(path: Path) -> PublicKey:
    try:
        return read_public_key(path)
    except OSError as error:
        raise ServiceError("usage", f"`{path}` cannot be read: {error.strerror}") from error
    except KeyFormatError as error:
        raise ServiceError("usage", f"`{path}` is {error}") from error


def _stop(error: ServiceError, *, as_json: bool) -> NoReturn:
    if as_json:
        show_json({"outcome": Outcome.UNDECIDED.value, **error.to_document("cli")})
    else:
        note(draw_failure(error, color=is_colored(sys.stderr)))
    raise typer.Exit(int(Verified.UNDECIDED))


def _show(found: Verification, certificate: Certificate | None) -> None:
    if found.findings:
        note(draw(found.findings, color=is_colored(sys.stderr)))
    show("\n".join(_page(found, certificate)))


def _page(found: Verification, certificate: Certificate | None) -> Iterator[str]:
    """Say what was proved, by whom, relative to what, and who has signed."""
    if certificate is None:
        yield found.outcome.value
        return
    yield f"{found.outcome.value}: {_claim(certificate)}"
    verified = found.outcome is Outcome.VERIFIED
    rows = _proof(found, certificate) if verified else _question(certificate)
    notes = (("note", told) for told in found.notes)
    for name, text in (*rows, *_signature(found, certificate), *notes):
        first, *rest = wrap(printable(text), WIDTH - INDENT) or [""]
        yield f"  {name:<{INDENT - 2}}{first}"
        yield from (" " * INDENT + line for line in rest)


def _claim(certificate: Certificate) -> str:
    claims = {
        "answer": "the answer solves the problem",
        "optimal": "the answer solves the problem, and none is better",
        "infeasible": "the problem has no answer",
    }
    return claims[certificate.claim]


def _question(certificate: Certificate) -> Iterator[tuple[str, str]]:
    yield "certificate", certificate.id
    yield "domain", f"{certificate.domain} {certificate.domain_version}"


def _proof(found: Verification, certificate: Certificate) -> Iterator[tuple[str, str]]:
    yield from _question(certificate)
    judged = found.judgement
    critics = (
        [f"{ran.critic} {ran.version}" for ran in judged.critics if ran.hard] if judged else []
    )
    if critics:
        yield "critics", f"{', '.join(critics)}: judged again just now"
    if found.assurance is not None:
        engines = ", ".join(opinion.engine for opinion in found.opinions) or certificate.domain
        yield "proved by", f"{engines} (assurance {found.assurance.value}) just now"
    coverage = judged.coverage if judged else certificate.coverage
    if coverage.decided and (judged or not found.notes):
        yield "decided", "; ".join(coverage.decided)
    yield "problem", f"SHA-256 {certificate.problem.sha256}"
    if certificate.candidate is not None:
        yield "answer", f"SHA-256 {certificate.candidate.sha256}"
    compared = certificate.optimality
    if certificate.claim == "optimal" and compared is not None and compared.objective is not None:
        yield "objective", compared.objective
    yield "relative to", certificate.scope
    yield "recorded", _record(certificate)


def _record(certificate: Certificate) -> str:
    made = certificate.provenance
    models = ", ".join(made.models) if made.origin != "solver" else ""
    source = f"{made.origin} ({models})" if models else made.origin
    run = f", run {made.run}" if made.run else ""
    engines = ", ".join(opinion.engine for opinion in certificate.opinions)
    by = f" ({engines})" if engines else ""
    return (
        f"{certificate.issued_at:%Y-%m-%d %H:%M:%S %Z} by {certificate.product}; assurance "
        f"{certificate.assurance.value}{by}; from {source}{run}"
    )


def _signature(found: Verification, certificate: Certificate) -> Iterator[tuple[str, str]]:
    signer = certificate.signer
    kind = f", {signer.kind}" if signer is not None and signer.kind == "ephemeral" else ""
    match found.signed:
        case Signed.TRUSTED:
            yield "signed by", f"{found.keyid}, as you asked"
        case Signed.SELF:
            yield "signed by", f"{found.keyid}{kind}"
            yield "", "nothing was altered since; whose key this is takes `--key`"
        case Signed.IGNORED | Signed.UNSIGNED:
            yield "signed by", "not checked: what is recorded may be anybody's words"
        case None:
            yield "signed by", "not established"
