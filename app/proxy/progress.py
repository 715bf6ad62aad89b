"""Progress: one short line per round, made of public facts only.

Invariant: a line is written from what `backprompt.journal.public` lets pass, so it holds numbers
and codes, and no word of a prompt or an answer.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from backprompt.journal import Event, public

MOST_CODES = 3


class Narrator:
    """Turns the events of a run into lines, one when a round begins and one when it is over."""

    def __init__(self) -> None:
        """Begin before the first round."""
        self._judged: list[dict[str, Any]] = []

    def tell(self, event: Event) -> Iterator[str]:
        """Yield the lines that an event completes."""
        shown = public(event)
        match shown["event"]:
            case "round-started":
                yield from self._close()
                yield f"Round {shown['round']}: asking the model.\n"
            case "judged":
                self._judged.append(shown)
            case "ended":
                yield from self._close()

    def _close(self) -> Iterator[str]:
        judged, self._judged = self._judged, []
        if not judged:
            return
        best = max(judged, key=lambda shown: float(shown["score"]))
        codes = ", ".join(best["codes"][:MOST_CODES])
        why = f" ({codes})" if codes else ""
        several = f"{len(judged)} answers judged, the best is " if len(judged) > 1 else ""
        verdict = f"{several}{best['verdict']}{why}"
        yield f"Round {best['round']}: {verdict}, score {best['score']:.2f}.\n"


async def narrate(events: AsyncIterator[Event]) -> AsyncIterator[str]:
    """Yield the lines of a run as it goes on."""
    narrator = Narrator()
    async for event in events:
        for line in narrator.tell(event):
            yield line
