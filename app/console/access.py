"""Access: signing in with an API key, where requests need one.

The key itself is the cookie. A browser sends it to the console's own paths only, never on behalf of
another site, and no script can read it.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from app.console.rendering import render
from app.console.routing import SEE_OTHER, SIGN_IN, PageRoute, own_path, page, read_form
from app.failures import ServiceError
from app.security.keys import Scope
from app.security.sign_in import COOKIE, PATH
from app.service import Service

router = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)


@router.get("/sign-in")
async def ask_key(
    after: Annotated[str, Query(alias="next", max_length=500)] = "/console",
    fault: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Ask for a key."""
    return page(render("sign_in.html", here="", next=own_path(after), fault=fault))


@router.post("/sign-in")
async def take_key(request: Request) -> Response:
    """Let in whoever shows a key that may solve."""
    service: Service = request.app.state.service
    said = await read_form(request)
    key, after = said.get("key", "").strip(), own_path(said.get("next", ""))
    try:
        principal = await service.access.authenticate(key)
        principal.require(Scope.SOLVE)
    except ServiceError as error:
        html = render("sign_in.html", here="", next=after, fault=error.detail)
        return page(html, error.status)
    response = RedirectResponse(after, SEE_OTHER)
    response.set_cookie(
        COOKIE,
        key,
        path=PATH,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


@router.post("/sign-out")
async def forget_key() -> Response:
    """Let the browser forget the key."""
    response = RedirectResponse(SIGN_IN, SEE_OTHER)
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="strict")
    return response
