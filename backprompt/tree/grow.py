"""grow: `search: tree`: rollouts over verified prefixes.

First the problem's moves are searched without a model, which costs nothing. If that finds nothing,
a tree grows from the empty prefix: the states with the best estimate are tried, and of equal ones
those whose last move a model holds most probable (best-first search; Kambhampati et al.,
arXiv 2402.01817, for the model as a guess and the critics as the judges).

Invariants:
    * A path is a candidate like any other: it is judged from scratch.
    * Every call is asked for within the budget and is an effect of the run, so a killed run goes
      on where it was.
    * What a search has found says so: its origin is never `model`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf, log2
from statistics import median

from backprompt.blackboard import Blackboard
from backprompt.entries import Candidate
from backprompt.events import Origin
from backprompt.solver import take_answer
from backprompt.strategy import SolverMode
from backprompt.tree.asking import Critique, Query, ask
from backprompt.tree.continuation import begin_continuation
from backprompt.tree.events import Choice, NodeExpanded, PathFound, PriorChanged, TreeSearched
from backprompt.tree.guide import Guide, Question
from backprompt.tree.nodes import LEAST, Node, Tree
from backprompt.tree.options import Policy, Prior, Rollout, TreeOptions
from backprompt.tree.priors import propose, read_moves
from backprompt.tree.report import Growth
from critics.rollout import Child, Expanded, ExpandQuestion, Searched, SearchQuestion

SEEDS = tuple(range(1, 10))
"""Runs by chance that a found path is compared with."""
COMPARED_NODES = 2_000
COMPARED_MS = 1_000


async def grow(board: Blackboard, critique: Critique) -> None:
    """Search for an answer move by move, if the strategy says so."""
    settings = board.strategy.grown
    if settings is None or board.settled or board.strategy.solver is SolverMode.ONLY:
        return
    free = await _search_freely(board, settings, critique) if settings.free else 0
    if board.settled:
        return
    effort = board.task.sampling.reasoning_effort
    whole = settings.rollout is Rollout.AUTO and effort is not None
    if whole or settings.rollout is Rollout.CONTINUATION:
        begin_continuation(board, settings)
        return
    await _Growing(board, settings, critique, free).run()


async def _search_freely(board: Blackboard, settings: TreeOptions, critique: Critique) -> int:
    """Search without the model; gives how many states that took."""
    question = SearchQuestion(
        nodes=settings.free_nodes, ms=settings.free_ms, estimate=settings.estimate
    )
    reply = await board.effects.rollout(question)
    if not isinstance(reply, Searched):
        return 0
    found = reply.answer is not None
    board.note(
        TreeSearched(
            nodes=reply.nodes,
            found=found,
            exhausted=reply.exhausted,
            reason=reply.reason,
            moves=reply.moves,
        )
    )
    if reply.answer is not None:
        board.growth = Growth(nodes=0, free_nodes=reply.nodes)
        await critique(board, [Candidate(reply.answer, Origin.SEARCH, None)])
    return reply.nodes


@dataclass
class _Growing:
    """A tree that grows."""

    board: Blackboard
    settings: TreeOptions
    critique: Critique
    free: int
    tree: Tree | None = None
    tried: int = 0
    _proposed: int = 0
    _judged: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.guide = Guide(self.board, self.settings, self.critique)

    async def run(self) -> None:
        """Try states until an answer is certified, nothing is left or the budget is spent."""
        root = await self._expand(())
        if root is None:
            return
        self.tree = Tree(root.key, root.h, self.settings.policy)
        if root.goal and root.answer is not None:
            await self._offer(self.tree.root, None, root.answer)
        while not self._over() and (nodes := self.tree.take(self._width())):
            if not root.enumerated:
                await self._try_proposals(nodes)
            else:
                await self._try(nodes)
            await self.critique(self.board, take_answer(self.board))
            if self.guide.slow and self.settings.rollout is Rollout.AUTO:
                self.board.note(PriorChanged(to=Prior.UNIFORM, why="slow", nodes=self.tried))
                begin_continuation(self.board, self.settings)
                return

    def _over(self) -> bool:
        self.board.read_test()
        spent = self.board.share.exhausted(self.board.usage) is not None
        return self.board.settled or spent or self.tried >= self.settings.nodes

    def _width(self) -> int:
        alone = self.guide.prior is Prior.UNIFORM or self.settings.policy is Policy.PUCT
        return 1 if alone else min(self.settings.width, self.settings.nodes - self.tried)

    async def _try(self, nodes: Sequence[Node]) -> None:
        """Try some states: look where their moves lead, and ask which of them is best."""
        states: list[tuple[Node, Expanded]] = []
        for node in nodes:
            state = await self._expand(node.moves)
            if state is None:
                continue
            self.tried += 1
            self.guide.nodes = self.tried
            states.append((node, state))
            if await self._offer_goals(node, state):
                return
        questions = [
            Question(node, state, options)
            for node, state in states
            if len(options := self._options(state)) > 1
        ]
        way = self.guide.prior
        priors = await self.guide.compare(questions)
        for node, state in states:
            self._add(node, state, priors.get(node.number), self.guide.prior if priors else way)
        for question in questions:
            if question.node.number in priors:
                self.guide.judge(priors[question.node.number], question.options)
        if way is not Prior.UNIFORM and self.guide.prior is Prior.UNIFORM and self.tree is not None:
            self.tree.forget_priors()

    async def _try_proposals(self, nodes: Sequence[Node]) -> None:
        """Try states whose moves nobody can list: the model proposes some, the critics filter."""
        states = [(node, state) for node in nodes if (state := await self._expand(node.moves))]
        count = self.settings.proposals
        queries = [
            Query(node.number, [propose(self.board.task, state, count)]) for node, state in states
        ]
        replies = await ask(self.board, "proposals", queries, self.critique)
        self._proposed += replies.calls
        for (node, _), (answer,) in zip(states, replies.completions, strict=False):
            self.tried += 1
            moves = read_moves(answer, count) if answer is not None else ()
            state = await self._expand(node.moves, moves)
            if state is None:
                continue
            if await self._offer_goals(node, state):
                return
            weights = {child.move: 1 / (at + 1) for at, child in enumerate(state.children)}
            total = sum(weights.values()) or 1.0
            self._add(node, state, {m: w / total for m, w in weights.items()}, None)
        if not replies.asked or all(answer is None for (answer,) in replies.completions):
            self.tried = self.settings.nodes  # nobody is left who knows a move

    async def _expand(
        self, moves: tuple[str, ...], proposals: tuple[str, ...] | None = None
    ) -> Expanded | None:
        question = ExpandQuestion(moves=moves, proposals=proposals, estimate=self.settings.estimate)
        reply = await self.board.effects.rollout(question)
        return reply if isinstance(reply, Expanded) else None

    def _options(self, state: Expanded) -> tuple[Child, ...]:
        """Choose the moves between which a model is to choose: new ones, the best by estimate."""
        new = [child for child in state.children if self.tree and not self.tree.knows(child.key)]
        unique = list({child.key: child for child in reversed(new)}.values())[::-1]
        best = sorted(unique, key=lambda child: inf if child.h is None else child.h)
        kept = {child.move for child in best[: self.settings.options]}
        return tuple(child for child in unique if child.move in kept)

    def _add(
        self, node: Node, state: Expanded, prior: dict[str, float] | None, way: Prior | None
    ) -> None:
        """Put what a state leads to into the tree."""
        assert self.tree is not None  # noqa: S101  # made before anything is tried
        options = len(prior) if prior else max(len(state.children), 1)
        choices = []
        for child in state.children:
            share = prior.get(child.move, 0.0) if prior else 1 / options
            added = None
            if not self.tree.knows(child.key) and not child.goal:
                added = self.tree.add(
                    node,
                    child.move,
                    child.key,
                    child.h,
                    prior=share,
                    options=options,
                    modelled=prior is not None,
                )
            number = added.number if added else None
            choices.append(Choice(node=number, move=child.move, h=child.h, prior=round(share, 6)))
        self.tree.closed(node)
        said = "proposals" if way is None else way.value if prior else Prior.UNIFORM.value
        self.board.note(
            NodeExpanded(
                node=node.number,
                parent=node.parent.number if node.parent else None,
                depth=node.depth,
                h=node.h,
                move=node.move,
                key=node.key,
                prior=said,
                goals=sum(child.goal for child in state.children),
                choices=tuple(choices),
            )
        )

    async def _offer_goals(self, node: Node, state: Expanded) -> bool:
        """Have the paths to goals judged; says whether that was the end."""
        for child in state.children:
            if child.goal and child.answer is not None and child.answer not in self._judged:
                self._judged.add(child.answer)
                await self._offer(node, child.move, child.answer)
                if self.board.settled:
                    return True
        return False

    async def _offer(self, node: Node, move: str | None, text: str) -> None:
        moves = node.moves if move is None else (*node.moves, move)
        growth = await self._measure(node)
        self.board.growth = growth
        self.board.note(PathFound(depth=len(moves), moves=moves, growth=growth))
        origin = Origin.MODEL_GUIDED_SEARCH if growth.model_calls else Origin.SEARCH
        await self.critique(self.board, [Candidate(text, origin, None)])

    async def _measure(self, node: Node) -> Growth:
        """Say how much the model has contributed to a path, and what chance would have needed."""
        chosen = [step for step in node.path if step.modelled and step.options > 1]
        bits = [log2(max(step.prior, LEAST) * step.options) for step in chosen]
        calls = self.guide.calls + self._proposed
        uniform: float | None = None
        if calls and not self._proposed:
            question = SearchQuestion(
                seeds=SEEDS,
                nodes=COMPARED_NODES,
                ms=COMPARED_MS,
                estimate=self.settings.estimate,
            )
            reply = await self.board.effects.rollout(question)
            counts = reply.counts if isinstance(reply, Searched) else ()
            middle = median(inf if c is None else c for c in counts) if counts else inf
            uniform = None if middle == inf else float(middle)
        return Growth(
            nodes=self.tried,
            free_nodes=self.free,
            model_calls=calls,
            prior_bits=round(sum(bits), 3) if bits else None,
            uniform_nodes_median=uniform,
        )
