"""Formalizer: turns plain language into a domain's payload, by a parser or from a model's words.

Runs in workers only. What comes out has passed the domain's schema and was loaded by the domain,
so it is a problem; whether it is the *user's* problem is for the user to say.

Invariant: of a model's response only the payload and its questions are read. Doubts and the
paraphrase are found here, and nothing that the response says of itself can remove one.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from critics.domain import Domain
from critics.formalization import Formalizer, Made, Missing, Reading
from critics.guard import guard
from critics.judge import read_problem
from critics.tracing import find_doubts
from critics.types import Diagnostic, Problem, ProblemError, Undecided

MAX_RESPONSE_CHARS = 400_000
"""What is read of a model's response."""
MAX_MISSING = 20
MAX_QUESTION_CHARS = 500
_TRIES = 1_000


def read_prose(domain: Domain, text: str) -> tuple[Made, tuple[Reading, ...]]:
    """Have the domain's parsers read a text.

    Returns:
        The payload with its paraphrase, without one if no parser read all of the text; and what
        each parser that knows such texts made of it.
    """
    formalizer = require_formalizer(domain)
    readings = tuple(
        reading for parse in formalizer.parsers if (reading := parse(text)) is not None
    )
    read = [reading for reading in readings if reading.problem is not None]
    if len(read) != 1:  # two parsers that both claim a text leave it undecided
        return Made(), readings
    try:
        return _accept(domain, formalizer, read[0].problem or {}), readings
    except ProblemError as error:
        return Made(faults=error.diagnostics), readings


def examine(domain: Domain, text: str, response: str) -> Made:
    """Read the payload in a model's response and hold it against the text.

    Args:
        domain: Whose payload it is to be.
        text: What the user wrote, answers to questions included.
        response: What the model wrote.
    """
    formalizer = require_formalizer(domain)
    said = last_object(response[:MAX_RESPONSE_CHARS])
    if said is None:
        return Made(faults=(_no_object(),))
    payload, missing = _open(said, formalizer)
    if payload is None and missing:
        return Made(missing=missing)
    known = {name: value for name, value in (payload or {}).items() if value is not None}
    try:
        made = _accept(domain, formalizer, known)
    except ProblemError as error:
        absent = tuple(_absent(domain, formalizer, known))
        asked = _merge(missing, absent)
        return Made(missing=asked, faults=() if missing and absent else error.diagnostics)
    doubts = find_doubts(text, made.problem or {}, domain.problem, formalizer)
    return made.model_copy(update={"missing": missing, "doubts": doubts})


def settle(domain: Domain, payload: Mapping[str, JsonValue]) -> Made:
    """Validate a payload that the user sent and put it into words.

    Raises:
        ProblemError: It is no problem of the domain.
    """
    return _accept(domain, require_formalizer(domain), payload)


def require_formalizer(domain: Domain) -> Formalizer:
    """Give the domain's way from plain language.

    Raises:
        Undecided: It has none.
    """
    if domain.formalization is None:
        raise Undecided(
            [
                Diagnostic(
                    code="formalization-unsupported",
                    headline=f"domain `{domain.name}` reads no problems in plain language",
                )
            ]
        )
    return domain.formalization


def last_object(response: str) -> dict[str, Any] | None:
    """Find the last outermost JSON object of a response: what a model says last, it means."""
    decoder, found = json.JSONDecoder(), None
    at, tries = response.find("{"), 0
    while at >= 0 and tries < _TRIES:
        try:
            value, end = decoder.raw_decode(response, at)
        except (ValueError, RecursionError):
            tries, end = tries + 1, at + 1
        else:
            found = value if isinstance(value, dict) and value else found
        at = response.find("{", end)
    return found


def _accept(domain: Domain, formalizer: Formalizer, payload: Mapping[str, JsonValue]) -> Made:
    problem = read_problem(domain, payload)
    _, faults = guard("load", lambda: domain.load(problem))
    if faults:
        return Made(faults=faults)
    return Made(problem=_written_out(problem), paraphrase=formalizer.paraphrase(problem))


def _written_out(problem: Problem) -> dict[str, JsonValue]:
    """Write a payload with every choice that it makes, also the ones it makes by default."""
    written: dict[str, JsonValue] = problem.model_dump(
        mode="json", by_alias=True, exclude_none=True
    )
    return written


def _open(
    said: Mapping[str, Any], formalizer: Formalizer
) -> tuple[Mapping[str, Any] | None, tuple[Missing, ...]]:
    """Tell the payload from the questions; a bare payload is taken as it stands."""
    if "problem" not in said and "missing" not in said:
        return said, ()
    payload = said.get("problem")
    listed = said.get("missing")
    missing = tuple(_questions(listed if isinstance(listed, list) else [], formalizer))
    return (payload if isinstance(payload, Mapping) else None), missing


def _questions(listed: list[Any], formalizer: Formalizer) -> Iterator[Missing]:
    for entry in listed[:MAX_MISSING]:
        if isinstance(entry, Mapping):
            name, question = entry.get("field"), entry.get("question")
        else:
            name, question = entry, None
        if isinstance(name, str) and name.strip():
            asked = question if isinstance(question, str) and question.strip() else None
            yield _ask(name.strip()[:80], formalizer, asked)


def _absent(
    domain: Domain, formalizer: Formalizer, payload: Mapping[str, Any]
) -> Iterator[Missing]:
    """Ask for every field that the domain requires and the payload lacks."""
    for name, found in domain.problem.model_fields.items():
        if found.is_required() and (found.alias or name) not in payload:
            yield _ask(found.alias or name, formalizer, found.description)


def _ask(name: str, formalizer: Formalizer, words: str | None) -> Missing:
    question = formalizer.questions.get(name) or words or f"What is `{name}`?"
    return Missing(field=name, question=question[:MAX_QUESTION_CHARS])


def _merge(one: tuple[Missing, ...], other: tuple[Missing, ...]) -> tuple[Missing, ...]:
    fields = {missing.field.partition(".")[0] for missing in one}
    return (*one, *(missing for missing in other if missing.field not in fields))


def _no_object() -> Diagnostic:
    return Diagnostic(
        code="formalization-no-object",
        headline="the response holds no JSON object",
        help=('answer with one JSON object: {"problem": {...}, "missing": [...]}',),
    )


def take_step(domain: Domain, step: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Do one step of formalising for a worker; see the functions of the same names.

    Args:
        domain: Whose payload it is to be.
        step: `read`, `examine` or `settle`.
        given: The step's arguments.
    """
    readings: tuple[Reading, ...] = ()
    if step == "read":
        made, readings = read_prose(domain, given["text"])
    elif step == "examine":
        made = examine(domain, given["text"], given["response"])
    else:
        made = settle(domain, given["problem"])
    return {
        "made": made.model_dump(mode="json"),
        "readings": [reading.model_dump(mode="json") for reading in readings],
    }
