"""Arrays: finitely many entries over a default."""

from collections.abc import Sequence

from critics.smt.terms import Operator, Sort, SortFault
from critics.smt.theories.ranks import listed
from critics.smt.values import Table


def _select(sorts: Sequence[Sort], _indices: Sequence[int]) -> Sort:
    if len(sorts) != 2 or sorts[0].name != "Array" or sorts[0].part(0) != sorts[1]:  # noqa: PLR2004  # array, index
        raise SortFault(f"takes an array and an index of it, not {listed(sorts)}")
    return sorts[0].part(1)


def _store(sorts: Sequence[Sort], _indices: Sequence[int]) -> Sort:
    if len(sorts) != 3 or sorts[0].params != tuple(sorts[1:]):  # noqa: PLR2004  # array, index, element
        raise SortFault(f"takes an array, an index and an element, not {listed(sorts)}")
    return sorts[0]


def constant_array(sort: Sort) -> Operator:
    """Give the operator `(as const S)`.

    Raises:
        SortFault: `sort` is no array.
    """
    if sort.name != "Array":
        raise SortFault(f"`(as const {sort})` is no array")

    def rank(sorts: Sequence[Sort], _indices: Sequence[int]) -> Sort:
        if list(sorts) != [sort.part(1)]:
            raise SortFault(f"takes one {sort.part(1)}, not {listed(sorts)}")
        return sort

    return Operator(f"(as const {sort})", rank, lambda _node, args: Table(args[0], {}))


SELECT = Operator("select", _select, lambda _node, args: args[0].at(args[1]))
STORE = Operator("store", _store, lambda _node, args: args[0].stored(args[1], args[2]))

OPERATORS = (SELECT, STORE)
