"""Rates: how often something may be done, as a bucket of tokens that fills at a steady rate.

Kept as one time per name (the generic cell rate algorithm): when the bucket will be full again.
"""

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from app.admission import RETRY_AFTER_S
from app.failures import ServiceError

BURST_S = 10.0
"""Seconds' worth of requests that may come at once."""
REMEMBERED = 10_000
TINY_S = 1e-9
"""What sums of times may be off by."""


class Rates:
    """The buckets of one process."""

    def __init__(self) -> None:
        """Know nobody."""
        self._full_at: dict[str, float] = {}

    def take(self, name: str, per_minute: int, now: float) -> float:
        """Take one token.

        Args:
            name: Whose bucket.
            per_minute: How fast it fills.
            now: A clock that never goes back, in seconds.

        Returns:
            0, or the seconds after which there is a token; then none was taken.
        """
        each = 60.0 / per_minute
        depth = max(BURST_S, each)
        full_at = max(self._full_at.get(name, now), now)
        wait = full_at + each - now - depth
        if wait > TINY_S:
            return wait
        if len(self._full_at) >= REMEMBERED:
            self._full_at = {one: at for one, at in self._full_at.items() if at > now}
        self._full_at[name] = full_at + each
        return 0.0


def require_rate(rates: Rates, name: str, per_minute: int, now: float) -> None:
    """Refuse what comes too often.

    Raises:
        ServiceError: `rate-limited`, with `Retry-After`.
    """
    wait = rates.take(name, per_minute, now)
    if wait:
        raise ServiceError(
            "rate-limited",
            f"the key may ask {per_minute} times a minute",
            headers={"Retry-After": str(math.ceil(wait))},
        )


class Streams:
    """Who follows how many event streams."""

    def __init__(self, limit: int) -> None:
        """Allow each so many."""
        self._limit = limit
        self._open: Counter[str] = Counter()

    @contextmanager
    def take(self, name: str) -> Iterator[None]:
        """Hold one stream.

        Raises:
            ServiceError: `too-many-runs`.
        """
        if self._open[name] >= self._limit:
            raise ServiceError(
                "too-many-runs",
                f"{self._limit} event streams are open, which is this server's limit",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        self._open[name] += 1
        try:
            yield
        finally:
            self._open[name] -= 1
            if not self._open[name]:
                del self._open[name]
