"""Certificates: the only place where one is minted.

Invariants:
    * `certify()` and `certify_infeasible()` are the only ways. They find the verdict themselves
      and refuse unless it stands; nobody's word is taken for it.
    * `critics.verification` proves a certificate again from its own bytes: it trusts neither the
      service nor the model, only the installed domain.
"""

from collections.abc import Mapping

from pydantic import JsonValue

from critics.domain import Domain, find_domain
from critics.guard import guard
from critics.judge import Demand, judge, read_problem, weigh
from critics.refusals import not_infeasible, refusal
from critics.statement import (
    Certificate,
    Claim,
    Formalized,
    NotCertifiable,
    Order,
    Provenance,
    Signer,
    mint,
)
from critics.types import (
    Assurance,
    Comparison,
    Coverage,
    Diagnostic,
    Feasibility,
    Feasible,
    Judgement,
    Opinion,
    Optimality,
    Severity,
    Verdict,
)

__all__ = [
    "Certificate",
    "Formalized",
    "NotCertifiable",
    "Order",
    "Provenance",
    "Signer",
    "certify",
    "certify_infeasible",
]

ENOUGH: Mapping[Demand, frozenset[Assurance]] = {
    Demand.AUTO: frozenset(Assurance),
    Demand.SINGLE: frozenset(Assurance),
    Demand.CROSS: frozenset({Assurance.CROSS, Assurance.PROOF}),
    Demand.PROOF: frozenset({Assurance.PROOF}),
}
"""Which assurance satisfies which demand."""


def certify(
    domain_name: str,
    payload: Mapping[str, JsonValue],
    text: str,
    order: Order,
    *,
    opinions: tuple[Opinion, ...] = (),
    demand: Demand = Demand.AUTO,
    compare: bool = False,
) -> Certificate:
    """Judge an answer and mint its certificate.

    Args:
        domain_name: The domain.
        payload: The problem.
        text: The canonical answer.
        order: Its id, the time and what is recorded.
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
    for opinion in opinions:
        judgement = weigh(judgement, opinion, Demand.AUTO)
    if judgement.assurance not in ENOUGH[demand]:
        judgement = weigh(judgement, None, demand)
    if judgement.verdict is not Verdict.ACCEPTED:
        raise NotCertifiable(refusal(judgement), judgement)
    compared = compare_with_all(domain, payload, text, demand) if compare else None
    return mint(
        order,
        payload,
        claim=claim_of(compared),
        domain=judgement.domain,
        domain_version=judgement.domain_version,
        text=judgement.candidate,
        critics=judgement.critics,
        coverage=judgement.coverage,
        assurance=judgement.assurance,
        opinions=judgement.opinions,
        optimality=compared,
        warnings=warnings_of(judgement),
    )


def certify_infeasible(
    domain_name: str,
    payload: Mapping[str, JsonValue],
    order: Order,
    *,
    demand: Demand = Demand.AUTO,
) -> Certificate:
    """Prove that a problem has no answer and mint the certificate; takes the domain's engines.

    Raises:
        NotCertifiable: It was not proved, not to the demanded assurance, or the problem is not
            covered in full.
        ProblemError: The problem is wrong.
        DomainError: There is no such domain.
    """
    domain = find_domain(domain_name)
    coverage, warnings = read_in_full(domain, payload)
    found = ask_feasibility(domain, payload)
    if found.status is not Feasible.INFEASIBLE or found.assurance not in ENOUGH[demand]:
        raise NotCertifiable(not_infeasible(found))
    return mint(
        order,
        payload,
        claim="infeasible",
        text=None,
        domain=domain.name,
        domain_version=domain.version,
        coverage=coverage,
        assurance=found.assurance,
        opinions=found.opinions,
        feasibility=found,
        warnings=warnings,
    )


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
    if found.status is Optimality.OPTIMAL and found.assurance not in ENOUGH[demand]:
        return found.model_copy(update={"status": Optimality.UNKNOWN})
    return found


def ask_feasibility(domain: Domain, payload: Mapping[str, JsonValue]) -> Feasibility:
    """Find out whether a problem has any answer; `unknown` where the domain cannot tell."""
    ask = domain.feasibility
    if ask is None:
        return Feasibility(status=Feasible.UNKNOWN)
    problem = read_problem(domain, payload)
    found, faults = guard("feasibility", lambda: ask(problem))
    return found or Feasibility(status=Feasible.UNKNOWN, diagnostics=faults)


def read_in_full(
    domain: Domain, payload: Mapping[str, JsonValue]
) -> tuple[Coverage, tuple[Diagnostic, ...]]:
    """Read a problem of which nothing may be proved unless all of it is covered.

    Raises:
        NotCertifiable: Some part is not.
    """
    problem = read_problem(domain, payload)
    instance, faults = guard("load", lambda: domain.load(problem))
    coverage = Coverage() if faults else domain.coverage(instance)
    if faults or coverage.undecided:
        why = faults[0].headline if faults else f"no critic decides {coverage.undecided[0]}"
        raise NotCertifiable(Diagnostic(code="not-certifiable", headline=why))
    return coverage, tuple(domain.warnings(instance))


def claim_of(compared: Comparison | None) -> Claim:
    """Say what may be claimed of an accepted answer."""
    best = compared is not None and compared.status is Optimality.OPTIMAL
    return "optimal" if best else "answer"


def warnings_of(judgement: Judgement) -> tuple[Diagnostic, ...]:
    """Give the findings that change no verdict."""
    return tuple(d for d in judgement.diagnostics if d.severity is Severity.WARNING)
