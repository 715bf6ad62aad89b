"""Strict and exact JSON: what a document says, without a rounding error or a guess.

Invariants:
    * The grammar is RFC 8259's; on top of it no key stands twice in one object, and strings are
      Unicode (RFC 7493, I-JSON), because readers differ on both.
    * Numbers are exact: an `int`, or a `Fraction` where a point or an exponent is written.
    * A valid document that is too deep or has a number too long is `Undecided`, never rejected.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn, TypeAlias

from pydantic import JsonValue

from critics.types import CandidateError, Diagnostic, Location, Severity, Undecided

Exact: TypeAlias = Any
"""None, bool, int, Fraction, str, list of these or dict of str to these."""

MAX_DEPTH = 100
MAX_DIGITS = 4_000
"""Digits and power of ten of the longest number that is read."""
_MARKS = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[{]|[\]}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON document that was read."""

    value: Exact


class _Twice(ValueError):
    """A key stands twice."""


class _NoNumber(ValueError):
    """A word that only some readers take for a number."""


def read_document(text: str) -> Document:
    """Read one JSON document, with nothing but white space around it.

    Raises:
        CandidateError: The text is no JSON, or ambiguous.
        Undecided: It is JSON beyond the reader's caps.
    """
    _check_depth(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_read_object,
            parse_constant=_refuse_constant,
            parse_float=read_number,
            parse_int=_read_int,
        )
    except json.JSONDecodeError as error:
        raise CandidateError([_no_json(text, error)]) from error
    except _Twice as error:
        raise CandidateError([_told("json-duplicate-key", str(error))]) from error
    except _NoNumber as error:
        raise CandidateError([_told("json-constant", str(error))]) from error
    _check_unicode(value)
    return Document(value)


def read_number(text: str) -> Fraction:
    """Read a number with a point or an exponent exactly.

    Raises:
        Undecided: It has too many digits.
    """
    mantissa, _, exponent = text.lower().partition("e")
    power = exponent.lstrip("+-").lstrip("0")
    if len(mantissa) > MAX_DIGITS or len(power) > len(str(MAX_DIGITS)):
        raise _too_long(text)
    if power and int(power) > MAX_DIGITS:
        raise _too_long(text)
    return Fraction(text)


def make_exact(value: JsonValue) -> Exact:
    """Take a payload's value over: a float means the shortest decimal that names it."""
    if isinstance(value, dict):
        return {key: make_exact(part) for key, part in value.items()}
    if isinstance(value, list):
        return [make_exact(part) for part in value]
    return Fraction(repr(value)) if isinstance(value, float) else value


def measure_depth(value: JsonValue) -> int:
    """Count how deep lists and objects nest, without recursion."""
    deepest, level = 0, [value]
    while level:
        inner: list[JsonValue] = []
        for part in level:
            if isinstance(part, Mapping):
                inner.extend(part.values())
            elif isinstance(part, list):
                inner.extend(part)
        level, deepest = inner, deepest + 1
    return deepest


def _read_int(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise _too_long(text)
    return int(text)


def _read_object(pairs: list[tuple[str, Exact]]) -> dict[str, Exact]:
    found: dict[str, Exact] = {}
    for key, value in pairs:
        if key in found:
            raise _Twice(f"key `{_safe(key)}` stands twice in one object")
        found[key] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise _NoNumber(f"`{name}` is not a JSON number")


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    level = 0
    for mark in _MARKS.finditer(text):
        level += {"[": 1, "{": 1, "]": -1, "}": -1}.get(mark.group(), 0)
        if level > MAX_DEPTH:
            raise Undecided([_told("json-limit", f"the text nests deeper than {MAX_DEPTH} levels")])


def _check_unicode(value: Exact) -> None:
    parts = [value]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            parts.extend(part)
            parts.extend(part.values())
        elif isinstance(part, list):
            parts.extend(part)
        elif isinstance(part, str) and not part.isascii() and _safe(part, len(part)) != part:
            headline = "a string holds half of a surrogate pair, which is no character"
            raise CandidateError([_told("json-surrogate", headline)])


def _safe(text: str, length: int = 80) -> str:
    return text[:length].encode("utf-8", "backslashreplace").decode()


def _too_long(text: str) -> Undecided:
    shown = text if len(text) <= 40 else f"{text[:30]}..."  # noqa: PLR2004  # a message's length
    return Undecided([_told("json-limit", f"the number {shown} has too many digits to be read")])


def _no_json(text: str, error: json.JSONDecodeError) -> Diagnostic:
    line = text.split("\n", error.lineno)[error.lineno - 1][:200]
    return Diagnostic(
        code="json-syntax",
        headline=f"the answer is not one JSON document: {error.msg} at line {error.lineno}, "
        f"column {error.colno}",
        at=Location(source="answer", line=error.lineno, column=error.colno, text=line),
        help=("answer with the JSON document alone",),
    )


def _told(code: str, headline: str) -> Diagnostic:
    severity = Severity.UNKNOWN if code == "json-limit" else Severity.ERROR
    return Diagnostic(code=code, headline=headline, at=Location(source="answer"), severity=severity)
