"""The route for trainers: `POST /reward`."""

from itertools import chain
from typing import Annotated

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from app.failures import Fault, ServiceError, from_kernel
from app.flywheel.rewards import Agreement, RewardRequest, RewardResult
from app.flywheel.scoring import score
from app.intake import StrictRoute
from app.openapi import REWARD_RESPONSES
from app.routes import CLIENT_GONE
from app.service import Service
from app.stream import ClientGoneError, attend
from critics.types import KernelError
from critics.workers.rewards import RewardProblemError

router = APIRouter(route_class=StrictRoute)


@router.post(
    "/reward",
    tags=["check"],
    summary="Reward a model's completions, for training; no model is asked",
    response_model=RewardResult,
    responses=REWARD_RESPONSES,
)
async def reward(request: Request, body: Annotated[RewardRequest, Body()]) -> Response:
    """Judge completions and weigh what the critics say, in the order in which they were sent."""
    service: Service = request.app.state.service
    try:
        result = await attend(request, service.jobs.attend_to(_reward(service, body)))
    except ClientGoneError:
        return Response(status_code=CLIENT_GONE)
    return Response(result.model_dump_json(), media_type="application/json")


async def _reward(service: Service, body: RewardRequest) -> RewardResult:
    """Reward a batch, which takes one of the slots for checks.

    Raises:
        ServiceError: A problem or its domain is wrong, there are too many completions, or too
            many checks are under way.
    """
    limits, worker = service.settings.limits, service.settings.worker
    if body.count > limits.reward_completions:
        detail = (
            f"the request has {body.count:,} completions; at most "
            f"{limits.reward_completions:,} are taken at once (`limits.reward_completions`)"
        )
        raise ServiceError("invalid-request", detail)
    with service.checks.take():
        try:
            scored = await score(
                service.pool,
                body.batch(),
                body,
                deadline_s=worker.deadline_s,
                opinion_deadline_s=worker.opinion_deadline_s,
                seconds=limits.reward_seconds,
            )
        except RewardProblemError as error:
            raise _place(from_kernel(error), body, error.index) from error
        except KernelError as error:
            raise from_kernel(error) from error
    rewards = tuple(chain.from_iterable(scored))
    return RewardResult(
        rewards=tuple(each.reward for each in rewards),
        results=rewards,
        holdout=Agreement.among(rewards) if body.holdout else None,
    )


def _place(error: ServiceError, body: RewardRequest, index: int) -> ServiceError:
    """Say which problem of a batch is wrong."""
    if not body.items:
        return error
    error.faults = tuple(
        fault.model_copy(update={"pointer": fault.pointer.replace("#", f"#/items/{index}", 1)})
        for fault in error.faults or (Fault(pointer="#", code=error.code, detail=error.detail),)
    )
    return error
