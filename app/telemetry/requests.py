"""Requests: what came in over HTTP, counted by the template of its path, and in which trace."""

import logging
import time

from opentelemetry import context
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.telemetry.spans import read_context
from app.telemetry.telemetry import Telemetry

logger = logging.getLogger("llm_modulo.requests")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
TRACE_HEADERS = frozenset({b"traceparent", b"tracestate"})


class RequestWatch:
    """ASGI middleware that sees every request and its answer."""

    def __init__(self, app: ASGIApp, *, telemetry: Telemetry) -> None:
        """Wrap an application."""
        self.app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and tell of it once it is over."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, head_s = time.monotonic(), 0, 0.0

        async def seen(message: Message) -> None:
            nonlocal status, head_s
            if message["type"] == "http.response.start":
                status, head_s = message["status"], time.monotonic() - began
            await send(message)

        token = context.attach(read_context(_trace_headers(scope)))
        try:
            await self.app(scope, receive, seen)
        finally:
            self._tell(scope, status, head_s or time.monotonic() - began)
            context.detach(token)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = find_template(scope.get("route"))
        if self._telemetry.metrics is not None:
            self._telemetry.metrics.answered(route, method, status, seconds)
        if logger.isEnabledFor(logging.INFO):
            fields = {
                "method": method,
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 1),
                "request_id": scope.get("state", {}).get("request_id"),
            }
            logger.info("request", extra={"fields": fields})


def find_template(route: BaseRoute | None) -> str:
    """Name a route by the template of its path; whatever has none is `unmatched`."""
    path = getattr(route, "path", None)
    return path if isinstance(path, str) else "unmatched"


def _trace_headers(scope: Scope) -> dict[str, str]:
    return {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in scope["headers"]
        if name in TRACE_HEADERS
    }
