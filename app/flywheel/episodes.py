"""Episodes: what was tried on one problem, whoever tried it, as journals and made rows tell it.

Invariants:
    * An episode says what its source says. Whether an answer is right is for `reviews` to find.
    * Only an answer with a certificate is called right: neither one that was merely accepted nor a
      best effort is.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic import JsonValue

from backprompt.events import (
    CallFinished,
    CandidateFound,
    Certified,
    Event,
    InfeasibilityCertified,
    Judged,
    Origin,
    RunStarted,
)
from backprompt.journal import Journal
from backprompt.task import Task
from backprompt.upstream import Completion
from critics.denial import DENIAL
from critics.types import Judgement

MUTATION = "mutation"
"""Origin of a near miss: a right answer that a program has changed."""
SYNTHETIC = "synthetic"
"""Source of what programs made, which holds nobody's words."""
SKILLS: Mapping[str, str] = {
    Origin.MODEL: "model",
    Origin.REFORMATTED: "model",
    Origin.SEARCH: "search",
    Origin.MODEL_GUIDED_SEARCH: "search",
    Origin.SOLVER: "solver",
    Origin.SOLVER_REPAIR: "solver",
}
"""Whose skill an origin counts as. A search that asked a model and a model that was shown a
solver's values are not the model's; others (the user, the cache, a mutation) are nobody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One answer.

    Attributes:
        text: Canonical text.
        origin: Who made it: an `Origin`, or `mutation`.
        round: 1-based round of its run; 0 before the first.
        certified: Whether the source calls it right.
        model: The model that wrote it, if one did.
        response: What that model wrote, from which the text was taken.
        judgement: What the source says of it.
        mends: The wrong answers that it corrects; `None` for all that came before it.
        aside: Whether it is worth learning as a correction only.
    """

    text: str
    origin: str
    round: int = 0
    certified: bool = False
    model: str = ""
    response: str | None = None
    judgement: Judgement | None = None
    mends: tuple[str, ...] | None = None
    aside: bool = False

    @property
    def skill(self) -> str:
        """Whose skill it counts as; empty if nobody's."""
        return SKILLS.get(self.origin, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """What was tried on one problem.

    Attributes:
        source: Where it comes from: `journal`, `store` or `synthetic`.
        name: The run's id or the row's.
        task: The problem, and how the model was asked.
        attempts: In the order of the record.
        split: The part of the data it belongs to, where its source has settled that.
        at: When the run was asked for, as far as known.
        family: What made the problem, if a program did.
        level: How difficult it is within its family, from 1.
    """

    source: str
    name: str
    task: Task
    attempts: tuple[Attempt, ...] = ()
    split: str | None = None
    at: datetime | None = None
    family: str = ""
    level: int = 0

    @property
    def domain(self) -> str:
        """The domain's name."""
        return self.task.domain

    @property
    def problem(self) -> dict[str, JsonValue]:
        """The payload."""
        return self.task.problem

    @property
    def models(self) -> frozenset[str]:
        """Who answered."""
        return frozenset(attempt.model for attempt in self.attempts if attempt.model)


@dataclass(slots=True)
class _Record:
    """What has been read of a journal."""

    task: Task | None = None
    attempts: dict[int, Attempt] = field(default_factory=dict)
    completions: dict[int, Completion] = field(default_factory=dict)
    refuted: bool = False

    def take(self, event: Event) -> None:
        """Read one event; whatever does not belong to any attempt is passed over."""
        match event:
            case RunStarted(task=task):
                self.task = task
            case CallFinished(call=call, completion=completion):
                self.completions[call] = completion
            case CandidateFound():
                self.attempts[event.candidate] = self._attempt(event)
            case Judged(candidate=number, judgement=judgement) if number in self.attempts:
                self.attempts[number] = replace(self.attempts[number], judgement=judgement)
            case Certified(candidate=number) if number in self.attempts:
                self.attempts[number] = replace(self.attempts[number], certified=True)
            case InfeasibilityCertified():
                self.refuted = True
            case _:
                pass

    def _attempt(self, found: CandidateFound) -> Attempt:
        written = None if found.call is None else self.completions.get(found.call)
        return Attempt(
            text=found.text,
            origin=found.origin.value,
            round=found.round,
            model=written.model if written else "",
            response=written.text if written else None,
        )

    def settled(self) -> Iterator[Attempt]:
        """Give the attempts; where it was certified that no answer exists, saying so is right."""
        denied = False
        for attempt in self.attempts.values():
            denied |= attempt.text == DENIAL
            right = attempt.certified or (self.refuted and attempt.text == DENIAL)
            yield replace(attempt, certified=right)
        if self.refuted and not denied:
            last = max((attempt.round for attempt in self.attempts.values()), default=0)
            yield Attempt(text=DENIAL, origin=Origin.SOLVER.value, round=last + 1, certified=True)


def read_episode(
    journal: Journal | Iterable[Event],
    *,
    name: str,
    source: str = "journal",
    at: datetime | None = None,
) -> Episode | None:
    """Read what a journal tells; nothing if it tells of no run.

    Args:
        journal: The journal, or its events.
        name: The run's id.
        source: Where it was found.
        at: When the run was asked for.
    """
    record = _Record()
    for event in journal.events if isinstance(journal, Journal) else journal:
        record.take(event)
    if record.task is None:
        return None
    return Episode(
        source=source, name=name, task=record.task, attempts=tuple(record.settled()), at=at
    )
