"""Progress: short lines about each round, made of public facts only.

Invariant: a line is written from what `backprompt.disclosure.public` lets pass, so it holds numbers
and codes, and no word of a prompt or an answer.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from backprompt.disclosure import public
from backprompt.events import Event

MOST_CODES = 3
WITHOUT_NEWS: Mapping[str, str] = {
    "candidate-repeated": "an answer that was judged before",
    "no-candidate": "no answer was found in the response",
}
"""What a round brought, where nothing was judged in it."""


class Narrator:
    """Turns the events of a run into lines, one when a round begins and one when it is over."""

    def __init__(self) -> None:
        """Begin before the first round."""
        self._judged: list[dict[str, Any]] = []
        self._without_news: dict[str, Any] | None = None

    def tell(self, event: Event) -> Iterator[str]:
        """Yield the lines that an event completes."""
        shown = public(event)
        kind = shown["event"]
        if kind == "judged":
            self._judged.append(shown)
        elif kind in WITHOUT_NEWS:
            self._without_news = shown
        elif kind in {"round-started", "ended"}:
            yield from self._close()
        if kind == "round-started":
            yield f"Round {shown['round']}: asking the model.\n"

    def _close(self) -> Iterator[str]:
        judged, self._judged = self._judged, []
        silent, self._without_news = self._without_news, None
        if judged:
            yield _summarise(judged)
        elif silent is not None:
            yield f"Round {silent['round']}: {WITHOUT_NEWS[silent['event']]}.\n"


def _summarise(judged: list[dict[str, Any]]) -> str:
    best = max(judged, key=lambda shown: float(shown["score"]))
    codes = ", ".join(best["codes"][:MOST_CODES])
    why = f" ({codes})" if codes else ""
    several = f"{len(judged)} answers judged, the best is " if len(judged) > 1 else ""
    return f"Round {best['round']}: {several}{best['verdict']}{why}, score {best['score']:.2f}.\n"


async def narrate(events: AsyncIterator[Event]) -> AsyncIterator[str]:
    """Yield the lines of a run as it goes on."""
    narrator = Narrator()
    async for event in events:
        for line in narrator.tell(event):
            yield line
