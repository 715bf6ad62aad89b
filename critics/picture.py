"""Picture: what a candidate means, as data that can be drawn; never a verdict.

Drawing itself (shapes, colours) is the business of whoever shows it.

Invariant: a picture is made of the problem and the candidate's canonical text alone, it is bounded,
and nothing that decides looks at it.
"""

from typing import Annotated, Literal

from pydantic import Field

from critics.types import Frozen

MOST_STEPS = 400
MOST_FACTS = 400
MOST_SPANS = 600
MOST_NODES = 300
MOST_EDGES = 3_000


class Unmet(Frozen):
    """A condition that does not hold."""

    condition: str
    since_step: int | None = None
    """The step that made it false, if one did."""


class Step(Frozen):
    """One step of a plan, and the state after it."""

    number: int
    """1-based; 0 is the initial state."""
    action: str
    """Empty for the initial state."""
    facts: tuple[str, ...] = ()
    """What holds afterwards, of what can change at all; sorted."""
    added: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    executed: bool = True
    unmet: tuple[Unmet, ...] = ()
    """Why it cannot be executed."""


class Walk(Frozen):
    """The states that a plan leads through."""

    kind: Literal["walk"] = "walk"
    steps: tuple[Step, ...]
    goals: tuple[tuple[str, bool], ...] = ()
    """The goal's conjuncts, and whether each holds in the last state."""
    left_out: int = 0
    """Steps that are not here because there are too many."""


class Span(Frozen):
    """A stretch of time in one row."""

    row: str
    start: float
    end: float
    label: str
    role: Literal["busy", "wish", "window", "answer", "travel"]
    conflict: bool = False
    """Whether it stands against the answer, or the answer against it."""


class Timeline(Frozen):
    """Rows of spans over one axis."""

    kind: Literal["timeline"] = "timeline"
    unit: Literal["minute", "day"]
    """`minute`: after midnight; `day`: 1-based, a span reaches to the end of its last day."""
    start: float
    end: float
    rows: tuple[str, ...]
    spans: tuple[Span, ...]


class Node(Frozen):
    """A vertex."""

    name: str
    color: int | None = None
    """0-based number of its colour; `None` if it has none."""
    label: str = ""
    """The colour's name."""


class Edge(Frozen):
    """An edge between two vertices, by place."""

    one: int
    other: int
    conflict: bool = False


class Network(Frozen):
    """A graph with coloured vertices."""

    kind: Literal["network"] = "network"
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


Picture = Annotated[Walk | Timeline | Network, Field(discriminator="kind")]
