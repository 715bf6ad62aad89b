"""Denials: an answer that says that no answer exists, judged as a claim like any other.

A denial is accepted where the domain proves that no answer exists, rejected where it has a witness
that the critics accept (which is never shown), and otherwise unknown.

Invariants:
    * `judge()` accepts no denial, and so no certificate of an *answer* can hold one: an accepted
      denial is a `Judgement` whose `claim` is `infeasible`.
    * A text that the domain itself can read is an answer, whatever it looks like.
"""

import re
from collections.abc import Mapping
from time import perf_counter

from pydantic import JsonValue

from critics.certificate import ENOUGH
from critics.domain import Domain
from critics.guard import graded, guard
from critics.judge import Demand, Mode, judge, read_problem, weigh
from critics.types import (
    Assurance,
    Claim,
    Coverage,
    CriticResult,
    Diagnostic,
    Feasibility,
    Feasible,
    Judgement,
    Problem,
    Severity,
    Verdict,
)

DENIAL = '{"no_solution": true}'
"""The canonical text of a denial."""

_MARKS = str.maketrans({"\N{RIGHT SINGLE QUOTATION MARK}": "'", "*": "", "_": "", "`": ""})
_JSON = re.compile(r'\s*\{\s*"no_solution"\s*:\s*true\s*\}\s*')
_THING = r"(?:plan|solution|answer|assignment|schedule|itinerary|sequence|set|series)"
_WHICH = r"(?:(?:valid|feasible|possible|such|legal|finite|known|single)\ )*"
_DONE = r"(?:achiev|reach|satisf|solv|fulfill|attain|met\b|realiz|accomplish)"
_SENTENCES = re.compile(
    rf"""
    \bno\ {_WHICH}{_THING}s?\ (?:of\ (?:valid\ )?actions\ )?
        (?:exist|(?:is|are)\ (?:possible|available|feasible)|possible|can\b|could\b|will\b|would\b
        |that\ (?:can|could|will|would|achiev|satisf|solv|reach)|to\ {_DONE}|for\ (?:this|the)\b)
  | \b(?:there\ (?:is|exists|are)|i\ (?:find|found|see))\ no\ {_WHICH}(?:{_THING}s?|way)\b
  | \b{_THING}\ (?:does\ not|doesn't|cannot|can't)\ (?:possibly\ )?(?:exist|be\ (?:found|provided))
  | \b(?:goals?|goal\ states?|problem|task|puzzle|instance|constraints|plan|it|this|which)[ ]
        (?:as\ (?:specified|given|stated)\ )?(?:is|are|was)[ ]
        (?:\w+ly\ )?(?:unsolvable|unsatisfiable|infeasible|unattainable|unachievable|unreachable
        |impossible\ to\ {_DONE}|not\ (?:solvable|satisfiable|feasible|achievable|attainable))
  | \bimpossible\ to\ (?:produce|provide|find|generate|create|construct|{_DONE})
  | \b(?:goals?|conditions|states?|problem|task|constraints)[ ]
        (?:cannot|can't|can\ not|can\ never)\ be\ (?:\w+\ )?(?:simultaneously\ )?{_DONE}
  | \bunable\ to\ (?:produce|provide|find|generate|create|construct)[ ]
        (?:a|any)\ {_WHICH}{_THING}\ that\b
  | ^\W*no\ {_WHICH}{_THING}\W*$
    """,
    re.IGNORECASE | re.VERBOSE,
)


def is_denial(text: str) -> bool:
    """Say whether a candidate's text is a denial."""
    return _JSON.fullmatch(text) is not None


def find_denial(response: str) -> bool:
    """Say whether a response without a candidate says explicitly that no answer exists.

    Like all extraction this is outside the trusted part: what it proposes is judged.
    """
    text = " ".join(response.translate(_MARKS).split())
    return _JSON.search(response) is not None or _SENTENCES.search(text) is not None


def judge_claim(
    domain: Domain,
    problem: Mapping[str, JsonValue] | Problem,
    text: str,
    *,
    mode: Mode = Mode.ALL,
) -> Judgement:
    """Judge one candidate text, be it an answer or a denial.

    Raises:
        ProblemError: The *problem* is wrong, so there is nothing to judge against.
    """
    payload = read_problem(domain, problem)
    judgement = judge(domain, payload, text, mode=mode)
    if not is_denial(text) or _is_answer(judgement):
        return judgement
    started = perf_counter()
    found = _ask(domain, payload, judgement.coverage)
    return _settle(judgement, found, round((perf_counter() - started) * 1000, 3))


def confirm_denial(judgement: Judgement, found: Feasibility, demand: Demand) -> Judgement:
    """Weigh an accepted denial against what the domain's engines say of the problem.

    Args:
        judgement: The denial's, accepted.
        found: A second look, in a worker that has the engines.
        demand: The assurance that must be reached.
    """
    if found.status is Feasible.FEASIBLE:
        return _settle(judgement, found, 0.0)
    if found.status is Feasible.INFEASIBLE:
        judgement = _settle(judgement, found, 0.0)
    return judgement if judgement.assurance in ENOUGH[demand] else weigh(judgement, None, demand)


def read_evidence(judgement: Judgement) -> Feasibility:
    """Give the evidence behind an accepted denial."""
    return Feasibility(
        status=Feasible.INFEASIBLE,
        diagnostics=graded(judgement.diagnostics, Severity.ERROR),
        assurance=judgement.assurance,
        opinions=judgement.opinions,
    )


def _is_answer(judgement: Judgement) -> bool:
    """Say whether the domain could read the text, or could not even read the problem."""
    syntax = [ran.verdict for ran in judgement.critics if ran.critic == "syntax"]
    return syntax != [Verdict.REJECTED]


def _ask(domain: Domain, payload: Problem, coverage: Coverage) -> Feasibility:
    ask = domain.feasibility
    if coverage.undecided or ask is None:
        return Feasibility(status=Feasible.UNKNOWN)
    found, faults = guard("feasibility", lambda: ask(payload))
    return found or Feasibility(status=Feasible.UNKNOWN, diagnostics=faults)


def _settle(judgement: Judgement, found: Feasibility, ms: float) -> Judgement:
    verdict = VERDICTS[found.status]
    accepted = verdict is Verdict.ACCEPTED
    findings = graded(found.diagnostics, Severity.WARNING) if accepted else ()
    if verdict is Verdict.REJECTED:
        findings = (_refuted(judgement.domain),)
    elif not accepted:
        findings = (_undecided(found),)
    ran = CriticResult(
        critic="feasibility",
        version=judgement.domain_version,
        verdict=verdict,
        hard=True,
        findings=0 if accepted else len(findings),
        ms=ms,
    )
    return judgement.model_copy(
        update={
            "claim": Claim.INFEASIBLE,
            "verdict": verdict,
            "score": 1.0 if accepted else 0.0,
            "diagnostics": findings,
            "critics": (ran,),
            "assurance": found.assurance if accepted else Assurance.SINGLE,
            "opinions": found.opinions,
        }
    )


VERDICTS: Mapping[Feasible, Verdict] = {
    Feasible.FEASIBLE: Verdict.REJECTED,
    Feasible.INFEASIBLE: Verdict.ACCEPTED,
    Feasible.UNKNOWN: Verdict.UNKNOWN,
}


def _refuted(domain: str) -> Diagnostic:
    return Diagnostic(
        code="solution-exists",
        headline=f"the answer says that the {domain} problem has no solution, and it has one",
        notes=("a solution was found and passed every critic; it is not shown",),
        help=("answer the problem",),
    )


def _undecided(found: Feasibility) -> Diagnostic:
    notes = [note for finding in found.diagnostics for note in (finding.headline, *finding.notes)]
    return Diagnostic(
        code="denial-undecided",
        headline="the answer says that no solution exists, and that was neither shown nor refuted",
        notes=tuple(notes[:4]),
        help=("answer the problem, if you can",),
        severity=Severity.UNKNOWN,
    )
