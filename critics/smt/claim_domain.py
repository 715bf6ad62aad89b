"""The domain `claim`, put together."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from time import perf_counter

from critics.critic import critic
from critics.domain import Domain
from critics.smt.claim import Court, Finding, Result, tell
from critics.smt.claim_generation import CLAIM_GENERATION
from critics.smt.codes import CLAIM_CODES, SMT_CODES
from critics.smt.critics import load
from critics.smt.cvc5_engine import Cvc5
from critics.smt.emit import Unsupported
from critics.smt.examples import CLAIM_EXAMPLES
from critics.smt.extract import find_objects
from critics.smt.feasible import decide_feasibility
from critics.smt.policy import Claim, ClaimProblem, Policy, read_claims, read_policy
from critics.smt.prose import translator
from critics.smt.z3_engine import Z3
from critics.types import (
    CandidateError,
    Diagnostic,
    Feasibility,
    Opinion,
    Severity,
    Undecided,
    Verdict,
)

ANSWER_FORMAT = """\
Answer with one JSON object {"claims": [{"text": "…", "expr": "…"}]} and nothing else. `text` is
the claim in words, `expr` the same claim as a formula over the variables above, in the language
of the rules. Make only claims that follow from the rules and the premises.\
"""


MAX_KEPT = 200_000
"""Characters of the largest payload that is kept once it has been read."""


@lru_cache(maxsize=32)
def _load_text(payload: str) -> Policy:
    return read_policy(ClaimProblem.model_validate_json(payload))


def load_policy(problem: ClaimProblem) -> Policy:
    """Read a payload; equal payloads of ordinary size are read once.

    Raises:
        ProblemError: With every fault that was found.
    """
    payload = problem.model_dump_json()
    return _load_text(payload) if len(payload) <= MAX_KEPT else read_policy(problem)


def write_prompt(policy: Policy) -> str:
    """Put the policy and the question to a model."""
    question = policy.question or "State what follows for this case."
    return f"Rules, and the facts of a case:\n\n{policy.instance.text.strip()}\n\n{question}\n"


@critic(decides="whether every formal claim follows from the rules and premises")
def follows(policy: Policy, claims: Sequence[Claim]) -> Iterator[Diagnostic]:
    """Report a finding for every claim; all but `valid` ones are objections."""
    try:
        court = Court(policy, Z3())
    except (ImportError, Unsupported) as why:
        raise Undecided([_undecided(f"{why}")]) from why
    for claim in claims:
        yield tell(court.decide(claim))


def _undecided(why: str) -> Diagnostic:
    return Diagnostic(
        code="claim-unknown",
        headline="no claim was decided",
        notes=(why,),
        severity=Severity.UNKNOWN,
    )


def give_opinion(problem: ClaimProblem, text: str) -> Opinion:
    """Ask cvc5 about the same claims."""
    policy = load_policy(problem)
    started = perf_counter()
    try:
        claims = read_claims(policy, text)
    except CandidateError as error:
        return Opinion(engine="reader", verdict=Verdict.REJECTED, reason=f"{error}")
    try:
        engine = Cvc5()
        court = Court(policy, engine)
    except (ImportError, Unsupported) as why:
        return Opinion(engine="cvc5", verdict=Verdict.UNKNOWN, reason=f"{why}")
    findings = [court.decide(claim) for claim in claims]
    verdict, reason = _sum_up(findings)
    ms = round((perf_counter() - started) * 1000, 3)
    return Opinion(engine=engine.name, verdict=verdict, reason=reason, ms=ms)


def _sum_up(findings: Sequence[Finding]) -> tuple[Verdict, str | None]:
    open_results = (Result.UNKNOWN, Result.AMBIGUOUS)
    for finding in findings:
        if finding.result not in (Result.VALID, *open_results):
            return Verdict.REJECTED, f"`{finding.claim.name}` is {finding.result.value}"
    for finding in findings:
        if finding.result in open_results:
            return Verdict.UNKNOWN, finding.why
    return Verdict.ACCEPTED, None


def decide_feasible(problem: ClaimProblem) -> Feasibility:
    """Decide whether the rules and premises allow any case."""
    return decide_feasibility(load(load_policy(problem).instance))


claim_domain = Domain(
    name="claim",
    version="1",
    summary="claims against a rule book: each is decided relative to its formal translation",
    problem=ClaimProblem,
    load=load_policy,
    parse=read_claims,
    critics=(follows,),
    prompt=write_prompt,
    answer_format=ANSWER_FORMAT,
    extract=lambda _policy, response: find_objects(response),
    second_opinion=give_opinion,
    opinion_modules=("critics.smt", "cvc5"),
    feasibility=decide_feasible,
    translation=translator,
    generation=CLAIM_GENERATION,
    examples=CLAIM_EXAMPLES,
    codes={**SMT_CODES, **CLAIM_CODES},
)
