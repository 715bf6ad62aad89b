"""Forwarding: a chat request that is sent on as it came, and the upstream's answer as bytes.

Invariants:
    * The body goes on byte by byte, unless it holds something of ours (`llm_modulo`, a profile's
      name before the model); then only that is taken out.
    * The caller's key stays here; the upstream gets its own.
    * Leaving the answer closes the upstream's connection.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.breaker import SuspendedError, Trial, suspended
from app.failures import ServiceError
from app.proxy.chat_request import ChatRequest
from app.proxy.directions import FIELD
from app.proxy.wire_json import dump
from app.relay_client import BrokenOffError, NotReachedError, RelayResponse
from app.service import Service
from app.settings import Settings
from app.telemetry.spans import trace_headers
from app.upstreams import REMEDY, Choice
from backprompt.upstream import hide_key

LONGEST_BODY = 32_000_000
"""Bytes of an answer that is held as a whole."""
DROPPED = frozenset(
    {
        b"connection",
        b"content-length",
        b"date",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"server",
        b"set-cookie",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"x-request-id",
    }
)
"""Headers of one connection (RFC 9110, section 7.6.1), and those that are ours to write."""
SERVER_FAULTS = 500
"""Statuses from here on are the upstream's own fault."""
PAID = {"x-should-retry": "false"}
"""An answer that had begun may have been paid for."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a chat is sent on to.

    Attributes:
        url: The endpoint of chat completions.
        key: The upstream's own key.
        model: The model that is asked.
    """

    url: str
    key: str | None
    model: str


def find_target(chat: ChatRequest, choice: Choice, settings: Settings) -> Target | None:
    """Find the endpoint of a chat; `None` where the upstream is no endpoint.

    Raises:
        ServiceError: Nobody can be asked.
    """
    directed = chat.directed
    model, base_url, key = directed.model, choice.base_url, settings.upstream.api_key
    rungs = directed.profile.models
    if rungs:
        rung = next((rung for rung in rungs if rung.model == model), rungs[0])
        model = rung.model
        if rung.base_url is not None:
            base_url, key = rung.base_url, rung.api_key
    if base_url is None:
        if choice.upstream is None:
            raise for_nobody(model)
        return None
    secret = key.get_secret_value() if key else None
    return Target(f"{base_url.rstrip('/')}/chat/completions", secret, model or choice.model or "")


def for_nobody(model: str | None) -> ServiceError:
    """Say that there is no upstream."""
    named = f"no upstream with the model `{model}`" if model else "no model"
    return ServiceError("upstream-none", f"{named} is configured or found", help=[REMEDY])


def outgoing(chat: ChatRequest, raw: bytes, model: str) -> bytes:
    """Give the body that is sent on."""
    if FIELD not in chat.body and chat.model == model:
        return raw
    kept = {name: value for name, value in chat.body.items() if name != FIELD}
    return dump({**kept, "model": model})


class Answer:
    """An upstream's answer, its body still to come.

    Attributes:
        status: Its HTTP status.
        headers: Those that may be passed on, as bytes; names in lower case.
        encoded: Whether the body is compressed, although that was not asked for.
        streams: Whether it is a stream of events.
    """

    def __init__(self, response: RelayResponse, timeout_s: float, key: str | None) -> None:
        """Read from a response.

        Args:
            response: The upstream's.
            timeout_s: No part of it takes longer.
            key: What the upstream was shown; a header that repeats it stays here.
        """
        self.status = response.status
        lowered = [(name.lower(), value) for name, value in response.headers]
        self.headers = [
            (name, value)
            for name, value in lowered
            if name not in DROPPED
            and not name.startswith(b"x-llm-modulo")
            and hide_key(value, key) == value
        ]
        known = dict(lowered)
        self.encoded = b"content-encoding" in known
        kind = known.get(b"content-type", b"").lower()
        self.streams = kind.startswith(b"text/event-stream")
        self._chunks = response.chunks()
        self._timeout_s = timeout_s

    @property
    def fault(self) -> str | None:
        """Say why it can be nobody's answer: no client of ours is to go elsewhere."""
        said = f"the upstream answered {self.status}"
        if 300 <= self.status < 400:  # noqa: PLR2004  # the statuses of redirection
            return f"{said}: it redirects to another address"
        known = 200 <= self.status < 600  # noqa: PLR2004  # the statuses that end an exchange
        return None if known else f"{said}, which is no status of HTTP"

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the bytes as they come.

        Raises:
            ServiceError: The upstream fell silent, or broke off.
        """
        try:
            while True:
                async with asyncio.timeout(self._timeout_s):
                    chunk = await anext(self._chunks, None)
                if chunk is None:
                    return
                yield chunk
        except TimeoutError:
            said = f"the upstream sent nothing for {self._timeout_s:.3g} s"
            raise ServiceError("upstream-timeout", said, headers=PAID) from None
        except BrokenOffError as error:
            said = "the upstream broke off in the middle of its answer"
            raise ServiceError("upstream-unreachable", said, headers=PAID) from error

    async def body(self) -> bytes:
        """Read the whole body.

        Raises:
            ServiceError: As from `chunks`, or it is too long.
        """
        parts, size = list[bytes](), 0
        async for chunk in self.chunks():
            parts.append(chunk)
            size += len(chunk)
            if size > LONGEST_BODY:
                said = f"the upstream sent more than {LONGEST_BODY:,} bytes"
                raise ServiceError("upstream-invalid", said, headers=PAID)
        return b"".join(parts)


async def _post(
    service: Service, url: str, content: bytes, headers: dict[str, str], trial: Trial
) -> RelayResponse:
    """Send a body on, and tell the breaker how it went."""
    timeout_s = service.settings.upstream.timeout_s
    try:
        async with asyncio.timeout(timeout_s):
            response = await service.relay.post(url, content, headers)
    except TimeoutError:
        trial.failed("upstream-timeout", timeout_s)
        raise
    except (NotReachedError, BrokenOffError):
        trial.failed("upstream-unreachable", timeout_s)
        raise
    if response.status >= SERVER_FAULTS:
        trial.failed("upstream-failed", timeout_s)
    else:
        trial.succeeded()
    return response


@asynccontextmanager
async def ask_upstream(
    service: Service, target: Target, content: bytes, *, accept: str
) -> AsyncIterator[Answer]:
    """Send a body on and wait for the head of the answer.

    Raises:
        ServiceError: The upstream cannot be reached, or does not answer in time.
    """
    headers = {"content-type": "application/json", "accept": accept, "accept-encoding": "identity"}
    headers |= trace_headers()
    if target.key:
        headers["authorization"] = f"Bearer {target.key}"
    timeout_s = service.settings.upstream.timeout_s
    endpoint = target.url.removesuffix("/chat/completions")
    breaker = service.breaker_of(endpoint, target.model)
    try:
        with breaker.call() as trial:
            response = await _post(service, target.url, content, headers, trial)
    except SuspendedError as error:
        raise suspended(error.retry_after_s) from None
    except TimeoutError:
        said = f"the upstream did not answer within {timeout_s:.3g} s"
        raise ServiceError("upstream-timeout", said, headers=PAID) from None
    except NotReachedError as error:
        service.look_again()
        raise ServiceError("upstream-unreachable", "the upstream cannot be reached") from error
    except BrokenOffError as error:
        said = "the upstream broke the connection before it answered"
        raise ServiceError("upstream-unreachable", said, headers=PAID) from error
    try:
        answer = Answer(response, timeout_s, target.key)
        if answer.fault is not None:
            raise ServiceError("upstream-invalid", answer.fault)
        yield answer
    finally:
        response.close()
