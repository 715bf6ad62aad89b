"""Compiles numeric expressions; all arithmetic is exact."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeAlias

from critics.pddl.formula import Arithmetic, Constant, Expression, Fluent, Number
from critics.pddl.frame import Env, Frame, read_key
from critics.pddl.state import MAX_BITS, State, give_up
from critics.pddl.task import Row

Value: TypeAlias = Callable[[State, Env], Number]
Binary: TypeAlias = Callable[[Number, Number], Number]


class NoValueError(ArithmeticError):
    """An expression has no value: an undefined function or a division by zero."""


class UndefinedError(NoValueError):
    """A function has no value for these arguments."""

    def __init__(self, function: str, row: Row) -> None:
        """Remember what was read."""
        self.function = function
        self.row = row
        super().__init__(f"`({' '.join((function, *row))})` has no value")


class ZeroDivisorError(NoValueError):
    """A division by zero."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("a number is divided by zero")


def divide(left: Number, right: Number) -> Number:
    """Divide exactly.

    Raises:
        ZeroDivisorError: The divisor is zero.
    """
    if right == 0:
        raise ZeroDivisorError
    value = Fraction(left) / Fraction(right)
    return value.numerator if value.denominator == 1 else value


OPERATIONS: Mapping[str, Binary] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": divide,
}


def keep_small(value: Number) -> Number:
    """Give a number back unless it is too long to compute with.

    Raises:
        Undecided: It is.
    """
    if value.numerator.bit_length() + value.denominator.bit_length() > MAX_BITS:
        raise give_up(f"a number of the plan grows beyond {MAX_BITS:,} bits")
    return value


def compile_expression(expression: Expression, frame: Frame) -> Value:
    """Compile an expression to a function of state and bindings.

    The function raises `NoValueError` where the expression has no value.
    """
    match expression:
        case Constant(value):
            return lambda _state, _env: value
        case Fluent(function, terms):
            return _compile_fluent(function, read_key(frame.slots(terms)))
        case Arithmetic(sign, operands):
            compiled = [compile_expression(operand, frame) for operand in operands]
            return _compile_negation(compiled[0]) if len(compiled) == 1 else _fold(sign, compiled)


def _compile_fluent(function: str, key: Callable[[Env], Row]) -> Value:
    def read(state: State, env: Env) -> Number:
        row = key(env)
        value = state.values[function].get(row)
        if value is None:
            raise UndefinedError(function, row)
        return value

    return read


def _compile_negation(operand: Value) -> Value:
    return lambda state, env: -operand(state, env)


def _fold(sign: str, operands: list[Value]) -> Value:
    combine = OPERATIONS[sign]
    first, *rest = operands

    def read(state: State, env: Env) -> Number:
        total = first(state, env)
        for operand in rest:
            total = keep_small(combine(total, operand(state, env)))
        return total

    return read
