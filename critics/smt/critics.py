"""The hard critic of the domain `smt`: evaluate every constraint under the answer's values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from critics.critic import critic
from critics.smt.evaluate import Environment, Steps, Tape, lay, run
from critics.smt.explain import explain
from critics.smt.problem import Constraint, Instance
from critics.smt.residual import Residuals
from critics.smt.terms import Absent, Function, Value, Var
from critics.smt.values import OverBudget
from critics.types import Diagnostic, Severity

MAX_TOLD = 10


@dataclass(frozen=True)
class Loaded:
    """An instance whose constraints are laid out for evaluation."""

    instance: Instance
    tapes: tuple[Tape, ...]


def load(instance: Instance) -> Loaded:
    """Lay every constraint out once."""
    return Loaded(instance, tuple(lay(c.term) for c in instance.constraints))


@dataclass(frozen=True)
class Finding:
    """What became of one constraint: `False`, or why it has no value.

    Attributes:
        constraint: The constraint.
        verdict: `False`, or what is absent in its place.
        why: Why it stayed open.
        values: The value of every node on its tape.
    """

    constraint: Constraint
    verdict: Value
    why: str | None = None
    values: Sequence[Value] = ()


def check(
    loaded: Loaded, values: Environment, residuals: Residuals | None = None
) -> Iterator[Finding]:
    """Evaluate every constraint; yield those that are not true."""
    residuals, steps = residuals or Residuals(), Steps()
    for constraint, tape in zip(loaded.instance.constraints, loaded.tapes, strict=True):
        try:
            found = run(tape, values, steps)
            verdict, why = found[-1], None
        except OverBudget as cap:
            yield Finding(constraint, Absent.RESIDUAL, f"it would compute {cap}")
            continue
        if verdict is Absent.RESIDUAL:
            verdict, why = residuals.decide(loaded.instance, constraint, values)
        if verdict is not True:
            yield Finding(constraint, verdict, why, found)


@critic(decides="every constraint under the answer's values")
def satisfied(loaded: Loaded, values: Mapping[Var | Function, Value]) -> Iterator[Diagnostic]:
    """Object to every constraint that is false or undefined, at most ten at length."""
    residuals = Residuals()
    findings = list(check(loaded, values, residuals))
    wrong = [f for f in findings if f.verdict is not Absent.RESIDUAL]
    for finding in wrong[:MAX_TOLD]:
        yield _told(finding, loaded)
    if len(wrong) > MAX_TOLD:
        yield _rest(wrong[MAX_TOLD:])
    for finding in findings:
        if finding.verdict is Absent.RESIDUAL:
            yield _undecided(finding)
    if residuals.decided:
        yield _assisted(residuals)


def _told(finding: Finding, loaded: Loaded) -> Diagnostic:
    constraint = finding.constraint
    if finding.verdict is Absent.UNDEFINED:
        return _undefined(constraint)
    tape = loaded.tapes[loaded.instance.constraints.index(constraint)]
    story = explain(constraint.term, tape, finding.values)
    return Diagnostic(
        code="smt-violated",
        headline=f"`{constraint.name}` does not hold: {story.text}",
        at=constraint.at,
        notes=(*story.notes, *_background(constraint)),
        data={"constraint": constraint.name, **story.data},
    )


def _background(constraint: Constraint) -> Iterator[str]:
    if constraint.text:
        yield f"it says: {constraint.text}"
    if constraint.why:
        yield f"its purpose: {constraint.why}"


def _undefined(constraint: Constraint) -> Diagnostic:
    return Diagnostic(
        code="smt-undefined",
        headline=f"`{constraint.name}` has no value under this answer: it divides by zero or "
        "applies another partial function outside its domain",
        at=constraint.at,
        notes=tuple(_background(constraint)),
        help=("choose values for which every divisor is other than 0",),
        data={"constraint": constraint.name},
    )


def _rest(findings: list[Finding]) -> Diagnostic:
    codes = {f.verdict is Absent.UNDEFINED for f in findings}
    code = "smt-undefined" if codes == {True} else "smt-violated"
    names = [f.constraint.name for f in findings]
    shown = ", ".join(f"`{name}`" for name in names[:5])
    return Diagnostic(
        code=code,
        headline=f"and {len(names):,} more do not hold: {shown}{', …' if len(names) > 5 else ''}",  # noqa: PLR2004  # a message's length
        data={"constraints": list(names)},
    )


def _undecided(finding: Finding) -> Diagnostic:
    name = finding.constraint.name
    return Diagnostic(
        code="smt-undecided",
        headline=f"`{name}` was neither shown to hold nor to fail",
        at=finding.constraint.at,
        notes=(finding.why,) if finding.why else (),
        help=("bound the quantified variables, or make the constraint smaller",),
        data={"constraint": name},
        severity=Severity.UNKNOWN,
    )


def _assisted(residuals: Residuals) -> Diagnostic:
    names = residuals.decided
    shown = ", ".join(f"`{name}`" for name in names[:5]) + (", …" if len(names) > 5 else "")  # noqa: PLR2004  # a message's length
    return Diagnostic(
        code="smt-engine-decided",
        headline=f"{shown} rested on {residuals.engine}, not on evaluation alone",
        notes=("the formula and its negation were both put to the engine",),
        data={"constraints": list(names), "engine": residuals.engine},
        severity=Severity.WARNING,
    )


def progress(loaded: Loaded, _values: object, errors: Sequence[Diagnostic]) -> float:
    """Score by the share of constraints that hold."""
    failing = 0
    for error in errors:
        rest = error.data.get("constraints")
        failing += len(rest) if isinstance(rest, list) else 1
    return 1 - failing / max(len(loaded.instance.constraints), failing, 1)
