"""Routing: what all pages share: the policy, errors as pages, and forms without a framework."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qs

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.codes import explain
from app.console.rendering import render
from app.failures import ServiceError

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Nothing but our own script and style sheet; nothing inline, nothing from elsewhere."""
HEADERS = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
MOST_FIELDS = 60
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """A route whose refusals are pages."""

    def get_route_handler(self) -> Handler:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except ServiceError as error:
                return error_page(error)

        return answer


def page(html: str, status: int = 200) -> Response:
    """Send a page under the policy."""
    return HTMLResponse(html, status_code=status, headers=HEADERS)


def error_page(error: ServiceError) -> Response:
    """Say as a page what went wrong, and what to do next."""
    code = explain(error.code)
    html = render(
        "error.html",
        here="",
        signed_in=False,
        code=error.code,
        title=code.title if code else error.code,
        detail=error.detail,
        action=code.action if code else "",
        faults=error.faults,
    )
    return page(html, error.status)


async def read_form(request: Request) -> dict[str, str]:
    """Read a form that a browser has sent; a field that came twice counts once.

    Raises:
        ServiceError: `invalid-request`: it is no form.
    """
    body = (await request.body()).decode("utf-8", "replace")
    try:
        fields = parse_qs(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise ServiceError("invalid-request", "the form has too many fields") from error
    return {name: values[-1].replace("\r\n", "\n") for name, values in fields.items()}
