"""Sorts, values and typed terms: what a constraint is once it has been read.

Invariants:
    * Every term is well sorted: `apply` is the only way to an application, and it checks.
    * Terms form a DAG compared by identity. `let` and `define-fun` are sharing, not nodes, so the
      size of a problem is the number of its nodes, and `MAX_NODES` bounds it.
    * A variable is an object, not a name: nothing can capture it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

MAX_NODES = 60_000
MAX_BITS = 4_096
MAX_INDEX = 4_096

Value: TypeAlias = Any
"""bool, int (also bit-vectors, unsigned), Fraction, str, or one of the classes in `values.py`."""


class Absent(Enum):
    """What stands where a term has no value; every strict operator passes it on."""

    UNDEFINED = "undefined"
    """The value depends on how a partial function is extended, as in division by zero."""
    RESIDUAL = "residual"
    """The evaluator cannot tell, as under an unbounded quantifier; an engine may."""


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort.

    Attributes:
        name: Its name, such as `Array`.
        params: Its parameters: sorts, or a bit-vector's width.
        members: The values of an enumeration, in order.
    """

    name: str
    params: tuple["Sort | int", ...] = ()
    members: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Write it as SMT-LIB does."""
        if self.name == "BitVec":
            return f"(_ BitVec {self.params[0]})"
        return f"({self.name} {' '.join(map(str, self.params))})" if self.params else self.name

    @property
    def width(self) -> int:
        """The width of a bit-vector sort, in bits."""
        width = self.params[0]
        if not isinstance(width, int):
            raise TypeError(f"{self} has no width")
        return width

    def part(self, index: int) -> "Sort":
        """Give a parameter that is a sort, such as an array's index (0) or element (1)."""
        part = self.params[index]
        if not isinstance(part, Sort):
            raise TypeError(f"parameter {index} of {self} is no sort")
        return part


BOOL = Sort("Bool")
INT = Sort("Int")
REAL = Sort("Real")
STRING = Sort("String")
REGLAN = Sort("RegLan")


def bitvec(width: int) -> Sort:
    """Give the sort of bit-vectors of a width.

    Raises:
        SortFault: The width is 0 or above the cap.
    """
    if not 1 <= width <= MAX_BITS:
        raise SortFault(f"a bit-vector has 1 to {MAX_BITS:,} bits, not {width:,}")
    return Sort("BitVec", (width,))


def array(index: Sort, element: Sort) -> Sort:
    """Give the sort of arrays from `index` to `element`."""
    return Sort("Array", (index, element))


class SortFault(Exception):
    """A term is not well sorted, or passes a cap; the message states the fact."""


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """A typed term."""

    sort: Sort


@dataclass(frozen=True, slots=True, eq=False)
class Const(Term):
    """A literal."""

    value: Value


@dataclass(frozen=True, slots=True, eq=False)
class Var(Term):
    """A variable: free (the answer gives it a value) or bound by a quantifier or definition."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class App(Term):
    """An operator applied to arguments."""

    operator: "Operator"
    args: tuple[Term, ...]
    indices: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function that the user declared and the answer gives a table for."""

    name: str
    params: tuple[Sort, ...]
    sort: Sort


@dataclass(frozen=True, slots=True, eq=False)
class Call(Term):
    """A declared function applied to arguments."""

    function: Function
    args: tuple[Term, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Quantified(Term):
    """A quantified formula; `universal` tells `forall` from `exists`."""

    universal: bool
    bound: tuple[Var, ...]
    body: Term


Rank = Callable[[Sequence[Sort], Sequence[int]], Sort]
Meaning = Callable[[App, Sequence[Value]], Value]


@dataclass(frozen=True, slots=True, eq=False)
class Operator:
    """A function of a theory: how it is typed, and what it computes.

    Attributes:
        name: Its SMT-LIB name.
        rank: Sorts of the arguments and indices to the sort of the result; raises `SortFault`.
        compute: The node and its arguments' values to its value.
        lazy: Whether it looks at absent arguments itself (`and`, `ite`).
        mixes: Whether Int arguments become Real beside Real ones.
        real: Whether Int arguments always become Real.
        partial: Whether it may be undefined.
        indexed: How many numeral indices it takes.
        legacy: Names that older files use for it.
    """

    name: str
    rank: Rank
    compute: Meaning
    lazy: bool = False
    mixes: bool = False
    real: bool = False
    partial: bool = False
    indexed: int = 0
    legacy: tuple[str, ...] = ()


def apply(operator: Operator, args: Sequence[Term], indices: Sequence[int] = ()) -> Term:
    """Apply an operator.

    Raises:
        SortFault: The arguments do not fit it.
    """
    if len(indices) != operator.indexed:
        raise SortFault(
            f"`{operator.name}` takes {operator.indexed} numeral indices, not {len(indices)}"
        )
    if operator.real or (operator.mixes and any(arg.sort == REAL for arg in args)):
        args = [to_sort(arg, REAL) for arg in args]
    try:
        sort = operator.rank([arg.sort for arg in args], indices)
    except SortFault as fault:
        raise SortFault(f"`{operator.name}` {fault}") from None
    return App(sort, operator, tuple(args), tuple(indices))


def _to_real(sorts: Sequence[Sort], _indices: Sequence[int]) -> Sort:
    if list(sorts) not in ([INT], [REAL]):
        raise SortFault("takes one Int")
    return REAL


def _as_real(_node: App, args: Sequence[Value]) -> Value:
    return args[0]


TO_REAL = Operator("to_real", _to_real, _as_real)
"""An Int's value already is the Real's: Python compares and computes both exactly."""


def to_sort(term: Term, sort: Sort) -> Term:
    """Turn an Int into a Real where a Real is wanted; leave everything else as it is."""
    if term.sort == INT and sort == REAL:
        return App(REAL, TO_REAL, (term,))
    return term


def parts(term: Term) -> tuple[Term, ...]:
    """Give the direct parts of a term, a quantifier's body included."""
    if isinstance(term, App | Call):
        return term.args
    return (term.body,) if isinstance(term, Quantified) else ()


def postorder(root: Term, below: Callable[[Term], tuple[Term, ...]] = parts) -> Iterator[Term]:
    """Visit every node once, parts before wholes; iterative. `below` gives the parts to enter."""
    seen: set[int] = set()
    stack: list[tuple[Term, bool]] = [(root, False)]
    while stack:
        term, ready = stack.pop()
        if ready:
            yield term
        elif id(term) not in seen:
            seen.add(id(term))
            stack.append((term, True))
            stack.extend((part, False) for part in reversed(below(term)))


def substitute(body: Term, bindings: dict[Term, Term]) -> Term:
    """Replace variables; what holds none of them stays shared."""
    done: dict[int, Term] = {id(var): term for var, term in bindings.items()}
    for node in postorder(body):
        if id(node) not in done:
            done[id(node)] = _rebuilt(node, done)
    return done[id(body)]


def _rebuilt(node: Term, done: dict[int, Term]) -> Term:
    old = parts(node)
    new = tuple(done[id(part)] for part in old)
    if all(a is b for a, b in zip(old, new, strict=True)):
        return node
    if isinstance(node, App):
        return App(node.sort, node.operator, new, node.indices)
    if isinstance(node, Call):
        return Call(node.sort, node.function, new)
    if isinstance(node, Quantified):
        return Quantified(node.sort, node.universal, node.bound, new[0])
    return node
