"""playing: answers that need not be bought again, put before a cell's upstream.

Two kinds are played: those that an interrupted run of the same cell had already been given, and
those that another cell was given to the very same call: same messages, same sampling, same seed.
So strategies that begin alike begin with the same answer, and differ only where they do.

Invariant: what is played counts in full, tokens, cost and seconds, as if it had been asked anew.
"""

from collections.abc import MutableMapping, Sequence

from backprompt.upstream import Completion, Request, Upstream
from critics.statement import digest

Memory = MutableMapping[str, Completion]
NEUTRAL = {"timeout_s", "max_tokens_left", "max_cost_usd", "call", "round", "rung"}
"""Fields of a request that do not decide what a seeded model answers."""


class Played:
    """An upstream that plays what is known and asks the rest.

    Attributes:
        seconds: What the played calls took when they were made, by number.
    """

    def __init__(
        self, upstream: Upstream, recorded: Sequence[Completion], memory: Memory | None
    ) -> None:
        """Put what is known before an upstream.

        Args:
            upstream: Whom to ask.
            recorded: Answers of this very run, by call number.
            memory: Answers to the same calls in other runs; `None` shares none.
        """
        self.seconds: dict[int, float] = {}
        self._upstream = upstream
        self._recorded = tuple(recorded)
        self._memory = memory

    @property
    def name(self) -> str:
        """The name of the upstream that is asked."""
        return self._upstream.name

    async def generate(self, request: Request) -> Completion:
        """Play the answer, or ask."""
        key = _key(self._upstream.name, request)
        known = self._memory.get(key) if self._memory is not None else None
        if request.call < len(self._recorded):
            known = self._recorded[request.call]
        if known is not None:
            self.seconds[request.call] = known.latency_s
            return known
        answer = await self._upstream.generate(request)
        if self._memory is not None and request.sampling.seed is not None:
            self._memory[key] = answer
        return answer

    async def aclose(self) -> None:
        """Hold nothing: the upstream is closed by whoever has opened it."""


class Recording:
    """A recorded conversation: every answer of it took its seconds when it was recorded.

    Attributes:
        seconds: What the played calls took when they were made, by number.
    """

    def __init__(self, upstream: Upstream) -> None:
        """Play this one."""
        self.seconds: dict[int, float] = {}
        self._upstream = upstream

    @property
    def name(self) -> str:
        """The recording's name."""
        return self._upstream.name

    async def generate(self, request: Request) -> Completion:
        """Play the answer."""
        answer = await self._upstream.generate(request)
        self.seconds[request.call] = answer.latency_s
        return answer

    async def aclose(self) -> None:
        """Hold nothing."""


def _key(name: str, request: Request) -> str:
    return digest(f"{name}\n{request.model_dump_json(exclude=NEUTRAL)}".encode())
