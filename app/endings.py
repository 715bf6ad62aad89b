"""Endings: what a client is told that has waited for a run."""

from typing import Any

from app.admission import RETRY_AFTER_S
from app.engine import RunRecord
from app.failures import ServiceError
from app.protocol import SolveResult
from app.upstreams import REMEDY


def stopped_early() -> ServiceError:
    """Say that the service ended first."""
    return ServiceError(
        "shutting-down",
        "the service stopped before the end",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def reaches_nobody(record: RunRecord) -> bool:
    """Say whether a run ended because nobody listens where the model should be."""
    return record.result is not None and record.result.reason == "upstream-unreachable"


def read_result(record: RunRecord, *, stopping: bool) -> SolveResult:
    """Read the result of a run, for whoever waited for it.

    Args:
        record: The run; it is over, unless the service is stopping.
        stopping: Whether the service is about to end.

    Raises:
        ServiceError: There is none: the service ends, the run was cancelled, or its model failed.
    """
    if stopping and (record.state == "cancelled" or not record.over):
        raise with_costs(stopped_early(), record)
    if record.state == "cancelled":
        raise with_costs(ServiceError("run-cancelled", "the run was cancelled"), record)
    result = record.result
    if result is None:
        raise with_costs(ServiceError("upstream-none", record.failure or REMEDY), record)
    code = result.reason or ""
    if result.status == "failed" and code.startswith("upstream-"):
        raise with_costs(ServiceError(code, record.failure or code), record)
    return result


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
