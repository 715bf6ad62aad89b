"""The Core theory, with Kleene's strong logic for absent values.

`(and false u)` is false and `(or true u)` is true whatever `u` is, so a connective has a value
exactly when every extension of the partial functions inside gives it that value.
"""

from collections.abc import Sequence

from critics.smt.terms import BOOL, Absent, App, Operator, Sort, SortFault, Value
from critics.smt.theories.ranks import alike, fixed, listed, many
from critics.smt.values import Data, Table, equal


def _blank(args: Sequence[Value]) -> Value:
    return Absent.RESIDUAL if Absent.RESIDUAL in args else Absent.UNDEFINED


def _and(_node: App, args: Sequence[Value]) -> Value:
    if False in args:
        return False
    return True if all(arg is True for arg in args) else _blank(args)


def _or(_node: App, args: Sequence[Value]) -> Value:
    if True in args:
        return True
    return False if all(arg is False for arg in args) else _blank(args)


def _implies(node: App, args: Sequence[Value]) -> Value:
    return _or(node, [*(_negated(arg) for arg in args[:-1]), args[-1]])


def _negated(value: Value) -> Value:
    return value if isinstance(value, Absent) else not value


def _xor(_node: App, args: Sequence[Value]) -> Value:
    return sum(args) % 2 == 1


def _ite(_node: App, args: Sequence[Value]) -> Value:
    condition, yes, no = args
    return condition if isinstance(condition, Absent) else (yes if condition else no)


def _equal(node: App, args: Sequence[Value]) -> Value:
    verdicts = [equal(node.args[0].sort, args[0], other) for other in args[1:]]
    return _and(node, verdicts)


def _distinct(node: App, args: Sequence[Value]) -> Value:
    sort = node.args[0].sort
    if not isinstance(args[0], Data | Table):
        return len(set(args)) == len(args)
    pairs = [equal(sort, a, b) for i, a in enumerate(args) for b in args[:i]]
    return _negated(_or(node, pairs))


def _ite_rank(sorts: Sequence[Sort], _indices: Sequence[int]) -> Sort:
    if len(sorts) != 3 or sorts[0] != BOOL or sorts[1] != sorts[2]:  # noqa: PLR2004  # if, then, else
        raise SortFault(f"takes a Bool and two terms of one sort, not {listed(sorts)}")
    return sorts[1]


NOT = Operator("not", fixed([BOOL], BOOL), lambda _node, args: not args[0])
AND = Operator("and", many(BOOL, BOOL), _and, lazy=True)
OR = Operator("or", many(BOOL, BOOL), _or, lazy=True)
IMPLIES = Operator("=>", many(BOOL, BOOL, 2), _implies, lazy=True)
XOR = Operator("xor", many(BOOL, BOOL, 2), _xor)
EQUAL = Operator("=", alike(2), _equal, mixes=True)
DISTINCT = Operator("distinct", alike(2), _distinct, mixes=True)
ITE = Operator("ite", _ite_rank, _ite, lazy=True, mixes=True)

OPERATORS = (NOT, AND, OR, IMPLIES, XOR, EQUAL, DISTINCT, ITE)
