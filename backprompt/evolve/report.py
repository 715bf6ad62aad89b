"""report: how a run's answer became better."""

from pydantic import BaseModel, ConfigDict

from critics.objective import Exact, Sense


class Improvement(BaseModel):
    """A certified answer that was better than all before it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    candidate: int
    """Its number."""
    round: int
    """The round that brought it; 0 before the first."""
    call: int | None
    """The call whose answer holds it; null if no model was asked for it."""
    value: Exact
    """Its value, exact."""


class Evolution(BaseModel):
    """What the answers of a run were compared by, and how the best one was reached."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    objective: str
    """What was counted."""
    sense: Sense
    """`min`: a smaller number is better."""
    value: Exact | None = None
    """Of the run's answer; null if it has none."""
    history: tuple[Improvement, ...] = ()
    """Each certified answer that was better than those before; the last one is the run's."""
    measured: int = 0
    """Different accepted answers that were measured."""
    resets: int = 0
    """How often islands began again."""
