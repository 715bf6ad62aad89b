"""Why a constraint is false: the part that fails, both sides evaluated, and by how much."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations

from pydantic import JsonValue

from critics.smt.evaluate import Environment, Tape, run
from critics.smt.infix import show, show_value
from critics.smt.terms import Absent, App, Const, Term, Value, Var, postorder
from critics.smt.theories.core import EQUAL
from critics.smt.values import equal

MAX_BRANCHES = 4
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


def explain(term: Term, tape: Tape, environment: Environment) -> Story:
    """Explain why a term that evaluates to false does."""
    values = run(tape, environment)
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
    shown, verdict = show(term), "true" if not wanted else "false"
    if isinstance(term, App):
        if term.operator.name == "distinct" and wanted:
            return _equal_pair(term, reading)
        if term.operator.name == "=>" and wanted:
            return _broken_promise(term, reading)
        if term.operator.name in ("<", "<=", ">", ">=") and len(term.args) == 2:  # noqa: PLR2004  # both sides
            return _comparison(term, wanted, reading)
        if term.operator is EQUAL and len(term.args) == 2:  # noqa: PLR2004  # both sides
            return _comparison(term, wanted, reading)
    facts = ", ".join(_variables(term, reading))
    return Story(f"{shown} is {verdict}" + (f" where {facts}" if facts else ""))


def _variables(term: Term, reading: _Reading) -> list[str]:
    found = [node for node in postorder(term) if isinstance(node, Var)]
    known = [var for var in found if not isinstance(reading.of(var), Absent)]
    facts = [f"{show(var)} = {show_value(var.sort, reading.of(var))}" for var in known]
    return facts[:MAX_VARIABLES] + (["…"] if len(facts) > MAX_VARIABLES else [])


def _comparison(term: App, wanted: bool, reading: _Reading) -> Story:  # noqa: FBT001  # a truth value
    left, right = (reading.of(arg) for arg in term.args)
    sides = [
        f"{show(arg)} = {show_value(arg.sort, value)}"
        for arg, value in zip(term.args, (left, right), strict=True)
        if not isinstance(arg, Const)
    ]
    text = f"{show(term)} is {'false' if wanted else 'true'}: {', '.join(dict.fromkeys(sides))}"
    data: dict[str, JsonValue] = {
        "left": show_value(term.args[0].sort, left),
        "right": show_value(term.args[1].sort, right),
    }
    if term.args[0].sort.name in ("Int", "Real") and wanted:
        excess = show_value(term.args[0].sort, abs(Fraction(left) - Fraction(right)))
        word = {"<": "too many", "<=": "too many", ">": "too few", ">=": "too few"}
        strict = term.operator.name in ("<", ">") and left == right
        if term.operator.name in word and not strict:
            text += f", {excess} {word[term.operator.name]}"
            data["excess"] = excess
        elif term.operator is EQUAL:
            text += f", {excess} apart"
            data["excess"] = excess
    if any(not isinstance(arg, Var | Const) for arg in term.args):
        facts = ", ".join(_variables(term, reading))
        return Story(text, (f"where {facts}",) if facts else (), data)
    return Story(text, (), data)


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
