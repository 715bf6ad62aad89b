"""record: what every event of a run has."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


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
