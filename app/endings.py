"""Endings: what a client is told whose run ended without a result."""

from typing import Any

from app.admission import RETRY_AFTER_S
from app.engine import RunRecord
from app.failures import ServiceError


def stopped_early() -> ServiceError:
    """Say that the service ended first."""
    return ServiceError(
        "shutting-down",
        "the service stopped before the end",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def with_costs(error: ServiceError, record: RunRecord) -> ServiceError:
    """Add to an error which run it ends and what that has cost.

    A call that was refused cost nothing, so a client may try again by itself.
    """
    headers = {"x-should-retry": "false"} if record.usage.tokens else error.headers
    spent: dict[str, Any] = {
        "usage": record.usage.model_dump(),
        "budget": record.spec.budget.model_dump(),
    }
    return ServiceError(
        error.code, error.detail, headers=headers, extra={"run": record.spec.id, **spent}
    )
