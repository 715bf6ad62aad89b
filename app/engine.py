"""Engine: keeps runs by id, executes them and lets anyone follow or cancel them.

One protocol, several back ends: in memory (tests, the command line) and durable. A back end knows
nothing of problems, models or HTTP: what a run does is a `Run`, which `MakeRun` builds from a
`RunSpec` wherever the run happens to be executed.

Invariants:
    * A `RunSpec` is JSON and says everything: a run can be built from it in another process.
    * Events are a run's journal: numbered from 0, never changed, the same for every reader.
    * `start` is idempotent by id: the second start of a run is the first one.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.drafts import Draft
from app.failures import ServiceError
from app.protocol import SolveRequest, SolveResult
from backprompt.budget import Budget, Usage
from backprompt.effects import Effects, LiveEffects
from backprompt.events import Event
from backprompt.journal import Journal
from backprompt.strategy import Strategy
from backprompt.task import Task
from backprompt.upstream import Completion

State = Literal[
    "queued",
    "running",
    "certified",
    "infeasible",
    "exhausted",
    "cancelled",
    "failed",
    "needs_input",
]
"""Where a run stands; the last six are how it ended (`needs_input` may be answered)."""

UNFINISHED: frozenset[State] = frozenset({"queued", "running"})
LOCAL = "local"
"""The tenant of a service without keys."""


class Record(BaseModel):
    """What is kept of a run; JSON all the way down."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Continuation(Record):
    """The earlier run that a run goes on from."""

    run: str
    """Its id."""
    from_round: int | None
    """The first round that is asked anew; `None` goes on after the last."""
    recorded: tuple[Completion, ...]
    """The answers before that round: judged again, not paid again."""


class RunSpec(Record):
    """Everything that decides what a run does."""

    id: str
    request: SolveRequest
    task: Task
    strategy: Strategy
    budget: Budget
    created_at: AwareDatetime
    tenant: str = LOCAL
    priority: int = Field(default=0, ge=-100, le=100)
    """Higher ones are taken from the queue first."""
    attended: bool = False
    """A client waits for the run: it is executed at once, without standing in line."""
    body_sha256: str | None = None
    """Hash of the request behind an idempotency key; the same key with another one is refused."""
    source: str = "configured"
    """What kind of upstream is asked."""
    continues: Continuation | None = None
    """The run that this one goes on from."""
    profile: str | None = None
    """The profile whose ladder of models is climbed."""
    draft: Draft | None = None
    """What its client has answered about a problem in plain language."""
    traceparent: str | None = None
    """The client's trace (W3C Trace Context), which spans of the run belong to."""


class RunRecord(Record):
    """A run as it stands."""

    spec: RunSpec
    state: State
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    usage: Usage = Usage()
    """What was spent so far."""
    result: SolveResult | None = None
    """How it ended; of a cancelled run, without a judgement."""
    failure: str | None = None
    """Why it failed, in words that any client may read."""

    @property
    def over(self) -> bool:
        """Say whether nothing more will happen by itself."""
        return self.state not in UNFINISHED


class RunQuery(Record):
    """Which runs to list, newest first."""

    tenant: str | None = None
    state: State | None = None
    domain: str | None = None
    model: str | None = None
    before: str | None = None
    """Only runs that come behind the one of this id: the cursor of the next page."""
    limit: int = Field(default=50, ge=1, le=200)


class RunPage(Record):
    """Some runs, newest first."""

    runs: tuple[RunRecord, ...]
    next: str | None = None
    """`before` of the next page, if there is one."""


class Executable(Protocol):
    """A run that can be executed; `app.runs.Run` is one."""

    @property
    def journal(self) -> Journal:
        """Its record, growing while it runs."""
        ...

    async def execute(self, record: Callable[[LiveEffects], Effects] = ...) -> SolveResult:
        """Run to the end; `record` may wrap the effects, to store what they return."""
        ...

    def cancelled(self) -> SolveResult:
        """Say how a run ended that was cancelled."""
        ...

    def explain_failure(self) -> str:
        """Say why the run failed, in words that any client may read."""
        ...


OnEnd = Callable[[RunRecord], Coroutine[Any, Any, None]]
"""Is told of every run that is over, at least once; it may take its time."""


class Observer(Protocol):
    """Is told what happens in an engine; takes no time and never fails."""

    def run_over(self, record: RunRecord) -> None:
        """Learn that a run is over: once, in the process in which it ended."""
        ...

    def stored(self, operation: str, seconds: float, *, failed: bool) -> None:
        """Learn of a call to the database."""
        ...


MakeRun = Callable[[RunSpec, Journal], Awaitable[Executable]]
"""Builds a run wherever it is executed; may raise `ServiceError` (`upstream-none`)."""


class Engine(Protocol):
    """Keeps and executes runs."""

    @property
    def running(self) -> int:
        """Number of runs that this process is executing."""
        ...

    async def queued(self) -> int:
        """Count the runs that wait for their turn, those of all processes that share a database.

        Raises:
            ServiceError: `database-away`.
        """
        ...

    async def start(self, spec: RunSpec) -> RunRecord:
        """Start a run, or find the one of the same id.

        Raises:
            ServiceError: `idempotency-conflict`: the id is taken by another request;
                `too-many-runs`: the queue is full.
        """
        ...

    async def get(self, run_id: str) -> RunRecord | None:
        """Find a run."""
        ...

    async def list(self, query: RunQuery) -> RunPage:
        """List runs, newest first."""
        ...

    def events(self, run_id: str, after: int = -1) -> AsyncIterator[Event]:
        """Yield a run's events after number `after`, past and future, until it is over."""
        ...

    async def wait(self, run_id: str) -> RunRecord:
        """Wait until a run is over. Cancelling this leaves the run alone."""
        ...

    async def cancel(self, run_id: str) -> RunRecord | None:
        """End a run and what it pays for; returns it once it is over, `None` if unknown."""
        ...

    async def delete(self, run_id: str) -> bool:
        """Forget a run that is over; says whether it did."""
        ...

    async def recover(self) -> int:
        """Take up the runs that a process left unfinished when it died; says how many."""
        ...

    def stop(self) -> None:
        """End every run here, as the process is about to end; a durable engine hands them over."""
        ...

    async def aclose(self) -> None:
        """Release everything."""
        ...


def age(record: RunRecord) -> tuple[datetime, str]:
    """Give what runs are ordered by: when they were asked for. Ids need not follow time."""
    return record.spec.created_at, record.spec.id


def matches(record: RunRecord, query: RunQuery) -> bool:
    """Say whether a run is among those asked for, on whichever page."""
    wanted: Sequence[tuple[object, object]] = (
        (query.tenant, record.spec.tenant),
        (query.state, record.state),
        (query.domain, record.spec.task.domain),
        (query.model, model_of(record)),
    )
    return all(asked is None or asked == found for asked, found in wanted)


def model_of(record: RunRecord) -> str | None:
    """Name the model that answered, or the one that was asked for."""
    return (record.result.model if record.result else None) or record.spec.request.model


def require_same(found: RunRecord, spec: RunSpec) -> RunRecord:
    """Check that a run which is already there is the one that is to be started.

    Raises:
        ServiceError: `idempotency-conflict`.
    """
    if found.spec.body_sha256 != spec.body_sha256:
        raise ServiceError(
            "idempotency-conflict",
            "the idempotency key was used before with another request",
            extra={"run": found.spec.id},
        )
    return found
