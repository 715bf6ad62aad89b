"""What two exact methods together say of a whole problem: feasible, infeasible or not decided.

`cross` is said only where both finished and agree; where one did not finish, the other alone is
`single`; where they disagree, nothing is said.
"""

from collections.abc import Sequence

from critics.types import (
    Assurance,
    Comparison,
    Diagnostic,
    Feasibility,
    Feasible,
    Opinion,
    Optimality,
    Severity,
    Verdict,
)


def opine(engine: str, found: bool | None, seconds: float, reason: str | None = None) -> Opinion:  # noqa: FBT001  # it is the opinion
    """Record what a method found: an answer, none, or (`None`) nothing in its bounds."""
    verdict = {True: Verdict.ACCEPTED, False: Verdict.REJECTED, None: Verdict.UNKNOWN}[found]
    return Opinion(engine=engine, verdict=verdict, reason=reason, ms=round(seconds * 1000, 3))


def feasible(opinions: Sequence[Opinion]) -> Feasibility:
    """Say that an answer exists."""
    return Feasibility(
        status=Feasible.FEASIBLE, assurance=_assurance(opinions), opinions=tuple(opinions)
    )


def infeasible(
    why: Diagnostic, conflict: Sequence[str], opinions: Sequence[Opinion]
) -> Feasibility:
    """Say that no answer exists, and why."""
    return Feasibility(
        status=Feasible.INFEASIBLE,
        conflict=tuple(conflict),
        diagnostics=(why,),
        assurance=_assurance(opinions),
        opinions=tuple(opinions),
    )


def undecided(domain: str, why: str, opinions: Sequence[Opinion] = ()) -> Feasibility:
    """Say nothing, and why."""
    finding = Diagnostic(
        code=f"{domain}-undecided",
        headline="whether any answer exists was not decided",
        notes=(why,),
        severity=Severity.UNKNOWN,
    )
    return Feasibility(status=Feasible.UNKNOWN, diagnostics=(finding,), opinions=tuple(opinions))


def open_comparison(domain: str, why: str) -> Comparison:
    """Say nothing of whether a better answer exists, and why."""
    finding = Diagnostic(
        code=f"{domain}-undecided",
        headline="whether a better answer exists was not decided",
        notes=(why,),
        severity=Severity.UNKNOWN,
    )
    return Comparison(status=Optimality.UNKNOWN, diagnostics=(finding,))


def _assurance(opinions: Sequence[Opinion]) -> Assurance:
    said = {opinion.verdict for opinion in opinions}
    agreed = len(opinions) > 1 and len(said) == 1 and Verdict.UNKNOWN not in said
    return Assurance.CROSS if agreed else Assurance.SINGLE
