"""conversation: what the next prompt says, from what the rounds so far have brought.

Invariant: the next prompt depends on nothing but the task, the strategy and the rounds taken here.
"""

from dataclasses import dataclass, field

from backprompt.entries import Round
from backprompt.progress import Progress, Stall
from backprompt.prompt import Turn, keep_turns, put_differently, write_messages
from backprompt.render import tell_model, tell_right
from backprompt.strategy import Diversion, Feedback, Strategy
from backprompt.task import Task
from backprompt.upstream import Message, Sampling, count_chars
from critics.types import Judgement, Verdict


@dataclass
class Conversation:
    """What the model is told.

    Attributes:
        task: What it is to solve.
        strategy: How much it is told, and how much of it is repeated.
        warm: Whether the next round samples warmer.
        stalls: Fresh starts so far.
        presented: The task with the problem's parts in another order; it says the same.
        shown: Earlier answers that the next prompt shows beside the task.
        summary: Of the attempts that a prompt no longer repeats, in a model's words.
    """

    task: Task
    strategy: Strategy
    warm: bool = False
    stalls: int = 0
    presented: str | None = None
    shown: str = ""
    summary: str = ""
    _turns: list[Turn] = field(default_factory=list)
    _before: Judgement | None = None
    _rejected: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Start with the bare task."""
        self._progress = Progress(self.strategy.restart_after)

    @property
    def latest(self) -> Turn | None:
        """The latest turn; once a round is taken, the prompt may no longer repeat it."""
        return self._turns[-1] if self._turns else None

    @property
    def fresh(self) -> bool:
        """Say whether the next prompt is the bare task."""
        return not (self.shown or keep_turns(self.strategy, self._turns))

    @property
    def diversions(self) -> tuple[Diversion, ...]:
        """How the present start differs from the first one."""
        return self.strategy.diversify[: self.stalls]

    @property
    def exhausted(self) -> bool:
        """Say whether a further start would differ in nothing new."""
        return self.stalls > len(self.strategy.diversify)

    @property
    def sampling(self) -> Sampling:
        """How the next round samples."""
        sampling = self.task.sampling
        return self.strategy.vary(sampling) if self.warm else sampling

    def write(self) -> tuple[Message, ...]:
        """Write the next prompt."""
        how = self.diversions
        forbidden = tuple(self._rejected) if Diversion.FORBID in how else ()
        wording = self.stalls - len(how) if Diversion.REPHRASE in how else None
        differently = put_differently(forbidden, wording)
        beside = "\n\n".join(part for part in (self.shown, differently) if part)
        told = {"prompt": self.presented} if self.presented and self.task.prompt else {}
        task = self.task.model_copy(update=told)
        return write_messages(task, self.strategy, self._turns, self.summary, beside)

    def measure(self, messages: tuple[Message, ...]) -> int:
        """Count the characters of a prompt with the caller's own messages before it."""
        own = sum(len(message.content) for message in messages)
        return own + count_chars(self.task.conversation)

    def take(self, ended: Round) -> Stall | None:
        """Add what a round brought; say why the conversation starts afresh, if it does."""
        self.warm = False
        turn = self._write_turn(ended)
        if turn is None:
            return None
        self._turns.append(turn)
        if self.strategy.told is Feedback.NONE:
            return None
        repeated = bool(ended.repeats and not ended.news)
        stall = self._progress.close_round(ended.score, repeated=repeated)
        if stall is not None:
            self._turns, self._before, self.summary = [], None, ""
            self.stalls += 1
            self.warm = Diversion.WARMER in self.diversions
        if ended.right is not None and self.strategy.bred is not None:
            self._turns, self._before = [], None  # there is nothing to repair
        return stall

    def _write_turn(self, ended: Round) -> Turn | None:
        """Tell what is wrong with the round's best answer, and what has changed since the last."""
        if ended.right is not None:
            rubric = self.strategy.prefer.rubric if self.strategy.prefer else None
            told = tell_right(ended.right, rubric, repeated=ended.repeated)
            return Turn(ended.right.candidate, told)
        if ended.best is None:
            return ended.missing
        before, self._before = self._before, ended.best
        if ended.best.verdict is Verdict.REJECTED:
            self._rejected[ended.best.candidate] = None
        feedback, repeated = self.strategy.told, ended.repeated
        told = tell_model(ended.best, feedback, repeated=repeated, before=before, hints=ended.hints)
        return Turn(ended.best.candidate, told)
