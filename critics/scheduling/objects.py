"""Answers as JSON objects: found in a response, read strictly, written on one line.

Finding is outside the trusted part; whatever it finds is judged. Reading is strict: repeated keys,
numbers that are no integers where integers belong, and text around the object are refused.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Never

from critics.types import CandidateError, Diagnostic, Location, ProblemError

MAX_ANSWER = 1_000_000
"""Characters of the longest answer that is read."""
MAX_FAILURES = 1000
"""Braces that look like an object's and open none, after which no more is looked for."""
MAX_FAULTS = 20
MAX_QUOTED = 120

_DECODER = json.JSONDecoder()
_OPENS = re.compile(r'\{(?=\s{0,200}["}])')


def find_objects(response: str, keys: Collection[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Find every outermost JSON object that has one of some keys, with its position."""
    failures, end = 0, 0
    for brace in _OPENS.finditer(response):
        if brace.start() < end or failures >= MAX_FAILURES:
            continue
        try:
            found, end = _DECODER.raw_decode(response, brace.start())
        except (ValueError, RecursionError):
            failures += 1
            continue
        if any(key in found for key in keys):
            yield brace.start(), found


def read_object(text: str, code: str, shape: str) -> dict[str, Any]:
    """Read one JSON object and nothing else.

    Args:
        text: The canonical answer.
        code: The domain's code for an answer that is none.
        shape: How an answer looks, for the help.

    Raises:
        CandidateError: It is not one, or repeats a key.
    """
    if len(text) > MAX_ANSWER:
        raise CandidateError([_not_read(code, f"it has {len(text):,} characters", shape)])
    try:
        found = json.loads(text, parse_constant=_refuse, object_pairs_hook=_pairs)
    except json.JSONDecodeError as error:
        at = Location(source="answer", line=error.lineno, column=error.colno)
        raise CandidateError([_not_read(code, error.msg, shape, at)]) from error
    except (ValueError, RecursionError) as error:
        raise CandidateError([_not_read(code, f"{error}"[:MAX_QUOTED], shape)]) from error
    if not isinstance(found, dict):
        raise CandidateError([_not_read(code, "it is no object", shape)])
    return found


def write_object(answer: Mapping[str, Any]) -> str:
    """Write an answer on one line, in the order of its keys."""
    return json.dumps(answer, ensure_ascii=False)


def quote(value: object) -> str:
    """Quote a value of an answer for a message, cut to a line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = " ".join(text.split())
    return f"`{text if len(text) <= MAX_QUOTED else text[:MAX_QUOTED] + ' ...'}`"


def refuse(faults: Sequence[Diagnostic]) -> None:
    """Refuse an answer, if there are faults.

    Raises:
        CandidateError: There are; with the first of them.
    """
    if faults:
        raise CandidateError(faults[:MAX_FAULTS])


def refuse_problem(faults: Sequence[Diagnostic]) -> None:
    """Refuse a problem, if there are faults.

    Raises:
        ProblemError: There are; with the first of them.
    """
    if faults:
        raise ProblemError(faults[:MAX_FAULTS])


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is repeated")
    return found


def _refuse(constant: str) -> Never:
    raise ValueError(f"{constant} is no number")


def _not_read(code: str, why: str, shape: str, at: Location | None = None) -> Diagnostic:
    return Diagnostic(
        code=code,
        headline="the answer is not one JSON object of the shape that was asked for",
        at=at,
        notes=(why,),
        help=(f"answer with {shape}",),
    )
