"""report: how much search there was in an answer, and how much of it a model contributed."""

from pydantic import BaseModel, ConfigDict


class Growth(BaseModel):
    """What a search over verified prefixes took. Recorded, not proved."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    nodes: int
    """States that were tried."""
    free_nodes: int = 0
    """States that the search without a model had tried before."""
    model_calls: int = 0
    """Calls of a model for the tree."""
    prior_bits: float | None = None
    """Sum of log2(p * options) over the answer's moves between which a model chose: what it knew.
    At 0 or less it contributed nothing. `None`: it chose between none."""
    uniform_nodes_median: float | None = None
    """States that the same search tries when chance takes the model's place; `None` where that
    finds no answer, or cannot be tried."""
