"""Journal: the append-only record of a run, as typed events.

Invariants:
    * Events are only appended; `seq` counts them from 0 and exactly one `ended` comes last.
    * `at` is the recorded clock of the run's effects, never read from a clock here, so a replay
      writes the same journal.
    * `public()` is the only door by which an event may reach someone who was promised no
      uncertified answer. It lets named fields through and nothing else.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from backprompt.budget import Budget, Usage
from backprompt.formalize import Formalization
from backprompt.strategy import Strategy
from backprompt.task import Task
from backprompt.upstream import Completion, Message, Sampling, Text
from critics.types import Diagnostic, Feasibility, HintLevel, Judgement, Severity


class Status(StrEnum):
    """How a run ends."""

    CERTIFIED = "certified"
    """A candidate was accepted and a certificate was made."""
    INFEASIBLE = "infeasible"
    """The problem is proved to have no answer."""
    EXHAUSTED = "exhausted"
    """The budget or the recording ended."""
    CANCELLED = "cancelled"
    FAILED = "failed"
    """The upstream or the problem makes an answer impossible; the reason says which."""
    NEEDS_INPUT = "needs_input"
    """The problem is incomplete or ambiguous, or the model calls tools of the caller."""


class Origin(StrEnum):
    """Who made a candidate."""

    USER = "user"
    CACHE = "cache"
    """Certified before for the same problem, and judged again."""
    MODEL = "model"
    REFORMATTED = "reformatted"
    """The model, whose answer a further call has put into the domain's form."""
    SOLVER_REPAIR = "solver_repair"
    """The model, after a solver's values were shown to it."""
    SOLVER = "solver"
    """An engine, without a model."""


class BaseEvent(BaseModel):
    """What every event has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    PUBLIC: ClassVar[frozenset[str]] = frozenset()
    """Fields that can never hold text of the model, the prompt or the problem."""

    seq: int = 0
    """Position in the journal, from 0."""
    at: float = 0.0
    """Seconds since the start of the run, as of the latest effect."""
    round: int = 0
    """1-based round; 0 before the first."""


class RunStarted(BaseEvent):
    """A run begins."""

    PUBLIC = frozenset({"strategy", "budget"})
    event: Literal["run-started"] = "run-started"
    task: Task
    strategy: Strategy
    budget: Budget
    upstream: str


class Formalized(BaseEvent):
    """Plain language was put into a problem, or cannot be without its author."""

    PUBLIC = frozenset[str]()
    event: Literal["formalized"] = "formalized"
    formalization: Formalization


class RoundStarted(BaseEvent):
    """The model is asked."""

    PUBLIC = frozenset({"calls", "fresh"})
    event: Literal["round-started"] = "round-started"
    messages: tuple[Message, ...]
    sampling: Sampling
    calls: tuple[int, ...]
    """Numbers of the calls this round makes."""
    fresh: bool
    """Whether the prompt is the bare task."""


class CallFinished(BaseEvent):
    """A model answered."""

    PUBLIC = frozenset({"call", "usage", "spent"})
    event: Literal["call-finished"] = "call-finished"
    call: int
    completion: Completion
    usage: Usage
    """Of this call."""
    spent: Usage
    """Of the run so far."""


class CallFailed(BaseEvent):
    """A call brought no answer: it failed, was cut off, or lost the race (`cancelled`)."""

    PUBLIC = frozenset({"call", "code", "status", "usage", "spent"})
    event: Literal["call-failed"] = "call-failed"
    call: int
    code: str
    message: Text
    status: int | None = None
    usage: Usage
    spent: Usage


class CandidateFound(BaseEvent):
    """A candidate is about to be judged."""

    PUBLIC = frozenset({"candidate", "call", "origin"})
    event: Literal["candidate-found"] = "candidate-found"
    candidate: int
    """0-based number of the judged candidate within the run."""
    call: int | None
    """The call whose answer holds it; `None` for the user's own."""
    origin: Origin
    text: str


class CandidateRepeated(BaseEvent):
    """A candidate was judged before; the critics are not asked again."""

    PUBLIC = frozenset({"candidate", "call"})
    event: Literal["candidate-repeated"] = "candidate-repeated"
    candidate: int
    """Number of the judged candidate with the same text."""
    call: int


class NoCandidate(BaseEvent):
    """A response holds nothing to judge."""

    PUBLIC = frozenset({"call"})
    event: Literal["no-candidate"] = "no-candidate"
    call: int


class ToolsCalled(BaseEvent):
    """A response calls the caller's tools instead of answering."""

    PUBLIC = frozenset({"call"})
    event: Literal["tools-called"] = "tools-called"
    call: int
    tool_calls: tuple[dict[str, JsonValue], ...]
    """As the model wrote them; nobody has checked them."""


class Judged(BaseEvent):
    """The critics have spoken."""

    PUBLIC = frozenset({"candidate"})
    event: Literal["judged"] = "judged"
    candidate: int
    judgement: Judgement


class Hinted(BaseEvent):
    """An engine has found a hint for the next prompt."""

    PUBLIC = frozenset({"candidate", "level"})
    event: Literal["hinted"] = "hinted"
    candidate: int
    level: HintLevel
    findings: tuple[Diagnostic, ...]


class FeasibilityTested(BaseEvent):
    """It is known whether the problem has any answer, or that this could not be told."""

    PUBLIC = frozenset[str]()
    event: Literal["feasibility-tested"] = "feasibility-tested"
    feasibility: Feasibility


class Decided(BaseEvent):
    """The loop chose something beyond the ordinary next round."""

    PUBLIC = frozenset({"decision", "why"})
    event: Literal["decided"] = "decided"
    decision: Literal["restart", "not-certified", "not-reformatted"]
    """`restart`: the next round forgets the history and samples warmer. `not-certified`: the
    judgement could not be repeated when the certificate was to be made, or the answer is not
    known to be the best where only the best will do. `not-reformatted`: a rewritten answer was
    not the same answer."""
    why: Literal[
        "no-progress",
        "repeated-answer",
        "not-repeatable",
        "not-optimal",
        "optimality-undecided",
        "nothing-copied",
        "item-added",
        "item-lost",
    ]


class Certified(BaseEvent):
    """A certificate was made."""

    PUBLIC = frozenset({"candidate"})
    event: Literal["certified"] = "certified"
    candidate: int
    certificate: dict[str, JsonValue]


class InfeasibilityCertified(BaseEvent):
    """It was certified that the problem has no answer."""

    PUBLIC = frozenset[str]()
    event: Literal["infeasibility-certified"] = "infeasibility-certified"
    certificate: dict[str, JsonValue]


class Ended(BaseEvent):
    """The run is over."""

    PUBLIC = frozenset({"status", "reason", "usage"})
    event: Literal["ended"] = "ended"
    status: Status
    reason: str | None = None
    """The spent dimension of the budget, or the code of what failed."""
    message: Text | None = None
    """The same for people."""
    usage: Usage


Event = Annotated[
    RunStarted
    | Formalized
    | RoundStarted
    | CallFinished
    | CallFailed
    | CandidateFound
    | CandidateRepeated
    | NoCandidate
    | ToolsCalled
    | Judged
    | Hinted
    | FeasibilityTested
    | Decided
    | Certified
    | InfeasibilityCertified
    | Ended,
    Field(discriminator="event"),
]

_EVENTS: TypeAdapter[Event] = TypeAdapter(Event)
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
Subscriber = Callable[[Event], None]


class Journal:
    """The events of one run, in order; readers may follow it live."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        """Start empty, or with the events of a recorded run."""
        self.events: list[Event] = list(events)
        self._subscribers: list[Subscriber] = []
        self._grown = asyncio.Event()

    @property
    def ended(self) -> Ended | None:
        """The terminal event, once there is one."""
        last = self.events[-1] if self.events else None
        return last if isinstance(last, Ended) else None

    def append(self, event: Event) -> None:
        """Add an event, number it and tell every reader.

        Raises:
            RuntimeError: The run is already over.
        """
        if self.ended is not None:
            raise RuntimeError(f"event `{event.event}` after the end of the run")
        numbered = event.model_copy(update={"seq": len(self.events)})
        self.events.append(numbered)
        self._grown.set()
        self._grown = asyncio.Event()
        for subscriber in self._subscribers:
            subscriber(numbered)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call `subscriber` with every event from now on, as it is appended."""
        self._subscribers.append(subscriber)

    async def follow(self, after: int = -1) -> AsyncGenerator[Event, None]:
        """Yield the events after number `after`, past and future, until the run has ended."""
        position = after + 1
        while True:
            grown = self._grown
            while position < len(self.events):
                yield self.events[position]
                position += 1
            if self.ended is not None:
                return
            await grown.wait()

    def dump(self) -> Iterator[str]:
        """Write the journal as JSON lines, without line ends."""
        return (event.model_dump_json() for event in self.events)

    @classmethod
    def load(cls, lines: Iterable[str]) -> Self:
        """Read JSON lines.

        Raises:
            ValueError: A line is no event of a journal (a pydantic `ValidationError`).
        """
        return cls(_EVENTS.validate_json(line) for line in lines if line.strip())


def public(event: Event) -> dict[str, JsonValue]:
    """Show an event to someone who was promised no uncertified answer.

    What passes is listed per event and holds numbers and our own words only: no prompt, response,
    candidate, headline, note, location, data or upstream message.
    """
    named = event.PUBLIC | {"event", "seq", "at", "round"}
    shown: dict[str, Any] = event.model_dump(mode="json", include=set(named))
    if isinstance(event, RunStarted):
        shown["domain"] = event.task.domain
    if isinstance(event, CallFailed | Ended):
        shown |= {key: _code(shown[key]) for key in ("code", "reason") if key in shown}
    if isinstance(event, Formalized):
        made = event.formalization
        shown |= {"missing": len(made.missing), "doubts": len(made.doubts)}
    if isinstance(event, FeasibilityTested):
        tested = event.feasibility
        shown |= {"status": tested.status.value, "assurance": tested.assurance.value}
    if isinstance(event, Judged):
        shown |= public_judgement(event.judgement)
    return shown


def public_judgement(judgement: Judgement) -> dict[str, JsonValue]:
    """Show a judgement without a word of the answer: verdict, score, codes and counts."""
    critics: list[JsonValue] = [
        {
            "critic": result.critic,
            "version": result.version,
            "verdict": result.verdict.value,
            "findings": result.findings,
            "ms": result.ms,
        }
        for result in judgement.critics
    ]
    return {
        "domain": judgement.domain,
        "domain_version": judgement.domain_version,
        "verdict": judgement.verdict.value,
        "score": judgement.score,
        "codes": [_code(code) for code in judgement.codes],
        "findings": len(judgement.diagnostics),
        "assurance": judgement.assurance.value,
        "critics": critics,
    }


def traced(event: Event) -> dict[str, JsonValue]:
    """Show everything, and mark it as what it is: not certified."""
    shown: dict[str, Any] = event.model_dump(mode="json")
    return {**shown, "certified": isinstance(event, Certified)}


def first_headline(judgement: Judgement) -> str | None:
    """Give the first finding that counts; it may quote the answer, so it is not public."""
    counted = (d for d in judgement.diagnostics if d.severity is not Severity.WARNING)
    return next((d.headline for d in counted), None)


def _code(value: Any) -> JsonValue:
    """Let a stable code pass, and nothing that only pretends to be one."""
    if value is None or (isinstance(value, str) and _CODE.fullmatch(value)):
        return value
    return "unlisted"
