"""Compiles conditions to functions of state and bindings.

Comparisons of undefined numbers make conditions three-valued. A condition is compiled in one of
two modes: *surely* (undefined comparisons, negated or not, count as false) or *possibly* (they
count as true). A condition holds if it surely does; if it only possibly does, it is undefined.
"""

import operator
from collections.abc import Callable, Mapping
from typing import TypeAlias

from critics.pddl.arithmetic import NoValueError, compile_expression
from critics.pddl.formula import (
    And,
    Compare,
    Exists,
    ForAll,
    Formula,
    Holds,
    Not,
    Number,
    Or,
    Same,
    Variable,
    negate,
)
from critics.pddl.frame import Env, Frame, read_key
from critics.pddl.join import Join
from critics.pddl.state import Relation, State
from critics.pddl.vocabulary import Vocabulary

Test: TypeAlias = Callable[[State, Env], bool]
Fetch: TypeAlias = Callable[[State], Relation]
Relate: TypeAlias = Callable[[Number, Number], bool]

COMPARISONS: Mapping[str, Relate] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}
OPPOSITE: Mapping[str, Relate] = {
    "<": operator.ge,
    "<=": operator.gt,
    ">": operator.le,
    ">=": operator.lt,
    "=": operator.ne,
}


def always(_state: State, _env: Env) -> bool:
    """Hold in every state."""
    return True


class Compiler:
    """Compiles conditions in negation normal form.

    Args:
        vocabulary: The task's objects and types.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Remember the names."""
        self.vocabulary = vocabulary

    def fetch(self, predicate: str) -> Fetch:
        """Make a function that finds a predicate's rows in a state."""
        if predicate in self.vocabulary.derived:
            return lambda state: state.derive(predicate)
        return lambda state: state.relations[predicate]

    def test(  # noqa: PLR0911  # one case per kind of condition
        self, formula: Formula, frame: Frame, *, possibly: bool = False
    ) -> Test:
        """Compile a condition whose free slots are bound."""
        match formula:
            case Holds() | Not(Holds()):
                return self._test_atom(formula, frame)
            case Same(left, right) | Not(Same(left, right)):
                return _test_same(
                    frame.slot(left), frame.slot(right), equal=isinstance(formula, Same)
                )
            case Compare() as compare:
                return _test_comparison(compare, COMPARISONS, frame, undefined=possibly)
            case Not(Compare() as compare):
                return _test_comparison(compare, OPPOSITE, frame, undefined=possibly)
            case And(parts):
                return _test_all([self.test(p, frame, possibly=possibly) for p in parts])
            case Or(parts):
                return _test_any([self.test(p, frame, possibly=possibly) for p in parts])
            case _:
                return self._test_quantified(formula, frame, possibly=possibly)

    def _test_quantified(self, formula: Formula, frame: Frame, *, possibly: bool) -> Test:
        match formula:
            case Exists(variables, Or(parts)):
                some = [Exists(variables, part) for part in parts]
                return _test_any([self.test(part, frame, possibly=possibly) for part in some])
            case Exists(variables, part):
                return self.each(variables, part, frame, always, possibly=possibly)
            case ForAll(variables, part):
                counter = Exists(variables, negate(part))
                refuted = self.test(counter, frame, possibly=not possibly)
                return lambda state, env: not refuted(state, env)
            case _:
                raise TypeError(f"{type(formula).__name__} is not in negation normal form")

    def each(
        self,
        variables: tuple[Variable, ...],
        formula: Formula,
        frame: Frame,
        final: Test,
        *,
        possibly: bool = False,
        fresh: Holds | None = None,
    ) -> Test:
        """Compile the search for all bindings that satisfy a condition.

        Args:
            variables: What is to be bound.
            formula: The condition, in negation normal form.
            frame: Where the bindings live.
            final: Called for every binding; the search ends when it returns true.
            possibly: The mode.
            fresh: A conjunct that ranges over the newest rows of its predicate only.
        """
        join = Join(self, frame, variables, possibly=possibly)
        return join.compile(formula, final, fresh)

    def _test_atom(self, formula: Holds | Not, frame: Frame) -> Test:
        atom = formula if isinstance(formula, Holds) else formula.part
        if not isinstance(atom, Holds):
            raise TypeError("only atoms are tested here")
        predicate, key = atom.predicate, read_key(frame.slots(atom.terms))
        if predicate in self.vocabulary.derived:
            if atom is formula:
                return lambda state, env: key(env) in state.derive(predicate).rows
            return lambda state, env: key(env) not in state.derive(predicate).rows
        if atom is formula:
            return lambda state, env: key(env) in state.relations[predicate].rows
        return lambda state, env: key(env) not in state.relations[predicate].rows


def _test_same(left: int, right: int, *, equal: bool) -> Test:
    if equal:
        return lambda _state, env: env[left] == env[right]
    return lambda _state, env: env[left] != env[right]


def _test_comparison(
    compare: Compare,
    table: Mapping[str, Relate],
    frame: Frame,
    *,
    undefined: bool,
) -> Test:
    left = compile_expression(compare.left, frame)
    right = compile_expression(compare.right, frame)
    relation = table[compare.operator]

    def test(state: State, env: Env) -> bool:
        try:
            return relation(left(state, env), right(state, env))
        except NoValueError:
            return undefined

    return test


def _test_all(tests: list[Test]) -> Test:
    def test(state: State, env: Env) -> bool:
        for part in tests:  # noqa: SIM110  # `all` would cost two frames of stack a level
            if not part(state, env):
                return False
        return True

    return test


def _test_any(tests: list[Test]) -> Test:
    def test(state: State, env: Env) -> bool:
        for part in tests:  # noqa: SIM110  # `any` would cost two frames of stack a level
            if part(state, env):
                return True
        return False

    return test
