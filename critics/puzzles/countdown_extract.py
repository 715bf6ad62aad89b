"""Find expressions in a model's response; whatever is found is judged.

Two forms are found: expressions written out, wherever they stand, and chains of steps such as
`13 - 9 = 4`, `4 * 6 = 24`, which are put together as their author joins them. A step that is
computed wrongly is put together all the same: the judge sees that its value is another one.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction

from critics.puzzles.expressions import SIGNS, read_answer, write_number
from critics.thoughts import leave_out_thoughts
from critics.types import CandidateError

MAX_FOUND = 20
MAX_RESPONSE_CHARS = 200_000
_REWRITES = (
    (re.compile(r"\b\d{4}-\d{2}-\d{2}\b"), " "),
    (re.compile(r"\\(?:times|cdot|ast)\b"), "*"),
    (re.compile(r"\\div\b"), "/"),
    (re.compile(r"\\d?frac\{([^{}]*)\}\{([^{}]*)\}"), r"((\1)/(\2))"),
    (re.compile(r"\\(?:left|right)\b"), ""),
    (re.compile(r"\\[()\[\],;! ]|\$|\*\*|`"), " "),
    (re.compile(r"(?<=[\d)\]])\s*[xX]\s*(?=[\d(\[])"), "*"),
)
_RUN = re.compile(r"(?:\[-?\d+/\d+\]|[\d.+\-*/=() \t])+", re.ASCII)
_STEP = re.compile(
    r"(?<![\d.)\]])\(?\s*(-?\d+(?:\.\d+)?|\[-?\d+/\d+\])\s*([-+*/])\s*(-?\d+(?:\.\d+)?|\[-?\d+/\d+\])"
    r"\s*\)?\s*=\s*(-?\d+(?:\.\d+)?(?:/\d+)?|\[-?\d+/\d+\])",
    re.ASCII,
)
_NUMBERED = re.compile(r"^[ \t]*(?:step\s*)?\d{1,3}\s*[.):](?=\s)", re.IGNORECASE | re.MULTILINE)
_LEFT = re.compile(r"\(\s*left:?[^)\n]*\)?", re.IGNORECASE)


def find_expressions(numbers: Sequence[Fraction], response: str, *, use_all: bool) -> list[str]:
    """Give the expressions of a response, in order, each once.

    Args:
        numbers: What may be used.
        response: What the model wrote.
        use_all: Whether an expression without all of them can be no answer; such ones are left
            out where another one has them all.
    """
    stated = _read_json(response)
    if stated is not None:
        return [stated]
    text = clean(response[:MAX_RESPONSE_CHARS])
    found = [*_written_out(text), *_put_together(numbers, text)]
    found = list(dict.fromkeys(found))
    if use_all:
        wanted = Counter(numbers)
        complete = [each for each in found if Counter(_literals(each)) == wanted]
        found = complete or sorted(found, key=lambda each: -len(_literals(each)))
    return (found or _alone(text))[:MAX_FOUND]


def _read_json(response: str) -> str | None:
    """Give the expression of a response that is nothing but the JSON object of the schema."""
    if len(response) > MAX_RESPONSE_CHARS or not response.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(response)
    except (ValueError, RecursionError):
        return None
    stated = found.get("expression") if isinstance(found, dict) and len(found) == 1 else None
    return stated.strip() or None if isinstance(stated, str) else None


def clean(response: str) -> str:
    """Write a response's typographic and LaTeX signs as the grammar has them."""
    text = leave_out_thoughts(response).translate(SIGNS)
    for pattern, plain in _REWRITES:
        text = pattern.sub(plain, text)
    return _LEFT.sub(" ", _NUMBERED.sub(" ", text))


def _written_out(text: str) -> Iterator[str]:
    for run in _RUN.finditer(text):
        candidate = _trim(run[0])
        left, equals, right = candidate.partition("=")
        if equals and _is_number(left) and not _is_number(right):
            candidate = f"{right.strip()} = {left.strip()}"
        if len(_literals(candidate)) > 1:
            yield candidate


def _trim(run: str) -> str:
    """Cut off what belongs to the sentence: dangling signs and unbalanced parentheses."""
    text = run.strip().rstrip("+-*/=.( \t").lstrip("+*/=.) \t")
    while text.startswith("- "):
        text = text[2:].lstrip()
    while text.count("(") > text.count(")") and text.startswith("("):
        text = text[1:].lstrip()
    while text.count(")") > text.count("(") and text.endswith(")"):
        text = text[:-1].rstrip()
    return text


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\s*-?\d+(?:\.\d+)?\s*", text, re.ASCII) is not None


def _literals(text: str) -> tuple[Fraction, ...]:
    """Give the numbers of the first expression of a text; none if it cannot be read."""
    try:
        return read_answer(text).expression.literals
    except CandidateError:
        return ()


def _put_together(numbers: Sequence[Fraction], text: str) -> Iterator[str]:
    """Join chains of steps over the numbers given."""
    start = [(number, write_number(number)) for number in numbers]
    pool = list(start)
    ends: list[str] = []
    for found in _STEP.finditer(text):
        try:
            left, right, result = (_number(found[group]) for group in (1, 3, 4))
        except ZeroDivisionError:  # a step such as `13 - 9 = 4/0` is none
            continue
        joined = _take(pool, left, found[2], right)
        if joined is None:
            yield from ends[1:][-1:]
            pool, ends = list(start), []
            joined = _take(pool, left, found[2], right)
        if joined is not None:
            pool.append((result, joined))
            ends.append(f"{joined[1:-1]} = {write_number(result)}")
    yield from ends[1:][-1:]


def _take(
    pool: list[tuple[Fraction, str]], left: Fraction, operator: str, right: Fraction
) -> str | None:
    """Take a step's two operands from the pool, if it has them."""
    rest = list(pool)
    taken: list[str] = []
    for operand in (left, right):
        # Of entries that are worth the same any may be taken: what comes of it is judged.
        entry = next((entry for entry in rest if entry[0] == operand), None)
        if entry is None:
            return None
        rest.remove(entry)
        taken.append(entry[1])
    pool[:] = rest
    return f"({taken[0]} {operator} {taken[1]})"


def _number(text: str) -> Fraction:
    return Fraction(text.strip("[]"))


def _alone(text: str) -> list[str]:
    """Give a number that stands alone, where nothing else is found."""
    return [line.strip() for line in text.splitlines()[:1000] if _is_number(line)]
