"""A planning task as data: what the domain and the problem say, checked and resolved.

Invariants: every name is declared, every arity fits, every variable is bound. Parts that are not
supported are listed in `undecided`; while one stands, no plan can be accepted.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from critics.pddl.formula import Expression, Formula, Holds, Number, Variable
from critics.pddl.vocabulary import Signature, Vocabulary
from critics.types import Diagnostic

Row = tuple[str, ...]
"""The arguments of a ground atom or fluent."""


@dataclass(frozen=True, slots=True)
class Update:
    """A numeric effect: `assign`, `increase`, `decrease`, `scale-up` or `scale-down`."""

    operator: str
    function: str
    terms: tuple[int | str, ...]
    amount: Expression


@dataclass(frozen=True, slots=True)
class Effect:
    """Effects under one condition, for every binding of the variables.

    The condition is in negation normal form and is read in the state before the step.
    """

    variables: tuple[Variable, ...]
    condition: Formula
    adds: tuple[Holds, ...]
    deletes: tuple[Holds, ...]
    updates: tuple[Update, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """A supported action schema.

    Attributes:
        name: As its author wrote it.
        signature: Its head; `signature.name` is folded.
        variables: Every slot of its scope; the parameters come first.
        precondition: As its author wrote it.
        effects: One entry per condition.
        weight: How many parts it has, a measure of what a step costs.
    """

    name: str
    signature: Signature
    variables: tuple[Variable, ...]
    precondition: Formula
    effects: tuple[Effect, ...]
    weight: int

    @property
    def parameters(self) -> tuple[Variable, ...]:
        """Give the parameters in order."""
        return self.variables[: self.signature.arity]


@dataclass(frozen=True, slots=True)
class Rule:
    """One `:derived` clause: the head holds where the body, in negation normal form, does."""

    head: Holds
    variables: tuple[Variable, ...]
    parameters: int
    body: Formula


@dataclass(frozen=True, slots=True)
class Goal:
    """The goal condition with the variables of its quantifiers."""

    formula: Formula
    variables: tuple[Variable, ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """What the problem asks to be small or large; reported, never decided."""

    direction: str
    expression: Expression


@dataclass(frozen=True, eq=False)
class Task:
    """One planning task.

    Attributes:
        name: The problem's name.
        domain_text: The domain as the user sent it.
        problem_text: The problem as the user sent it.
        vocabulary: Types, predicates, functions and objects (constants included).
        actions: Supported actions by folded name.
        unsupported_actions: Folded names of actions of an unsupported kind.
        rules: Derived predicates' clauses.
        init: Predicate to the rows that hold at first.
        values: Function to the values that are defined at first.
        goal: What must hold at the end.
        metric: What the problem asks to be small or large, if it can be evaluated.
        warnings: Warts that were read around.
        undecided: Parts that nobody decides.
    """

    name: str
    domain_text: str
    problem_text: str
    vocabulary: Vocabulary
    actions: Mapping[str, Action]
    unsupported_actions: frozenset[str]
    rules: tuple[Rule, ...]
    init: Mapping[str, Mapping[Row, None]]
    values: Mapping[str, Mapping[Row, Number]]
    goal: Goal
    metric: Metric | None
    warnings: tuple[Diagnostic, ...]
    undecided: tuple[str, ...]

    @property
    def objects(self) -> Mapping[str, tuple[str, ...]]:
        """Give all objects, constants included, with their declared types."""
        return self.vocabulary.objects
