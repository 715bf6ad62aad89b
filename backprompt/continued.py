"""continued: goes on from a recorded run without paying for it again.

The answers of the recorded calls come first, whatever the new run's strategy asks; the critics
judge them again, and only what follows is asked of a model.
"""

from collections.abc import Iterable, Sequence

from backprompt.events import CallFinished, Event
from backprompt.upstream import Completion, Request, Upstream


class ContinuedUpstream:
    """Plays recorded answers first, and then asks.

    Call `i` of the run gets the `i`-th recorded answer, at no cost; later ones are live.
    """

    def __init__(self, recorded: Sequence[Completion], upstream: Upstream) -> None:
        """Play `recorded`, then ask `upstream`."""
        self._recorded = tuple(recorded)
        self._upstream = upstream

    @property
    def name(self) -> str:
        """The name of the upstream that is asked."""
        return self._upstream.name

    async def generate(self, request: Request) -> Completion:
        """Give the recorded answer of this call number, or ask."""
        if request.call < len(self._recorded):
            return self._recorded[request.call].model_copy(update={"recorded": True})
        return await self._upstream.generate(request)

    async def aclose(self) -> None:
        """Close the upstream."""
        await self._upstream.aclose()


def continue_from(recorded: Sequence[Completion], upstream: Upstream) -> Upstream:
    """Put recorded answers, if there are any, before an upstream."""
    return ContinuedUpstream(recorded, upstream) if recorded else upstream


def answers_before(events: Iterable[Event], from_round: int | None) -> list[Completion]:
    """Read the answers of a journal that came before a round; `None` reads all."""
    return [
        event.completion
        for event in events
        if isinstance(event, CallFinished) and (from_round is None or event.round < from_round)
    ]
