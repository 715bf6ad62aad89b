"""Routes that work: `POST /solve` and `POST /check`."""

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from app.errors import request_name
from app.failures import ServiceError
from app.intake import StrictRoute
from app.openapi import CHECK_RESPONSES, SOLVE_RESPONSES
from app.prose import check_prose
from app.protocol import CheckRequest, CheckResult, SolveRequest, SolveResult
from app.runs import Run
from app.service import Service
from app.stream import ClientGoneError, EventStream, attend, frame
from backprompt.budget import Usage
from backprompt.render import printable

logger = logging.getLogger("llm_modulo.runs")

router = APIRouter(route_class=StrictRoute)

CLIENT_GONE = 499
"""Status for the log of a request whose client hung up; nobody receives it."""


@router.post(
    "/check",
    tags=["check"],
    summary="Judge an answer of yours; a model is asked only to translate prose",
    response_model=CheckResult,
    responses=CHECK_RESPONSES,
)
async def check(request: Request, body: Annotated[CheckRequest, Body()]) -> Response:
    """Judge an answer: accepted, rejected or unknown, and why."""
    service: Service = request.app.state.service
    work = _check(service, body) if body.translate is None else check_prose(service, body)
    try:
        result = await attend(request, service.attend_to(work))
    except ClientGoneError:
        return Response(status_code=CLIENT_GONE)
    return Response(result.model_dump_json(), media_type="application/json")


async def _check(service: Service, body: CheckRequest) -> CheckResult:
    judgement = await service.check(body)
    return CheckResult(**{name: getattr(judgement, name) for name in judgement.model_fields_set})


@router.post(
    "/solve",
    tags=["solve"],
    summary="Solve a problem: generate, criticise, repeat until certified",
    response_model=SolveResult,
    responses=SOLVE_RESPONSES,
)
async def solve(request: Request, body: Annotated[SolveRequest, Body()]) -> Response:
    """Run the loop and wait for its end, or stream its events (`Accept: text/event-stream`)."""
    service: Service = request.app.state.service
    if "text/event-stream" in request.headers.get("accept", ""):
        return await _stream(service, request, body)
    try:
        result = await attend(request, _solve(service, body))
    except ClientGoneError:
        return Response(status_code=CLIENT_GONE)
    return Response(result.model_dump_json(exclude_none=False), media_type="application/json")


async def _solve(service: Service, body: SolveRequest) -> SolveResult:
    async with service.open_run(body) as run:
        return await _execute(service, run)


async def _stream(service: Service, request: Request, body: SolveRequest) -> Response:
    """Open the run before the first byte, so that what is wrong with it has its own status.

    Where that takes long, because all workers are busy, the stream begins all the same: proxies
    on the way wait for a first byte only so long. What is wrong then comes as an `error` frame.
    """
    held = AsyncExitStack()
    opening = asyncio.ensure_future(held.enter_async_context(service.open_run(body)))
    held.push_async_callback(_abandon, opening)
    patience_s = service.settings.sse_keepalive_s
    try:
        await attend(request, asyncio.wait({opening}, timeout=patience_s))
        if opening.done():
            opening.result()
    except (ClientGoneError, ServiceError) as error:
        await held.aclose()
        if isinstance(error, ServiceError):
            raise
        return Response(status_code=CLIENT_GONE)
    instance = request_name(request)
    return EventStream(
        lambda frames: _narrate(service, opening, frames, instance), patience_s, held
    )


async def _abandon(opening: "asyncio.Future[Run]") -> None:
    opening.cancel()
    await asyncio.wait({opening})


async def _narrate(
    service: Service,
    opening: "asyncio.Future[Run]",
    frames: asyncio.Queue[bytes],
    instance: str,
) -> None:
    """Put every event of a run into the queue as it happens, and its result last."""
    try:
        run = await asyncio.shield(opening)
        run.journal.subscribe(
            lambda event: frames.put_nowait(frame(event.event, run.show_event(event), event.seq))
        )
        result = await _execute(service, run)
    except ServiceError as error:
        frames.put_nowait(frame("error", error.to_document(instance)))
        return
    frames.put_nowait(frame("result", result.model_dump(mode="json")))


async def _execute(service: Service, run: Run) -> SolveResult:
    """Run the loop; an upstream that failed, or the end of the service, is an error.

    Raises:
        ServiceError: With the run's id and what was spent. Once something was spent a client must
            not send the request again by itself, since that would be paid again.
    """
    try:
        result = await service.attend_to(run.execute())
    except ServiceError as error:
        raise _with_costs(error, run) from error
    code = result.reason or ""
    if result.status == "failed" and code.startswith("upstream-"):
        if code == "upstream-unreachable":
            service.look_again()
        logger.warning("%s: %s: %s", run.id, code, printable(run.failure or ""))
        raise _with_costs(ServiceError(code, run.explain_failure()), run)
    return result


def _with_costs(error: ServiceError, run: Run) -> ServiceError:
    ended = run.journal.ended
    usage = ended.usage if ended else Usage()
    headers = {"x-should-retry": "false"} if usage.calls else error.headers
    spent: dict[str, Any] = {"usage": usage.model_dump(), "budget": run.budget.model_dump()}
    return ServiceError(error.code, error.detail, headers=headers, extra={"run": run.id, **spent})
