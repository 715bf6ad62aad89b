"""Story: a run's journal, folded into rounds as a person reads them.

Invariant: a story is a pure function of the events, so a page that grows live and one that is read
years later from a file show the same.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Literal, NamedTuple

from backprompt.budget import Budget, Usage
from backprompt.events import (
    CallFailed,
    CallFinished,
    CandidateFound,
    CandidateRepeated,
    Certified,
    Ended,
    Event,
    Formalized,
    InfeasibilityCertified,
    Judged,
    NoCandidate,
    Preferred,
    RoundStarted,
    RunStarted,
    ToolsCalled,
)
from backprompt.strategy import Strategy
from backprompt.task import Task
from backprompt.tree.events import NodeExpanded, PathFound
from backprompt.upstream import Completion, Message, Sampling
from critics.types import Judgement

MOST_LINES = 400
"""Lines, between those that are the same at both ends, in which two prompts are compared."""
MOST_SHOWN = 800
"""Lines of a prompt that a page shows."""
LINE_CHARS = 2_000


class Line(NamedTuple):
    """A line of a prompt, beside the prompt of the round before."""

    mark: Literal[" ", "+", "-"]
    text: str


@dataclass(slots=True)
class Call:
    """One call to a model.

    Attributes:
        number: Within the run.
        completion: What came back.
        failed: Why nothing did.
        silent: Whether the response holds no candidate.
        tools: Whether it calls the caller's tools.
    """

    number: int
    completion: Completion | None = None
    failed: CallFailed | None = None
    usage: Usage = field(default_factory=Usage)
    silent: bool = False
    tools: bool = False


@dataclass(slots=True)
class Found:
    """A candidate.

    Attributes:
        number: Within the run.
        text: Its canonical text.
        origin: Who made it.
        call: The call whose answer holds it.
        judgement: What the critics said, once they have.
        certified: Whether a certificate was made.
        repeats: Calls that gave it again, in whichever round.
    """

    number: int
    text: str
    origin: str
    call: int | None
    round: int
    judgement: Judgement | None = None
    certified: bool = False
    repeats: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Round:
    """One round; round 0 is what was known before the first."""

    number: int
    at: float = 0.0
    until: float = 0.0
    messages: tuple[Message, ...] = ()
    sampling: Sampling | None = None
    fresh: bool = True
    before: tuple[Message, ...] = ()
    """The prompt of the round before."""
    calls: dict[int, Call] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)
    repeated: list[Found] = field(default_factory=list)
    notes: list[Event] = field(default_factory=list)
    """Whatever else happened, in order."""

    @property
    def lines(self) -> Sequence[Line]:
        """The prompt, compared with that of the round before."""
        return compare_prompts(self.before, self.messages)

    @property
    def score(self) -> float | None:
        """The best score of the round's candidates."""
        judged = [one.judgement.score for one in (*self.found, *self.repeated) if one.judgement]
        return max(judged, default=None)

    @property
    def mood(self) -> str:
        """In a word what came of it: its best verdict, or that something failed."""
        verdicts = {
            one.judgement.verdict.value for one in (*self.found, *self.repeated) if one.judgement
        }
        if any(one.certified for one in self.found):
            return "certified"
        best = (name for name in ("accepted", "unknown", "rejected") if name in verdicts)
        return next(best, "failed" if any(call.failed for call in self.calls.values()) else "open")

    @property
    def headline(self) -> str:
        """The first finding, or what else there is to say."""
        if any(one.certified for one in self.found):
            return "certified"
        for one in (*self.found, *self.repeated):
            if one.judgement is not None and one.judgement.diagnostics:
                return one.judgement.diagnostics[0].headline
        failed = next((call.failed for call in self.calls.values() if call.failed), None)
        if failed is not None:
            return f"the call failed: {failed.code}"
        return "no answer found in the response" if any(self._silent) else ""

    @property
    def _silent(self) -> Iterable[bool]:
        return (call.silent for call in self.calls.values())

    @property
    def usage(self) -> Usage:
        """What its calls cost."""
        total = Usage()
        for call in self.calls.values():
            total += call.usage
        return total


@dataclass(slots=True)
class Story:
    """A run as it is told."""

    task: Task | None = None
    strategy: Strategy | None = None
    budget: Budget = field(default_factory=Budget)
    upstream: str = ""
    rounds: list[Round] = field(default_factory=lambda: [Round(0)])
    candidates: dict[int, Found] = field(default_factory=dict)
    certificate: dict[str, object] | None = None
    formalized: Formalized | None = None
    tried: list[NodeExpanded] = field(default_factory=list)
    """States of a search move by move, in the order in which they were tried."""
    path: PathFound | None = None
    preferred: int | None = None
    ended: Ended | None = None
    spent: Usage = field(default_factory=Usage)
    last: int = -1
    """Number of the last event."""

    @property
    def models(self) -> Sequence[str]:
        """Every model that has answered, by its own name."""
        calls = (call for one in self.rounds for call in one.calls.values())
        return list(dict.fromkeys(call.completion.model for call in calls if call.completion))

    @property
    def winner(self) -> Found | None:
        """The certified candidate; of several, the one that was chosen."""
        if self.preferred is not None:
            return self.candidates.get(self.preferred)
        certified = [one for one in self.candidates.values() if one.certified]
        return certified[-1] if certified else None

    @property
    def scores(self) -> Sequence[tuple[int, float]]:
        """The best score of each round that has one."""
        return [(one.number, one.score) for one in self.rounds if one.score is not None]

    def find(self, number: int) -> Round | None:
        """Find a round."""
        return next((one for one in reversed(self.rounds) if one.number == number), None)

    def take(self, event: Event) -> Round:
        """Take an event in; returns the round that it belongs to."""
        self.last = event.seq
        here = self._open(event)
        here.until = max(here.until, event.at)
        self.spent = self.spent.model_copy(update={"seconds": max(self.spent.seconds, event.at)})
        self._tell(event, here)
        return here

    def _open(self, event: Event) -> Round:
        if event.round > self.rounds[-1].number:
            self.rounds.append(Round(event.round, at=event.at, until=event.at))
        return self.find(event.round) or self.rounds[-1]

    def _tell(self, event: Event, here: Round) -> None:
        match event:
            case RunStarted():
                self.task, self.strategy = event.task, event.strategy
                self.budget, self.upstream = event.budget, event.upstream
                self.spent = event.task.spent
            case Formalized():
                self.formalized = event
            case RoundStarted():
                self._ask(event, here)
            case CallFinished() | CallFailed():
                self._answer(event, here)
            case CandidateFound() | CandidateRepeated() | Judged() | Certified():
                self._judge(event, here)
            case NoCandidate() | ToolsCalled():
                call = self._call(event.call, here)
                call.silent = call.silent or isinstance(event, NoCandidate)
                call.tools = call.tools or isinstance(event, ToolsCalled)
            case NodeExpanded() | PathFound() | Preferred():
                self._search(event, here)
            case InfeasibilityCertified():
                self.certificate = dict(event.certificate)
                here.notes.append(event)
            case Ended():
                self.ended, self.spent = event, event.usage
            case _:
                here.notes.append(event)

    def _search(self, event: NodeExpanded | PathFound | Preferred, here: Round) -> None:
        if isinstance(event, NodeExpanded):
            self.tried.append(event)
            return
        if isinstance(event, PathFound):
            self.path = event
        else:
            self.preferred = event.candidate
        here.notes.append(event)

    def _ask(self, event: RoundStarted, here: Round) -> None:
        before = next((one for one in reversed(self.rounds[:-1]) if one.messages), None)
        here.messages, here.sampling, here.fresh = event.messages, event.sampling, event.fresh
        here.before = before.messages if before else ()
        for number in event.calls:
            self._call(number, here)

    def _answer(self, event: CallFinished | CallFailed, here: Round) -> None:
        call = self._call(event.call, here)
        call.usage, self.spent = event.usage, event.spent
        if isinstance(event, CallFinished):
            call.completion = event.completion
        else:
            call.failed = event

    def _judge(
        self, event: CandidateFound | CandidateRepeated | Judged | Certified, here: Round
    ) -> None:
        if isinstance(event, CandidateFound):
            found = Found(event.candidate, event.text, event.origin, event.call, here.number)
            self.candidates[event.candidate] = found
            here.found.append(found)
            return
        known = self.candidates.get(event.candidate)
        if known is None:
            return
        if isinstance(event, Judged):
            known.judgement = event.judgement
        elif isinstance(event, CandidateRepeated):
            known.repeats.append(event.call)
            here.repeated.append(known)
        else:
            known.certified, self.certificate = True, dict(event.certificate)

    def _call(self, number: int, here: Round) -> Call:
        return here.calls.setdefault(number, Call(number))


def read_story(events: Iterable[Event]) -> Story:
    """Fold a whole journal."""
    story = Story()
    for event in events:
        story.take(event)
    return story


def compare_prompts(before: Sequence[Message], after: Sequence[Message]) -> list[Line]:
    """Compare two prompts line by line; everything is new where there is none before."""
    one, other = _write(before), _write(after)
    if not one:
        return [Line(" ", text) for text in other[:MOST_SHOWN]]
    start = _same(zip(one, other, strict=False))
    end = _same(zip(reversed(one[start:]), reversed(other[start:]), strict=False))
    found = [Line(" ", text) for text in other[:start]]
    found += _compare(one[start : len(one) - end], other[start : len(other) - end])
    found += [Line(" ", text) for text in other[len(other) - end :]]
    return found[:MOST_SHOWN]


def _same(pairs: Iterable[tuple[str, str]]) -> int:
    """Count how many pairs from the first on are the same."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _compare(one: Sequence[str], other: Sequence[str]) -> list[Line]:
    if len(one) + len(other) > MOST_LINES:
        return [*(Line("-", text) for text in one), *(Line("+", text) for text in other)]
    found = list[Line]()
    for kind, i, j, k, m in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind == "equal":
            found += [Line(" ", text) for text in other[k:m]]
            continue
        found += [Line("-", text) for text in one[i:j]]
        found += [Line("+", text) for text in other[k:m]]
    return found


def _write(messages: Sequence[Message]) -> list[str]:
    lines = list[str]()
    for message in messages:
        lines += [f"[{message.role}]", *message.content[: MOST_SHOWN * LINE_CHARS].splitlines()]
    return [line[:LINE_CHARS] for line in lines]
