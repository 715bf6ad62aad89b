"""Gate: ASGI middleware that lets nobody in who may not come, before anything else is read.

In this order: the request's head is not too large, its `Host` is one of ours, no foreign web page
has sent it, its key is known and may do this, and it does not come too often.

Invariant: what is refused here has cost nothing and started nothing.
"""

import time
from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from app.failures import ServiceError
from app.security.access import CHALLENGE, Access
from app.security.origins import require_host, require_same_origin
from app.security.principal import ANYBODY, NOBODY, Principal, acting_for
from app.security.rates import require_rate
from app.security.routes import is_listed, needed
from app.security.settings import SecuritySettings
from app.security.sign_in import is_console, read_cookie

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
BEARER = "bearer "
PREFIX = "mdl_"


class Gate:
    """Middleware that admits requests."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        access: Access,
        settings: SecuritySettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Wrap an application."""
        self.app = app
        self._access, self._settings, self._clock = access, settings, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Admit a request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = self._read_head(scope)
        principal = await self._admit(scope, headers)
        with acting_for(principal):
            await self.app(scope, receive, send)

    def _read_head(self, scope: Scope) -> Mapping[bytes, bytes]:
        """Read the headers.

        Raises:
            ServiceError: `head-too-large`.
        """
        raw, most = scope["headers"], self._settings
        url = len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"])
        size = sum(len(name) + len(value) for name, value in raw)
        faults = {
            f"the path and query have {url:,} bytes": url > most.url_bytes,
            f"the request has {len(raw)} headers": len(raw) > most.header_count,
            f"the headers have {size:,} bytes": size > most.header_bytes,
        }
        for detail, over in faults.items():
            if over:
                raise ServiceError("head-too-large", detail, headers={"Connection": "close"})
        return dict(raw)

    async def _admit(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Principal:
        settings = self._settings
        keyed = await self._access.needs_key()
        host = headers.get(b"host")
        require_host(host, settings.allowed_hosts, keyed=keyed)
        by_browser = not keyed or is_console(scope["path"])
        if by_browser and scope["method"] not in SAFE:
            require_same_origin(headers, () if keyed else settings.cors_origins)
        if not keyed:
            return ANYBODY
        scopes = needed(scope["path"])
        if not scopes:
            return NOBODY
        principal = await self._access.authenticate(_find_token(scope["path"], headers))
        if not scopes & principal.scopes:
            raise _closed(scope["path"], scopes)
        key = principal.key
        if key is not None and key.per_minute is not None:
            require_rate(self._access.rates, key.id, key.per_minute, self._clock())
        return principal


def _find_token(path: str, headers: Mapping[bytes, bytes]) -> str:
    """Find the key of a request; the console also takes the one that a browser signed in with."""
    return (read_cookie(headers) if is_console(path) else "") or read_token(headers)


def read_token(headers: Mapping[bytes, bytes]) -> str:
    """Read the key of a request: `Authorization: Bearer`, or `x-api-key` as Anthropic's SDKs do.

    Raises:
        ServiceError: `key-missing`.
    """
    said = headers.get(b"authorization", b"").decode("latin-1").strip()
    bearer = said[len(BEARER) :].strip() if said[: len(BEARER)].lower() == BEARER else ""
    plain = headers.get(b"x-api-key", b"").decode("latin-1").strip()
    shown = [token for token in (bearer, plain) if token]
    if not shown:
        raise ServiceError("key-missing", "the request has no API key", headers=CHALLENGE)
    return next((token for token in shown if token.startswith(PREFIX)), shown[0])


def _closed(path: str, scopes: frozenset[str]) -> ServiceError:
    if not is_listed(path):
        return ServiceError("not-found", f"there is nothing at `{path[:200]}`")
    names = " or ".join(f"`{scope}`" for scope in sorted(scopes))
    return ServiceError("scope-missing", f"this needs a key with the scope {names}")
