"""judge(): the one door from a candidate text to a verdict.

`judge()` is a pure function of the domain (name and version), the problem's payload and the
candidate's text. It never raises for anything a model wrote, and nothing but it makes verdicts.
`accepted` means: the whole problem is covered, every hard critic finished, none objected.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from time import perf_counter
from typing import Any

from pydantic import JsonValue, ValidationError

from critics.critic import Critic
from critics.domain import Domain
from critics.guard import graded, guard
from critics.types import (
    Assurance,
    Coverage,
    CriticResult,
    Diagnostic,
    Judgement,
    Location,
    Opinion,
    Problem,
    ProblemError,
    Severity,
    Verdict,
)

BELOW_ONE = 0.999
"""The best score of a candidate that is not accepted."""


class Mode(StrEnum):
    """How many hard critics speak when one has already objected."""

    ALL = "all"
    FIRST_FAILURE = "first_failure"


class Demand(StrEnum):
    """How much assurance a request asks for."""

    AUTO = "auto"
    """A second opinion on what would be accepted, where one is to be had."""
    SINGLE = "single"
    """The kernel's own critics only."""
    CROSS = "cross"
    """A second opinion must agree; without one the verdict is `unknown`."""
    PROOF = "proof"
    """A checked proof object; without one the verdict is `unknown`."""


def read_problem(domain: Domain, payload: Mapping[str, JsonValue] | Problem) -> Problem:
    """Validate a payload against the domain's schema.

    Raises:
        ProblemError: With one diagnostic per wrong field.
    """
    if isinstance(payload, Problem):
        return payload
    try:
        json.dumps(payload, ensure_ascii=False, allow_nan=False).encode()
    except (RecursionError, TypeError, ValueError) as error:
        raise ProblemError([_not_plain(domain, error)]) from error
    try:
        return domain.problem.model_validate(payload)
    except ValidationError as error:
        raise ProblemError(_schema_errors(domain, error)) from error


def judge(
    domain: Domain,
    problem: Mapping[str, JsonValue] | Problem,
    candidate: str,
    *,
    mode: Mode = Mode.ALL,
) -> Judgement:
    """Judge one candidate text.

    Args:
        domain: What kind of problem it is.
        problem: The payload, validated or not.
        candidate: The canonical text, judged as it stands: nothing is extracted from it.
        mode: Whether critics after the first objecting one still run.

    Raises:
        ProblemError: The *problem* is wrong, so there is nothing to judge against.
    """
    payload = read_problem(domain, problem)
    prepared, faults = guard("load", lambda: _prepare(domain, payload))
    if prepared is None:
        return leave_undecided(domain, candidate, faults)
    instance, coverage, warnings = prepared
    started = perf_counter()
    parsed, faults = _parse(domain, instance, candidate)
    ran = [(_result("syntax", domain.version, faults, started), faults)]
    if not faults:
        ran += _run_critics(domain, instance, parsed, mode)
    findings = tuple(finding for _, found in ran for finding in found) + _uncovered(coverage)
    verdict = _verdict([result for result, _ in ran], coverage)
    errors = [d for d in findings if d.severity is Severity.ERROR]
    # Whoever brings a critic down must not be ranked above whoever is wrong.
    undecided = bool(faults) or any(result.verdict is Verdict.UNKNOWN for result, _ in ran)
    return Judgement(
        domain=domain.name,
        domain_version=domain.version,
        verdict=verdict,
        candidate=spell_out(candidate),
        score=_score(domain, instance, None if undecided else parsed, errors, verdict),
        diagnostics=findings + warnings,
        critics=tuple(result for result, _ in ran),
        coverage=coverage,
        assurance=domain.assurance,
    )


def weigh(judgement: Judgement, opinion: Opinion | None, demand: Demand) -> Judgement:
    """Combine a judgement with an independent engine's opinion.

    Agreement raises the assurance to `cross`; disagreement makes the verdict `unknown`; an
    unavailable opinion lowers the level and blocks only what demands more.
    """
    opinions = judgement.opinions + ((opinion,) if opinion else ())
    told = judgement.model_copy(update={"opinions": opinions})
    if judgement.verdict is Verdict.UNKNOWN:
        return told
    if opinion is None or opinion.verdict is Verdict.UNKNOWN:
        short = demand in (Demand.CROSS, Demand.PROOF)
        return _doubt(told, _not_reached(demand, opinion)) if short else told
    if opinion.verdict is not judgement.verdict:
        return _doubt(told, _disagreement(judgement, opinion))
    if judgement.assurance is Assurance.TESTED:  # two that have tried it are no proof, either
        return _doubt(told, _not_reached(demand, None)) if demand is Demand.PROOF else told
    agreed = told.model_copy(update={"assurance": Assurance.CROSS})
    return _doubt(agreed, _not_reached(demand, None)) if demand is Demand.PROOF else agreed


def spell_out(text: str) -> str:
    """Write lone surrogates as escapes, so that the text survives JSON; others stay as they are.

    A text with lone surrogates is never accepted, so what is certified is never changed.
    """
    return text.encode("utf-8", "backslashreplace").decode()


def leave_undecided(domain: Domain, text: str, faults: tuple[Diagnostic, ...]) -> Judgement:
    """Say `unknown` of a candidate that could not be judged, and why."""
    return Judgement(
        domain=domain.name,
        domain_version=domain.version,
        verdict=Verdict.UNKNOWN,
        candidate=spell_out(text),
        score=0.0,
        diagnostics=faults,
    )


def _prepare(domain: Domain, payload: Problem) -> tuple[Any, Coverage, tuple[Diagnostic, ...]]:
    instance = domain.load(payload)
    warnings = graded(domain.warnings(instance), Severity.WARNING)
    return instance, _coverage(domain, instance), warnings


def _parse(domain: Domain, instance: Any, text: str) -> tuple[Any, tuple[Diagnostic, ...]]:
    if len(text) > domain.max_candidate_chars:
        return None, (_too_large(domain, text),)
    if spell_out(text) != text:
        return None, (_not_unicode(),)
    return guard("syntax", lambda: domain.parse(instance, text))


def _run_critics(
    domain: Domain, instance: Any, parsed: Any, mode: Mode
) -> Iterator[tuple[CriticResult, tuple[Diagnostic, ...]]]:
    objected = False
    for critic in domain.critics:
        if objected and mode is Mode.FIRST_FAILURE:
            return
        started = perf_counter()
        found = _ask(critic, instance, parsed)
        result = _result(critic.name, critic.version, found, started, hard=critic.hard)
        objected = objected or (critic.hard and result.verdict is Verdict.REJECTED)
        yield result, found


def _ask(critic: Critic, instance: Any, parsed: Any) -> tuple[Diagnostic, ...]:
    found: list[Diagnostic] = []
    _, fault = guard(critic.name, lambda: _collect(critic.check(instance, parsed), found))
    found.extend(fault)
    return tuple(found) if critic.hard else graded(found, Severity.WARNING)


def _collect(findings: Iterable[Diagnostic], found: list[Diagnostic]) -> None:
    for finding in findings:
        if not isinstance(finding, Diagnostic):
            raise TypeError(f"a critic yields `Diagnostic`s, not `{type(finding).__name__}`")
        found.append(finding)


def _result(
    name: str, version: str, found: tuple[Diagnostic, ...], started: float, *, hard: bool = True
) -> CriticResult:
    severities = {d.severity for d in found}
    verdict = Verdict.ACCEPTED
    if Severity.ERROR in severities:
        verdict = Verdict.REJECTED
    elif Severity.UNKNOWN in severities:
        verdict = Verdict.UNKNOWN
    ms = round((perf_counter() - started) * 1000, 3)
    return CriticResult(
        critic=name, version=version, verdict=verdict, hard=hard, findings=len(found), ms=ms
    )


def _verdict(results: list[CriticResult], coverage: Coverage) -> Verdict:
    """Decide nothing on a problem that is not understood in full; else one objection rejects."""
    verdicts = {result.verdict for result in results if result.hard}
    if coverage.undecided:
        return Verdict.UNKNOWN
    if Verdict.REJECTED in verdicts:
        return Verdict.REJECTED
    return Verdict.UNKNOWN if Verdict.UNKNOWN in verdicts else Verdict.ACCEPTED


def _coverage(domain: Domain, instance: Any) -> Coverage:
    own = domain.coverage(instance)
    decided = own.decided or tuple(critic.decides for critic in domain.critics if critic.hard)
    return Coverage(decided=decided, undecided=own.undecided)


def _score(
    domain: Domain, instance: Any, parsed: Any, errors: list[Diagnostic], verdict: Verdict
) -> float:
    if verdict is Verdict.ACCEPTED:
        return 1.0
    if parsed is None:
        return 0.0
    score, _ = guard("score", lambda: float(domain.score(instance, parsed, errors)))
    return min(score, BELOW_ONE) if score is not None and score > 0 else 0.0


def _doubt(judgement: Judgement, why: Diagnostic) -> Judgement:
    return judgement.model_copy(
        update={
            "verdict": Verdict.UNKNOWN,
            "score": min(judgement.score, BELOW_ONE),
            "diagnostics": (why, *judgement.diagnostics),
        }
    )


def _uncovered(coverage: Coverage) -> tuple[Diagnostic, ...]:
    return tuple(
        Diagnostic(
            code="not-covered",
            headline=f"no critic decides {part}",
            help=("remove it from the problem, or judge it with a tool that supports it",),
            data={"part": part},
            severity=Severity.UNKNOWN,
        )
        for part in coverage.undecided
    )


def _too_large(domain: Domain, text: str) -> Diagnostic:
    return Diagnostic(
        code="candidate-too-large",
        headline=f"the answer has {len(text):,} characters; at most "
        f"{domain.max_candidate_chars:,} are read",
        help=("answer with the result alone, without explanation",),
    )


def _not_unicode() -> Diagnostic:
    return Diagnostic(
        code="candidate-not-unicode",
        headline="the answer holds half of a surrogate pair, which is no character",
        help=("answer in plain text",),
    )


def _disagreement(judgement: Judgement, opinion: Opinion) -> Diagnostic:
    return Diagnostic(
        code="opinions-disagree",
        headline=f"our critics say {judgement.verdict.value}, {opinion.engine} says "
        f"{opinion.verdict.value}; nothing was decided",
        notes=(opinion.reason,) if opinion.reason else (),
        help=("report the problem and the answer: one of the two engines is wrong",),
        severity=Severity.UNKNOWN,
    )


def _not_reached(demand: Demand, opinion: Opinion | None) -> Diagnostic:
    reason = opinion.reason if opinion and opinion.reason else "no second opinion is available"
    return Diagnostic(
        code="assurance-not-reached",
        headline=f"assurance `{demand.value}` was demanded and not reached",
        notes=(reason,),
        help=("ask for `assurance: auto`, or give the second opinion more time",),
        severity=Severity.UNKNOWN,
    )


def _not_plain(domain: Domain, error: Exception) -> Diagnostic:
    return Diagnostic(
        code="problem-invalid",
        headline=f"the {domain.name} problem is no plain JSON: {spell_out(str(error))[:200]}",
        help=("send numbers that are finite, text that is Unicode, and less nesting",),
    )


def _schema_errors(domain: Domain, error: ValidationError) -> Iterator[Diagnostic]:
    for fault in error.errors(include_url=False, include_context=False)[:20]:
        pointer = "".join(f"/{part}" for part in fault["loc"])
        shown = json.dumps(fault["input"], default=str)[:80]
        yield Diagnostic(
            code="problem-invalid",
            headline=f"`{pointer or '/'}` of the {domain.name} problem: {fault['msg']}",
            at=Location(source="problem", pointer=pointer),
            notes=(f"got {shown}",),
            help=(f"compare it with the schema at `/domains/{domain.name}`",),
        )
