"""Task: what a run is asked to solve, as the loop sees it."""

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from backprompt.budget import Usage
from backprompt.rung import Rung
from backprompt.upstream import Role, Sampling
from critics.objective import Aim
from critics.statement import Formalized


class Shot(BaseModel):
    """One worked example that the model is shown before the task."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: str
    answer: str
    run: str | None = None
    """The earlier run that certified it, if it was taken from memory."""


class Tally(BaseModel):
    """What is known of one way to search: how often it was tried, and what that was worth."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    runs: int
    worth: float
    """Sum over the runs, each in [0, 1]: certified counts, and cheaper is better."""


class Chosen(BaseModel):
    """How the portfolio chose the strategy: the same tallies lead to the same choice."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    arm: str
    """Name of the way to search."""
    tallies: dict[str, Tally]
    """Of every way that was open, when it was chosen."""


class Task(BaseModel):
    """One problem to solve, put into words, and how the model is to be asked.

    The problem itself is judged elsewhere: the loop only passes it on, so that a journal tells
    the whole story.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    domain: str
    problem: dict[str, JsonValue] = Field(default_factory=dict)
    """The payload as the user sent it."""
    prompt: str
    """The task as it is put to the model, complete but for the answer's format."""
    answer_format: str = ""
    answer_schema: dict[str, JsonValue] | None = None
    instructions: str = ""
    """The caller's own words, shown after the task."""
    examples: tuple[Shot, ...] = ()
    start_from: str | None = None
    """A canonical answer to repair: judged first, before any paid call."""
    remembered: str | None = None
    """An answer that was certified before for the same problem: judged first, like any other."""
    undecided: tuple[str, ...] = ()
    """Parts of the problem that no critic decides. Not empty: nothing can be certified, so
    nothing is asked."""
    objective: Aim | None = None
    """What accepted answers of the problem are compared by, if they can be."""
    conversation: tuple[dict[str, JsonValue], ...] = ()
    """The caller's own chat messages: the model sees them first, exactly as they came."""
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    """Further parameters of the caller, sent with every call as they came. Where they offer
    tools, a response that calls one ends the run: only the caller can answer it."""
    chosen: Chosen | None = None
    """Why the strategy is what it is, with `strategy: auto`."""
    sampling: Sampling = Sampling()
    rungs: tuple[Rung, ...] = ()
    """The models that are asked one after the other, with their prices; the first alone if there
    is one, and none if nobody knows."""
    roles: dict[Role, Rung] = Field(default_factory=dict)
    """What the models cost that are asked for anything but guesses; without one it is the rung's
    that is asked for guesses."""
    run_id: str | None = None
    formalized: Formalized | None = None
    """How the problem was made of plain language, if it was."""
    spent: Usage = Usage()
    """What the run had spent on that."""
    first_call: int = 0
    """Number of the first call that is not for that; every answered run counts from 0 again."""
