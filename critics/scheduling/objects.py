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

MAX_NESTING = 3
"""So deep in objects without a key an object with one is looked for: `{"solution": {...}}`."""

_DECODER = json.JSONDecoder()
_OPENS = re.compile(r'\{(?=\s{0,200}["}])|\[(?=\s{0,200}\{)')
_WORDS = re.compile(r"(?<=[a-z\d])(?=[A-Z])|[\s-]+")


def find_objects(
    response: str, keys: Sequence[str], items: Collection[str] = ()
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Find every outermost JSON object that has one of some keys, with its position.

    Args:
        response: A model's text.
        keys: The keys; any spelling of them, such as `startDay` for `start_day`, will do.
        items: A bare list of objects that have one of these is found too, under the first key.
    """
    failures, end = 0, 0
    for opening in _OPENS.finditer(response):
        start = opening.start()
        if start < end or failures >= MAX_FAILURES or (opening[0] == "[" and not items):
            continue
        try:
            found, after = _DECODER.raw_decode(response, start)
        except (ValueError, RecursionError):
            failures += 1
            continue
        if isinstance(found, dict):
            end = after
            for inner in _with_key(found, keys, MAX_NESTING):
                yield start, inner
        elif _is_list(found, items) and not _is_value(response[max(0, start - 200) : start]):
            end = after
            yield start, {keys[0]: found}


def spell_keys(item: Mapping[str, Any]) -> dict[str, Any]:
    """Spell keys in lower case with underscores; one that is so already comes first."""
    spelt = {key: value for key, value in item.items() if _spell(key) == key}
    for key, value in item.items():
        spelt.setdefault(_spell(key), value)
    return spelt


def _spell(key: str) -> str:
    return _WORDS.sub("_", key.strip()).lower()


def _with_key(
    found: Mapping[str, Any], keys: Sequence[str], depth: int
) -> Iterator[dict[str, Any]]:
    spelt = spell_keys(found)
    if any(key in spelt and not isinstance(spelt[key], dict) for key in keys):
        yield dict(found)
    elif depth:
        for value in found.values():
            if isinstance(value, dict):
                yield from _with_key(value, keys, depth - 1)


def _is_value(before: str) -> bool:
    """Whether what follows is the value of a key."""
    key, colon, rest = before.rpartition(":")
    return bool(colon) and not rest.strip() and key.rstrip().endswith('"')


def _is_list(found: Any, items: Collection[str]) -> bool:
    return isinstance(found, list) and all(
        isinstance(item, dict) and any(key in spell_keys(item) for key in items) for item in found
    )


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
