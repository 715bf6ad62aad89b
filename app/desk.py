"""Desk: whom a service asks, and what stands before them: breakers, and who counts the calls."""

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from app.breaker import Breaker, Breakers, Guarded, require_available
from app.embedded import Embedded
from app.engine import RunSpec
from app.ladders import find_ladder
from app.profiles import Profile
from app.relay_client import RelayClient
from app.security.permission import require_models
from app.settings import Settings
from app.upstreams import Choice, choose_upstream, for_profile, with_roles
from backprompt.nobody import Nobody
from backprompt.strategy import ASKED
from backprompt.upstream import Upstream

if TYPE_CHECKING:
    import httpx

    from app.telemetry.telemetry import Telemetry

LOOK_AGAIN_S = 2.0
"""Seconds after which a service without an upstream looks for one again."""


class Desk:
    """Finds the upstream of a request.

    Attributes:
        settings: The configuration.
        telemetry: Is told of every call.
        breakers: Suspend calls to upstreams that keep failing.
        embedded: The models of this machine.
        relay: Sends on what nobody looks into.
    """

    def __init__(
        self, settings: Settings, upstream: Upstream | None, telemetry: "Telemetry | None"
    ) -> None:
        """Look for nobody yet; ask `upstream`, if there is one."""
        self.settings, self.telemetry = settings, telemetry
        self.breakers = Breakers(settings.breaker)
        self.embedded = Embedded(settings.models_dir)
        self.relay = RelayClient()
        self._client: httpx.AsyncClient | None = None
        self._choice: Choice | None = None
        if upstream is not None:
            own = self.embedded if settings.upstream.embedded else None
            given = Choice(
                "configured", upstream.name, upstream.name, upstream=upstream, embedded=own
            )
            self._choice = self._watched(given)
        self._looked = float("-inf")
        self._looking = asyncio.Lock()

    @property
    def client(self) -> "httpx.AsyncClient":
        """The one HTTP client of the service."""
        if self._client is None:
            from backprompt.openai_upstream import make_client  # noqa: PLC0415  # when needed

            self._client = make_client()
        return self._client

    async def choice(self) -> Choice:
        """Say which upstream is asked; while there is none, look again now and then."""
        async with self._looking:
            settled = self._choice is not None and self._choice.upstream is not None
            if not settled and time.monotonic() - self._looked > LOOK_AGAIN_S:
                self._choice = self._watched(
                    await choose_upstream(self.settings, self.client, self.embedded)
                )
                self._looked = time.monotonic()
        assert self._choice is not None  # noqa: S101  # the first look has always set it
        return self._choice

    def _watched(self, choice: Choice) -> Choice:
        """Have every call to whom is asked counted and traced."""
        if self.telemetry is not None:
            self.telemetry.know(choice.model)
        return replace(choice, guard=self._guard)

    def _guard(self, upstream: Upstream, endpoint: str) -> Guarded:
        breaker = self.breaker_of(endpoint, upstream.name)
        if self.telemetry is not None:
            upstream = self.telemetry.observe(upstream, endpoint)
        return Guarded(upstream, breaker)

    def breaker_of(self, endpoint: str, model: str) -> Breaker:
        """Find the breaker before a model."""
        named = self.telemetry.model(model) if self.telemetry else model
        return self.breakers.of(endpoint, named)

    def look_again(self) -> None:
        """Forget a model server that was found and has gone, so that the next request looks."""
        if self._choice is not None and self._choice.kind == "local":
            self._choice, self._looked = None, float("-inf")

    def find_upstream(self, choice: Choice, spec: RunSpec) -> Upstream:
        """Get the upstream that a run is to use.

        Raises:
            ServiceError: Nobody can be asked, or the caller may not ask this model.
        """
        model, domain = spec.request.model, spec.request.domain
        rungs = find_ladder(model, spec.profile, self.settings, choice=choice, domain=domain)
        nobody = choice.upstream is None or (model is None and not choice.answers(domain))
        if nobody and not rungs and spec.strategy.solver in ASKED:
            return Nobody()
        climbed = Profile(models=rungs)
        require_models(choice, model, climbed, self.settings)
        asked = for_profile(choice, model, climbed, self.settings, self.client, domain=domain)
        return with_roles(asked, choice, self.settings, self.client)

    def require_available(self, choice: Choice, spec: RunSpec) -> None:
        """Check that somebody can be asked.

        Raises:
            ServiceError: Nobody can, or all who could are suspended.
        """
        asked: list[Guarded] = []

        def note(upstream: Upstream, endpoint: str) -> Upstream:
            asked.append(self._guard(upstream, endpoint))
            return asked[-1]

        self.find_upstream(replace(choice, guard=note), spec)
        require_available(asked)

    async def close_desk(self) -> None:
        """End connections and the embedded model."""
        if self._choice is not None and self._choice.upstream is not None:
            await self._choice.upstream.aclose()
        await self.embedded.aclose()
        await self.relay.aclose()
        if self._client is not None:
            await self._client.aclose()
        if self.telemetry is not None:
            self.telemetry.close()
