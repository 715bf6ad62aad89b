"""options: what can be chosen for `search: evolve`."""

from pydantic import BaseModel, ConfigDict, Field

from critics.objective import Exact


class EvolveOptions(BaseModel):
    """How better answers are looked for once there is one."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    islands: int = Field(default=2, ge=1, le=16)
    """Populations that know nothing of each other; rounds go to them in turn."""
    population: int = Field(default=8, ge=1, le=100)
    """Answers that an island keeps, the best ones."""
    shots: int = Field(default=2, ge=0, le=10)
    """Earlier answers that a prompt shows, from worse to better; 0 asks afresh every time."""
    reset_every: int | None = Field(default=8, ge=1)
    """Rounds after which the worse half of the islands begins again with the best answers of the
    others; `None`: never."""
    target: Exact | None = None
    """Value of the objective at which the run ends: a number, or a fraction such as "7/2". Without
    it the run ends with its budget, or when nothing better exists."""
