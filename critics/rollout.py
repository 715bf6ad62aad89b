"""Rollouts: what is asked of a domain's moves (`critics.prefix`), as questions and replies in JSON.

Whatever is found is an answer's text and no verdict. Every question is answered from the problem
alone, so it does not matter which worker is asked; a search ends by the number of its nodes, and
time only cuts it off from outside.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from heapq import heappop, heappush
from math import isfinite
from time import perf_counter
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, JsonValue, TypeAdapter

from critics.domain import Domain, find_domain
from critics.judge import read_problem
from critics.prefix import Estimate, Prefix, State, choose_estimate
from critics.types import Diagnostic, Frozen, Severity, Undecided

MOST_CHILDREN = 1_000
"""Moves of one state that are looked at."""
MOST_PROPOSALS = 100
MOST_PATH = 10_000


class SearchQuestion(Frozen):
    """Search without a model: best first by the domain's estimate, breadth first without one."""

    kind: Literal["search"] = "search"
    nodes: int = 10_000
    """States expanded at most."""
    ms: int = 1_000
    """Milliseconds after which it is given up all the same."""
    estimate: str | None = None
    """Name of the estimate; `none` for none. The domain's best one by default."""
    seeds: tuple[int, ...] = ()
    """Runs with ties broken by chance, to be counted instead of answered."""


class ExpandQuestion(Frozen):
    """Say where some moves lead, and what can be done there."""

    kind: Literal["expand"] = "expand"
    moves: tuple[str, ...] = Field(default=(), max_length=MOST_PATH)
    proposals: tuple[str, ...] | None = Field(default=None, max_length=MOST_PROPOSALS)
    """Moves that a model proposes; by default the domain's own are listed."""
    estimate: str | None = None


class FollowQuestion(Frozen):
    """Say how far an answer can be followed."""

    kind: Literal["follow"] = "follow"
    text: str
    estimate: str | None = None


Question: TypeAlias = Annotated[
    SearchQuestion | ExpandQuestion | FollowQuestion, Field(discriminator="kind")
]
QUESTIONS: TypeAdapter[Question] = TypeAdapter(Question)


class Child(Frozen):
    """A move and what it leads to."""

    move: str
    key: str
    goal: bool = False
    h: float | None = None
    answer: str | None = None
    """The moves up to here as an answer's text, if this is a goal."""


class Expanded(Frozen):
    """A state and what can be done in it."""

    reply: Literal["expanded"] = "expanded"
    key: str
    goal: bool
    h: float | None = None
    """Estimated distance from a goal; nothing without an estimate."""
    told: str
    """The state in words."""
    moves: tuple[str, ...] = ()
    """Those that led here: as many of those that were asked about as can be made."""
    children: tuple[Child, ...] = ()
    """In the domain's order. Those from which no goal can be reached are left out."""
    hopeless: int = 0
    """How many those are."""
    enumerated: bool = True
    """Whether the children are all there are, and not what a model proposed."""
    answer: str | None = None
    """The moves as an answer's text."""


class Searched(Frozen):
    """What a search has come to."""

    reply: Literal["searched"] = "searched"
    answer: str | None = None
    moves: tuple[str, ...] = ()
    nodes: int = 0
    """States that were expanded."""
    exhausted: bool = False
    """Whether there was nothing left to expand."""
    reason: str | None = None
    """Why there is no answer."""
    counts: tuple[int | None, ...] = ()
    """For each seed the states expanded until a goal was found; nothing if none was."""


class Unanswered(Frozen):
    """Why a question has no reply."""

    reply: Literal["unanswered"] = "unanswered"
    diagnostics: tuple[Diagnostic, ...]


Reply: TypeAlias = Annotated[Expanded | Searched | Unanswered, Field(discriminator="reply")]
REPLIES: TypeAdapter[Reply] = TypeAdapter(Reply)


def answer(
    domain: Domain, payload: Mapping[str, JsonValue], question: Question
) -> Expanded | Searched:
    """Answer a question about a problem's moves.

    Raises:
        ProblemError: The problem is wrong.
        Undecided: The domain has no moves, or none for this problem.
    """
    prefix = open_prefix(domain, payload)
    try:
        estimate = choose_estimate(prefix, question.estimate)
    except KeyError as error:
        raise Undecided([_no_estimate(domain.name, str(question.estimate), prefix)]) from error
    if isinstance(question, SearchQuestion):
        return search(prefix, question, estimate)
    if isinstance(question, ExpandQuestion):
        return expand(prefix, question, estimate)
    state, made = prefix.follow(prefix.split(question.text)[:MOST_PATH])
    return describe(prefix, state, made, estimate)


def open_prefix(domain: Domain, payload: Mapping[str, JsonValue]) -> Prefix:
    """Give the moves of a problem.

    Raises:
        ProblemError: The problem is wrong.
        Undecided: The domain has no moves, or none for this problem.
    """
    if domain.prefix is None:
        raise Undecided([_no_moves(domain.name)])
    read_problem(domain, payload)  # refuses what is no plain JSON
    return _open(domain.name, json.dumps(payload, sort_keys=True))


@lru_cache(maxsize=2)
def _open(domain_name: str, written: str) -> Prefix:
    """Open a problem's moves once: some take an exact search, and questions come in rows."""
    domain = find_domain(domain_name)
    if domain.prefix is None:
        raise Undecided([_no_moves(domain_name)])
    return domain.prefix(domain.load(read_problem(domain, json.loads(written))))


def expand(prefix: Prefix, question: ExpandQuestion, estimate: Estimate | None) -> Expanded:
    """Say where moves lead and what can be done there."""
    state, made = prefix.follow(question.moves)
    found = describe(prefix, state, made, estimate)
    if question.proposals is not None:
        offered: Iterator[tuple[str, State]] = _possible(prefix, state, question.proposals)
    else:
        offered = iter(prefix.moves(state) if prefix.moves is not None else ())
    children: dict[str, Child] = {}
    hopeless = 0
    for (move, after), _ in zip(offered, range(MOST_CHILDREN), strict=False):
        h = None if estimate is None else estimate(after)
        if h is not None and not isfinite(h):
            hopeless += 1
            continue
        goal = prefix.is_goal(after)
        text = prefix.join([*made, move]) if goal else None
        key = prefix.key(after)
        children[move] = Child(move=move, key=key, goal=goal, h=h, answer=text)
    changes = {
        "children": tuple(children.values()),
        "hopeless": hopeless,
        "enumerated": question.proposals is None and prefix.moves is not None,
    }
    return found.model_copy(update=changes)


def describe(
    prefix: Prefix, state: State, made: Sequence[str], estimate: Estimate | None
) -> Expanded:
    """Describe a state."""
    h = None if estimate is None else estimate(state)
    return Expanded(
        key=prefix.key(state),
        goal=prefix.is_goal(state),
        h=h if h is None or isfinite(h) else None,
        told=prefix.tell(state),
        moves=tuple(made),
        enumerated=prefix.moves is not None,
        answer=prefix.join(made) if made or prefix.is_goal(state) else None,
    )


def search(prefix: Prefix, question: SearchQuestion, estimate: Estimate | None) -> Searched:
    """Search for a goal, or count what a search by chance needs."""
    if prefix.moves is None:
        return Searched(reason="the domain cannot list its moves")
    deadline = perf_counter() + question.ms / 1_000
    if not question.seeds:
        return _Search(prefix, estimate, question.nodes, deadline).run()
    counts: list[int | None] = []
    for seed in question.seeds:
        found = _Search(prefix, estimate, question.nodes, deadline, random.Random(seed)).run()  # noqa: S311  # no secrets: a run that can be repeated
        counts.append(found.nodes if found.answer is not None else None)
    return Searched(counts=tuple(counts))


@dataclass
class _Search:
    """Best-first search: estimate, then chance if there is any, then depth, then age."""

    prefix: Prefix
    estimate: Estimate | None
    most: int
    deadline: float
    chance: random.Random | None = None
    _parents: dict[State, tuple[State, str] | None] = field(default_factory=dict)
    _keys: set[str] = field(default_factory=set)
    _queue: list[tuple[float, float, int, int, State]] = field(default_factory=list)
    _nodes: int = 0

    def run(self) -> Searched:
        """Search to the end, or to a limit."""
        start = self.prefix.start
        if self.prefix.is_goal(start):
            return self._found(start)
        self._parents[start] = None
        self._keys.add(self.prefix.key(start))
        heappush(self._queue, (0.0, 0.0, 0, 0, start))
        while self._queue:
            *_, depth, _, state = heappop(self._queue)
            if self._nodes >= self.most:
                return self._give_up(f"no answer among {self._nodes:,} states")
            self._nodes += 1
            for move, after in self.prefix.moves(state) if self.prefix.moves else ():
                if perf_counter() > self.deadline:
                    return self._give_up(f"time ran out after {self._nodes:,} states")
                if self._add(state, move, after, depth + 1):
                    return self._found(after)
        return Searched(nodes=self._nodes, exhausted=True, reason="every state was tried")

    def _add(self, state: State, move: str, after: State, depth: int) -> bool:
        """Queue a state unless it is known; says whether it is a goal."""
        if after in self._parents:
            return False
        key = self.prefix.key(after)
        if key in self._keys:
            return False
        self._keys.add(key)
        h = 0.0 if self.estimate is None else self.estimate(after)
        if not isfinite(h):
            return False
        self._parents[after] = (state, move)
        if self.prefix.is_goal(after):
            return True
        tie = self.chance.random() if self.chance else 0.0
        rank = h if self.estimate else float(depth)
        heappush(self._queue, (rank, tie, depth, len(self._parents), after))
        return False

    def _found(self, state: State) -> Searched:
        moves: list[str] = []
        place = state
        while (step := self._parents.get(place)) is not None:
            place, move = step
            moves.append(move)
        moves.reverse()
        return Searched(answer=self.prefix.join(moves), moves=tuple(moves), nodes=self._nodes)

    def _give_up(self, why: str) -> Searched:
        return Searched(nodes=self._nodes, reason=why)


def _possible(
    prefix: Prefix, state: State, proposals: Sequence[str]
) -> Iterator[tuple[str, State]]:
    """Keep the proposals that can be made, each once."""
    for move in dict.fromkeys(proposals):
        after = prefix.apply(state, move)
        if after is not None:
            yield move, after


def untried() -> Diagnostic:
    """Say that there is nobody to try moves."""
    return Diagnostic(
        code="prefix-unsupported",
        headline="there is nobody to try the problem's moves",
        severity=Severity.UNKNOWN,
    )


def _no_moves(domain_name: str) -> Diagnostic:
    """Say that a domain has no moves."""
    return Diagnostic(
        code="prefix-unsupported",
        headline=f"domain `{domain_name}` has no moves that a search could try",
        help=("use another `search` than `tree`",),
        severity=Severity.UNKNOWN,
    )


def _no_estimate(domain_name: str, name: str, prefix: Prefix) -> Diagnostic:
    listed = ", ".join(f"`{known}`" for known in prefix.h) or "none"
    return Diagnostic(
        code="prefix-unsupported",
        headline=f"domain `{domain_name}` has no estimate `{name[:80]}`; it has {listed}",
        help=("leave `tree.estimate` out",),
        severity=Severity.UNKNOWN,
    )
