"""OpenAI errors: every failure under `/v1` as `{"error": {message, type, param, code}}`.

Invariants:
    * Statuses that OpenAI's SDKs send again by themselves (408, 409, 429, 5xx) carry
      `x-should-retry: false` once something was spent, or where another try must fail as well.
    * A run without a certificate is 422: no SDK sends it again.
"""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from app.codes import explain
from app.failures import ServiceError
from app.proxy.wire_json import respond

REFUSED = frozenset({"budget-exhausted", "infeasible", "not-certified", "run-cancelled"})
"""A run was made, and there is no certified answer."""
RETRYABLE = frozenset({408, 409, 429, 500, 502, 503, 504})
WORTH_RETRYING = frozenset(
    {
        "too-many-runs",
        "shutting-down",
        "upstream-busy",
        "upstream-failed",
        "overloaded",
        "upstream-suspended",
        "upstream-unreachable",
        "upstream-timeout",
        "body-too-slow",
        "key-budget-held",
        "keys-away",
        "rate-limited",
    }
)
"""Failures that may pass; where nothing was spent, a client may try again."""
PASSED_ON = frozenset({400, 401, 402, 403, 404, 413, 422, 429})
"""Statuses of the upstream that mean the same to our client."""
TYPES: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "invalid_request_error",
    415: "invalid_request_error",
    405: "invalid_request_error",
    408: "invalid_request_error",
    421: "invalid_request_error",
    431: "invalid_request_error",
    422: "invalid_request_error",
    429: "rate_limit_error",
}
UNPROCESSABLE = 422


def openai_status(error: ServiceError) -> int:
    """Give the HTTP status of a failure in OpenAI's dialect."""
    if error.code in REFUSED:
        return UNPROCESSABLE
    told = error.extra.get("upstream_status")
    if error.code.startswith("upstream-") and told in PASSED_ON:
        return int(str(told))
    return 400 if error.status == UNPROCESSABLE else error.status


def openai_type(error: ServiceError) -> str:
    """Give OpenAI's `type` of a failure."""
    if error.code in REFUSED:
        return "verification_failed"
    return TYPES.get(openai_status(error), "server_error")


def openai_headers(error: ServiceError) -> dict[str, str]:
    """Give the headers of a failure; they keep an SDK from paying for the same failure again."""
    headers = dict(error.headers)
    if openai_status(error) in RETRYABLE and error.code not in WORTH_RETRYING:
        headers["x-should-retry"] = "false"
    return headers


def openai_document(error: ServiceError, request: str) -> dict[str, Any]:
    """Render a failure as OpenAI's error object; further members say more.

    Args:
        error: What happened.
        request: The request's name, as in its `x-request-id` header.
    """
    known = explain(error.code)
    action = error.help or ((known.action,) if known else ())
    document: dict[str, Any] = {
        "message": " ".join([error.detail + "." * (error.detail[-1:] not in ".?!"), *action]),
        "type": openai_type(error),
        "param": _param(error),
        "code": error.code.replace("-", "_"),
        "request_id": request,
    }
    extra = {key: value for key, value in error.extra.items() if key != "upstream_status"}
    if len(error.faults) > 1:
        extra["errors"] = [fault.model_dump(exclude_none=True) for fault in error.faults]
    return {"error": document | extra}


def openai_response(error: ServiceError, request: str) -> Response:
    """Render a failure as a response."""
    return respond(openai_document(error, request), openai_status(error), openai_headers(error))


def _param(error: ServiceError) -> str | None:
    """Name the parameter that is wrong as a dotted path."""
    if not error.faults:
        return None
    path = error.faults[0].pointer.removeprefix("#").strip("/")
    return path.replace("/", ".").replace("~1", "/").replace("~0", "~") or None
