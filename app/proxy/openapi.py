"""What `/docs` says about the proxy's routes, which stand outside FastAPI for their speed."""

from typing import Any

from fastapi import FastAPI

from app.failures import ServiceError
from app.proxy.directions import FIELD, Directions
from app.proxy.openai_errors import openai_document, openai_status
from app.samples import SWITCH

Described = dict[str, Any]

TAG = "proxy"
REF = "#/components/schemas/{model}"
SAID = [{"role": "user", "content": "Turn the lamp on."}]
ASKED: Described = {"domain": "pddl", "problem": SWITCH}
BODIES: dict[str, tuple[str, Described]] = {
    "/v1/chat/completions": (
        "Answer a chat: certified, refused, or passed through (OpenAI)",
        {"model": "some-model", "messages": SAID, FIELD: ASKED},
    ),
    "/v1/responses": (
        "Answer a request of the Responses API: certified or refused (OpenAI)",
        {"model": "some-model", "input": "Turn the lamp on.", FIELD: ASKED},
    ),
    "/v1/messages": (
        "Answer a request of the Messages API: certified or refused (Anthropic)",
        {"model": "some-model", "max_tokens": 1000, "messages": SAID, FIELD: ASKED},
    ),
}
LISTS = {
    "/v1/models": "The upstream's models, plain and behind each profile",
    "/v1/models/{model}": "One model",
}
REFUSALS = ("budget-exhausted", "infeasible", "not-certified")
FAULTS = ("invalid-problem", "problem-missing", "problem-ambiguous", "nothing-to-verify")


def describe(app: FastAPI) -> None:
    """Add the proxy to an application's description."""
    plain = app.openapi

    def described() -> Described:
        document = plain()
        schema = Directions.model_json_schema(ref_template=REF)
        components = document.setdefault("components", {}).setdefault("schemas", {})
        for name, definition in (schema.pop("$defs", {}) | {"Directions": schema}).items():
            components.setdefault(name, definition)
        document["paths"] |= {path: {"post": _post(*told)} for path, told in BODIES.items()}
        document["paths"] |= {path: {"get": _get(path, told)} for path, told in LISTS.items()}
        return document

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's own way to extend it


def _post(summary: str, example: Described) -> Described:
    schema = {
        "type": "object",
        "properties": {FIELD: {"$ref": REF.format(model="Directions")}},
        "additionalProperties": True,
    }
    return {
        "tags": [TAG],
        "summary": summary,
        "description": "All fields of the dialect are taken; `llm_modulo` says what to verify.",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema, "example": example}},
        },
        "responses": {
            "200": {"description": "Certified, or marked as not; streamed with `stream: true`"},
            "400": _errors(*FAULTS, "invalid-json"),
            "404": {"description": "No such profile, model or response, as an error object"},
            "413": _errors("body-too-large"),
            "415": _errors("media-type-unsupported"),
            "422": _errors(*REFUSALS),
        },
    }


def _get(path: str, summary: str) -> Described:
    named = {"name": "model", "in": "path", "required": True, "schema": {"type": "string"}}
    one = "{" in path
    absent = {"404": {"description": "No such model, as an error object"}} if one else {}
    return {
        "tags": [TAG],
        "summary": summary,
        "parameters": [named] if one else [],
        "responses": {"200": {"description": "In OpenAI's form"}, **absent},
    }


def _errors(*codes: str) -> Described:
    examples = {}
    for code in codes:
        error = ServiceError(code, "what happened, standing alone")
        examples[f"{openai_status(error)} {code}"] = {"value": openai_document(error, "req_1")}
    return {
        "description": "An error object of the dialect",
        "content": {"application/json": {"examples": examples}},
    }
