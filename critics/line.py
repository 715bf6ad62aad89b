"""One line of a batch: a check as a JSON object in, its verdict as a JSON object out.

Runs in a worker. Nothing in a line can raise: whatever is wrong with it becomes its `error`.
"""

import json
import math
from collections.abc import Mapping
from typing import Any, Never

from pydantic import BaseModel, ConfigDict, JsonValue, StrictBool, StrictStr, ValidationError

from critics.denial import DENIAL, find_denial, is_denial, judge_claim
from critics.domain import Domain, DomainError, find_domain
from critics.guard import guard
from critics.judge import read_problem, spell_out
from critics.types import (
    Diagnostic,
    Judgement,
    KernelError,
    Problem,
    ProblemError,
    Verdict,
)

MAX_LINE_BYTES = 8 << 20
"""The longest line that is read. Escaped for a worker's pipe it still fits one frame."""
MAX_CANDIDATES = 64
"""How many candidates of one answer are judged."""
TAIL_CHARS = 200


FIELDS = ("id", "domain", "problem", "answer", "exact")


class LineError(KernelError):
    """A line is no check. Its one diagnostic says why."""

    def __init__(self, code: str, headline: str, identity: JsonValue = None) -> None:
        super().__init__([Diagnostic(code=code, headline=headline)])
        self.identity = identity


class Check(BaseModel):
    """A line that was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: JsonValue = None
    domain: StrictStr
    problem: dict[str, JsonValue]
    answer: StrictStr
    exact: StrictBool = False
    """Whether the answer is the canonical text; if not, candidates are extracted from it."""


def check_line(line: bytes) -> bytes:
    """Answer one line with one line, without its line break.

    Args:
        line: A JSON object with `id`, `domain`, `problem`, `answer` and `exact`.

    Returns:
        `{"id", "verdict", "score", "codes", "diagnostics", "candidate"}`, or
        `{"id", "error": {"code", "message"}}` for a line or a problem that is wrong.
    """
    try:
        check = read_check(line)
    except LineError as error:
        return error_line(error.identity, error.diagnostics[0])
    try:
        return judgement_line(check.id, answer_check(check))
    except (ProblemError, DomainError) as error:
        return error_line(check.id, error.diagnostics[0])


def read_check(line: bytes) -> Check:
    """Read a line.

    Raises:
        LineError: It is too long, no UTF-8, no JSON object, or a field is missing, unknown or of
            the wrong type.
    """
    if len(line) > MAX_LINE_BYTES:
        raise LineError("line-too-long", f"the line is longer than {MAX_LINE_BYTES:,} bytes")
    try:
        loaded = json.loads(
            line.decode("utf-8"), parse_constant=_refuse_number, parse_float=_read_float
        )
    except UnicodeDecodeError as error:
        raise LineError("line-not-json", f"the line is no UTF-8 at byte {error.start}") from error
    except (RecursionError, ValueError) as error:
        raise LineError("line-not-json", f"the line is no JSON: {error}") from error
    if not isinstance(loaded, dict):
        raise LineError("line-invalid", "the line is no JSON object")
    try:
        return Check.model_validate(loaded)
    except (RecursionError, ValidationError) as error:
        raise LineError("line-invalid", _fault(error), loaded.get("id")) from error


def answer_check(check: Check) -> Judgement:
    """Judge a check's answer: as it stands, or the best of the candidates found in it.

    Raises:
        ProblemError: The problem is wrong.
        DomainError: There is no such domain.
    """
    domain = find_domain(check.domain)
    problem = read_problem(domain, check.problem)
    if check.exact:
        return judge_claim(domain, problem, check.answer)
    best: Judgement | None = None
    for text in find_candidates(domain, problem, check.answer):
        judgement = judge_claim(domain, problem, text)
        if judgement.verdict is Verdict.ACCEPTED:
            return judgement
        if best is None or judgement.score > best.score:
            best = judgement
    return best or without_candidate(domain, check.answer)


def find_candidates(domain: Domain, problem: Problem, response: str) -> list[str]:
    """Find the distinct candidate texts in a response, in order; a denial comes last.

    If extraction fails, the whole response is the candidate: whatever is proposed here is judged.

    Raises:
        ProblemError: The problem is wrong.
    """
    text = response.encode("utf-8", "replace").decode()
    found, faults = guard("extract", lambda: [*domain.extract(domain.load(problem), text)])
    candidates = found if found is not None and not faults else [text.strip()]
    distinct = list(dict.fromkeys(filter(None, candidates)))[:MAX_CANDIDATES]
    denied = not any(map(is_denial, distinct)) and find_denial(text)
    return [*distinct, DENIAL] if denied else distinct


def judgement_line(identity: JsonValue, judgement: Judgement) -> bytes:
    """Write a verdict as a line."""
    return _write(
        identity,
        {
            "verdict": judgement.verdict.value,
            "score": judgement.score,
            "codes": list(judgement.codes),
            "diagnostics": [
                finding.model_dump(mode="json", exclude_none=True)
                for finding in judgement.diagnostics
            ],
            "candidate": judgement.candidate,
        },
    )


def error_line(identity: JsonValue, diagnostic: Diagnostic) -> bytes:
    """Write what is wrong with a line or a problem as a line."""
    where = ""
    if diagnostic.at is not None and diagnostic.at.line is not None:
        where = f" (line {diagnostic.at.line} of the {diagnostic.at.source})"
    message = spell_out(diagnostic.headline) + where
    return _write(identity, {"error": {"code": diagnostic.code, "message": message}})


def lost_line(line: bytes, loss: Diagnostic) -> bytes:
    """Write the verdict on a line whose worker was lost: `unknown`."""
    try:
        check = read_check(line)
    except LineError as error:
        return error_line(error.identity, error.diagnostics[0])
    return _write(check.id, _unknown(loss, spell_out(check.answer) if check.exact else None))


def _unknown(finding: Diagnostic, candidate: str | None) -> dict[str, Any]:
    return {
        "verdict": Verdict.UNKNOWN.value,
        "score": 0.0,
        "codes": [finding.code],
        "diagnostics": [finding.model_dump(mode="json", exclude_none=True)],
        "candidate": candidate,
    }


def _write(identity: JsonValue, told: Mapping[str, Any]) -> bytes:
    written, faults = guard("result", lambda: _encode({"id": identity, **told}))
    return (
        written if written is not None else _encode({"id": identity, **_unknown(faults[0], None)})
    )


def _encode(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, allow_nan=False, separators=(",", ":")).encode("ascii")


def _refuse_number(name: str) -> Never:
    raise ValueError(f"`{name}` is no JSON number")


def _read_float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def _fault(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return "the line is nested too deep"
    fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
    name = spell_out(str(fault["loc"][0]))[:80]
    if fault["type"] == "extra_forbidden":
        return f"`{name}` is no field of a check; the fields are {', '.join(FIELDS)}"
    return f"`{name}`: {fault['msg']}"


def without_candidate(domain: Domain, response: str) -> Judgement:
    """Reject a response in which there is nothing to judge."""
    tail = spell_out(response[-TAIL_CHARS:])
    finding = Diagnostic(
        code="no-candidate",
        headline="the response holds no answer",
        notes=(f"it ends with: {tail}",) if tail.strip() else ("it is empty",),
        help=("answer in the format that the task asks for",),
    )
    return Judgement(
        domain=domain.name,
        domain_version=domain.version,
        verdict=Verdict.REJECTED,
        candidate="",
        score=0.0,
        diagnostics=(finding,),
    )
