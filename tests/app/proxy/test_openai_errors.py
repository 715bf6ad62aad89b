"""Errors as OpenAI's SDKs read them: what they retry, and what they must not."""

import pytest

from app.codes import SERVICE_CODES
from app.failures import Fault, ServiceError
from app.proxy.dialects import find_dialect
from app.proxy.openai_errors import (
    RETRYABLE,
    WORTH_RETRYING,
    openai_document,
    openai_headers,
    openai_status,
)


@pytest.mark.parametrize("code", SERVICE_CODES)
def test_only_what_may_pass_is_tried_again(code):
    error = ServiceError(code, "it happened")
    tried_again = openai_status(error) in RETRYABLE and "x-should-retry" not in openai_headers(
        error
    )
    assert not tried_again or code in WORTH_RETRYING


@pytest.mark.parametrize("code", sorted(WORTH_RETRYING))
def test_nothing_is_tried_again_once_it_was_paid_for(code):
    error = ServiceError(code, "it happened", headers={"x-should-retry": "false"})
    assert openai_headers(error)["x-should-retry"] == "false"


@pytest.mark.parametrize(
    ("code", "upstream", "status", "kind"),
    [
        ("upstream-refused", 400, 400, "invalid_request_error"),
        ("upstream-refused", 401, 401, "authentication_error"),
        ("upstream-refused", 402, 402, "insufficient_quota"),
        ("upstream-refused", 403, 403, "permission_error"),
        ("upstream-refused", 404, 404, "not_found_error"),
        ("upstream-refused", 418, 502, "server_error"),
        ("upstream-busy", 429, 429, "rate_limit_error"),
        ("upstream-failed", 500, 502, "server_error"),
        ("upstream-unreachable", None, 502, "server_error"),
        ("budget-exhausted", None, 422, "verification_failed"),
        ("infeasible", None, 422, "verification_failed"),
        ("not-certified", None, 422, "verification_failed"),
        ("invalid-problem", None, 400, "invalid_request_error"),
        ("too-many-runs", None, 429, "rate_limit_error"),
        ("internal-error", None, 500, "server_error"),
    ],
)
def test_statuses_and_types(code, upstream, status, kind):
    extra = {"upstream_status": upstream} if upstream else {}
    error = ServiceError(code, "it happened", extra=extra)
    told = openai_document(error, "req_1")["error"]
    assert (openai_status(error), told["type"]) == (status, kind)
    assert told["code"] == code.replace("-", "_")
    assert "upstream_status" not in told


def test_a_message_ends_with_the_next_action_and_the_first_fault_is_the_parameter():
    faults = [
        Fault(pointer="#/llm_modulo/budget/a~1b", code="invalid-request", detail="one"),
        Fault(pointer="#/n", code="invalid-request", detail="two"),
    ]
    error = ServiceError("invalid-request", "it is wrong", faults=faults, help=["Repair it."])
    told = openai_document(error, "req_1")["error"]
    assert told["message"] == "it is wrong. Repair it."
    assert told["param"] == "llm_modulo.budget.a/b"
    assert [fault["detail"] for fault in told["errors"]] == ["one", "two"]


@pytest.mark.parametrize("path", ["/v1", "/v1/x", "/p/a/v1/chat/completions", "/p//v1"])
def test_the_proxys_paths_have_a_dialect(path):
    assert find_dialect(path) is not None


@pytest.mark.parametrize("path", ["/", "/solve", "/v1x", "/v2/x", "/p/a/b/v1/x", "/runs/v1"])
def test_other_paths_have_none(path):
    assert find_dialect(path) is None
