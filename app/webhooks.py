"""Webhooks: tells another service that a run is over, signed, until it has been heard.

The form is that of Standard Webhooks (https://www.standardwebhooks.com): headers `webhook-id`,
`webhook-timestamp` and `webhook-signature`, an HMAC-SHA256 over id, time and body.

Invariants:
    * Only addresses that the operator allows are asked, whatever their names come to lead to; no
      redirect is followed, and nothing of the answer is read but its status.
    * The body is what any client may read of the run: no answer that is not certified.
    * A delivery is repeated with growing pauses until a 2xx, a 410 or the last attempt; the
      receiver knows a repeated one by its `webhook-id`, which is the run's.
"""

import asyncio
import base64
import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.engine import RunRecord
from app.failures import Fault, ServiceError
from app.relay_client import find_proxy
from app.run_views import RunView
from app.security.addresses import Destination, RefusedAddressError, find_destination
from app.setting_groups import WebhookSettings

if TYPE_CHECKING:
    import httpx

logger = logging.getLogger("llm_modulo.webhooks")

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 300.0
ODD = frozenset("\\@ ")
"""Characters by which two readers of one address may come to different hosts."""
GONE = 410
"""The receiver wants no more of it."""


def require_allowed(url: str | None, settings: WebhookSettings) -> None:
    """Refuse an address that the operator does not allow.

    Raises:
        ServiceError: `webhook-not-allowed`.
    """
    if url is None or any(is_below(url, prefix) for prefix in settings.allowed):
        return
    detail = "this server may not call that address (`webhooks.allowed`)"
    fault = Fault(pointer="#/webhook", code="webhook-not-allowed", detail=detail)
    raise ServiceError("webhook-not-allowed", detail, faults=[fault])


def is_below(url: str, prefix: str) -> bool:
    """Say whether an address has the origin and the path of an allowed one, or a path below it."""
    if not (url.isascii() and url.isprintable()) or any(char in url for char in ODD):
        return False
    try:
        asked, allowed = urlsplit(url), urlsplit(prefix)
        same = (asked.scheme, asked.hostname, asked.port) == (
            allowed.scheme,
            allowed.hostname,
            allowed.port,
        )
    except ValueError:
        return False
    folder = allowed.path.rstrip("/")
    inside = asked.path == allowed.path or asked.path.startswith(f"{folder}/")
    return same and inside and ".." not in asked.path and "%" not in asked.path


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Sign a message: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.

    Args:
        secret: `whsec_` and base64, or any text, whose bytes are then the key.
        message_id: The message's id.
        timestamp: Seconds since 1970.
        body: The exact body.
    """
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else None
    signed = f"{message_id}.{timestamp}.".encode() + body
    code = hmac.new(key or secret.encode(), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(code).decode()}"


class Courier:
    """Delivers the news of runs that are over."""

    def __init__(
        self,
        settings: WebhookSettings,
        client: "Callable[[], httpx.AsyncClient]",
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Deliver nothing yet.

        Args:
            settings: Where to, how signed, how often.
            client: Gives the HTTP client.
            pause: Waits so many seconds.
            clock: Reads the time.
        """
        self._settings = settings
        self._client = client
        self._pause = pause
        self._clock = clock

    def address(self, record: RunRecord) -> str | None:
        """Say whom to tell: the address of the request, else the server's own."""
        return record.spec.request.webhook or self._settings.url

    async def deliver(self, record: RunRecord) -> bool:
        """Tell that a run is over; says whether it was heard."""
        url = self.address(record)
        if url is None:
            return True
        body = self._write(record)
        for attempt in range(self._settings.attempts):
            if attempt:
                await self._pause(min(FIRST_PAUSE_S * 4 ** (attempt - 1), LONGEST_PAUSE_S))
            status = await self._send(url, record.spec.id, body, attempt)
            if status is not None and (status // 100 == 2 or status == GONE):  # noqa: PLR2004  # any 2xx
                return status != GONE
        logger.warning("%s: nobody heard of its end (webhook)", record.spec.id)
        return False

    def _write(self, record: RunRecord) -> bytes:
        ended = record.ended_at or self._clock()
        view = RunView.of(record).model_dump_json()
        kind = f'"type":"run.{record.state}","timestamp":"{ended.isoformat()}"'
        return f'{{{kind},"data":{view}}}'.encode()

    async def _send(self, url: str, run_id: str, body: bytes, attempt: int) -> int | None:
        import httpx  # noqa: PLC0415  # only where a webhook is sent

        now = int(self._clock().timestamp())
        secret = self._settings.secret
        headers = {
            "content-type": "application/json",
            "webhook-id": run_id,
            "webhook-timestamp": str(now),
        }
        if secret is not None:
            headers["webhook-signature"] = sign(secret.get_secret_value(), run_id, now, body)
        settings = self._settings
        try:
            to = await self._find(url, attempt)
            async with (
                asyncio.timeout(settings.timeout_s),
                self._client().stream(
                    "POST",
                    to.url,
                    content=body,
                    headers={**headers, "host": to.host},
                    timeout=settings.timeout_s,
                    follow_redirects=False,
                    extensions={"sni_hostname": to.name},
                ) as response,
            ):
                return response.status_code
        except RefusedAddressError as error:
            logger.warning("%s: webhook not sent: %s", run_id, error)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            logger.info("%s: webhook failed: %s", run_id, type(error).__name__)
        return None

    async def _find(self, url: str, attempt: int) -> Destination:
        """Find the address of a URL; the environment's proxy, if there is one, finds its own.

        Raises:
            RefusedAddressError: It may not be called.
        """
        if find_proxy(url) is not None:
            parts = urlsplit(url)
            return Destination(url, parts.netloc.rpartition("@")[2], parts.hostname or "")
        return await find_destination(url, self._settings.networks, turn=attempt)
