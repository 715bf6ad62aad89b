"""Events: everything that can be said of a run, as typed records.

Invariants:
    * An event is JSON all the way down; `at` is the recorded clock of the run's effects.
    * `PUBLIC` names the fields that can never hold text of the model, the prompt or the problem;
      `backprompt.disclosure` lets them through and nothing else.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from backprompt.budget import Budget, Usage
from backprompt.evolve.events import AnswerMeasured, IslandsReset
from backprompt.formalize import Formalization
from backprompt.record import BaseEvent
from backprompt.strategy import Diversion, SolverMode, Strategy
from backprompt.task import Task
from backprompt.tree.events import (
    NodeExpanded,
    PathFound,
    PriorChanged,
    TreeAsked,
    TreeSearched,
)
from backprompt.upstream import Completion, Message, Sampling, Text
from critics.types import Diagnostic, Feasibility, HintLevel, Judgement


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
    MODEL_GUIDED_SEARCH = "model_guided_search"
    """A search over verified prefixes that asked a model which move is best; never a model's skill
    alone."""
    SEARCH = "search"
    """The same search without a model."""
    SOLVER = "solver"
    """An engine, without a model."""


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

    PUBLIC = frozenset({"calls", "fresh", "rung", "island", "shots"})
    event: Literal["round-started"] = "round-started"
    messages: tuple[Message, ...]
    sampling: Sampling
    calls: tuple[int, ...]
    """Numbers of the calls this round makes."""
    fresh: bool
    """Whether the prompt is the bare task."""
    rung: int = 0
    """0-based rung of the ladder of models that is asked."""
    island: int | None = None
    """0-based island whose turn it is, with `search: evolve`."""
    shots: tuple[int, ...] = ()
    """Numbers of the accepted candidates that the prompt shows, from worse to better."""


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


class SolverStarted(BaseEvent):
    """An engine begins to look for an answer of its own."""

    PUBLIC = frozenset({"mode"})
    event: Literal["solver-started"] = "solver-started"
    mode: SolverMode


class SolverFinished(BaseEvent):
    """The engine has stopped; what it found is judged like any answer."""

    PUBLIC = frozenset({"answered"})
    event: Literal["solver-finished"] = "solver-finished"
    engine: Text
    answered: bool
    reason: Text | None = None
    """Why there is no answer, in the engine's words."""


class Decided(BaseEvent):
    """The loop chose something beyond the ordinary next round."""

    PUBLIC = frozenset({"decision", "why", "rung"})
    event: Literal["decided"] = "decided"
    decision: Literal["restart", "escalate", "not-certified", "not-reformatted"]
    """`restart`: the next round forgets the history. `escalate`: the next round asks the model of
    another rung. `not-certified`: the
    judgement could not be repeated when the certificate was to be made, or the answer is not
    known to be the best where only the best will do. `not-reformatted`: a rewritten answer was
    not the same answer."""
    why: Literal[
        "no-progress",
        "repeated-answer",
        "same-error",
        "rung-spent",
        "upstream-failed",
        "too-expensive",
        "not-repeatable",
        "not-optimal",
        "optimality-undecided",
        "nothing-copied",
        "item-added",
        "item-lost",
    ]
    rung: int | None = None
    """With `escalate`: the rung that is asked from now on."""


class Diversified(BaseEvent):
    """After a stall the next prompts are put differently."""

    PUBLIC = frozenset({"how"})
    event: Literal["diversified"] = "diversified"
    how: tuple[Diversion, ...]


class Score(BaseModel):
    """What soft critics say of a certified answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    candidate: int
    """Its number."""
    rules: float
    """By the domain's own soft critics, in (0, 1]."""
    model: float | None = None
    """By the rubric, in [0, 1]; `None` if no model said a number."""


class Preferred(BaseEvent):
    """One of several certified answers was chosen."""

    PUBLIC = frozenset({"candidate", "scores"})
    event: Literal["preferred"] = "preferred"
    candidate: int
    scores: tuple[Score, ...]


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
    | SolverStarted
    | SolverFinished
    | TreeSearched
    | TreeAsked
    | NodeExpanded
    | PriorChanged
    | PathFound
    | AnswerMeasured
    | IslandsReset
    | Decided
    | Diversified
    | Certified
    | Preferred
    | InfeasibilityCertified
    | Ended,
    Field(discriminator="event"),
]
