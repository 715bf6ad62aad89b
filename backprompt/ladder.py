"""ladder: several models for one run, asked one after the other as rounds fail.

Invariant: each call says which rung it goes to; the loop has decided that, and recorded why.
"""

from collections.abc import Sequence

from backprompt.upstream import Completion, Request, Upstream


class Ladder:
    """An upstream that asks the model of each call's rung.

    Every call is charged to the same budget; each rung prices its own.
    """

    def __init__(self, rungs: Sequence[Upstream]) -> None:
        """Climb these in order.

        Raises:
            ValueError: There is no rung.
        """
        if not rungs:
            raise ValueError("a ladder has rungs")
        self._rungs = tuple(rungs)

    @property
    def name(self) -> str:
        """The names of all models."""
        return ", ".join(rung.name for rung in self._rungs)

    async def generate(self, request: Request) -> Completion:
        """Ask the model of the request's rung; the last one where the ladder is shorter by now."""
        return await self._rungs[min(request.rung, len(self._rungs) - 1)].generate(request)

    async def aclose(self) -> None:
        """Close every rung."""
        for rung in self._rungs:
            await rung.aclose()
