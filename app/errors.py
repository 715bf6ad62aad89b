"""The HTTP boundary: every exception becomes RFC 9457 problem details, and none gets past.

Three kinds reach a client: what the service itself refuses (`ServiceError`), what FastAPI and
Starlette refuse (schema faults, unknown paths and methods), and what nobody foresaw. The last
kind is the only broad `except` of the shell; it is logged under an incident number and told as
`internal-error`. Nothing a client sends may reach it.
"""

import logging
import secrets
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.console.routing import is_page, refuse_page
from app.failures import ServiceError, from_kernel
from app.flywheel.rewards import RewardRequest
from app.protocol import CheckRequest, SolveRequest
from app.proxy.dialects import find_dialect
from app.schema_faults import schema_failure
from app.stream import frame
from critics.types import KernelError

logger = logging.getLogger("llm_modulo.errors")

MEDIA_TYPE = "application/problem+json"
_BODIES: Mapping[str, type[BaseModel]] = {
    "/solve": SolveRequest,
    "/check": CheckRequest,
    "/reward": RewardRequest,
}
_HTTP_CODES = {404: "not-found", 405: "method-not-allowed"}


class Boundary:
    """ASGI middleware: names every request, and lets no exception past."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, whatever happens inside."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = f"req_{secrets.token_hex(8)}"
        scope.setdefault("state", {})["request_id"] = name
        begun: dict[bytes, bytes] | None = None

        async def named(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = dict(message["headers"])
                message["headers"] = [*message["headers"], (b"x-request-id", name.encode())]
            await send(message)

        try:
            await self.app(scope, receive, named)
        except ServiceError as error:
            await to_response(error, name, scope["path"])(scope, receive, named)
        except ClientDisconnect:
            logger.debug("%s: the client hung up in the middle of its request", name)
        except Exception:
            logger.exception("incident %s: %s %s", name, scope["method"], scope["path"])
            failure = ServiceError("internal-error", f"the service failed; incident `{name}`")
            if begun is None:
                await to_response(failure, name, scope["path"])(scope, receive, named)
            elif begun.get(b"content-type", b"").startswith(b"text/event-stream"):
                dialect = find_dialect(scope["path"])
                last = frame("error", failure.to_document(name))
                last = dialect.end(failure, name) if dialect else last
                await send({"type": "http.response.body", "body": last, "more_body": False})
            else:
                raise


def install(app: FastAPI) -> None:
    """Register the boundary and the handlers of everything that is foreseen."""
    app.add_middleware(Boundary)
    app.add_exception_handler(ServiceError, _on_service_error)
    app.add_exception_handler(KernelError, _on_kernel_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)


def to_response(error: ServiceError, instance: str, path: str = "") -> Response:
    """Render a failure as a problem+json response, or as the clients of a path expect it."""
    dialect = find_dialect(path)
    if dialect is not None:
        return dialect.respond(error, instance)
    if is_page(path):
        return refuse_page(error, path)
    return JSONResponse(
        error.to_document(instance),
        status_code=error.status,
        headers=error.headers,
        media_type=MEDIA_TYPE,
    )


def request_name(request: Request) -> str:
    """Name the request, as in its `x-request-id` header."""
    return str(request.scope.get("state", {}).get("request_id", "req"))


async def _on_service_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)  # noqa: S101  # registered for this type only
    return to_response(error, request_name(request), request.url.path)


async def _on_kernel_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, KernelError)  # noqa: S101  # registered for this type only
    return to_response(from_kernel(error), request_name(request), request.url.path)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # as above
    model = _BODIES.get(request.url.path, BaseModel)
    failure = schema_failure(error.errors(), model)
    return to_response(failure, request_name(request), request.url.path)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this type only
    path = request.url.path[:200]
    code = _HTTP_CODES.get(error.status_code, "request-refused")
    detail = {
        "not-found": f"there is nothing at `{path}`",
        "method-not-allowed": f"`{path}` does not take {request.method[:20]}",
    }.get(code, str(error.detail)[:200])
    failure = ServiceError(code, detail, headers=error.headers)
    return to_response(failure, request_name(request), request.url.path)
