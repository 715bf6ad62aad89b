"""Anthropic errors: failures of the Messages dialect as `{"type": "error", "error": {...}}`.

Statuses and headers are those of the other dialects, so Anthropic's SDKs send nothing again that
was paid for.
"""

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from app.failures import ServiceError
from app.proxy.openai_errors import openai_document, openai_headers, openai_status
from app.stream import frame

TYPES: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    421: "invalid_request_error",
    429: "rate_limit_error",
    431: "request_too_large",
    503: "overloaded_error",
    504: "timeout_error",
}
"""Anthropic's names of errors, by status."""


def anthropic_document(error: ServiceError, request: str) -> dict[str, Any]:
    """Render a failure as Anthropic's error object; further members say more."""
    told = openai_document(error, request)["error"]
    kind = told["type"]
    if kind != "verification_failed":
        kind = TYPES.get(openai_status(error), "api_error")
    details = {"error_code": told["code"], "param": told["param"]}
    extra = {name: told[name] for name in ("llm_modulo", "errors") if name in told}
    return {
        "type": "error",
        "error": {"type": kind, "message": told["message"], "details": details, **extra},
        "request_id": request,
    }


def anthropic_response(error: ServiceError, request: str) -> Response:
    """Render a failure as a response."""
    return JSONResponse(
        anthropic_document(error, request),
        status_code=openai_status(error),
        headers={**openai_headers(error), "request-id": request},
    )


def end_anthropic(error: ServiceError, request: str) -> bytes:
    """Write a failure as the last event of a stream that has begun."""
    return frame("error", anthropic_document(error, request))
