"""One finding per claim: does it follow from the rules and the premises?

`valid`: it holds in every case that the rules and premises allow. `invalid`: in none.
`satisfiable`: in some and not in others. `impossible`: the rules and premises contradict each
other, so everything and nothing would follow. `unknown`: an engine did not decide in time, or
redundant translations of the same prose do not mean the same.

A finding is about the formal claim. That it says what the prose says is not checked, and every
finding carries `relative_to: translation`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from time import monotonic

from pydantic import JsonValue

from critics.smt.conflict import Conflict, minimize
from critics.smt.critics import Loaded, load
from critics.smt.emit import Emitter, Unsupported
from critics.smt.engine import Answer, Engine, Query, Status
from critics.smt.policy import Claim, Policy
from critics.smt.problem import Constraint, Instance
from critics.smt.terms import Term, apply
from critics.smt.theories.core import DISTINCT, NOT
from critics.smt.witness import confirm, write_value
from critics.types import Diagnostic, Location, Severity

MAX_SECONDS = 2.2
SOFT_MS = 1_200


class Result(StrEnum):
    """What a finding says of a claim."""

    VALID = "valid"
    INVALID = "invalid"
    SATISFIABLE = "satisfiable"
    IMPOSSIBLE = "impossible"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """What was found for one claim.

    Attributes:
        claim: The claim.
        result: What was found.
        support: Names of the rules and premises that decide it.
        minimal: Whether none of `support` can be left out.
        yes: A case in which the claim holds.
        no: A case in which it does not.
        why: Why it is unknown.
    """

    claim: Claim
    result: Result
    support: tuple[str, ...] = ()
    minimal: bool = True
    yes: Mapping[str, JsonValue] | None = None
    no: Mapping[str, JsonValue] | None = None
    why: str | None = None


class Court:
    """Decides claims against one policy with one engine, within a time limit for all of them."""

    def __init__(self, policy: Policy, engine: Engine) -> None:
        """Put the rules and premises as a query.

        Raises:
            Unsupported: They cannot be put.
        """
        self.policy = policy
        self.engine = engine
        self.until = monotonic() + MAX_SECONDS
        self.emitter = Emitter(policy.instance)
        self.emitter.declare(policy.instance.variables.values())
        self.base = [self.emitter.formula(c.term) for c in policy.instance.constraints]
        self.consistent = self._ask([])

    def decide(self, claim: Claim) -> Finding:
        """Find what the policy says of a claim."""
        if self.consistent.status is Status.UNSAT:
            support, minimal = self._support(self.consistent, [])
            return Finding(claim, Result.IMPOSSIBLE, support, minimal=minimal)
        if self.consistent.status is not Status.SAT:
            return Finding(claim, Result.UNKNOWN, why=self.consistent.reason)
        try:
            return self._differing(claim) or self._judge(claim)
        except Unsupported as why:
            return Finding(claim, Result.UNKNOWN, why=f"{why}")

    def _differing(self, claim: Claim) -> Finding | None:
        """Compare redundant translations, each with the next, by mutual entailment."""
        for left, right in pairwise(claim.formulas):
            apart = self.emitter.formula(apply(DISTINCT, [left, right]))
            answer = self._solve([apart])
            if answer.status is Status.SAT:
                return Finding(claim, Result.AMBIGUOUS, why="its translations differ in meaning")
            if answer.status is Status.UNKNOWN:
                return Finding(claim, Result.UNKNOWN, why=answer.reason)
        return None

    def _judge(self, claim: Claim) -> Finding:
        formula = claim.formulas[0]
        denial = apply(NOT, [formula])
        against = self._ask([denial])
        if against.status is Status.UNSAT:
            support, minimal = self._support(against, [denial])
            yes = self._scenario(self._ask([formula]), formula)
            return Finding(claim, Result.VALID, support, minimal=minimal, yes=yes)
        supporting = self._ask([formula])
        if supporting.status is Status.UNSAT:
            support, minimal = self._support(supporting, [formula])
            no = self._scenario(against, denial)
            return Finding(claim, Result.INVALID, support, minimal=minimal, no=no)
        if against.status is supporting.status is Status.SAT:
            yes, no = self._scenario(supporting, formula), self._scenario(against, denial)
            return Finding(claim, Result.SATISFIABLE, yes=yes, no=no)
        return Finding(claim, Result.UNKNOWN, why=against.reason or supporting.reason)

    def _ask(self, extra: Sequence[Term]) -> Answer:
        return self._solve([*self.base, *map(self.emitter.formula, extra)])

    def _solve(self, texts: Sequence[str]) -> Answer:
        left = int((self.until - monotonic()) * 1000)
        if left <= 0:
            return Answer(Status.UNKNOWN, reason=f"no time is left of {MAX_SECONDS} s")
        query = Query(self.emitter.lines, texts)
        return self.engine.solve(query, timeout_ms=min(left, SOFT_MS))

    def _support(self, answer: Answer, extra: Sequence[Term]) -> tuple[tuple[str, ...], bool]:
        """Name the parts behind an `unsat`, as few as possible."""
        texts = [*self.base, *map(self.emitter.formula, extra)]
        query = Query(self.emitter.lines, texts)
        conflict = Conflict(answer.core or tuple(range(len(texts))), minimal=False)
        left = self.until - monotonic()
        if left > 0:
            conflict = minimize(self.engine, query, conflict.members, seconds=left / 2)
        constraints = self.policy.instance.constraints
        names = [constraints[i].name for i in conflict.members if i < len(constraints)]
        return tuple(names), conflict.minimal

    def _scenario(self, answer: Answer, formula: Term) -> Mapping[str, JsonValue] | None:
        """Give a case that our evaluator confirms."""
        if answer.status is not Status.SAT:
            return None
        values = confirm(_with(self.policy.instance, formula), self.emitter, answer.model)
        if values is None:
            return None
        return {var.name: write_value(None, value) for var, value in values.items()}


def _with(instance: Instance, formula: Term) -> Loaded:
    parts = (*instance.constraints, Constraint("claim", formula))
    return load(
        Instance(instance.variables, parts, instance.text, instance.datatypes, instance.opaque)
    )


def tell(finding: Finding) -> Diagnostic:
    """Tell a finding: an error unless the claim is valid."""
    claim, data = finding.claim, _data(finding)
    code = f"claim-{finding.result.value}"
    severity = {
        Result.VALID: Severity.WARNING,
        Result.AMBIGUOUS: Severity.UNKNOWN,
        Result.UNKNOWN: Severity.UNKNOWN,
    }.get(finding.result, Severity.ERROR)
    return Diagnostic(
        code=code,
        headline=_headline(finding),
        at=Location(source="answer", pointer=f"/claims/{claim.index}"),
        notes=(*_notes(finding), "this is about the formal claim; its translation is not checked"),
        data=data,
        severity=severity,
    )


def _headline(finding: Finding) -> str:
    name = f"`{finding.claim.name}`"
    names = ", ".join(f"`{part}`" for part in finding.support[:10])
    by = f" from {names}" if names else ""
    return {
        Result.VALID: f"{name} follows{by}",
        Result.INVALID: f"{name} contradicts {names or 'itself'}",
        Result.SATISFIABLE: f"{name} does not follow: it holds in some cases and not in others",
        Result.IMPOSSIBLE: f"{name} cannot be decided: {names} contradict each other",
        Result.AMBIGUOUS: f"{name} has translations that do not mean the same",
        Result.UNKNOWN: f"{name} was neither shown to follow nor not to",
    }[finding.result]


def _notes(finding: Finding) -> Iterator[str]:
    if finding.why:
        yield finding.why
    if finding.support and not finding.minimal:
        yield "the named rules may be more than necessary"
    for word, case in (("holds", finding.yes), ("does not hold", finding.no)):
        if case is not None and finding.result is Result.SATISFIABLE:
            facts = ", ".join(f"{name} = {value}" for name, value in list(case.items())[:12])
            yield f"it {word} with {facts}"[:600]


def _data(finding: Finding) -> dict[str, JsonValue]:
    return {
        "claim": finding.claim.name,
        "finding": finding.result.value,
        "support": list(finding.support),
        "true_scenario": None if finding.yes is None else dict(finding.yes),
        "false_scenario": None if finding.no is None else dict(finding.no),
        "relative_to": "translation",
    }
