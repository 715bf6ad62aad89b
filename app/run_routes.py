"""Routes of runs that are kept: list, show, follow, cancel, delete."""

import asyncio
from contextlib import AsyncExitStack
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from app.engine import RunQuery, RunRecord, State
from app.errors import request_name
from app.failures import ServiceError
from app.intake import StrictRoute
from app.openapi import problems
from app.routes import accepted, narrate
from app.run_views import ForkRequest, RunList, RunView
from app.security.principal import caller
from app.service import Service
from app.stream import EventStream, frame

router = APIRouter(tags=["runs"], route_class=StrictRoute)

NOT_FOUND = problems("run-unknown", "invalid-request")
FORK_RESPONSES = problems(
    *("run-unfinished", "too-many-runs", "upstream-none", "invalid-json", "invalid-request"),
    *("body-too-large", "media-type-unsupported"),
)
LAST = 2**31 - 1
"""No run has so many events, and no database takes a larger number for one."""


@router.get("/runs", summary="List runs, newest first", responses=problems("invalid-request"))
async def list_runs(
    request: Request,
    *,
    state: State | None = None,
    domain: Annotated[str | None, Query(max_length=80)] = None,
    model: Annotated[str | None, Query(max_length=200)] = None,
    before: Annotated[str | None, Query(max_length=80)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RunList:
    """List runs; `next` of one page is `before` of the next."""
    service: Service = request.app.state.service
    asking = caller()
    query = RunQuery(
        tenant=None if asking.everywhere else asking.tenant,
        state=state,
        domain=domain,
        model=model,
        before=before,
        limit=limit,
    )
    return RunList.of(await service.engine.list(query))


@router.get("/runs/{run_id}", summary="One run", responses=NOT_FOUND)
async def show_run(request: Request, run_id: str) -> RunView:
    """Show a run, with its result once it is over."""
    return RunView.of(await find_run(request.app.state.service, run_id))


@router.get("/runs/{run_id}/events", summary="Follow a run", responses=NOT_FOUND)
async def follow_run(request: Request, run_id: str) -> Response:
    """Stream a run's events, past and future; after `Last-Event-ID` only what comes behind it.

    Leaving the stream does not cancel the run.
    """
    service: Service = request.app.state.service
    record = await find_run(service, run_id)
    after, instance = read_last_event(request), request_name(request)

    async def tell(frames: asyncio.Queue[bytes]) -> None:
        try:
            await narrate(service, record, frames, after)
        except ServiceError as error:
            frames.put_nowait(frame("error", error.to_document(instance)))

    held = AsyncExitStack()
    held.enter_context(service.access.streams.take(caller().name))
    return EventStream(tell, service.settings.sse_keepalive_s, held)


@router.post("/runs/{run_id}/cancel", summary="Cancel a run", responses=NOT_FOUND)
async def cancel_run(request: Request, run_id: str) -> RunView:
    """End a run, the call it pays for and its critics; a run that is over stays as it is."""
    service: Service = request.app.state.service
    await find_run(service, run_id)
    cancelled = await service.engine.cancel(run_id)
    return RunView.of(cancelled or await find_run(service, run_id))


@router.post(
    "/runs/{run_id}/fork",
    summary="Go on from a round with another model or strategy",
    status_code=202,
    response_model=RunView,
    responses={**NOT_FOUND, **FORK_RESPONSES},
)
async def fork_run(request: Request, run_id: str, body: Annotated[ForkRequest, Body()]) -> Response:
    """Start a run that takes over the answers of another one, which must be over.

    They are judged again, and not paid again. Without `from_round` the new run goes on where the
    old one ended: after a failure of its upstream, or with a larger budget.
    """
    service: Service = request.app.state.service
    return accepted(await service.fork(run_id, body))


@router.delete(
    "/runs/{run_id}",
    summary="Forget a run that is over",
    status_code=204,
    responses={**NOT_FOUND, **problems("run-unfinished")},
)
async def delete_run(request: Request, run_id: str) -> Response:
    """Forget a run and everything about it."""
    service: Service = request.app.state.service
    record = await find_run(service, run_id)
    if record.over:  # what it has spent is noted while somebody knows it
        await service.access.settle(record)
    if not await service.engine.delete(run_id):
        raise ServiceError("run-unfinished", f"`{run_id}` is not over")
    return Response(status_code=204)


async def find_run(service: Service, run_id: str) -> RunRecord:
    """Find a run of the caller's tenant; whoever may see all finds any.

    Raises:
        ServiceError: `run-unknown`.
    """
    record = await service.engine.get(run_id)
    if record is None or not caller().sees(record.spec.tenant):
        raise ServiceError("run-unknown", f"there is no run `{run_id[:80]}`")
    return record


def read_last_event(request: Request) -> int:
    """Read which event the client saw last.

    Raises:
        ServiceError: `invalid-request`: it is no event number.
    """
    said = request.headers.get("last-event-id", "-1")
    try:
        return min(max(int(said), -1), LAST)
    except ValueError as error:
        raise ServiceError("invalid-request", "`Last-Event-ID` is no event number") from error
