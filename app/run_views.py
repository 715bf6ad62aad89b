"""What a client sees of a run: no text of an answer that is not certified."""

from pydantic import AwareDatetime, ConfigDict, Field, JsonValue

from app.engine import RunPage, RunRecord, State, model_of
from app.protocol import OnFail, SolveResult, Wire
from backprompt.budget import Budget, Usage
from backprompt.strategy import Strategy

EXAMPLE: dict[str, JsonValue] = {
    "id": "run_01KANW8V8S4Q0Y5J1T3Z9X7C2B",
    "state": "running",
    "domain": "pddl",
    "model": "some-model",
    "on_fail": "error",
    "created_at": "2026-11-22T12:00:00Z",
    "started_at": "2026-11-22T12:00:01Z",
    "ended_at": None,
    "budget": Budget(rounds=5).model_dump(),
    "usage": Usage(rounds=2, calls=2, candidates=1).model_dump(),
}


class RunView(Wire):
    """A run as it stands."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: str
    """The run's id."""
    state: State
    """`queued`, `running`, or how it ended."""
    domain: str
    """The domain of its problem."""
    model: str | None = None
    """The model that answered, or that was asked for."""
    on_fail: OnFail
    """What its client wanted without a certificate."""
    created_at: AwareDatetime
    """When it was asked for."""
    started_at: AwareDatetime | None = None
    """When it was first executed."""
    ended_at: AwareDatetime | None = None
    """When it was over."""
    budget: Budget
    """What it may spend."""
    usage: Usage
    """What it has spent so far: the sum over all calls."""
    continues: str | None = None
    """The run that this one goes on from."""
    failure: str | None = None
    """Why it failed."""
    result: SolveResult | None = None
    """How it ended; the same as `POST /solve` returns. Not in lists."""

    @classmethod
    def of(cls, record: RunRecord, *, in_full: bool = True) -> "RunView":
        """Show a run, in a list without its result."""
        spec = record.spec
        return cls(
            id=spec.id,
            state=record.state,
            domain=spec.task.domain,
            model=model_of(record),
            on_fail=spec.request.on_fail,
            created_at=spec.created_at,
            started_at=record.started_at,
            ended_at=record.ended_at,
            budget=spec.budget,
            usage=record.usage,
            continues=spec.continues.run if spec.continues else None,
            failure=record.failure,
            result=record.result if in_full else None,
        )


class ForkRequest(Wire):
    """How a run is to go on differently; what is left out stays as it was."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"from_round": 2, "model": "big"}]})

    from_round: int | None = Field(default=None, ge=1, le=1000)
    """The first round that is asked anew; without it the run goes on after its last round."""
    model: str | None = Field(default=None, min_length=1, max_length=200)
    """Model to ask from there on."""
    strategy: Strategy | None = None
    """How the loop reacts."""
    budget: Budget | None = None
    """What the new run may spend; rounds include the ones it takes over."""
    on_fail: OnFail = "error"
    """What to do without a certificate."""


class RunList(Wire):
    """Runs, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"runs": [EXAMPLE], "next": None}]})

    runs: tuple[RunView, ...]
    """Without their results."""
    next: str | None = None
    """`before` of the next page; null on the last."""

    @classmethod
    def of(cls, page: RunPage) -> "RunList":
        """Show a page."""
        return cls(runs=tuple(RunView.of(run, in_full=False) for run in page.runs), next=page.next)
