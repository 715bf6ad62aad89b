"""Pages of runs: the list, one run, its rounds and pictures, two runs side by side, and actions."""

import asyncio
from contextlib import AsyncExitStack
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import PlainTextResponse, Response

from app.console.pictures import draw_candidate
from app.console.rendering import render
from app.console.routing import PageRoute, page, twin
from app.console.run_page import read_run, stream_run, write_round, write_run
from app.console.story import Story
from app.engine import RunPage, RunQuery, RunRecord, State, model_of
from app.failures import ServiceError
from app.run_routes import LAST, find_run, read_last_event
from app.run_views import RunList, RunView
from app.security.principal import caller
from app.service import Service
from app.stream import EventStream

router = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)

STATES = (
    "queued",
    "running",
    "certified",
    "infeasible",
    "exhausted",
    "needs_input",
    "cancelled",
    "failed",
)


class Total(NamedTuple):
    """What the runs of a domain and a model came to."""

    domain: str
    model: str
    runs: int
    certified: int
    tokens: int
    cost: float


@router.get("/runs")
async def list_runs(
    request: Request,
    *,
    state: Annotated[str, Query(max_length=20)] = "",
    domain: Annotated[str, Query(max_length=80)] = "",
    model: Annotated[str, Query(max_length=200)] = "",
    before: Annotated[str | None, Query(max_length=80)] = None,
) -> Response:
    """Show the runs, newest first."""
    service: Service = request.app.state.service
    asked = {"state": state, "domain": domain, "model": model}
    wanted = {name: value for name, value in asked.items() if value}
    found = await service.engine.list(_query(wanted, before))
    query = f"?{urlencode(wanted)}" if wanted else ""
    older = f"?{urlencode({**wanted, 'before': found.next})}" if found.next else ""
    html = render(
        "runs.html",
        here="/console/runs",
        runs=found.runs,
        next=older,
        query=query,
        states=STATES,
        asked=asked,
        totals=add_up(found),
    )
    return page(html)


def _query(wanted: dict[str, str], before: str | None) -> RunQuery:
    asking = caller()
    state: Any = wanted.get("state")
    if state is not None and state not in STATES:
        raise ServiceError("invalid-request", f"there is no state `{state}`")
    named: State | None = state
    return RunQuery(
        tenant=None if asking.everywhere else asking.tenant,
        state=named,
        domain=wanted.get("domain"),
        model=wanted.get("model"),
        before=before,
    )


def add_up(found: RunPage) -> list[Total]:
    """Add the runs of a page up by domain and model."""
    groups = dict[tuple[str, str], list[RunRecord]]()
    for record in found.runs:
        groups.setdefault((record.spec.task.domain, model_of(record) or "–"), []).append(record)  # noqa: RUF001  # a dash for none
    return [
        Total(
            domain,
            model,
            len(records),
            sum(record.state == "certified" for record in records),
            sum(record.usage.tokens for record in records),
            sum(record.usage.cost_usd for record in records),
        )
        for (domain, model), records in sorted(groups.items())
    ]


@router.get("/runs.json")
async def list_as_json(
    request: Request,
    *,
    state: Annotated[str, Query(max_length=20)] = "",
    domain: Annotated[str, Query(max_length=80)] = "",
    model: Annotated[str, Query(max_length=200)] = "",
    before: Annotated[str | None, Query(max_length=80)] = None,
) -> Response:
    """Give the same as data."""
    service: Service = request.app.state.service
    asked = {"state": state, "domain": domain, "model": model}
    wanted = {name: value for name, value in asked.items() if value}
    return twin(RunList.of(await service.engine.list(_query(wanted, before))))


@router.get("/runs/{run_id}.json")
async def show_as_json(request: Request, run_id: str) -> Response:
    """Give the same as data."""
    return twin(RunView.of(await find_run(request.app.state.service, run_id)))


@router.get("/runs/{run_id}/certificate.json")
async def show_certificate(request: Request, run_id: str) -> Response:
    """Give a run's certificate as a file."""
    record = await find_run(request.app.state.service, run_id)
    envelope = record.result.certificate if record.result else None
    if envelope is None:
        detail = f"run `{run_id}` is `{record.state}` and has no certificate"
        raise ServiceError("certificate-unknown", detail)
    return twin(envelope)


@router.get("/runs/{run_id}")
async def show_run(request: Request, run_id: str) -> Response:
    """Show a run."""
    service: Service = request.app.state.service
    record, story = await _read(request, run_id)
    return page(
        write_run(
            record,
            story,
            str(request.base_url).rstrip("/"),
            content=service.settings.console.content,
        )
    )


@router.get("/runs/{run_id}/stream")
async def follow_run(
    request: Request, run_id: str, after: Annotated[int, Query(ge=-1, le=LAST)] = -1
) -> Response:
    """Send the fragments of a run as they change."""
    service: Service = request.app.state.service
    record = await find_run(service, run_id)
    after = read_last_event(request) if "last-event-id" in request.headers else after

    async def tell(frames: "asyncio.Queue[bytes]") -> None:
        async for fragment in stream_run(service, record, after):
            frames.put_nowait(fragment)

    held = AsyncExitStack()
    held.enter_context(service.access.streams.take(caller().name))
    return EventStream(tell, service.settings.sse_keepalive_s, held)


@router.get("/runs/{run_id}/rounds/{number}")
async def show_round(request: Request, run_id: str, number: int) -> Response:
    """Show one round in full: as a fragment for the page, or as a page of its own."""
    record, story = await _read(request, run_id)
    one = story.find(number)
    if one is None:
        raise ServiceError("not-found", f"run `{run_id}` has no round {number}")
    fragment = write_round(record, story, one, body=True, opened=True)
    if request.headers.get("x-fragment"):
        return page(str(fragment))
    html = render("round_page.html", here="/console/runs", record=record, fragment=fragment)
    return page(html)


@router.get("/runs/{run_id}/calls/{number}.txt")
async def show_response(request: Request, run_id: str, number: int) -> Response:
    """Give a response as it came, as a file: nothing in it is rendered.

    What a model said is not certified, even where an answer in it is.
    """
    _, story = await _read(request, run_id)
    for one in story.rounds:
        call = one.calls.get(number)
        if call is not None and call.completion is not None:
            name = f'attachment; filename="{run_id}-{number}-not-certified.txt"'
            return PlainTextResponse(
                call.completion.text.encode("utf-8", "replace"),
                headers={"Content-Disposition": name, "x-llm-modulo-certified": "false"},
            )
    raise ServiceError("not-found", f"run `{run_id}` has no response {number}")


@router.get("/runs/{run_id}/candidates/{number}")
async def show_candidate(request: Request, run_id: str, number: int) -> Response:
    """Draw what a candidate means."""
    service: Service = request.app.state.service
    record, story = await _read(request, run_id)
    found = story.candidates.get(number)
    if not service.settings.console.content and not (found and found.certified):
        found = None
    if found is None:
        raise ServiceError("not-found", f"run `{run_id}` has no candidate {number}")
    drawn = await draw_candidate(
        service.pool, record.spec.task.domain, record.spec.task.problem, found.text
    )
    if request.headers.get("x-fragment"):
        return page(drawn)
    html = render(
        "picture_page.html",
        here="/console/runs",
        record=record,
        found=found,
        drawn=drawn,
    )
    return page(html)


@router.get("/compare")
async def compare_runs(
    request: Request,
    *,
    a: Annotated[str, Query(max_length=80)] = "",
    b: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Show two runs side by side."""
    service: Service = request.app.state.service
    sides = [await _read(request, run_id) for run_id in (a, b) if run_id]
    asking = caller()
    query = RunQuery(tenant=None if asking.everywhere else asking.tenant, limit=50)
    html = render(
        "compare.html",
        here="/console/runs",
        sides=sides,
        a=a,
        b=b,
        recent=(await service.engine.list(query)).runs,
    )
    return page(html)


async def _read(request: Request, run_id: str) -> tuple[RunRecord, Story]:
    service: Service = request.app.state.service
    record = await find_run(service, run_id)
    return record, await read_run(service, record)
