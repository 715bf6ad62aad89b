"""Taking what strangers send: size and media type are checked before anything reads the body.

Invariants:
    * A body over the limit is never held, whatever its `Content-Length` says, if it has one.
    * Nobody keeps a request open by sending its body drop by drop.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NoReturn

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.failures import ServiceError
from app.strict_json import read_json

MOST_VALUES = 10_000
"""JSON values of a request beside its problems; each may be a fault that we ourselves must tell."""
PATIENCE = 20
"""How many times the body limit is read and thrown away before an oversized sender is cut off."""


class BodyLimit:
    """ASGI middleware that refuses bodies over a number of bytes."""

    def __init__(self, app: ASGIApp, *, limit: int, seconds: float = 30.0) -> None:
        """Wrap an application.

        Args:
            app: The application.
            limit: The longest body, in bytes.
            seconds: Until a body must have come.
        """
        self.app = app
        self.limit = limit
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the bytes as they come and refuse the first one too many."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self.app(scope, self._counting(receive), send)

    def _counting(self, receive: Receive) -> Receive:
        seen, due, whole = 0, 0.0, False

        async def counted() -> Message:
            nonlocal seen, due, whole
            if whole:  # what comes now is that the client hangs up, some day
                return await receive()
            due = due or asyncio.get_running_loop().time() + self.seconds
            message = await self._receive(receive, due)
            whole = not message.get("more_body")
            seen += len(message.get("body", b""))
            if seen > self.limit:
                await self._refuse(receive, message)
            return message

        return counted

    async def _receive(self, receive: Receive, due: float) -> MutableMapping[str, Any]:
        """Wait for the next part of a body, until it is due."""
        try:
            async with asyncio.timeout_at(due):
                return await receive()
        except TimeoutError:
            raise ServiceError(
                "body-too-slow",
                f"the request body had not come within {self.seconds:g} s",
                headers={"Connection": "close"},
            ) from None

    async def _refuse(self, receive: Receive, message: Message) -> NoReturn:
        """Refuse, after throwing away what a client is still sending.

        A client that only reads once it has written everything would else see a reset
        connection instead of the answer; `PATIENCE` bodies are thrown away, then we hang up.
        """
        dropped = 0
        while dropped < PATIENCE * self.limit and message.get("more_body"):
            message = await receive()
            dropped += len(message.get("body", b""))
        raise ServiceError(
            "body-too-large",
            f"the request body is longer than {self.limit:,} bytes",
            headers={"Connection": "close"},
        )


class StrictRequest(Request):
    """A request whose JSON is read strictly."""

    depth = 64

    async def json(self) -> Any:
        """Read the body as strict JSON, once; raises `ServiceError`."""
        if not hasattr(self, "_json"):
            self._json = read_json(await self.body(), self.depth)
        return self._json


class StrictRoute(APIRoute):
    """A route that takes JSON bodies only, read strictly."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]  # starlette awaits any awaitable
        """Put the media-type check and the strict reader before FastAPI's own handler."""
        handle = super().get_route_handler()
        takes_body = self.body_field is not None

        async def strictly(request: Request) -> Response:
            if takes_body:
                require_json(request)
                strict = StrictRequest(request.scope, request.receive)
                strict.depth = request.app.state.service.settings.limits.json_depth
                check_values(await strict.json())
                request = strict
            return await handle(request)

        return strictly


def check_values(body: Any) -> None:
    """Refuse a flood of values; problems may hold one, since workers read them."""
    seen, pending, problems = 0, [body], _problems(body)
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            inner = [part for part in value.values() if id(part) not in problems]
        else:
            inner = value if isinstance(value, list) else []
        seen += len(inner)
        if seen > MOST_VALUES:
            said = f"the request holds more than {MOST_VALUES:,} values beside its problem"
            raise ServiceError("invalid-request", said)
        pending += inner


def _problems(body: Any) -> frozenset[int]:
    """Find the problems of a request: its own, or one of each item of a batch."""
    if not isinstance(body, dict):
        return frozenset()
    items = body.get("items")
    parts = [body, *(items if isinstance(items, list) else ())]
    held = (part.get("problem") for part in parts if isinstance(part, dict))
    return frozenset(id(problem) for problem in held if isinstance(problem, dict))


def require_json(request: HTTPConnection) -> None:
    """Refuse a body that is not declared as JSON; raises `ServiceError`."""
    declared = request.headers.get("content-type", "")
    kind = declared.partition(";")[0].strip().lower()
    if kind != "application/json" and not re.fullmatch(r"application/[\w.-]+\+json", kind):
        shown = f"`{declared[:80]}`" if declared else "nothing"
        raise ServiceError(
            "media-type-unsupported", f"the body is declared as {shown}, not `application/json`"
        )
