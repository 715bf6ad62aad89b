"""guide: the model as a guide through the tree: how it is asked, and when it is no longer asked.

Invariant: a way to ask that does not work is never gone back to within a run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean

from backprompt.blackboard import Blackboard
from backprompt.tree.asking import Critique, Query, ask
from backprompt.tree.events import PriorChanged, Why
from backprompt.tree.nodes import Node
from backprompt.tree.options import Prior, TreeOptions
from backprompt.tree.priors import Inquiry, inquire, read_prior
from backprompt.upstream import Completion, UpstreamError
from critics.rollout import Child, Expanded

REFUSED = frozenset({400, 403, 404, 405, 415, 422, 501})
"""HTTP statuses that say that a call cannot be made this way."""
SLOW_S = 20.0
"""Seconds of a call from which on a model is not asked about each state."""


@dataclass(frozen=True, slots=True)
class Question:
    """A state whose moves are to be compared."""

    node: Node
    state: Expanded
    options: tuple[Child, ...]


@dataclass
class Guide:
    """Asks the model which moves are best.

    Attributes:
        board: The run.
        settings: How it is to be asked.
        critique: Judges what a solver finds meanwhile.
        prior: How it is asked now.
        calls: How many calls that took.
        nodes: States tried so far.
        slow: Whether the model takes too long to be asked about each state.
    """

    board: Blackboard
    settings: TreeOptions
    critique: Critique
    prior: Prior = Prior.LETTERS
    calls: int = 0
    nodes: int = 0
    slow: bool = False
    _known: dict[str, dict[str, float]] = field(default_factory=dict)
    _gains: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with the first way."""
        self.prior = self.settings.prior or Prior.LETTERS

    async def compare(self, questions: Sequence[Question]) -> dict[int, dict[str, float]]:
        """Give the probabilities of moves, by the number of their state, where they are known.

        A way that does not work is left for the next one, which is asked the same again.
        """
        found: dict[int, dict[str, float]] = {}
        rest = list(questions)
        while rest and self.prior is not Prior.UNIFORM and not self.board.settled:
            known = {q.node.number: self._known.get(q.state.key) for q in rest}
            found |= {number: prior for number, prior in known.items() if prior is not None}
            rest = [question for question in rest if question.node.number not in found]
            if not rest:
                break
            way = self.prior
            found |= await self._ask(rest)
            rest = [] if self.prior is way else [q for q in rest if q.node.number not in found]
        return found

    async def _ask(self, questions: Sequence[Question]) -> dict[int, dict[str, float]]:
        queries = [Query(q.node.number, self._inquire(q)) for q in questions]
        replies = await ask(self.board, self.prior.value, queries, self.critique)  # type: ignore[arg-type]  # never `uniform`
        if not replies.asked:
            if not self.board.settled:
                self._change(Prior.UNIFORM, "budget")
            return {}
        self.calls += replies.calls
        found: dict[int, dict[str, float]] = {}
        answered = False
        for query, answers, question in zip(
            replies.asked, replies.completions, questions, strict=False
        ):
            whole = [answer for answer in answers if answer is not None]
            answered = answered or bool(whole)
            prior = (
                read_prior(self.prior, query.calls, whole) if len(whole) == len(answers) else None
            )
            if prior is not None:
                found[query.node] = self._known[question.state.key] = prior
        if not found:
            self._give_up(replies.failure, answered=answered)
        self._watch(replies.completions)
        return found

    def judge(self, prior: dict[str, float], options: Sequence[Child]) -> None:
        """Take in how a prior compares with the estimate; drop it if it is no better than chance.

        What counts is how much of it is on moves that lead nearest, against the share of those.
        """
        known = [child.h for child in options if child.h is not None]
        if self.prior is Prior.UNIFORM or not known or min(known) == max(known):
            return
        best = [child.move for child in options if child.h == min(known)]
        self._gains.append(sum(prior.get(move, 0.0) for move in best) - len(best) / len(options))
        after = self.settings.guard_after
        if after is not None and len(self._gains) >= after and fmean(self._gains) <= 0:
            self._change(Prior.UNIFORM, "no-better-than-chance")

    def _inquire(self, question: Question) -> list[Inquiry]:
        options = tuple(child.move for child in question.options)
        samples = self.settings.samples
        return inquire(self.board.task, self.prior, question.state, options, samples)

    def _give_up(self, failure: UpstreamError | None, *, answered: bool) -> None:
        """Leave a way that has brought nothing."""
        if self.board.decided:
            return
        if answered or failure is None:
            self._change(self.prior.below, "absent")
        elif failure.code == "upstream-refused" and failure.status in REFUSED:
            self._change(self.prior.below, "refused")
        else:
            self._change(Prior.UNIFORM, "failed")

    def _watch(self, completions: Sequence[Sequence[Completion | None]]) -> None:
        """Notice a model without probabilities that takes long."""
        took = [a.latency_s for answers in completions for a in answers if a is not None]
        if took and self.prior is not Prior.LETTERS and fmean(took) > SLOW_S:
            self.slow = True

    def _change(self, to: Prior, why: Why) -> None:
        if to is not self.prior:
            self.prior = to
            self.board.note(PriorChanged(to=to, why=why, nodes=self.nodes))
