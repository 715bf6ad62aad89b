"""Watching a run: one line a round, with verdict, first headline and budget bar."""

from typing import TextIO

from backprompt.budget import Budget
from backprompt.journal import (
    CallFailed,
    CandidateRepeated,
    Certified,
    Decided,
    Event,
    Judged,
    NoCandidate,
    RoundStarted,
    first_headline,
)
from backprompt.render import printable

BAR = 10
"""Characters of the budget bar."""
WIDTH = 100
"""Characters of a line; a headline is cut to fit."""


class Watcher:
    """Writes lines about a run as its events come.

    Args:
        budget: What the bar is measured against.
        stream: Where the lines go.
    """

    def __init__(self, budget: Budget, stream: TextIO) -> None:
        """Write nothing yet."""
        self._budget = budget
        self._stream = stream

    def see(self, event: Event) -> None:
        """Write a line about an event, if it is worth one."""
        said = _say(event)
        if said is None:
            return
        used = max(event.round / self._budget.rounds, min(event.at / self._budget.seconds, 1.0))
        filled = min(round(used * BAR), BAR)
        bar = f"[{'#' * filled}{'.' * (BAR - filled)}]"
        line = f"{bar} round {event.round}/{self._budget.rounds} {event.at:6.1f} s  {said}"
        self._stream.write(f"{line[:WIDTH]}\n")
        self._stream.flush()


def _say(event: Event) -> str | None:  # noqa: PLR0911  # one line per kind of event
    match event:
        case RoundStarted():
            return "asking" + (" afresh" if event.fresh and event.round > 1 else "")
        case Judged():
            headline = first_headline(event.judgement)
            return f"{event.judgement.verdict.value}: {printable(headline or 'nothing to object')}"
        case CandidateRepeated():
            return "repeated an answer that was judged before"
        case NoCandidate():
            return "the response holds no answer"
        case CallFailed():
            return f"{event.code}: {printable(event.message)}"
        case Decided():
            return f"{event.decision}: {event.why}"
        case Certified():
            return "certified"
        case _:
            return None
