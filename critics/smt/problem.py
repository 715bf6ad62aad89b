"""What a constraint problem is once it has been read, whichever of its two forms it came in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from critics.smt.terms import Function, Sort, Term, Var
from critics.types import Location


@dataclass(frozen=True)
class Field:
    """A field of a datatype's constructor."""

    selector: str
    sort: Sort


@dataclass(frozen=True)
class Datatype:
    """A datatype: an enumeration where no constructor has fields."""

    name: str
    constructors: Mapping[str, tuple[Field, ...]]

    @property
    def plain(self) -> bool:
        """Whether it is an enumeration."""
        return not any(self.constructors.values())


@dataclass(frozen=True)
class Constraint:
    """One thing that must hold.

    Attributes:
        name: The user's name for it, or `assert-N` by position.
        term: The formula.
        why: What the user says it is for.
        at: Where the user wrote it.
        named: Whether the user gave the name.
        text: The formula as the user wrote it, where that is short enough to show.
    """

    name: str
    term: Term
    why: str | None = None
    at: Location | None = None
    named: bool = True
    text: str | None = None


@dataclass(frozen=True)
class Objective:
    """What makes one answer better than another."""

    term: Term
    minimize: bool
    text: str


@dataclass(frozen=True)
class Instance:
    """A problem, read and typed.

    Attributes:
        variables: What an answer gives values to, by name, in the order of declaration.
        constraints: What must hold.
        datatypes: By sort name.
        opaque: Declared sorts without structure.
        objective: If answers are compared.
        best: Whether only an optimal answer is right.
        text: The problem as it is shown to a model.
        notes: Meanings of variables, by name.
    """

    variables: Mapping[str, Var | Function]
    constraints: tuple[Constraint, ...]
    text: str
    datatypes: Mapping[str, Datatype] = field(default_factory=dict)
    opaque: tuple[str, ...] = ()
    objective: Objective | None = None
    best: bool = False
    notes: Mapping[str, str] = field(default_factory=dict)
