"""Watching a run: one line a round, with verdict, first headline and budget bar."""

from typing import TextIO

from backprompt.budget import Budget
from backprompt.disclosure import first_headline
from backprompt.events import (
    CallFailed,
    CandidateRepeated,
    Certified,
    Decided,
    Ended,
    Event,
    InfeasibilityCertified,
    Judged,
    NoCandidate,
    RoundStarted,
    SolverFinished,
)
from backprompt.render import printable

BAR = 10
"""Characters of the budget bar."""
WIDTH = 100
"""Characters of a line; a headline is cut to fit."""
ERASE = "\r\x1b[K"


class Watcher:
    """Writes a line about each round of a run when the round is over.

    On a terminal a line that is replaced says meanwhile that the model is being asked.

    Args:
        budget: What the bar is measured against.
        stream: Where the lines go.
    """

    def __init__(self, budget: Budget, stream: TextIO) -> None:
        """Write nothing yet."""
        self._budget = budget
        self._stream = stream
        self._last: Event | None = None
        self._said = ""
        self._score = -1.0
        self._more: list[str] = []

    def see(self, event: Event) -> None:
        """Take in an event; the start of a round and the end of the run end the round before."""
        match event:
            case RoundStarted():
                self._close()
                if self._stream.isatty():
                    self._write(f"{self._bar(event)}  asking", end="")
            case Judged(judgement=judgement):
                headline = first_headline(judgement) or "nothing to object"
                self._say(f"{judgement.verdict.value}: {headline}", judgement.score)
            case CandidateRepeated():
                self._say("repeated an answer that was judged before", -0.5)
            case NoCandidate():
                self._say("the response holds no answer", -0.5)
            case CallFailed():
                self._say(f"{event.code}: {event.message}", -0.5)
            case Decided() | SolverFinished() | Certified() | InfeasibilityCertified():
                self._more.append(_tell(event))
            case Ended():
                self._close()
        self._last = event

    def _say(self, said: str, score: float) -> None:
        if score > self._score:
            self._said, self._score = printable(said), score

    def _close(self) -> None:
        if self._last is not None and self._said:
            more = f" ({'; '.join(self._more)})" if self._more else ""
            start = f"{self._bar(self._last)}  "
            room = WIDTH - len(start) - len(more)
            self._write(f"{start}{self._said[:room]}{more}")
        self._said, self._score, self._more = "", -1.0, []

    def _bar(self, event: Event) -> str:
        budget = self._budget
        used = max(event.round / budget.rounds, min(event.at / budget.seconds, 1.0))
        filled = min(round(used * BAR), BAR)
        bar = f"[{'#' * filled}{'.' * (BAR - filled)}]"
        return f"{bar} round {event.round}/{budget.rounds} {event.at:6.1f} s"

    def _write(self, line: str, end: str = "\n") -> None:
        erased = ERASE if self._stream.isatty() else ""
        self._stream.write(f"{erased}{line}{end}")
        self._stream.flush()


def _tell(event: Decided | SolverFinished | Certified | InfeasibilityCertified) -> str:
    """Say what else happened in a round."""
    if isinstance(event, Decided):
        return f"{event.decision}: {event.why}"
    if isinstance(event, SolverFinished):
        return "the solver answered" if event.answered else "the solver gave up"
    return event.event.replace("-", " ")
