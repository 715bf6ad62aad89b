"""Health under the names that gateways ask for; no key is needed."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


async def alive(request: Request) -> Response:
    """Say that the process can answer."""
    del request
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> Response:
    """Say whether a model can be asked: 200 with one, 503 without."""
    state = await request.app.state.service.readiness()
    return JSONResponse(state.model_dump(mode="json"), status_code=200 if state.ready else 503)
