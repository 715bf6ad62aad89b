"""What the domain asks of an engine, whichever it is; no engine is imported here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from critics.smt.terms import Value


class Status(StrEnum):
    """What an engine says of a conjunction."""

    SAT = "sat"
    UNSAT = "unsat"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Query:
    """A conjunction, in canonical SMT-LIB.

    Attributes:
        declarations: Declarations and definitions.
        assertions: Boolean terms, one formula each.
    """

    declarations: Sequence[str]
    assertions: Sequence[str]


@dataclass(frozen=True)
class Answer:
    """What an engine said.

    Attributes:
        status: Its verdict.
        core: For `unsat`, indices of assertions that already contradict each other.
        model: For `sat`, emitted constants' values; never completed, never trusted.
        reason: Why it is unknown.
    """

    status: Status
    core: tuple[int, ...] = ()
    model: Mapping[str, Value] = field(default_factory=dict)
    reason: str | None = None


class Session(Protocol):
    """A conjunction that was read once, of which subsets are decided."""

    def check(self, members: Sequence[int], *, timeout_ms: int) -> Answer:
        """Decide the declarations with some of the assertions, by index; gives no model."""
        ...


class Engine(Protocol):
    """A solver behind one adapter module."""

    @property
    def name(self) -> str:
        """Name and version."""
        ...

    def solve(self, query: Query, *, timeout_ms: int) -> Answer:
        """Decide a conjunction; never raises for what is in the query."""
        ...

    def open(self, query: Query) -> Session | None:
        """Read a conjunction for repeated checks; nothing if it cannot be read."""
        ...
