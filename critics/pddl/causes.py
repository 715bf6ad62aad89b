"""Finds out why a condition does not hold: which literal, and since which step."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from pydantic import JsonValue

from critics.pddl.arithmetic import NoValueError, compile_expression
from critics.pddl.faults import shorten
from critics.pddl.formula import (
    And,
    Compare,
    Exists,
    Expression,
    Fluent,
    ForAll,
    Formula,
    Holds,
    Imply,
    Not,
    Number,
    Or,
    Same,
    Term,
    negate,
    normalize,
    show,
    show_expression,
    show_number,
    walk,
    walk_expression,
)
from critics.pddl.frame import Env, Frame
from critics.pddl.simulate import Trace
from critics.pddl.state import Fact, Meter, State
from critics.types import Undecided

MAX_COUNTEREXAMPLES = 3
EXPLAIN_STEPS = 200_000


@dataclass(frozen=True)
class Cause:
    """One condition that does not hold.

    Attributes:
        text: The condition, ground, as PDDL.
        note: Why it does not hold, as a sentence.
        step: The step that made it false, if one did.
        label: What that step did, to be said at its place.
        wanted: The fact that would have to become true, if it is one.
        undefined: Whether it reads a number that has no value.
    """

    text: str
    note: str
    step: int | None = None
    label: str | None = None
    wanted: Fact | None = None
    undefined: bool = False

    @property
    def data(self) -> dict[str, JsonValue]:
        """Give the same for programs."""
        return {"condition": self.text, "false_since_step": self.step, "note": self.note}


class Inquiry:
    """Asks about one state of a trace.

    Args:
        trace: What was executed.
        frame: The frame of the conditions that are asked about.
    """

    def __init__(self, trace: Trace, frame: Frame) -> None:
        """Forget what an interrupted execution may have left half computed."""
        self.trace = trace
        self.frame = frame
        self.compiler = trace.program.compiler
        self.state: State = trace.state
        self.state.derived.clear()
        self.state.meter = Meter(EXPLAIN_STEPS)

    def explain(self, formula: Formula, env: Env) -> Iterator[Cause]:
        """Yield the causes why a condition, which does not hold, does not."""
        try:
            yield from self._explain(formula, env)
        except Undecided:
            self.state.derived.clear()
            text = self.write(formula, env)
            yield Cause(text, f"`{text}` does not hold")

    def find_false(self, formulas: Iterable[Formula], env: Env) -> Iterator[Formula]:
        """Yield those conditions that do not hold; one that costs too much is left out."""
        for formula in formulas:
            try:
                if not self.holds(formula, env):
                    yield formula
            except Undecided:
                self.state.derived.clear()
                self.state.meter = Meter(EXPLAIN_STEPS)

    def holds(self, formula: Formula, env: Env, *, possibly: bool = False) -> bool:
        """Test a condition."""
        test = self.compiler.test(normalize(formula), self.frame, possibly=possibly)
        return test(self.state, self._reopen(env))

    def write(self, formula: Formula, env: Env) -> str:
        """Write a condition with the objects bound so far."""
        return shorten(show(formula, self._naming(env)), 200)

    def _naming(self, env: Env) -> "Naming":
        return Naming(self.trace, self.frame, env)

    def _reopen(self, env: Env) -> Env:
        """Copy the variables' bindings into a frame that has the newest constants."""
        fresh = self.frame.open()
        count = len(self.frame.types)
        fresh[:count] = env[:count]
        return fresh

    def _explain(self, formula: Formula, env: Env) -> Iterator[Cause]:
        match formula:
            case And(parts):
                failing = self.find_false(parts, env)
                yield from chain.from_iterable(self._explain(part, env) for part in failing)
            case ForAll(_, part):
                found = self._counterexamples(formula, env)
                yield from chain.from_iterable(self._explain(part, bound) for bound in found)
            case Holds() | Not(Holds()):
                yield self._explain_atom(formula, env)
            case Compare() | Not(Compare()):
                yield self._explain_comparison(formula, env)
            case Not(Not(part)):
                yield from self._explain(part, env)
            case Not(Or() | Imply() | Exists() as part):
                yield from self._explain(negate(part), env)
            case _:
                yield self._explain_whole(formula, env)

    def _counterexamples(self, formula: ForAll, env: Env) -> list[Env]:
        found: list[Env] = []

        slots = [variable.slot for variable in formula.variables]
        seen: set[tuple[str, ...]] = set()

        def keep(_state: State, bound: Env) -> bool:
            row = tuple([bound[slot] for slot in slots])
            if row not in seen:
                seen.add(row)
                found.append(bound.copy())
            return len(found) >= MAX_COUNTEREXAMPLES

        search = self.compiler.each(
            formula.variables, negate(formula.part), self.frame, keep, possibly=True
        )
        search(self.state, self._reopen(env))
        return found

    def _explain_whole(self, formula: Formula, env: Env) -> Cause:
        text = self.write(formula, env)
        if isinstance(formula, Imply) and self.holds(formula.premise, env):
            conclusion = self.write(formula.conclusion, env)
            why = f"its premise holds, and `{conclusion}` does not"
            undefined = self.holds(formula, env, possibly=True)
            return Cause(text, f"`{text}`: {why}", undefined=undefined)
        inner = formula.part if isinstance(formula, Not) else formula
        if isinstance(inner, Same):
            same = inner is formula
            return Cause(text, f"`{text}`: the two are {'not ' if same else ''}the same object")
        undefined = self.holds(formula, env, possibly=True)
        why = "reads a number that has no value" if undefined else "does not hold"
        return Cause(text, f"`{text}` {why}", undefined=undefined)

    def _explain_atom(self, formula: Formula, env: Env) -> Cause:
        text = self.write(formula, env)
        atom = formula.part if isinstance(formula, Not) else formula
        if not isinstance(atom, Holds):
            return Cause(text, f"`{text}` does not hold")
        positive = atom is formula
        plain = self.write(atom, env)
        row = tuple(t if isinstance(t, str) else env[t] for t in atom.terms)
        fact = (atom.predicate, row)
        wanted = fact if positive else None
        if atom.predicate in self.trace.program.task.vocabulary.derived:
            rules = "no rule derives it" if positive else "a rule derives it"
            return Cause(text, f"`{plain}`: {rules} in this state", wanted=wanted)
        step = self.trace.changed.get(fact)
        if step is None:
            since = "has never been true" if positive else "has been true from the start"
            return Cause(text, f"`{plain}` {since}", wanted=wanted)
        became = f"became {'false' if positive else 'true'}"
        return Cause(
            text, f"`{plain}` {became} at step {step}", step, f"`{plain}` {became} here", wanted
        )

    def _explain_comparison(self, formula: Formula, env: Env) -> Cause:
        text = self.write(formula, env)
        compare = formula.part if isinstance(formula, Not) else formula
        if not isinstance(compare, Compare):
            return Cause(text, f"`{text}` does not hold")
        sides = [self._value(compare.left, env), self._value(compare.right, env)]
        missing = [side for side in sides if isinstance(side, str)]
        if missing:
            return Cause(text, f"`{text}`: {missing[0]}", undefined=True)
        left, right = (show_number(side) for side in sides if not isinstance(side, str))
        return Cause(text, f"`{text}`: the left side is {left}, the right side is {right}")

    def _value(self, expression: Expression, env: Env) -> Number | str:
        read = compile_expression(expression, self.frame)
        try:
            return read(self.state, self._reopen(env))
        except NoValueError as error:
            return str(error)

    def fluents(self, formula: Formula, env: Env) -> list[str]:
        """Write the numbers that a condition reads, with their values."""
        naming = self._naming(env)
        found: dict[str, None] = {}
        for part in walk(formula):
            for side in (part.left, part.right) if isinstance(part, Compare) else ():
                for fluent in walk_expression(side):
                    if isinstance(fluent, Fluent):
                        value = self._value(fluent, env)
                        shown = value if isinstance(value, str) else show_number(value)
                        found[f"{show_expression(fluent, naming)} = {shown}"] = None
        return list(found)


@dataclass(frozen=True)
class Naming:
    """Writes a term: the object in its slot, else the variable's own name."""

    trace: Trace
    frame: Frame
    env: Env

    def __call__(self, term: Term) -> str:
        """Write one term."""
        spelling = self.trace.program.task.vocabulary.spelling
        if isinstance(term, str):
            return spelling.get(term, term)
        name = self.env[term]
        return spelling.get(name, name) if name else self.frame.names.get(term, "?")
