"""What the names of a script mean: operators, sorts, and what the script itself declares."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from types import MappingProxyType

from critics.smt.faults import ScriptFault
from critics.smt.problem import Datatype
from critics.smt.terms import (
    BOOL,
    INT,
    REAL,
    REGLAN,
    STRING,
    Const,
    Function,
    Operator,
    Sort,
    Term,
    Var,
    postorder,
)
from critics.smt.theories import arithmetic, arrays, bitvectors, core, regexes, strings

SORTS: Mapping[str, Sort] = MappingProxyType(
    {sort.name: sort for sort in (BOOL, INT, REAL, STRING, REGLAN)}
)
RESERVED = frozenset(
    {"_", "!", "as", "let", "exists", "forall", "match", "par", "BINARY", "DECIMAL", "HEXADECIMAL"}
    | {"NUMERAL", "STRING", "true", "false", "Array", "BitVec"}
)


@dataclass(frozen=True)
class Macro:
    """A defined function: calls are replaced by its body."""

    params: tuple[Var, ...]
    body: Term

    @cached_property
    def size(self) -> int:
        """How many nodes a call may make."""
        return sum(1 for _ in postorder(self.body))


Meaning = Term | Macro | Function | Operator
"""What a user's name stands for; an `Operator` is a constructor, selector or tester."""


@cache
def operators() -> Mapping[str, Operator]:
    """Give every operator by its name and its older names."""
    table: dict[str, Operator] = {}
    for theory in (core, arithmetic, bitvectors, strings, regexes, arrays):
        for operator in theory.OPERATORS:
            for name in (operator.name, *operator.legacy):
                table[name] = operator
    return MappingProxyType(table)


@dataclass
class Signature:
    """The script's own names.

    Attributes:
        names: Symbols to their meaning.
        sorts: Declared sorts, by name.
        datatypes: Declared datatypes, by name.
        variables: What an answer gives values to.
        nodes: How many terms the definitions have been expanded to.
    """

    names: dict[str, Meaning] = field(default_factory=dict)
    sorts: dict[str, Sort] = field(default_factory=dict)
    datatypes: dict[str, Datatype] = field(default_factory=dict)
    variables: dict[str, Var | Function] = field(default_factory=dict)
    nodes: int = 0

    def copy(self) -> "Signature":
        """Give a signature that can be added to without changing this one."""
        return replace(self, names=dict(self.names), variables=dict(self.variables))

    def declare(self, name: str, meaning: Meaning) -> None:
        """Give a name its meaning.

        Raises:
            ScriptFault: It already has one.
        """
        if name in RESERVED or name in operators():
            raise ScriptFault("smt-problem-name", f"`{name[:80]}` is a name of SMT-LIB itself")
        if name in self.names:
            raise ScriptFault(
                "smt-problem-name",
                f"`{name[:80]}` is declared twice",
                help_="give each declaration and each named formula its own name",
            )
        self.names[name] = meaning
        if isinstance(meaning, Var | Function):
            self.variables[name] = meaning

    def declare_sort(self, name: str, sort: Sort) -> None:
        """Give a sort its name.

        Raises:
            ScriptFault: It already has one.
        """
        if name in SORTS or name in RESERVED or name in self.sorts:
            raise ScriptFault("smt-problem-name", f"the sort `{name[:80]}` is declared twice")
        self.sorts[name] = sort


TRUE = Const(BOOL, True)  # noqa: FBT003  # the literal itself
FALSE = Const(BOOL, False)  # noqa: FBT003  # the literal itself
