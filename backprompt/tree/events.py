"""events: what can be said of a search over verified prefixes; see `backprompt.events`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from backprompt.record import BaseEvent
from backprompt.tree.options import Prior
from backprompt.tree.report import Growth
from backprompt.upstream import Message, Text

Why = Literal["refused", "absent", "failed", "no-better-than-chance", "budget", "slow"]


class TreeSearched(BaseEvent):
    """A problem's moves were searched without a model."""

    PUBLIC = frozenset({"nodes", "found", "exhausted"})
    event: Literal["tree-searched"] = "tree-searched"
    nodes: int
    found: bool
    exhausted: bool
    """Whether there was nothing left to try."""
    reason: Text | None = None
    moves: tuple[str, ...] = ()


class Inquired(BaseModel):
    """One call for the tree."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    call: int
    node: int
    messages: tuple[Message, ...]


class TreeAsked(BaseEvent):
    """A model is asked about states of the tree, or to go on from one."""

    PUBLIC = frozenset({"how", "calls"})
    event: Literal["tree-asked"] = "tree-asked"
    how: Literal["continued", "letters", "samples", "ranked", "proposals", "continuation"]
    calls: tuple[int, ...]
    asked: tuple[Inquired, ...]


class Choice(BaseModel):
    """A move of a state that was tried."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    node: int | None
    """Its place in the tree; `None` if its state was there before."""
    move: str
    h: float | None
    prior: float


class NodeExpanded(BaseEvent):
    """A state of the tree was tried."""

    PUBLIC = frozenset({"node", "parent", "depth", "h", "goals", "prior"})
    event: Literal["node-expanded"] = "node-expanded"
    node: int
    parent: int | None
    depth: int
    h: float | None
    move: str
    key: str
    prior: Literal["continued", "letters", "samples", "ranked", "uniform", "proposals"]
    """Who says how probable each move is."""
    goals: int
    """How many of its moves lead to a goal."""
    choices: tuple[Choice, ...]


class PriorChanged(BaseEvent):
    """From now on a model is asked in another way which move is best, or not at all."""

    PUBLIC = frozenset({"to", "why", "nodes"})
    event: Literal["prior-changed"] = "prior-changed"
    to: Prior
    why: Why
    nodes: int
    """States tried so far."""


class PathFound(BaseEvent):
    """A path to a goal was found; its answer is judged next."""

    PUBLIC = frozenset({"growth", "depth"})
    event: Literal["path-found"] = "path-found"
    depth: int
    moves: tuple[str, ...]
    growth: Growth
