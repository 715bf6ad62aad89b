"""options: what can be chosen for `search: tree`."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Prior(StrEnum):
    """How a model is asked which move is best; what does not work is left for the next way."""

    CONTINUED = "continued"
    """`samples` times it goes on with the answer that the moves so far begin; what it does next
    is its choice. For answers of one move a line, models that are not made for questions, and
    servers that continue a last message of the assistant (llama.cpp's, vLLM's)."""
    LETTERS = "letters"
    """One token, a letter, whose probabilities are read; in two orders of the options."""
    SAMPLES = "samples"
    """`samples` answers that name a move."""
    RANKED = "ranked"
    """One answer that lists the moves, the best first."""
    UNIFORM = "uniform"
    """Not at all."""

    @property
    def below(self) -> "Prior":
        """The next way, where this one does not work."""
        ways = tuple(Prior)
        return ways[min(ways.index(self) + 1, len(ways) - 1)]


class Rollout(StrEnum):
    """What a model is asked."""

    AUTO = "auto"
    """`continuation` where `sampling.reasoning_effort` is set, or where a model that gives no
    probabilities takes long; else `nodes`."""
    NODES = "nodes"
    """Which move is best, in each state."""
    CONTINUATION = "continuation"
    """A whole answer, from the longest part of an earlier one that was right."""


class Policy(StrEnum):
    """Which state is tried next."""

    BEST = "best"
    """The one with the best estimate, then the likeliest; without an estimate one path at a time,
    with restarts."""
    PUCT = "puct"
    """By a bound on its value (an experiment; see docs/tree.md)."""


class TreeOptions(BaseModel):
    """How a tree of verified prefixes is searched."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    free: bool = True
    """Search without the model first, before anything is paid."""
    free_nodes: int = Field(default=10_000, ge=1, le=200_000)
    """States that the free search tries at most."""
    free_ms: int = Field(default=1_000, ge=1, le=10_000)
    """Milliseconds after which the free search is given up."""
    rollout: Rollout = Rollout.AUTO
    """What a model is asked."""
    prior: Prior | None = None
    """How a model is first asked which move is best; what does not work is given up for the next
    way. By default by letters."""
    policy: Policy = Policy.BEST
    """Which state is tried next."""
    estimate: str | None = Field(default=None, max_length=40)
    """The domain's estimate that is used, or `none`; by default its best one."""
    nodes: int = Field(default=200, ge=1, le=10_000)
    """States that are tried at most after the free search."""
    width: int = Field(default=4, ge=1, le=16)
    """States that are tried at once: one round."""
    options: int = Field(default=15, ge=2, le=20)
    """Moves between which a model chooses; of more, those with the best estimates."""
    samples: int = Field(default=4, ge=1, le=16)
    """Answers of `samples`."""
    proposals: int = Field(default=5, ge=1, le=20)
    """Moves that a model proposes where the domain cannot list them."""
    guard_after: int | None = Field(default=20, ge=1)
    """States after which a model whose choice is no better than chance, by the estimate, is no
    longer asked; `None`: never."""
