"""Health under the names that gateways ask for; no key is needed."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.health import readyz


async def alive(request: Request) -> Response:
    """Say that the process can answer."""
    del request
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> Response:
    """Say whether a model can be asked: 200 with one, 503 without."""
    return await readyz(request)
