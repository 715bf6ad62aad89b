"""headers: what every response says to browsers and caches, and which web pages may ask.

Invariant: a header that a response has set itself stays as it is.
"""

import base64
import hashlib
import re
from functools import cache

from fastapi.openapi.docs import get_swagger_ui_html
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.security.routes import needed

NOTHING = b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""For what is no page: nothing may be loaded, framed or run."""
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
POLICY = b"content-security-policy"
CACHE = b"cache-control"
PAGE = "/docs"
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


class SecurityHeaders:
    """ASGI middleware that adds the headers."""

    def __init__(self, app: ASGIApp, *, redirect: str | None) -> None:
        """Wrap an application; `redirect` is a path that its page of documentation names."""
        self.app = app
        self._redirect = redirect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add what a response has not set itself."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message["headers"])
                known = {name.lower() for name, _ in headers}
                if POLICY not in known:
                    headers.append((POLICY, self._policy(path)))
                if CACHE not in known and needed(path):
                    headers.append((CACHE, b"no-store"))
                headers += [pair for pair in ALWAYS if pair[0] not in known]
                message["headers"] = headers
            await send(message)

        await self.app(scope, receive, sealed)

    def _policy(self, path: str) -> bytes:
        return docs_policy(self._redirect) if path == PAGE else NOTHING


@cache
def docs_policy(redirect: str | None) -> bytes:
    """Give the policy of `/docs`: its own small script, by its hash, and the one it loads."""
    made = get_swagger_ui_html(openapi_url="/openapi.json", title="", oauth2_redirect_url=redirect)
    page = bytes(made.body).decode()
    hashes = [
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for script in _SCRIPT.findall(page)
    ]
    own = " ".join(f"'sha256-{one}'" for one in hashes)
    source = "https://cdn.jsdelivr.net/npm/"
    return (
        f"default-src 'none'; script-src {own} {source}; style-src {source} 'unsafe-inline'; "
        "img-src 'self' data: https://fastapi.tiangolo.com; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ).encode()
