"""Forms: a problem as fields that a person can edit, and back.

A field of the problem that is text is edited as text; anything else as JSON.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import JsonValue

from app.failures import Fault, ServiceError
from critics.domain import Domain

PREFIX = "problem."
SHORT = 70
"""Characters of JSON that stand in one line."""


class Field(NamedTuple):
    """One field of a problem."""

    name: str
    value: str
    text: bool
    """Whether it is plain text; else it is JSON."""
    says: str
    """What it means."""
    rows: int
    fault: str = ""


def list_fields(
    domain: Domain,
    problem: Mapping[str, JsonValue],
    said: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
) -> list[Field]:
    """List a domain's fields, filled from a problem or from what a person has typed."""
    schema = domain.problem.model_json_schema()
    found = list[Field]()
    for name, declared in schema["properties"].items():
        text = _is_text(declared)
        value = problem.get(name)
        typed = (said or {}).get(PREFIX + name)
        shown = typed if typed is not None else _write(value, text=text)
        rows = min(max(shown.count("\n") + 1, 2), 16)
        fault = (faults or {}).get(name, "")
        found.append(Field(name, shown, text, declared.get("description", ""), rows, fault))
    return found


def read_problem(domain: Domain, said: Mapping[str, str]) -> dict[str, JsonValue]:
    """Read the fields that a person has typed; empty ones are left out.

    Raises:
        ServiceError: `invalid-request`, with every field that is no JSON.
    """
    schema = domain.problem.model_json_schema()
    problem, faults = dict[str, JsonValue](), list[Fault]()
    for name, declared in schema["properties"].items():
        typed = said.get(PREFIX + name, "")
        if not typed.strip():
            continue
        if _is_text(declared):
            problem[name] = typed
            continue
        try:
            problem[name] = json.loads(typed)
        except (ValueError, RecursionError) as error:
            detail = f"`{name}` is no JSON: {str(error)[:120]}"
            faults.append(Fault(pointer=f"#/problem/{name}", code="invalid-request", detail=detail))
    if faults:
        raise ServiceError("invalid-request", faults[0].detail, faults=faults)
    return problem


def faults_by_field(error: ServiceError) -> dict[str, str]:
    """Say for each field what is wrong with it."""
    found = dict[str, str]()
    for fault in error.faults:
        parts = fault.pointer.removeprefix("#/").split("/")
        if len(parts) > 1 and parts[0] == "problem":
            found.setdefault(parts[1], fault.detail)
    return found


def _is_text(declared: Mapping[str, Any]) -> bool:
    kinds = [declared, *declared.get("anyOf", ())]
    return any(kind.get("type") == "string" and "enum" not in kind for kind in kinds)


def _write(value: JsonValue, *, text: bool) -> str:
    if value is None:
        return ""
    if text and isinstance(value, str):
        return value
    short = json.dumps(value, ensure_ascii=False)
    return short if len(short) <= SHORT else json.dumps(value, ensure_ascii=False, indent=1)
