"""A state of the world: relations with indexes, exact numbers, and a budget of evaluation steps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from critics.pddl.formula import Number
from critics.pddl.task import Row
from critics.types import Diagnostic, Severity, Undecided

MAX_STEPS = 4_000_000
"""Bindings, rows and conditions that may be looked at for one plan."""
MAX_BITS = 20_000
"""Longest number that is computed with."""

Fact = tuple[str, Row]


def give_up(headline: str) -> Undecided:
    """Make the outcome of an evaluation that costs too much."""
    return Undecided(
        [
            Diagnostic(
                code="pddl-too-expensive",
                headline=headline,
                help=("make the problem smaller, or judge the plan with another validator",),
                severity=Severity.UNKNOWN,
            )
        ]
    )


class Meter:
    """Counts evaluation steps down; the count depends on nothing but the task and the plan."""

    __slots__ = ("left",)

    def __init__(self, limit: int = MAX_STEPS) -> None:
        """Allow a number of steps."""
        self.left = limit

    def spend(self, steps: int) -> None:
        """Take steps off.

        Raises:
            Undecided: None are left.
        """
        self.left -= steps
        if self.left < 0:
            raise give_up(f"the check needs more than {MAX_STEPS:,} evaluation steps")


class Relation:
    """The rows of one predicate, in insertion order, with hash indexes made on demand."""

    __slots__ = ("_indexes", "rows")

    def __init__(self, rows: dict[Row, None]) -> None:
        """Take the rows over."""
        self.rows = rows
        self._indexes: dict[tuple[int, ...], dict[Row, dict[Row, None]]] = {}

    def add(self, row: Row) -> None:
        """Make a row true."""
        self.rows[row] = None
        for positions, index in self._indexes.items():
            index.setdefault(tuple([row[p] for p in positions]), {})[row] = None

    def discard(self, row: Row) -> None:
        """Make a row false that is true."""
        del self.rows[row]
        for positions, index in self._indexes.items():
            del index[tuple([row[p] for p in positions])][row]

    def find(self, positions: tuple[int, ...], key: Row) -> Mapping[Row, None]:
        """Give the rows that have the key at the positions."""
        index = self._indexes.get(positions)
        if index is None:
            index = self._indexes[positions] = {}
            for row in self.rows:
                index.setdefault(tuple([row[p] for p in positions]), {})[row] = None
        return index.get(key, {})


@dataclass(slots=True)
class Pending:
    """What one step is about to change; everything in it was read in the state before."""

    adds: list[Fact] = field(default_factory=list)
    deletes: list[Fact] = field(default_factory=list)
    updates: list[tuple[str, str, Row, Number]] = field(default_factory=list)
    seen: set[Row] = field(default_factory=set)
    """Bindings for which the current effect has already happened."""


class State:
    """One state; it changes in place from step to step.

    Attributes:
        relations: The rows of every predicate that is not derived.
        values: Function to the values that are defined.
        derived: The rows of derived predicates, as far as they were asked for in this state.
        delta: The newest rows of the derived predicates that are being computed.
        heads: Rows that rules have just derived.
        pending: What the current step changes.
        meter: The budget.
    """

    __slots__ = (
        "delta",
        "derive_rows",
        "derived",
        "heads",
        "meter",
        "pending",
        "relations",
        "values",
    )

    def __init__(
        self,
        relations: dict[str, Relation],
        values: dict[str, dict[Row, Number]],
        derive_rows: Callable[["State", str], Relation],
    ) -> None:
        """Start with what holds at first."""
        self.relations = relations
        self.values = values
        self.derive_rows = derive_rows
        self.derived: dict[str, Relation] = {}
        self.delta: dict[str, Relation] = {}
        self.heads: dict[str, dict[Row, None]] = {}
        self.pending = Pending()
        self.meter = Meter()

    def derive(self, predicate: str) -> Relation:
        """Give the rows of a derived predicate, computed once a state."""
        known = self.derived.get(predicate)
        return self.derive_rows(self, predicate) if known is None else known

    def holds(self, fact: Fact) -> bool:
        """Say whether a ground atom holds."""
        predicate, row = fact
        known = self.relations.get(predicate)
        return row in (self.derive(predicate) if known is None else known).rows
