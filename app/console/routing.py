"""Routing: what all pages share: the policy, errors as pages, and forms without a framework."""

import gzip
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qs, urlencode

from fastapi.encoders import jsonable_encoder
from fastapi.routing import APIRoute
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from app.codes import explain
from app.console.rendering import render
from app.failures import ServiceError

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Nothing but our own script and style sheet; nothing inline, nothing from elsewhere."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
}
"""The referrer is needed: without it browsers send forms with `Origin: null`, as strangers do."""
SIGN_IN = "/console/sign-in"
SEE_OTHER, UNAUTHORIZED = 303, 401
MOST_FIELDS = 60
WORTH_PACKING = 1_000
"""Bytes from which on a page is compressed."""
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """A route whose refusals are pages, and whose pages travel compressed."""

    def get_route_handler(self) -> Handler:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                response = await handle(request)
            except ServiceError as error:
                response = error_page(error)
            if "gzip" in request.headers.get("accept-encoding", ""):
                pack(response)
            return response

        return answer


def pack(response: Response) -> None:
    """Compress a response that is all there; streams are left alone."""
    body = getattr(response, "body", b"")
    if len(body) < WORTH_PACKING:
        return
    response.body = gzip.compress(body, compresslevel=6, mtime=0)
    response.headers["content-length"] = str(len(response.body))
    response.headers["content-encoding"] = "gzip"
    response.headers.add_vary_header("Accept-Encoding")


def page(html: str, status: int = 200) -> Response:
    """Send a page under the policy."""
    return HTMLResponse(html, status_code=status, headers=HEADERS)


def twin(shown: object) -> Response:
    """Send what a page shows as data."""
    return JSONResponse(jsonable_encoder(shown), headers=HEADERS)


def is_page(path: str) -> bool:
    """Say whether people look at a path."""
    return path == "/console" or path.startswith("/console/")


def refuse_page(error: ServiceError, path: str) -> Response:
    """Refuse a page before it is reached: whoever has no key is led to where to show one."""
    if error.status == UNAUTHORIZED:
        known = explain(error.code)
        fault = {} if error.code == "key-missing" else {"fault": known.title if known else "no"}
        query = urlencode({"next": own_path(path), **fault})
        return RedirectResponse(f"{SIGN_IN}?{query}", SEE_OTHER, headers=HEADERS)
    return error_page(error)


def own_path(path: str) -> str:
    """Give a path of the console; anything else becomes its front page."""
    parsed = URL(path)
    return path if is_page(parsed.path) and not parsed.netloc and "\\" not in path else "/console"


def error_page(error: ServiceError) -> Response:
    """Say as a page what went wrong, and what to do next."""
    code = explain(error.code)
    html = render(
        "error.html",
        here="",
        code=error.code,
        title=code.title if code else error.code,
        detail=error.detail,
        action=code.action if code else "",
        faults=error.faults,
    )
    refused = page(html, error.status)
    refused.headers.update(error.headers or {})
    return refused


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
