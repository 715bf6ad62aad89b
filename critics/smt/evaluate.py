"""The exact evaluator: the certifier of the domain `smt`.

A term is laid out once as a *tape* (its nodes, parts first) and run in one loop for any
assignment: no recursion, no engine, no floating point. Sharing in the term is sharing on the
tape. Division by zero gives `UNDEFINED`; a quantifier whose range is not finite or bounded in
the formula gives `RESIDUAL`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import prod
from typing import TypeAlias, cast

from critics.smt.ranges import bound_ranges
from critics.smt.terms import (
    Absent,
    App,
    Call,
    Const,
    Function,
    Quantified,
    Term,
    Value,
    Var,
    parts,
    postorder,
)
from critics.smt.values import OverBudget, Table, bits

Environment: TypeAlias = Mapping[Var | Function, Value]

MAX_STEPS = 2_000_000
"""What all constraints of an answer may spend together, in nodes of quantified formulas."""
MAX_FREE = 100
"""What a node's arguments may weigh once nothing is left to spend."""


@dataclass(frozen=True)
class Tape:
    """A term laid out for evaluation.

    Attributes:
        nodes: Every node once, parts before wholes; the term itself comes last.
        inputs: For each node, the slots of its parts.
    """

    nodes: tuple[Term, ...]
    inputs: tuple[tuple[int, ...], ...]

    def slot(self, term: Term) -> int:
        """Find a node's slot."""
        return next(i for i, node in enumerate(self.nodes) if node is term)


@dataclass
class Steps:
    """How much work an answer's evaluation may still do, in nodes.

    A node outside quantifiers is free, for the size of the problem bounds their number: so a
    constraint that is cheap stays decided whatever another one has spent.
    """

    left: int = MAX_STEPS

    def spend(self, count: int) -> None:
        """Take steps.

        Raises:
            OverBudget: None are left.
        """
        self.left -= count
        if self.left < 0:
            raise OverBudget(f"more than {MAX_STEPS:,} evaluation steps")


def _weigh(value: Value) -> int:
    """Count what a large value costs beside its node; numbers are quadratic in their size."""
    kind = type(value)
    if kind is int:
        return int(value.bit_length() ** 2 >> 19)
    if kind is Fraction:
        return bits(value) ** 2 >> 19
    return len(value) >> 9 if kind is str else 0


@dataclass
class _Quantifiers:
    """Bodies that are already laid out, by quantifier."""

    tapes: dict[int, Tape] = field(default_factory=dict)

    def body(self, node: Quantified) -> Tape:
        if id(node) not in self.tapes:
            self.tapes[id(node)] = lay(node.body)
        return self.tapes[id(node)]


def lay(term: Term) -> Tape:
    """Lay a term out; a quantifier's body is laid out when it is first needed."""
    nodes: list[Term] = []
    slots: dict[int, int] = {}
    for node in outside_quantifiers(term):
        slots[id(node)] = len(nodes)
        nodes.append(node)
    inputs = tuple(
        () if isinstance(node, Quantified) else tuple(slots[id(part)] for part in parts(node))
        for node in nodes
    )
    return Tape(tuple(nodes), inputs)


def evaluate(term: Term, environment: Environment) -> Value:
    """Give a term's value, or what is absent in its place.

    Raises:
        OverBudget: The computation would pass the caps.
    """
    return run(lay(term), environment)[-1]


def run(tape: Tape, environment: Environment, steps: Steps | None = None) -> list[Value]:
    """Give the value of every node on a tape, in order.

    Raises:
        OverBudget: The computation would pass the caps.
    """
    return _run(tape, environment, steps or Steps(), _Quantifiers())


def _run(tape: Tape, environment: Environment, steps: Steps, bodies: _Quantifiers) -> list[Value]:
    values: list[Value] = []
    absent = False
    for node, slots in zip(tape.nodes, tape.inputs, strict=True):
        if isinstance(node, App):
            args = [values[slot] for slot in slots]
            gap = None if not absent or node.operator.lazy else _gap(args)
            if steps.left < 0 and sum(map(_weigh, args)) > MAX_FREE:
                steps.spend(0)
            value = gap or node.operator.compute(node, args)
            if value is not True and value is not False and (weight := _weigh(value)):
                steps.spend(weight)
        elif isinstance(node, Const):
            value = node.value
        elif isinstance(node, Var):
            value = environment[node]
        elif isinstance(node, Call):
            args = [values[slot] for slot in slots]
            value = _gap(args) or _look_up(environment[node.function], args)
        else:
            value = _quantify(cast("Quantified", node), environment, steps, bodies)
        absent = absent or isinstance(value, Absent)
        values.append(value)
    return values


def _gap(args: Sequence[Value]) -> Absent | None:
    gaps = [arg for arg in args if isinstance(arg, Absent)]
    if not gaps:
        return None
    return Absent.RESIDUAL if Absent.RESIDUAL in gaps else Absent.UNDEFINED


def _look_up(table: Table, args: Sequence[Value]) -> Value:
    return table.at(tuple(args))


def _quantify(
    node: Quantified, environment: Environment, steps: Steps, bodies: _Quantifiers
) -> Value:
    """Try every value in the bound variables' ranges; the ranges must cover all that matters."""

    def known(term: Term) -> Value:
        steps.spend(1)
        return _run(lay(term), environment, steps, bodies)[-1]

    ranges = bound_ranges(node, known)
    tape = bodies.body(node)
    if ranges is None or prod(map(len, ranges)) * len(tape.nodes) > steps.left:
        return Absent.RESIDUAL
    gap: Absent | None = None
    for values in product(*ranges):
        inner = dict(environment)
        inner.update(zip(node.bound, values, strict=True))
        steps.spend(len(tape.nodes))
        value = _run(tape, inner, steps, bodies)[-1]
        if isinstance(value, Absent):
            gap = Absent.RESIDUAL if Absent.RESIDUAL in (gap, value) else value
        elif value is not node.universal:
            return value
    return gap or node.universal


def outside_quantifiers(root: Term) -> Iterator[Term]:
    """Visit every node once, parts before wholes, without entering quantifiers."""
    return postorder(root, lambda term: () if isinstance(term, Quantified) else parts(term))
