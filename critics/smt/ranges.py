"""Which values of a quantifier's variables can matter.

A finite sort is listed in full. For an Int, `(=> (and (<= 0 i) (< i n)) …)` under `forall` and
`(and (<= 0 i) (< i n) …)` under `exists` bound it: outside these bounds the guard is false, so
the body is true (`forall`) or false (`exists`) and decides nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from critics.smt.terms import BOOL, INT, Absent, App, Const, Quantified, Term, Value, Var, postorder

MAX_RANGE = 100_000
MAX_LISTED_BITS = 12


@dataclass
class _Bounds:
    low: int | None = None
    high: int | None = None

    def raise_low(self, value: int) -> None:
        self.low = value if self.low is None else max(self.low, value)

    def lower_high(self, value: int) -> None:
        self.high = value if self.high is None else min(self.high, value)


def bound_ranges(node: Quantified, known: Callable[[Term], Value]) -> list[Sequence[Value]] | None:
    """Give each bound variable's range, or nothing if one is neither finite nor bounded.

    Args:
        node: The quantifier.
        known: Evaluates a term that holds no bound variable of this quantifier.
    """
    guards = list(_guards(node))
    ranges: list[Sequence[Value]] = []
    for var in node.bound:
        values = _finite(var) if var.sort != INT else _bounded(node, var, guards, known)
        if values is None or len(values) > MAX_RANGE:
            return None
        ranges.append(values)
    return ranges


def _finite(var: Var) -> Sequence[Value] | None:
    if var.sort == BOOL:
        return (False, True)
    if var.sort.members:
        return var.sort.members
    if var.sort.name == "BitVec" and var.sort.width <= MAX_LISTED_BITS:
        return range(1 << var.sort.width)
    return None


def _guards(node: Quantified) -> Iterator[tuple[Term, bool]]:
    """List conjuncts of the guard, each with whether it stands there positively."""
    stack = [(node.body, not node.universal)]
    while stack:
        term, positive = stack.pop()
        name = term.operator.name if isinstance(term, App) else ""
        args = list(term.args) if isinstance(term, App) else []
        if name == "not":
            stack.append((args[0], not positive))
        elif name == "and" and positive:
            stack.extend((arg, True) for arg in args)
        elif name == "or" and not positive:
            stack.extend((arg, False) for arg in args)
        elif name == "=>" and not positive:
            stack.extend((arg, True) for arg in args[:-1])
            stack.append((args[-1], False))
        else:
            yield term, positive


def _bounded(
    node: Quantified,
    var: Var,
    guards: list[tuple[Term, bool]],
    known: Callable[[Term], Value],
) -> Sequence[Value] | None:
    bounds = _Bounds()
    for guard, positive in guards:
        if isinstance(guard, App) and guard.operator.name in ("<", "<=", ">", ">=", "="):
            _tighten(bounds, guard, var, positive, lambda term: _limit(node, term, known))
    if bounds.low is None or bounds.high is None:
        return None
    return range(bounds.low, bounds.high + 1)


def _tighten(
    bounds: _Bounds,
    guard: App,
    var: Var,
    positive: bool,  # noqa: FBT001  # a polarity, passed on
    limit: Callable[[Term], int | None],
) -> None:
    """Use every neighbouring pair of a chain that holds the variable alone on one side."""
    name = guard.operator.name
    if not positive:
        opposite = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
        if name not in opposite or len(guard.args) != 2:  # noqa: PLR2004  # a chain's negation bounds nothing
            return
        name = opposite[name]
    for left, right in zip(guard.args, guard.args[1:], strict=False):
        flipped = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}[name]
        if left is var and (value := limit(right)) is not None:
            _cut(bounds, name, value)
        elif right is var and (value := limit(left)) is not None:
            _cut(bounds, flipped, value)


def _cut(bounds: _Bounds, relation: str, value: int) -> None:
    if relation in ("<", "<=", "="):
        bounds.lower_high(value - 1 if relation == "<" else value)
    if relation in (">", ">=", "="):
        bounds.raise_low(value + 1 if relation == ">" else value)


def _limit(node: Quantified, term: Term, known: Callable[[Term], Value]) -> int | None:
    """Evaluate a bound, unless it depends on a bound variable or is absent."""
    if isinstance(term, Const):
        return term.value if isinstance(term.value, int) else None
    inner = {id(var) for var in node.bound}
    if any(id(part) in inner or isinstance(part, Quantified) for part in postorder(term)):
        return None
    value = known(term)
    return value if isinstance(value, int) and not isinstance(value, Absent) else None
