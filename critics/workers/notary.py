"""Notary: has certificates minted and proved again in workers.

What a worker mints is read back and compared with what was asked before anybody signs it. The
signing key itself never comes here.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from critics.domain import find_domain
from critics.ed25519 import PublicKey
from critics.judge import Demand
from critics.refusals import altered
from critics.statement import (
    NotCertifiable,
    Order,
    canonical,
    digest,
    read_statement,
)
from critics.types import Diagnostic, KernelError, Opinion, ProblemError, Undecided
from critics.verification import Opened, Verification, judge_failure, open_certificate
from critics.workers.crew import Crew
from critics.workers.engines import Engines
from critics.workers.reply import ask

Payload = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Notary:
    """Certificates, made and checked in worker processes.

    Attributes:
        crew: The workers that judge.
        engines: Those for claims that take an engine.
    """

    crew: Crew
    engines: Engines

    async def certify(
        self,
        domain_name: str,
        payload: Payload,
        text: str,
        order: Order,
        *,
        opinions: Sequence[Opinion] = (),
        demand: Demand = Demand.AUTO,
        deadline_s: float = 10.0,
        compare_deadline_s: float | None = None,
    ) -> bytes:
        """Judge once more and mint a certificate; see `critics.certificate.certify`.

        With `compare_deadline_s`, and where the domain can, the answer is compared with all
        others; if that takes longer or fails, the certificate does not speak of it.

        Returns:
            The Statement to sign.

        Raises:
            NotCertifiable: Not accepted this time, or the worker was lost.
            ProblemError: The problem is wrong.
            DomainError: There is no such domain.
        """
        domain = find_domain(domain_name)
        job = {
            "kind": "certify",
            "domain": domain_name,
            "problem": payload,
            "text": text,
            "order": order.model_dump(mode="json"),
            "opinions": [opinion.model_dump(mode="json") for opinion in opinions],
            "demand": demand.value,
            "compare": False,
        }
        if compare_deadline_s is not None and domain.optimality is not None:
            compared = {**job, "compare": True}
            done, faults = await self.engines.do(domain, compared, compare_deadline_s)
            if not faults:
                return _minted(done, order, payload, text)
        done, faults = await ask(self.crew, job, deadline_s)
        return _minted(_done(done, faults), order, payload, text)

    async def certify_infeasible(
        self,
        domain_name: str,
        payload: Payload,
        order: Order,
        *,
        demand: Demand = Demand.AUTO,
        deadline_s: float = 30.0,
    ) -> bytes:
        """Prove again that there is no answer; see `critics.certificate.certify_infeasible`.

        Returns:
            The Statement to sign.

        Raises:
            NotCertifiable: It was not proved this time, or the worker was lost.
            ProblemError: The problem is wrong.
            DomainError: There is no such domain.
        """
        job = {
            "kind": "certify_infeasible",
            "domain": domain_name,
            "problem": payload,
            "order": order.model_dump(mode="json"),
            "demand": demand.value,
        }
        done, faults = await self.engines.do(find_domain(domain_name), job, deadline_s)
        return _minted(_done(done, faults), order, payload, None)

    async def verify(
        self,
        document: Mapping[str, Any] | bytes | str,
        *,
        trusted: Collection[PublicKey] = (),
        signature: bool = True,
        problem: Payload | None = None,
        answer: str | None = None,
        deadline_s: float = 60.0,
    ) -> Verification:
        """Prove a stranger's certificate again; see `critics.verification.verify`."""
        try:
            opened = open_certificate(document, trusted=trusted, signature=signature)
            found = await self._prove(opened, problem, answer, deadline_s)
        except KernelError as error:
            return judge_failure(error)
        return found.model_copy(update={"signed": opened.signed, "keyid": opened.keyid})

    async def _prove(
        self, opened: Opened, problem: Payload | None, answer: str | None, seconds: float
    ) -> Verification:
        job = {
            "kind": "verify",
            "statement": opened.statement.decode(),
            "problem": problem,
            "answer": answer,
        }
        certificate = opened.certificate
        try:
            if certificate.claim == "answer":
                done, faults = await ask(self.crew, job, seconds)
            else:
                domain = find_domain(certificate.domain)
                done, faults = await self.engines.do(domain, job, seconds)
        except ProblemError as error:  # too large to send; what it finds itself, a worker answers
            raise Undecided(error.diagnostics) from error
        if faults:
            raise Undecided(faults)
        return Verification.model_validate(done)


def _done(done: Any, faults: tuple[Diagnostic, ...]) -> str:
    if faults:
        raise NotCertifiable(faults[0])
    return str(done)


def _minted(done: Any, order: Order, payload: Payload, text: str | None) -> bytes:
    """Take a worker's Statement, if it is about what was asked."""
    statement = str(done).encode()
    certificate = read_statement(statement)
    answered = certificate.candidate.sha256 if certificate.candidate else None
    asked = None if text is None else digest(text.encode())
    about = (certificate.problem.sha256, answered, certificate.signer, certificate.id)
    if about != (digest(canonical(payload)), asked, order.signer, order.id):
        raise NotCertifiable(altered("subject"))
    if (certificate.claim == "infeasible") != (text is None):
        raise NotCertifiable(altered("claim"))
    return statement
