"""Installation: puts the pages, their style sheet and their script into an application."""

from importlib.resources import files

from fastapi import APIRouter, FastAPI
from starlette.responses import RedirectResponse, Response

from app.console import access, actions, bench, reference, runs, trying
from app.console.routing import HEADERS, PageRoute
from app.console.settings import ConsoleSettings
from app.failures import ServiceError

router = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)

STATIC = {"console.css": "text/css; charset=utf-8", "console.js": "text/javascript; charset=utf-8"}
DAY_S = 86_400


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """Give the style sheet or the script; their address names the version."""
    kind = STATIC.get(name)
    if kind is None:
        raise ServiceError("not-found", f"there is no `{name[:80]}`")
    body = files("app.console").joinpath("static", name).read_bytes()
    kept = {"Cache-Control": f"public, max-age={DAY_S}, immutable"}
    return Response(body, media_type=kind, headers={**HEADERS, **kept})


def install(app: FastAPI, settings: ConsoleSettings) -> None:
    """Add the pages, if they are wanted."""
    if not settings.enabled:
        return

    @app.get("/", include_in_schema=False)
    async def front() -> RedirectResponse:
        return RedirectResponse("/console")

    app.include_router(router)
    app.include_router(access.router)
    app.include_router(reference.router)
    app.include_router(trying.router)
    app.include_router(runs.router)
    app.include_router(actions.router)
    app.include_router(bench.router)
