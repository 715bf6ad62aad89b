"""Prefix: a domain's answers as paths of moves, each of which can be checked on its own.

A domain that offers this lets a search go from one verified prefix to the next. Nothing here is
trusted: whatever a search finds is joined into an answer and judged from scratch.

Invariants, examined by `examine_prefix` for every domain:
    * All functions are pure; states are hashable, and equal states are one state.
    * `moves` yields exactly what `apply` gives for the same move, and at least all that is needed
      to reach some goal.
    * Two states with equal keys have the same future: the same moves lead to goals.
    * The joined path to a goal is an answer that the critics accept.
"""

import random
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeAlias

State: TypeAlias = Hashable
"""Opaque; only the functions of the prefix that made it can read it."""
Estimate: TypeAlias = Callable[[Any], float]

WALKS = 12
"""Random walks of an examination, each from the start."""
WALK_STEPS = 40
MOST_MOVES = 200
"""Moves of one state that an examination looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """The moves of one problem.

    Attributes:
        start: The state before the first move.
        apply: State and canonical move to the next state; `None` if the move cannot be made.
        is_goal: Whether the moves so far are a whole answer.
        key: A text that stands for all states with the same future, in any process.
        join: The moves so far as an answer's canonical text.
        split: An answer's canonical text to its moves, which need not be possible ones; nothing
            where the text is no sequence of moves.
        tell: A state in words, for a model.
        moves: Every move that is worth trying in a state, with the state it leads to, in a fixed
            order. Without it nothing can be enumerated, and a model must propose moves.
        h: Estimates of a state's distance from a goal by name, the best first; infinite where no
            goal can be reached any more.
    """

    start: State
    apply: Callable[[Any, str], State | None]
    is_goal: Callable[[Any], bool]
    key: Callable[[Any], str]
    join: Callable[[Sequence[str]], str]
    split: Callable[[str], Sequence[str]]
    tell: Callable[[Any], str]
    moves: Callable[[Any], Iterable[tuple[str, State]]] | None = None
    h: Mapping[str, Estimate] = field(default_factory=dict)

    def follow(self, moves: Iterable[str]) -> tuple[State, list[str]]:
        """Make moves from the start until one is impossible: the last state and the moves made."""
        state, made = self.start, list[str]()
        for move in moves:
            after = self.apply(state, move)
            if after is None:
                break
            state = after
            made.append(move)
        return state, made


def choose_estimate(prefix: Prefix, name: str | None) -> Estimate | None:
    """Choose an estimate: the domain's best one, a named one, or none for `none`.

    Raises:
        KeyError: There is none of that name.
    """
    if name == "none" or (name is None and not prefix.h):
        return None
    return next(iter(prefix.h.values())) if name is None else prefix.h[name]


def examine_prefix(
    prefix: Prefix, accepts: Callable[[str], bool], *, seed: int = 0
) -> Iterator[str]:
    """Find where a prefix does not keep its promises, by random walks.

    Args:
        prefix: The moves of one problem.
        accepts: Whether the critics accept an answer.
        seed: Of the walks.
    """
    chance = random.Random(seed)  # noqa: S311  # no secrets: walks that can be repeated
    goals: dict[str, tuple[State, list[str]]] = {}
    seen: dict[str, State] = {}
    for _ in range(WALKS if prefix.moves is not None else 0):
        state, path = prefix.start, list[str]()
        for _ in range(WALK_STEPS):
            yield from _examine_state(prefix, state, seen)
            if prefix.is_goal(state):
                goals.setdefault(prefix.key(state), (state, path.copy()))
                break
            offered = _offered(prefix, state)
            if not offered:
                break
            move, state = chance.choice(offered)
            path.append(move)
    for state, path in goals.values():
        yield from _examine_goal(prefix, state, path, accepts)


def _offered(prefix: Prefix, state: State) -> list[tuple[str, State]]:
    return [] if prefix.moves is None else list(islice(prefix.moves(state), MOST_MOVES))


def _examine_state(prefix: Prefix, state: State, seen: dict[str, State]) -> Iterator[str]:
    offered = _offered(prefix, state)
    if offered != _offered(prefix, state):
        yield "`moves` gives other moves when it is asked again"
    if len(dict(offered)) < len(offered):
        yield "`moves` gives one move twice"
    for move, after in offered:
        if prefix.apply(state, move) != after:
            yield f"`apply` and `moves` disagree on `{move[:100]}`"
    twin = seen.setdefault(prefix.key(state), state)
    if twin != state and not _same_future(prefix, twin, state):
        yield f"two states have the key `{prefix.key(state)[:100]}` and different futures"


def _same_future(prefix: Prefix, one: State, other: State) -> bool:
    """Compare what two states lead to, one move deep."""
    if prefix.is_goal(one) != prefix.is_goal(other):
        return False
    futures = [
        {move: prefix.key(after) for move, after in _offered(prefix, state)}
        for state in (one, other)
    ]
    return futures[0] == futures[1]


def _examine_goal(
    prefix: Prefix, state: State, path: Sequence[str], accepts: Callable[[str], bool]
) -> Iterator[str]:
    text = prefix.join(path)
    if not accepts(text):
        yield f"the critics do not accept the path to a goal: `{text[:100]}`"
    again, made = prefix.follow(prefix.split(text))
    if prefix.key(again) != prefix.key(state) and not prefix.is_goal(again):
        yield f"`split` does not find the moves of `{text[:100]}` again, only {len(made)} of them"
    if any(estimate(state) > 0 for estimate in prefix.h.values()):
        yield "an estimate of a goal's distance from a goal is not 0"
