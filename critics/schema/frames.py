"""What is said while a document is evaluated: objections, what was evaluated, and where."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from critics.schema.dialects import Dialect
from critics.schema.reader import Exact
from critics.schema.resources import Library, Schema


@dataclass(frozen=True, slots=True)
class Fault:
    """One objection.

    Attributes:
        code: Its diagnostic code.
        said: What is wrong.
        at: JSON pointer in the document.
        keyword: The keyword that objects.
        causes: What its alternatives object to.
    """

    code: str
    said: str
    at: str
    keyword: str
    causes: tuple["Fault", ...] = ()


@dataclass(slots=True)
class Outcome:
    """What a schema says of a value.

    Attributes:
        faults: Its objections.
        names: Properties it has evaluated.
        items: Items it has evaluated.
    """

    faults: list[Fault] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    items: set[int] = field(default_factory=set)

    @property
    def valid(self) -> bool:
        """Whether it has no objection."""
        return not self.faults

    def adopt(self, other: "Outcome") -> None:
        """Take over what another schema says of the same value."""
        self.faults += other.faults
        if other.valid:
            self.names |= other.names
            self.items |= other.items


@dataclass(frozen=True, slots=True)
class Frame:
    """One schema at one value.

    Attributes:
        schema: The schema.
        base: URI of its resource.
        dialect: How it is read.
        value: The value.
        at: JSON pointer to the value.
        out: What is said so far.
    """

    schema: dict[str, Any]
    base: str
    dialect: Dialect
    value: Exact
    at: str
    out: Outcome

    def object(self, keyword: str, code: str, said: str, causes: tuple[Fault, ...] = ()) -> None:
        """Add an objection."""
        self.out.faults.append(Fault(code, said, self.at, keyword, causes))


class Run(Protocol):
    """What applicators need of the walk over a document."""

    library: Library

    @property
    def scope(self) -> tuple[str, ...]:
        """URIs of the resources that were entered, the outermost first."""
        ...

    def apply(self, schema: Schema, base: str, value: Exact, at: str) -> Outcome:
        """Evaluate a value against a schema."""
        ...
