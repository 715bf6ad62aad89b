"""The HTTP service: puts routes, limits and error handling around one `Service`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from opentelemetry.trace import TracerProvider

from app import (
    answers,
    catalogue,
    certificates,
    errors,
    formalize,
    health,
    reward_routes,
    routes,
    run_routes,
)
from app.console import installation as console
from app.intake import BodyLimit
from app.proxy import routes as proxy_routes
from app.security.installation import guard, seal
from app.service import Service
from app.settings import Settings
from app.shedding import Shedder
from app.telemetry.requests import RequestWatch
from app.telemetry.telemetry import Telemetry
from backprompt.upstream import Upstream
from critics.workers.pool import Pool

DESCRIPTION = """Certified answers from any reasoning model: a generate-critique loop in which
sound critics judge every candidate. Without a certificate there is no answer."""

TAGS = {
    "solve": "Ask a model until an answer is certified.",
    "runs": "Runs that are kept: follow, cancel, delete.",
    "check": "Judge answers of your own; no model.",
    "proxy": "The dialects of OpenAI and Anthropic.",
    "certificates": "Prove one again; who signs them.",
    "domains": "What can be judged.",
    "errors": "Every code explained.",
    "health": "Whether it runs and whom it can ask.",
}


def create_app(
    settings: Settings,
    *,
    upstream: Upstream | None = None,
    pool: Pool | None = None,
    tracers: TracerProvider | None = None,
) -> FastAPI:
    """Make the application. Nothing is started before its lifespan begins.

    Args:
        settings: The configuration.
        upstream: Ask this one instead of the configured one.
        pool: Use these workers instead of own ones; they are left open at the end.
        tracers: Makes the spans, instead of what the settings name.
    """
    telemetry = Telemetry(settings, provider=tracers)
    service = Service(settings, upstream=upstream, pool=pool, telemetry=telemetry)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await service.engine.recover()
        async with service.load.watching():
            yield
        await service.aclose()

    app = FastAPI(
        title="llm-modulo",
        version=version("llm-modulo"),
        description=DESCRIPTION,
        lifespan=lifespan,
        redoc_url=None,  # it loads what the content security policy forbids; `/docs` says the same
        openapi_tags=[{"name": name, "description": said} for name, said in TAGS.items()],
    )
    app.state.service = service
    proxy_routes.install(app)  # first: a chat that is passed on has little else to cost
    for part in (routes, formalize, answers, run_routes, reward_routes, certificates, catalogue):
        app.include_router(part.router)
    console.install(app, settings.console)
    app.include_router(health.router)
    seconds = settings.security.body_seconds
    app.add_middleware(BodyLimit, limit=settings.limits.body_bytes, seconds=seconds)
    app.add_middleware(Shedder, load=service.load, note=telemetry.shed)
    guard(app, service.access, settings)
    errors.install(app)
    seal(app, settings)
    app.add_middleware(RequestWatch, telemetry=telemetry)  # last: it sees what leaves
    return app
