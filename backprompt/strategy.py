"""Strategy: what the model is told after a rejection, how much it remembers, how wide we search."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Feedback(StrEnum):
    """How much of the critics' findings the model is told."""

    NONE = "none"
    """Nothing: every round is a fresh sample of the task."""
    BINARY = "binary"
    """Only that the answer is wrong."""
    FIRST = "first"
    """The first finding."""
    ALL = "all"
    """Every finding."""
    EXPLAIN = "explain"
    """Every finding with its causes and the state that matters."""


class History(StrEnum):
    """Which earlier rounds a prompt repeats."""

    LATEST = "latest"
    """The task, the latest answer and what is wrong with it. Bounded; the default."""
    LAST_K = "last_k"
    """The task and the last `k` answers with what was wrong with each."""
    FULL = "full"
    """The whole conversation."""


class Search(StrEnum):
    """How many answers a round asks for."""

    SEQUENTIAL = "sequential"
    PARALLEL = "parallel"
    """`n` at once; the first accepted one wins and the rest are cancelled."""


class Strategy(BaseModel):
    """How the loop reacts. Every field is independent of the others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feedback: Feedback = Feedback.EXPLAIN
    history: History = History.LATEST
    k: int = Field(3, ge=1, le=50)
    """Rounds that `last_k` repeats."""
    search: Search = Search.SEQUENTIAL
    n: int = Field(1, ge=1, le=64)
    """Answers a round of `parallel` asks for."""
    restart_after: int | None = Field(2, ge=1)
    """Rounds in a row without progress or with a repeated answer, after which one round starts
    afresh without history and at a higher temperature; `None` never restarts."""

    @model_validator(mode="after")
    def _width(self) -> "Strategy":
        if self.search is Search.SEQUENTIAL and self.n != 1:
            raise ValueError("`n` belongs to `search: parallel`")
        return self
