"""Schema faults: what pydantic says of a request, with JSON pointers and did-you-mean."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from app.failures import Fault, ServiceError
from app.nearest import did_you_mean

MOST = 20
"""Faults that are told of one request."""


def schema_failure(faults: Iterable[Mapping[str, Any]], model: type[BaseModel]) -> ServiceError:
    """Turn pydantic's faults about a request body into one failure with did-you-mean.

    Args:
        faults: As from `ValidationError.errors()`; the values themselves are never repeated.
        model: The schema of the body.
    """
    ordered = sorted(faults, key=lambda fault: fault["type"] != "extra_forbidden")
    found = [_schema_fault(fault, model) for fault in ordered[:MOST]]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return ServiceError("invalid-request", f"{found[0].detail}{more}", faults=found)


def _schema_fault(fault: Mapping[str, Any], model: type[BaseModel]) -> Fault:
    path = [str(part)[:80] for part in fault["loc"] if part != "body"]
    name = path[-1] if path else "body"
    said = fault["msg"].removeprefix("Value error, ")
    detail = {
        "extra_forbidden": f"there is no field `{name}`{did_you_mean(name, _names(model, path))}",
        "missing": f"field `{name}` is missing",
    }.get(fault["type"], f"`{'.'.join(path) or name}`: {said[:1].lower()}{said[1:200]}")
    pointer = "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in path)
    return Fault(pointer=f"#{pointer}", code="invalid-request", detail=detail)


def _names(model: type[BaseModel], path: list[str]) -> list[str]:
    """List the field names of the object that the last part of a path was looked for in."""
    for part in path[:-1]:
        field = model.model_fields.get(part)
        nested = [t for t in _types(field.annotation) if field] if field else []
        model = nested[0] if nested else model
    return list(model.model_fields)


def _types(annotation: Any) -> list[type[BaseModel]]:
    options = (annotation, *getattr(annotation, "__args__", ()))
    return [t for t in options if isinstance(t, type) and issubclass(t, BaseModel)]
