"""Routes that work: `POST /solve` and `POST /check`."""

import asyncio
import hashlib
from contextlib import AsyncExitStack
from typing import Annotated, TypedDict

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from app.engine import RunRecord
from app.errors import request_name
from app.failures import ServiceError
from app.ids import derived_id
from app.intake import StrictRoute
from app.openapi import CHECK_RESPONSES, SOLVE_RESPONSES
from app.prose import check_prose
from app.protocol import CheckRequest, CheckResult, SolveRequest, SolveResult
from app.run_views import RunView
from app.runs import show_event
from app.security.principal import caller
from app.service import Service
from app.stream import ClientGoneError, EventStream, attend, frame

router = APIRouter(route_class=StrictRoute)

CLIENT_GONE = 499
"""Status for the log of a request whose client hung up; nobody receives it."""
LONGEST_KEY = 255


class Named(TypedDict, total=False):
    """What an idempotency key makes of a run."""

    run_id: str
    body_sha256: str


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
        result = await attend(request, service.jobs.attend_to(work))
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
    """Run the loop and wait for its end, or stream its events (`Accept: text/event-stream`).

    With `Prefer: respond-async` the run goes on by itself and is found at `Location`. With an
    `Idempotency-Key` the same request, sent again, finds the run it had started before.
    """
    service: Service = request.app.state.service
    named = await _name_run(request)
    if "respond-async" in request.headers.get("prefer", ""):
        return await _accept(service, body, named)
    if "text/event-stream" in request.headers.get("accept", ""):
        return await _stream(service, request, body, named)
    try:
        result = await attend(request, _solve(service, body, named))
    except ClientGoneError:
        return Response(status_code=CLIENT_GONE)
    return Response(
        result.model_dump_json(exclude_none=False),
        media_type="application/json",
        headers={"Content-Location": f"/runs/{result.id}"},
    )


async def _name_run(request: Request) -> Named:
    """Derive the run's id from the idempotency key, if there is one."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return {}
    if not 0 < len(key) <= LONGEST_KEY:
        raise ServiceError(
            "invalid-request", f"`Idempotency-Key` has 1 to {LONGEST_KEY} characters"
        )
    body = hashlib.sha256(await request.body()).hexdigest()
    return {"run_id": derived_id("run", caller().tenant, key), "body_sha256": body}


async def _accept(service: Service, body: SolveRequest, named: Named) -> Response:
    response = accepted(await service.enqueue(body, **named))
    response.headers["Preference-Applied"] = "respond-async"
    return response


def accepted(record: RunRecord) -> Response:
    """Say that a run goes on by itself, and where it is found."""
    where = f"/runs/{record.spec.id}"
    return Response(
        RunView.of(record).model_dump_json(),
        status_code=202,
        media_type="application/json",
        headers={"Location": where},
    )


async def _solve(service: Service, body: SolveRequest, named: Named) -> SolveResult:
    async with service.start_run(body, **named) as record:
        return await service.finish(record.spec.id)


async def _stream(service: Service, request: Request, body: SolveRequest, named: Named) -> Response:
    """Start the run before the first byte, so that what is wrong with it has its own status.

    Where that takes long, because all workers are busy, the stream begins all the same: proxies
    on the way wait for a first byte only so long. What is wrong then comes as an `error` frame.
    """
    held = AsyncExitStack()
    opening = asyncio.ensure_future(held.enter_async_context(service.start_run(body, **named)))
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


async def _abandon(opening: "asyncio.Future[RunRecord]") -> None:
    opening.cancel()
    await asyncio.wait({opening})


async def _narrate(
    service: Service,
    opening: "asyncio.Future[RunRecord]",
    frames: asyncio.Queue[bytes],
    instance: str,
) -> None:
    """Put every event of a run into the queue as it happens, and its result last."""
    try:
        record = await asyncio.shield(opening)
        await narrate(service, record, frames)
    except ServiceError as error:
        frames.put_nowait(frame("error", error.to_document(instance)))


async def narrate(
    service: Service, record: RunRecord, frames: asyncio.Queue[bytes], after: int = -1
) -> None:
    """Put a run's events after number `after` into the queue, and its result last.

    Raises:
        ServiceError: The run ended without a result.
    """
    run_id, request = record.spec.id, record.spec.request
    async for event in service.engine.events(run_id, after):
        frames.put_nowait(frame(event.event, show_event(request, event), event.seq))
    result = await service.finish(run_id)
    frames.put_nowait(frame("result", result.model_dump(mode="json")))
