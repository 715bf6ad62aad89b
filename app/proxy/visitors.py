"""Visitors: who waits for which run, so that a request that is sent again finds its run.

Clients send a request again when an answer is late. With an `Idempotency-Key`, or by an SDK that
counts its retries (`x-stainless-retry-count`), the second request joins the first one's run
instead of paying for another. An SDK closes its connection before it tries again, half a second
later at first; so its run is kept for as long. Where it comes too late, the run was cancelled, and
its retry goes on from the answers that were paid for.

Invariants:
    * A run without visitors is cancelled within a second, unless an idempotency key can still ask
      for it.
    * What is remembered is bounded, by number and by age.
"""

import asyncio
import hashlib
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.engine import RunRecord
from app.failures import ServiceError
from app.ids import derived_id, new_id
from app.proxy.chat_request import Verification
from app.run_views import ForkRequest
from app.security.principal import caller as principal
from app.service import Service

REMEMBERED = 4096
MEMORY_S = 900.0
"""Seconds within which a retry finds the run of the first try; SDKs wait 600 s for an answer."""
GRACE_S = 0.6
"""Seconds that a run outlives a client that may try again; SDKs first wait 0.375 to 0.5 s."""
LONGEST_KEY = 255
RETRIES = "x-stainless-retry-count"
"""Header in which OpenAI's and Anthropic's SDKs count their retries, from 0."""
JOINABLE = frozenset({"queued", "running", "certified", "infeasible", "exhausted", "needs_input"})


@dataclass(frozen=True, slots=True)
class Caller:
    """What identifies a request that is sent again.

    Attributes:
        fingerprint: Of the caller's key, the endpoint, the body and what is to be verified.
        key: Its idempotency key, with what the key belongs to.
        retry: Whether the client says that it has sent the request before.
        persistent: Whether the client is one that tries again by itself.
    """

    fingerprint: str
    key: tuple[str, str] | None
    retry: bool
    persistent: bool


def owner_of(headers: Mapping[str, str]) -> str:
    """Say whose a request is: whoever sends the same key."""
    keys = (headers.get("authorization", ""), headers.get("x-api-key", ""))
    return hashlib.sha256("\0".join(keys).encode()).hexdigest()


def identify(
    headers: Mapping[str, str], endpoint: str, body: bytes, wanted: Verification | None = None
) -> Caller:
    """Find out whether this request may be one that came before.

    Args:
        headers: Its headers, names in lower case.
        endpoint: What it asks.
        body: Its bytes.
        wanted: What is to be verified: a header, the path or a profile may say it, beside the
            body, and a certificate of another problem is no answer.

    Raises:
        ServiceError: `invalid-request`: the idempotency key is none.
    """
    owner = owner_of(headers)
    hashed = hashlib.sha256(body)
    if wanted is not None:
        hashed.update(wanted.request.model_dump_json().encode())
        hashed.update((wanted.dialogue.profile or "").encode())
    key = headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        said = f"`Idempotency-Key` has 1 to {LONGEST_KEY} characters"
        raise ServiceError("invalid-request", said)
    return Caller(
        fingerprint=f"{owner} {endpoint} {hashed.hexdigest()}",
        key=(f"{owner} {endpoint}", key) if key is not None else None,
        retry=headers.get(RETRIES, "0") not in {"", "0"},
        persistent=RETRIES in headers,
    )


class Visitors:
    """Who waits for which run of one service."""

    def __init__(self) -> None:
        """Know nobody."""
        self._waiting: Counter[str] = Counter()
        self._latest: OrderedDict[str, tuple[str, float]] = OrderedDict()

    @asynccontextmanager
    async def visit(
        self, service: Service, wanted: Verification, caller: Caller
    ) -> AsyncIterator[RunRecord]:
        """Start a run and wait for it, or join the one that the same request has started.

        Raises:
            ServiceError: Whatever is wrong with the request, or that nobody can be asked.
        """
        run_id = await self.name_run(service, caller)
        self._waiting[run_id] += 1
        try:
            async with service.start_run(
                wanted.request,
                run_id=run_id,
                body_sha256=caller.fingerprint if caller.key else None,
                dialogue=wanted.dialogue,
            ) as record:
                yield record
        finally:
            self._waiting[run_id] -= 1
            await self._leave(service, run_id, caller)

    async def _leave(self, service: Service, run_id: str, caller: Caller) -> None:
        """End a run that nobody waits for any more, and that nobody may come back for."""
        record = await service.engine.get(run_id)
        under_way = record is not None and not record.over
        if under_way and caller.persistent and not self._waiting[run_id]:
            await asyncio.sleep(GRACE_S)
        if not self._waiting[run_id]:
            del self._waiting[run_id]
            if under_way and caller.key is None:
                await service.engine.cancel(run_id)

    async def name_run(self, service: Service, caller: Caller) -> str:
        """Give the id of the run that a request started before, or one for its own.

        Raises:
            ServiceError: That run cannot be gone on from.
        """
        if caller.key is not None:
            return derived_id("run", principal().tenant, *caller.key)
        self._forget()
        known = self._latest.get(caller.fingerprint) if caller.retry else None
        if known is not None:
            record = await service.engine.get(known[0])
            if record is None or record.state in JOINABLE:  # without one it is just beginning
                return known[0]
            if record.state == "cancelled":
                return self._remember(caller, (await service.fork(known[0], ForkRequest())).spec.id)
        return self._remember(caller, new_id("run"))

    def _remember(self, caller: Caller, run_id: str) -> str:
        self._latest[caller.fingerprint] = (run_id, time.monotonic())
        self._latest.move_to_end(caller.fingerprint)
        return run_id

    def _forget(self) -> None:
        oldest = time.monotonic() - MEMORY_S
        while self._latest:
            first = next(iter(self._latest))
            if len(self._latest) <= REMEMBERED and self._latest[first][1] > oldest:
                return
            del self._latest[first]
