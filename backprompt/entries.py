"""entries: what is written on the blackboard of a run."""

from dataclasses import dataclass

from backprompt.effects import Certificate
from backprompt.events import Origin, Status
from backprompt.prompt import Turn
from backprompt.upstream import Completion, UpstreamError
from critics.types import Claim, Diagnostic, Judgement


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate text and where it comes from."""

    text: str
    origin: Origin
    call: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A model's answer to one call."""

    call: int
    completion: Completion


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a run ends: status, reason and a sentence."""

    status: Status
    reason: str | None = None
    message: str | None = None
    certificate: Certificate | None = None
    """That there is no answer, where that is why."""
    mendable: bool = False
    """Whether an answer that no model made would still end the run well."""


@dataclass(frozen=True, slots=True)
class Won:
    """The certified candidate."""

    candidate: Candidate
    judgement: Judgement
    certificate: Certificate
    number: int


@dataclass(frozen=True, slots=True)
class Known:
    """A judged text: its number, the round it was judged in, and the judgement."""

    number: int
    round: int
    judgement: Judgement


@dataclass(slots=True)
class Round:
    """What the round under way has brought."""

    best: Judgement | None = None
    """Of the candidates that were not accepted."""
    right: Judgement | None = None
    """Of the latest accepted answer, where more than one is wanted."""
    gains: int = 0
    """How often its island's best answer became better, if it did in this round."""
    repeated: bool = False
    """Whether the best was judged in an earlier round."""
    hints: tuple[Diagnostic, ...] = ()
    missing: Turn | None = None
    """What is told if there was no candidate."""
    repeats: int = 0
    """Candidates that were judged in an earlier round."""
    news: int = 0
    """Candidates that were judged for the first time."""
    calls: int = 0
    """Calls that were really made."""
    began: bool = False
    """Whether a model was asked; it was not before the first round."""
    responses: int = 0
    failure: UpstreamError | None = None

    @property
    def score(self) -> float:
        """The best candidate's score, -1 without any."""
        if self.right is not None:
            return self.right.score + self.gains
        return -1.0 if self.best is None else self.best.score


def is_better(judgement: Judgement, best: Judgement | None) -> bool:
    """Say whether a candidate takes the best one's place; a denial is no answer."""
    if judgement.claim is Claim.INFEASIBLE:
        return False
    return best is None or judgement.score > best.score
