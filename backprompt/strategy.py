"""Strategy: what the model is told after a rejection, how much it remembers, how wide we search."""

from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from backprompt.budget import Budget
from backprompt.evolve.options import EvolveOptions
from backprompt.tree.options import TreeOptions
from backprompt.upstream import Sampling
from critics.types import HintLevel

WARMER = 0.4
"""Temperature that a restarted round adds."""
HOTTEST = 1.3


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
    CONSTRUCTIVE = "constructive"
    """The same and a hint that gives away more with every failed round, where the domain has any:
    a minimal conflict, how many values must change, which, and (if `hint_limit` allows) to what."""


class History(StrEnum):
    """Which earlier rounds a prompt repeats."""

    LATEST = "latest"
    """The task, the latest answer and what is wrong with it. Bounded; the default."""
    LAST_K = "last_k"
    """The task and the last `k` answers with what was wrong with each."""
    FULL = "full"
    """The whole conversation, up to a cap in characters."""
    SUMMARY = "summary"
    """The latest answer with its findings, word for word, and all before it as a model sums it up,
    by one further call a round. What critics found of the latest answer is never summed up."""


class Search(StrEnum):
    """How many answers a round asks for."""

    SEQUENTIAL = "sequential"
    PARALLEL = "parallel"
    """`n` at once; the first accepted one wins and the rest are cancelled."""
    TREE = "tree"
    """One move after the other, each checked at once; see `tree`. What is left of the budget after
    that goes to rounds of one answer. Only for domains that offer their moves."""
    EVOLVE = "evolve"
    """On after an accepted answer, for better ones: earlier answers are shown with their values;
    see `evolve`. Only for problems whose answers can be compared."""


class SolverMode(StrEnum):
    """What an exact solver of the domain does beside the model."""

    OFF = "off"
    """Nothing."""
    FALLBACK = "fallback"
    """It is asked when the model has found nothing: the budget is spent, no round is left, or the
    model cannot be asked."""
    RACE = "race"
    """It starts beside round 1; the first certified answer wins and the other side is stopped."""
    HINT = "hint"
    """It only helps: feedback is `constructive`, and `hint_limit` says how much it gives away."""
    ONLY = "only"
    """It alone is asked, and no model."""


class Diversion(StrEnum):
    """How a fresh start differs from the one before."""

    WARMER = "warmer"
    """Its first round samples at a higher temperature."""
    FORBID = "forbid"
    """The prompt names answers that were rejected before."""
    SHUFFLE = "shuffle"
    """The prompt shows the problem's parts in another order, where the domain can tell that it
    still says the same."""
    REPHRASE = "rephrase"
    """The prompt asks in other words."""


ASKED = frozenset({SolverMode.FALLBACK, SolverMode.RACE, SolverMode.ONLY})
"""Modes in which an answer of the solver's own is wanted."""
RESERVE_SHARE, RESERVE_S = 0.25, 15.0
"""Share of the budget's seconds, and most seconds, that `fallback` keeps for the solver."""


class Preference(BaseModel):
    """Which of several certified answers is wanted; no certificate is granted or blocked by it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    answers: int = Field(default=3, ge=2, le=16)
    """Certified answers that are gathered, within the budget, before one is chosen."""
    rubric: str | None = Field(default=None, min_length=1, max_length=2000)
    """What a better answer is like, in words: a model scores each certified answer by it. Without
    it the domain's own soft critics choose."""


class Strategy(BaseModel):
    """How the loop reacts. Every field is independent of the others."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    feedback: Feedback = Feedback.EXPLAIN
    """How much of the critics' findings the model is told."""
    hint_limit: HintLevel = HintLevel.PLACES
    """Most that a hint of `constructive` gives away. `repair_values` gives an answer away: what is
    certified after that is marked `origin: solver_repair`, since it is not the model's own."""
    history: History = History.LATEST
    """Which earlier rounds a prompt repeats."""
    k: int = Field(default=3, ge=1, le=50)
    """Rounds that `last_k` repeats."""
    search: Search = Search.SEQUENTIAL
    """How many answers a round asks for: one, or `n` at once."""
    n: int = Field(default=1, ge=1, le=64)
    """Answers a round of `parallel`, or of `evolve`, asks for."""
    tree: TreeOptions | None = None
    """How `search: tree` goes about it."""
    evolve: EvolveOptions | None = None
    """How `search: evolve` goes about it."""
    solver: SolverMode = SolverMode.OFF
    """What an exact solver of the domain does beside the model; its answers are judged like any
    other and marked `origin: solver`."""
    restart_after: int | None = Field(default=2, ge=1)
    """Rounds in a row without progress or with a repeated answer, after which one round starts
    afresh without history; `None` never restarts."""
    diversify: tuple[Diversion, ...] = Field(default=tuple(Diversion), max_length=8)
    """How fresh starts differ: the first one by the first of these, each further one by one
    more."""
    escalate_after: int | None = Field(default=2, ge=1)
    """Fresh starts of one model, the last of which goes to the next model of the ladder; `None`:
    none does."""
    first_rung: int = Field(default=0, ge=0, le=7)
    """Rung of the ladder that is asked first, from 0; the last one if there are fewer."""
    same_error_after: int | None = Field(default=3, ge=2)
    """Rounds in a row whose best answers are wrong in the same way first of all, after which the
    next model of the ladder is asked; `None`: never."""

    require_optimal: bool = False
    """Whether only an answer will do than which none is better by the problem's objective. An
    accepted answer that can be improved is sent back; one that was not shown to be best ends the
    run without a certificate. By default any answer is certified, and marked optimal or not."""

    auto: bool = False
    """Let the service choose `feedback`, `history`, `search` and the rest of a way to search from
    what it has seen of the domain; fields that are set beside stay. `"auto"` alone says the same
    as `{"auto": true}`."""

    memory: int = Field(default=0, ge=0, le=8)
    """Certified solutions of the most similar earlier problems that are put before the task as
    worked examples; never of the same problem."""

    prefer: Preference | None = None
    """Gather several certified answers and choose between them by soft critics."""

    reformat: bool = False
    """Whether a response that holds no answer in the domain's form is put into that form by one
    further call. What it adds or loses is found, and what it rewrote is judged like any answer."""

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return {"auto": True} if value == "auto" else value

    @model_validator(mode="after")
    def _width(self) -> Self:
        if self.search not in {Search.PARALLEL, Search.EVOLVE} and self.n != 1:
            raise ValueError("`n` belongs to `search: parallel` or `search: evolve`")
        if self.search is Search.EVOLVE and self.prefer is not None:
            raise ValueError("`prefer` and `search: evolve` choose between answers differently")
        return self

    @property
    def grown(self) -> TreeOptions | None:
        """How a tree is searched, if one is."""
        return (self.tree or TreeOptions()) if self.search is Search.TREE else None

    @property
    def bred(self) -> EvolveOptions | None:
        """How better answers are asked for, if they are."""
        return (self.evolve or EvolveOptions()) if self.search is Search.EVOLVE else None

    @property
    def told(self) -> Feedback:
        """How much the model is told: with `solver: hint` everything and the hints."""
        return Feedback.CONSTRUCTIVE if self.solver is SolverMode.HINT else self.feedback

    def share(self, budget: Budget) -> Budget:
        """Give what the model may have of a budget: a solver that comes last keeps its part.

        `fallback` keeps a quarter of the seconds, at most 15. Where a solver may answer, one
        candidate of several is kept for its answer.
        """
        kept = min(budget.seconds * RESERVE_SHARE, RESERVE_S)
        changes: dict[str, float] = {}
        if self.solver is SolverMode.FALLBACK:
            changes["seconds"] = budget.seconds - kept
        if self.solver in ASKED and budget.candidates is not None and budget.candidates > 1:
            changes["candidates"] = budget.candidates - 1
        return budget.model_copy(update=changes)

    @property
    def wanted(self) -> int:
        """How many certified answers are gathered."""
        return 1 if self.prefer is None else self.prefer.answers

    @property
    def turns(self) -> int | None:
        """How many earlier answers a prompt repeats; `None` means all."""
        if self.told is Feedback.NONE:
            return 0
        return {
            History.LATEST: 1,
            History.LAST_K: self.k,
            History.FULL: None,
            History.SUMMARY: 1,
        }[self.history]

    def require_variety(self, sampling: Sampling) -> None:
        """Refuse to ask the same question twice of a model that always answers the same.

        Raises:
            ValueError: Temperature 0 with `feedback: none`, with several answers a round, or where
                answers are to become better.
        """
        if sampling.temperature != 0:
            return
        if self.told is Feedback.NONE:
            raise ValueError("`feedback: none` samples anew, so `temperature` must be above 0")
        if self.search is Search.EVOLVE:
            raise ValueError("`search: evolve` samples, so `temperature` must be above 0")
        if self.n > 1:
            raise ValueError("`search: parallel` samples `n` answers, so `temperature` must be > 0")

    def vary(self, sampling: Sampling) -> Sampling:
        """Give a restarted round's sampling: warmer, where the caller set a temperature at all.

        Without one the upstream's default stays, since some models refuse the parameter.
        """
        if sampling.temperature is None:
            return sampling
        warm = round(min(sampling.temperature + WARMER, max(HOTTEST, sampling.temperature)), 3)
        return sampling.model_copy(update={"temperature": warm})
