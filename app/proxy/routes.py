"""Routes of the proxy: each at `/v1/…` and, with a profile, at `/p/{profile}/v1/…`."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from app.proxy.chat import chat_completions
from app.proxy.health import alive, ready
from app.proxy.messages import count_tokens, create_message
from app.proxy.model_list import list_models, show_model
from app.proxy.openapi import describe
from app.proxy.response_store import ResponseStore
from app.proxy.responses import (
    cancel_response,
    create_response,
    delete_response,
    show_response,
)
from app.proxy.visitors import Visitors

Endpoint = Callable[[Request], Awaitable[Response]]
ENDPOINTS: tuple[tuple[str, str, Endpoint], ...] = (
    ("POST", "/chat/completions", chat_completions),
    ("POST", "/responses", create_response),
    ("GET", "/responses/{response}", show_response),
    ("DELETE", "/responses/{response}", delete_response),
    ("POST", "/responses/{response}/cancel", cancel_response),
    ("POST", "/messages", create_message),
    ("POST", "/messages/count_tokens", count_tokens),
    ("GET", "/models", list_models),
    ("GET", "/models/{model:path}", show_model),
)


HEALTH: tuple[tuple[str, Endpoint], ...] = (
    ("/health", alive),
    ("/health/liveliness", alive),
    ("/health/liveness", alive),
    ("/health/readiness", ready),
)


class NamedRoute(Route):
    """A route that says which one it is, as FastAPI's own do, for whoever counts requests."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match, and name the route."""
        match, child = super().matches(scope)
        if match is not Match.NONE:
            child["route"] = self
        return match, child


def install(app: FastAPI) -> None:
    """Add the proxy's routes to an application with a service."""
    app.state.visitors = Visitors()
    app.state.responses = ResponseStore()
    for method, path, endpoint in ENDPOINTS:
        for before in ("/v1", "/p/{profile}/v1"):
            app.router.routes.append(NamedRoute(before + path, endpoint, methods=[method]))
    describe(app)
    for path, endpoint in HEALTH:
        app.router.routes.append(NamedRoute(path, endpoint, methods=["GET"]))
