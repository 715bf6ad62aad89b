"""What `/docs` says about keys, and about what the gate refuses on every route."""

from typing import Any

from fastapi import FastAPI

from app.failures import ServiceError
from app.openapi import problems
from app.proxy.openai_errors import openai_document, openai_status
from app.security.routes import needed

Described = dict[str, Any]

SCHEME = "key"
ALWAYS = ("head-too-large", "host-not-allowed")
KEYED = ("key-missing", "key-invalid", "scope-missing", "key-forbids", "rate-limited", "keys-away")
SENDING = ("origin-not-allowed",)
WITH_BODY = ("body-too-slow",)
SPENDING = ("key-budget-spent", "key-budget-held", "model-unpriced")
SPENDS = frozenset({"solve", "formalize", "check", "runs", "v1", "p"})
PROBLEM = {"$ref": "#/components/schemas/ProblemDetails"}


def describe(app: FastAPI) -> None:
    """Add keys and refusals to an application's description."""
    plain, made = app.openapi, list[Described]()

    def described() -> Described:
        if not made:
            document = plain()
            schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
            schemes[SCHEME] = {
                "type": "http",
                "scheme": "bearer",
                "description": "An API key (`mdl_…`), where the service asks for one.",
            }
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    _add(path, method, operation)
            made.append(document)
        return made[0]

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's own way to extend it


def _add(path: str, method: str, operation: Described) -> None:
    keyed = bool(needed(path))
    codes = [*ALWAYS, *(KEYED if keyed else ())]
    if method in {"post", "delete"}:
        codes += SENDING
    if "requestBody" in operation:
        codes += WITH_BODY
        if path.split("/")[1] in SPENDS:
            codes += SPENDING
    if keyed:
        operation["security"] = [{SCHEME: []}, {}]
    told = operation.setdefault("responses", {})
    found = _errors(codes) if path.startswith(("/v1", "/p/")) else _problems(codes)
    for status, response in found.items():
        _merge(told, status, response)


def _problems(codes: list[str]) -> Described:
    described = {}
    for status, response in problems(*codes).items():
        content = response["content"]["application/problem+json"]
        described[str(status)] = {
            "description": response["description"],
            "content": {"application/problem+json": {"schema": PROBLEM, **content}},
        }
    return described


def _errors(codes: list[str]) -> Described:
    described: Described = {}
    for code in codes:
        error = ServiceError(code, "what happened, standing alone")
        response = described.setdefault(
            str(openai_status(error)),
            {
                "description": "An error object of the dialect",
                "content": {"application/json": {"examples": {}}},
            },
        )
        examples = response["content"]["application/json"]["examples"]
        examples[f"{openai_status(error)} {code}"] = {"value": openai_document(error, "req_1")}
    return described


def _merge(told: Described, status: str, response: Described) -> None:
    known = told.setdefault(status, response)
    if known is response:
        return
    for kind, content in response["content"].items():
        own = known.setdefault("content", {}).setdefault(kind, content)
        if own is not content:
            own.setdefault("examples", {}).update(content["examples"])
