"""outcome: how a run ended."""

from pydantic import BaseModel, ConfigDict, JsonValue

from backprompt.budget import Usage
from backprompt.events import Origin, Status
from backprompt.evolve.report import Evolution
from critics.types import Feasibility, Judgement


class Outcome(BaseModel):
    """How a run ended, and what it has to show."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Status
    answer: str | None = None
    """The certified canonical text; `None` unless `status` is `certified`."""
    certificate: dict[str, JsonValue] | None = None
    """Of the answer; of an `infeasible` run, that there is none. A DSSE envelope."""
    origin: Origin | None = None
    """Who made the certified candidate."""
    judgement: Judgement | None = None
    """Of the certified candidate, else of the best one; `None` if nothing was judged. It quotes
    the answer."""
    reason: str | None = None
    """The spent dimension of the budget, or the code of what failed."""
    message: str | None = None
    """The reason in a sentence."""
    feasibility: Feasibility | None = None
    """Whether the problem has any answer, if that was tested; the evidence of `infeasible`."""
    evolution: Evolution | None = None
    """How the answer became better, with `search: evolve`."""
    usage: Usage
    models: tuple[str, ...] = ()
