"""Health: whether the process is up, whether it can solve, and its metrics.

Invariants:
    * `/healthz` does nothing that can wait: it answers as long as the process can.
    * `/readyz` and `/metrics` ask the database for at most `ASK_S` seconds.
"""

import asyncio
from functools import cache
from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from app.breaker import State
from app.failures import ServiceError
from app.openapi import problems
from app.protocol import Health, Readiness
from app.service import Service
from app.telemetry.levels import Levels, Workers
from backprompt.strategy import SolverMode

router = APIRouter()

ASK_S = 2.0
"""Seconds that the database has to say how it stands."""
BREAKERS: dict[State, Literal["closed", "half-open", "open"]] = {
    State.CLOSED: "closed",
    State.HALF_OPEN: "half-open",
    State.OPEN: "open",
}


@router.get("/healthz", tags=["health"], summary="Whether the process is up")
@router.head("/healthz", include_in_schema=False)
async def healthz() -> Health:
    """Answer as long as the process can answer at all."""
    return Health(status="ok", version=find_version())


@cache
def find_version() -> str:
    """Read once which version this is: files are not looked into while somebody waits."""
    return version("llm-modulo")


@router.get(
    "/readyz",
    tags=["health"],
    summary="Whether it can solve",
    responses={503: {"model": Readiness, "description": "A part that solving needs is missing"}},
)
@router.head("/readyz", include_in_schema=False)
async def readyz(request: Request) -> JSONResponse:
    """Say whether every part is there that solving needs: 200, or 503 and which one is not."""
    state = await read_readiness(request.app.state.service)
    return JSONResponse(state.model_dump(mode="json"), status_code=200 if state.ready else 503)


@router.get(
    "/metrics",
    tags=["health"],
    summary="Numbers for Prometheus",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **problems("not-found"),
    },
)
async def metrics(request: Request) -> Response:
    """Show what was counted and measured in this process, and how it stands."""
    service: Service = request.app.state.service
    telemetry = service.telemetry
    if telemetry is None or telemetry.metrics is None:
        raise ServiceError("not-found", "metrics are switched off (`metrics.enabled`)")
    telemetry.levels = await read_levels(service)
    body, kind = telemetry.metrics.render(request.headers.get("accept", ""))
    return Response(body, headers={"content-type": kind})


async def read_readiness(service: Service) -> Readiness:
    """Say whether `/solve` can work, and which part is missing."""
    choice = await service.choice()
    unasked = service.settings.strategy.solver is SolverMode.ONLY
    endpoint = choice.base_url or choice.kind
    breaker = service.breaker_of(endpoint, choice.model or "").state
    store: Literal["ok", "away"] = "away" if await _count_queued(service) is None else "ok"
    failed = any(crew.fault for crews in service.pool.crews.values() for crew in crews)
    askable = (choice.upstream is not None and breaker is not State.OPEN) or unasked
    return Readiness(
        ready=askable and store == "ok" and not failed,
        upstream=choice.kind,
        model=choice.model,
        help=choice.help,
        runs=service.engine.running,
        breaker=BREAKERS[breaker],
        store=store,
        workers="failed" if failed else "ok",
    )


async def read_levels(service: Service) -> Levels:
    """Look how a service stands at the moment."""
    before = service.telemetry.levels.queued if service.telemetry else 0
    queued = await _count_queued(service)
    return Levels(
        inflight={
            "runs": service.engine.running,
            "checks": service.checks.taken,
            "chats": service.chats.taken,
        },
        queued=before if queued is None else queued,
        workers={
            name: Workers(
                busy=sum(crew.busy for crew in crews),
                idle=sum(crew.idle for crew in crews),
                lost={
                    code: sum(crew.lost[code] for crew in crews)
                    for code in ("critic-deadline", "critic-crashed")
                },
            )
            for name, crews in service.pool.crews.items()
        },
        circuits=service.breakers.circuits,
        lag_s=service.load.lag_s,
    )


async def _count_queued(service: Service) -> int | None:
    """Count the runs that wait; `None` while the database does not answer."""
    try:
        async with asyncio.timeout(ASK_S):
            return await service.engine.queued()
    except (TimeoutError, ServiceError):
        return None
