"""ladder: several models for one run, asked one after the other as rounds fail.

Invariant: which rung a call goes to depends on its round alone, so a replay climbs the same way.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from backprompt.upstream import Completion, Request, Upstream


@dataclass(frozen=True, slots=True)
class Step:
    """One rung.

    Attributes:
        upstream: Whom it asks.
        rounds: After how many rounds the next rung is asked; `None`: never.
    """

    upstream: Upstream
    rounds: int | None = None


class Ladder:
    """An upstream that asks the first model for the first rounds, then the next one.

    Every call is charged to the same budget; each rung prices its own.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        """Climb these in order; the last one is never left.

        Raises:
            ValueError: There is no rung.
        """
        if not steps:
            raise ValueError("a ladder has rungs")
        self._steps = tuple(steps)

    @property
    def name(self) -> str:
        """The names of all models."""
        return ", ".join(step.upstream.name for step in self._steps)

    async def generate(self, request: Request) -> Completion:
        """Ask the model of the request's round."""
        return await self.rung(request.round).upstream.generate(request)

    def rung(self, number: int) -> Step:
        """Find the rung that a 1-based round stands on."""
        left = number
        for step in self._steps[:-1]:
            if step.rounds is None or left <= step.rounds:
                return step
            left -= step.rounds
        return self._steps[-1]

    async def aclose(self) -> None:
        """Close every rung."""
        for step in self._steps:
            await step.upstream.aclose()
