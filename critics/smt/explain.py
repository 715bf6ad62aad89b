"""Why a constraint is false: the part that fails, both sides evaluated, and by how much."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations

from pydantic import JsonValue

from critics.smt.evaluate import Tape
from critics.smt.infix import show, show_value
from critics.smt.terms import Absent, App, Const, Term, Value, Var, postorder
from critics.smt.theories.core import EQUAL
from critics.smt.values import equal

MAX_BRANCHES = 4
MAX_FORMULA = 70
COMPARISONS = ("=", "distinct", "<", "<=", ">", ">=")
MAX_VARIABLES = 8


@dataclass(frozen=True)
class Story:
    """An explanation.

    Attributes:
        text: Continues "`name` does not hold: …".
        notes: More of it, a line each.
        data: The same for programs.
    """

    text: str
    notes: tuple[str, ...] = ()
    data: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True)
class _Reading:
    """A term's nodes with their values."""

    values: Mapping[int, Value]

    def of(self, term: Term) -> Value:
        return self.values.get(id(term), Absent.RESIDUAL)


def explain(term: Term, tape: Tape, values: Sequence[Value]) -> Story:
    """Explain why a term is false, from the values of the nodes on its tape."""
    reading = _Reading({id(n): v for n, v in zip(tape.nodes, values, strict=True)})
    culprits = list(_culprits(term, reading))[: MAX_BRANCHES + 1]
    lines = [_describe(culprit, wanted, reading) for culprit, wanted in culprits[:MAX_BRANCHES]]
    text = "; ".join(line.text for line in lines)
    if len(culprits) > MAX_BRANCHES:
        text += "; …"
    data = lines[0].data if len(lines) == 1 else {}
    return Story(text, tuple(note for line in lines for note in line.notes), data)


def _culprits(root: Term, reading: _Reading) -> Iterator[tuple[Term, bool]]:
    """Give the parts that decide, each with the value it should have had."""
    stack = [(root, True)]
    while stack:
        term, wanted = stack.pop()
        name = term.operator.name if isinstance(term, App) else ""
        args = list(term.args) if isinstance(term, App) else []
        if name == "not":
            stack.append((args[0], not wanted))
        elif name == "and" and wanted:
            stack.extend((arg, True) for arg in reversed(args) if reading.of(arg) is False)
        elif name == "or" and wanted:
            stack.extend((arg, True) for arg in reversed(args))
        elif name in ("and", "or") and not wanted:
            stack.extend((arg, False) for arg in reversed(args) if reading.of(arg) is True)
        else:
            yield term, wanted


def _describe(term: Term, wanted: bool, reading: _Reading) -> Story:  # noqa: FBT001  # a truth value
    if isinstance(term, App):
        if any(isinstance(reading.of(arg), Absent) for arg in term.args):
            return _plainly(term, wanted, reading)
        if term.operator.name == "distinct" and wanted and len(term.args) > 2:  # noqa: PLR2004  # a pair is told as `!=`
            return _equal_pair(term, reading)
        if term.operator.name == "=>" and wanted:
            return _broken_promise(term, reading)
        if term.operator.name in COMPARISONS and len(term.args) == 2:  # noqa: PLR2004  # both sides
            return _comparison(term, wanted, reading)
    return _plainly(term, wanted, reading)


def _plainly(term: Term, wanted: bool, reading: _Reading) -> Story:  # noqa: FBT001  # a truth value
    facts = ", ".join(_variables(term, reading))
    verdict = "false" if wanted else "true"
    return Story(f"{show(term)} is {verdict}" + (f" where {facts}" if facts else ""))


def _variables(term: Term, reading: _Reading) -> list[str]:
    found = [node for node in postorder(term) if isinstance(node, Var)]
    known = [var for var in found if not isinstance(reading.of(var), Absent)]
    facts = [f"{show(var)} = {show_value(var.sort, reading.of(var))}" for var in known]
    return facts[:MAX_VARIABLES] + (["…"] if len(facts) > MAX_VARIABLES else [])


def _comparison(term: App, wanted: bool, reading: _Reading) -> Story:  # noqa: FBT001  # a truth value
    """Show both sides evaluated, and by how much they miss."""
    left, right = (reading.of(arg) for arg in term.args)
    values = [show_value(term.args[0].sort, side) for side in (left, right)]
    data: dict[str, JsonValue] = {"left": values[0], "right": values[1]}
    excess = _excess(term, left, right) if wanted else ""
    if excess:
        data["excess"] = show_value(term.args[0].sort, _miss(term, left, right))
    verdict = "false" if wanted else "true"
    notes: list[str] = []
    shown = show(term)
    facts = ", ".join(_variables(term, reading))
    if len(shown) > MAX_FORMULA:
        symbol = "!=" if term.operator.name == "distinct" else term.operator.name
        text = f"{values[0]} {symbol} {values[1]} is {verdict}{excess}"
        notes.append(f"these are the sides of {shown}")
    else:
        sides = [
            f"{show(arg)} = {value}"
            for arg, value in zip(term.args, values, strict=True)
            if any(isinstance(node, Var) for node in postorder(arg))
        ]
        text = f"{shown} is {verdict}: {', '.join(dict.fromkeys(sides))}{excess}"
    if facts and any(not isinstance(arg, Var | Const) for arg in term.args):
        notes.append(f"where {facts}")
    return Story(text, tuple(notes), data)


def _excess(term: App, left: Value, right: Value) -> str:
    """Say by how much a comparison of numbers misses; nothing where no number says it."""
    amount = _miss(term, left, right)
    if amount == 0:
        return ""
    shown = show_value(term.args[0].sort, amount)
    if term.operator is EQUAL:
        return f", {shown} apart"
    # The side that varies is the one to change: `0 <= x` with x = -1 is 1 too few.
    high = (term.operator.name in ("<", "<=")) is not isinstance(term.args[0], Const)
    return f", {shown} {'too many' if high else 'too few'}"


def _miss(term: App, left: Value, right: Value) -> Fraction:
    """Give the least change of a side that would make a comparison true; 0 if there is none."""
    sort = term.args[0].sort.name
    if sort not in ("Int", "Real") or term.operator.name == "distinct":
        return Fraction(0)
    strict = sort == "Int" and term.operator.name in ("<", ">")
    return abs(Fraction(left) - Fraction(right)) + strict


def _equal_pair(term: App, reading: _Reading) -> Story:
    pairs = (
        (a, b)
        for a, b in combinations(term.args, 2)
        if equal(a.sort, reading.of(a), reading.of(b)) is True
    )
    left, right = next(pairs)
    value = show_value(left.sort, reading.of(left))
    pair: list[JsonValue] = [show(left), show(right)]
    return Story(f"{pair[0]} and {pair[1]} are both {value}", (), {"pair": pair, "value": value})


def _broken_promise(term: App, reading: _Reading) -> Story:
    premises = " and ".join(show(arg) for arg in term.args[:-1])
    inner = [_describe(t, w, reading) for t, w in _culprits(term.args[-1], reading)]
    why = "; ".join(story.text for story in inner[:MAX_BRANCHES])
    facts = _variables(term, reading)
    return Story(f"{premises} is true, but {why}", (f"where {', '.join(facts)}",) if facts else ())
