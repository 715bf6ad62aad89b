"""Ints, Reals and Reals_Ints: exact, with Python's int and Fraction.

`div` and `mod` are Euclidean (the remainder is never negative), unlike Python's `//` and `%` for
negative divisors. Division by zero is undefined.
"""

import operator as py
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise

from critics.smt.terms import (
    BOOL,
    INT,
    REAL,
    TO_REAL,
    Absent,
    App,
    Operator,
    Sort,
    SortFault,
    Value,
)
from critics.smt.theories.ranks import fixed, many, numbers
from critics.smt.values import MAX_RESULT_BITS, OverBudget, bits, sized

MAX_EXPONENT = 1_000


def quotient(dividend: int, divisor: int) -> int:
    """Divide as SMT-LIB does: the remainder is in [0, |divisor|)."""
    return dividend // divisor if divisor > 0 else -(dividend // -divisor)


def _subtract(_node: App, args: Sequence[Value]) -> Value:
    return -args[0] if len(args) == 1 else sized(args[0] - sum(args[1:]))


def _multiply(_node: App, args: Sequence[Value]) -> Value:
    product = args[0]
    for factor in args[1:]:
        if bits(product) + bits(factor) > MAX_RESULT_BITS:
            raise OverBudget(f"a product of more than {MAX_RESULT_BITS:,} bits")
        product *= factor
    return product


def _divide(_node: App, args: Sequence[Value]) -> Value:
    if 0 in args[1:]:
        return Absent.UNDEFINED
    result = Fraction(args[0])
    for divisor in args[1:]:
        result = Fraction(sized(result / divisor))
    return result


def _quotient(_node: App, args: Sequence[Value]) -> Value:
    result = args[0]
    for divisor in args[1:]:
        if divisor == 0:
            return Absent.UNDEFINED
        result = quotient(result, divisor)
    return result


def _modulo(_node: App, args: Sequence[Value]) -> Value:
    dividend, divisor = args
    return Absent.UNDEFINED if divisor == 0 else dividend % abs(divisor)


def _power(node: App, args: Sequence[Value]) -> Value:
    base, exponent = args
    if exponent.denominator != 1 or abs(exponent) > MAX_EXPONENT:
        raise OverBudget(f"an exponent that is no integer up to {MAX_EXPONENT:,}")
    if bits(base) * abs(exponent) > MAX_RESULT_BITS:
        raise OverBudget(f"a power of more than {MAX_RESULT_BITS:,} bits")
    if (base == 0 and exponent <= 0) or (exponent < 0 and node.sort == INT):
        return Absent.UNDEFINED
    return Fraction(base) ** int(exponent) if exponent < 0 else base ** int(exponent)


def _chain(relation: Callable[[Value, Value], bool]) -> Callable[[App, Sequence[Value]], Value]:
    return lambda _node, args: all(relation(a, b) for a, b in pairwise(args))


def _divisible(sorts: Sequence[Sort], indices: Sequence[int]) -> Sort:
    if list(sorts) != [INT] or not indices[0] > 0:
        raise SortFault("takes one Int and a positive index")
    return BOOL


LESS = Operator("<", numbers(BOOL, 2), _chain(py.lt), mixes=True)
AT_MOST = Operator("<=", numbers(BOOL, 2), _chain(py.le), mixes=True)
MORE = Operator(">", numbers(BOOL, 2), _chain(py.gt), mixes=True)
AT_LEAST = Operator(">=", numbers(BOOL, 2), _chain(py.ge), mixes=True)
ADD = Operator("+", numbers(None), lambda _node, args: sized(sum(args)), mixes=True)
SUBTRACT = Operator("-", numbers(None), _subtract, mixes=True)
MULTIPLY = Operator("*", numbers(None), _multiply, mixes=True)
DIVIDE = Operator("/", numbers(REAL, 2), _divide, real=True, partial=True)
QUOTIENT = Operator("div", many(INT, INT, 2), _quotient, partial=True)
MODULO = Operator("mod", fixed([INT, INT], INT), _modulo, partial=True)
ABS = Operator("abs", numbers(None, 1, 1), lambda _node, args: abs(args[0]))
POWER = Operator("^", numbers(None, 2, 2), _power, mixes=True, partial=True)
TO_INT = Operator("to_int", fixed([REAL], INT), lambda _node, args: args[0].__floor__(), real=True)
IS_INT = Operator(
    "is_int", fixed([REAL], BOOL), lambda _node, args: args[0].denominator == 1, real=True
)
DIVISIBLE = Operator(
    "divisible", _divisible, lambda node, args: args[0] % node.indices[0] == 0, indexed=1
)

OPERATORS = (
    *(LESS, AT_MOST, MORE, AT_LEAST, ADD, SUBTRACT, MULTIPLY, DIVIDE, QUOTIENT, MODULO),
    *(ABS, POWER, TO_INT, IS_INT, DIVISIBLE, TO_REAL),
)
