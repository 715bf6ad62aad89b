"""Calls: an upstream whose calls are counted, measured and traced.

Where calls are made is the one place where each is seen once: what is played from a recording, a
cache or the database never gets here.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from app.telemetry.spans import Spans
from backprompt.budget import Usage
from backprompt.upstream import Completion, Request, Upstream, UpstreamError, estimate_usage


@dataclass(frozen=True, slots=True)
class Observed:
    """An upstream under observation.

    Attributes:
        upstream: The upstream.
        endpoint: Its base URL, or what kind of upstream it is.
        spans: Traces each call.
        count: Is told the upstream's name, the outcome, the seconds and the usage of each call.
    """

    upstream: Upstream
    endpoint: str
    spans: Spans
    count: Callable[[str, str, float, Usage], None]

    @property
    def name(self) -> str:
        """The upstream's name."""
        return self.upstream.name

    async def generate(self, request: Request) -> Completion:
        """Ask once, and tell how it went."""
        began = time.monotonic()
        with self.spans.call(self.name, self.endpoint, request) as span:
            try:
                completion = await self.upstream.generate(request)
            except UpstreamError as error:
                span.failed(error)
                self._tell(error.code, began, error.usage)
                raise
            except asyncio.CancelledError:
                self._tell("cancelled", began, estimate_usage(request))
                raise
            span.answered(completion)
            self._tell("ok", began, completion.usage)
            return completion

    def _tell(self, outcome: str, began: float, usage: Usage) -> None:
        self.count(self.name, outcome, time.monotonic() - began, usage)

    async def aclose(self) -> None:
        """Close the upstream."""
        await self.upstream.aclose()
