"""installation: puts the gate, CORS and the headers around the application."""

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from app.security.access import Access
from app.security.gate import Gate
from app.security.headers import SecurityHeaders
from app.security.openapi import describe
from app.settings import Settings

ASKED = ("GET", "POST", "DELETE")
TOLD = (
    "content-location",
    "location",
    "retry-after",
    "x-request-id",
    "x-should-retry",
    "x-llm-modulo-certified",
    "x-llm-modulo-run-id",
    "x-llm-modulo-rounds",
    "x-llm-modulo-tokens",
    "x-llm-modulo-cost-usd",
    "x-llm-modulo-upstream-model",
    "x-llm-modulo-origin",
)
"""Headers that scripts of other origins may read."""


def guard(app: FastAPI, access: Access, settings: Settings) -> None:
    """Let nobody past who may not come. To be called before the boundary of errors is put on."""
    app.add_middleware(Gate, access=access, settings=settings.security)


def seal(app: FastAPI, settings: Settings) -> None:
    """Put headers on every response, errors included. To be called last."""
    origins = settings.security.cors_origins
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=ASKED,
            allow_headers=["*"],
            expose_headers=TOLD,
            max_age=600,
        )
    describe(app)
    app.add_middleware(SecurityHeaders, redirect=app.swagger_ui_oauth2_redirect_url)
