"""What `/docs` says about errors: one example per code, taken from the table of codes itself."""

from typing import Any

from app.codes import explain
from app.failures import ProblemDetails, ServiceError
from app.samples import EVENTS_EXAMPLE

Responses = dict[int | str, dict[str, Any]]

_BODY = ("invalid-json", "invalid-request", "body-too-large", "media-type-unsupported")
_PROBLEM = ("domain-unknown", "invalid-problem", "too-many-runs", "shutting-down")
_MODEL = (
    "problem-not-read",
    "budget-above-cap",
    "upstream-none",
    "upstream-unreachable",
    "upstream-suspended",
    "upstream-refused",
    "upstream-busy",
    "upstream-failed",
    "upstream-timeout",
    "upstream-invalid",
)


def problems(*codes: str) -> Responses:
    """Describe the responses of some codes, grouped by status, with an example each."""
    grouped: Responses = {}
    for code in codes:
        known = explain(code)
        error = ServiceError(code, known.explanation if known else code)
        document = error.to_document("req_0f6c2a91d3b84e57")
        response = grouped.setdefault(
            error.status,
            {
                "description": "",
                "model": ProblemDetails,
                "content": {"application/problem+json": {"examples": {}}},
            },
        )
        response["content"]["application/problem+json"]["examples"][code] = {"value": document}
        response["description"] = "; ".join(
            filter(None, [response["description"], document["title"]])
        )
    return grouped


CHECK_RESPONSES: Responses = problems(*_BODY, *_PROBLEM, "translation-unsupported", *_MODEL)
REWARD_RESPONSES: Responses = problems(*_BODY, *_PROBLEM)
FORMALIZE_RESPONSES: Responses = problems(
    *_BODY, "domain-unknown", "too-many-runs", "shutting-down", "formalization-unsupported", *_MODEL
)
ANSWER_RESPONSES: Responses = problems(
    *_BODY, "invalid-problem", "run-unknown", "run-not-waiting", "too-many-runs", *_MODEL
)
SOLVE_RESPONSES: Responses = {
    200: {
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "examples": {"events": {"value": EVENTS_EXAMPLE}},
            }
        }
    },
    **problems(*_BODY, *_PROBLEM, *_MODEL),
}
