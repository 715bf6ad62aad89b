"""Relay client: sends on what nobody looks into. The one module that touches aiohttp.

Chats that are passed through cost nothing but our own time, and `httpx`, which asks for everything
else, spends four times as much of it on a request, and more where many are under way.

Invariants:
    * Bytes come as they were sent: no redirect is followed, nothing is decompressed.
    * Closing a response that has not ended closes its connection.
    * A proxy of the environment is used, but never on the way to this machine itself.
"""

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

if TYPE_CHECKING:
    import ssl

    import aiohttp

CONNECT_S = 10.0
IDLE_S = 4.0
"""A connection that was idle for longer may be closed by the server as we send on it."""
CONNECTIONS = 1024
FIELD_BYTES = 65_536
"""Longest header field that is read."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class NotReachedError(Exception):
    """No connection came about: nothing was sent, and nothing can have been paid for."""


class BrokenOffError(Exception):
    """The connection broke after the request was sent."""


class RelayResponse:
    """A response whose body is still to come.

    Attributes:
        status: The HTTP status.
        headers: As bytes, in order.
    """

    def __init__(self, response: "aiohttp.ClientResponse") -> None:
        """Read from a response."""
        self.status = response.status
        self.headers = response.raw_headers
        self._response = response

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the bytes as they come.

        Raises:
            BrokenOffError: The connection broke before the end.
        """
        import aiohttp  # noqa: PLC0415  # slow to import, and only needed for passing through

        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
        except aiohttp.ClientError as error:
            raise BrokenOffError(str(error)) from error

    def close(self) -> None:
        """Release the connection if the body has ended, else close it."""
        self._response.release()


class RelayClient:
    """Keeps connections to the endpoints that requests are passed on to."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._session: aiohttp.ClientSession | None = None
        self._tls: ssl.SSLContext | None = None
        self._proxies: dict[str, str | None] = {}

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> RelayResponse:
        """Post a body and wait for the head of the response.

        Raises:
            NotReachedError: There is no connection to that address.
            BrokenOffError: The connection broke, or what came is no HTTP.
        """
        import aiohttp  # noqa: PLC0415  # as above

        try:
            return RelayResponse(
                await self._open().post(
                    url,
                    data=content,
                    headers=headers,
                    allow_redirects=False,
                    proxy=self._proxy(url),
                    ssl=self._context() if url.startswith("https:") else True,
                )
            )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotReachedError(str(error)) from error
        except aiohttp.ClientError as error:
            raise BrokenOffError(str(error)) from error

    async def aclose(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> "aiohttp.ClientSession":
        import aiohttp  # noqa: PLC0415  # as above

        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=IDLE_S),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"user-agent": "llm-modulo"},
                auto_decompress=False,
                max_field_size=FIELD_BYTES,
            )
        return self._session

    def _context(self) -> "ssl.SSLContext":
        """Trust the same authorities as every other call of ours."""
        import httpx  # noqa: PLC0415  # as above

        if self._tls is None:
            self._tls = httpx.create_ssl_context()
        return self._tls

    def _proxy(self, url: str) -> str | None:
        """Find the environment's proxy for an endpoint; there are only as many as configured."""
        if url not in self._proxies:
            self._proxies[url] = find_proxy(url)
        return self._proxies[url]


def find_proxy(url: str) -> str | None:
    """Find the environment's proxy for a URL; none for this machine itself."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in LOOPBACK or proxy_bypass(host):
        return None
    proxies = getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all") or ""
    return found if found.startswith(("http://", "https://")) else None
