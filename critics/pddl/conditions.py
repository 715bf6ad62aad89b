"""Reads conditions and numeric expressions, and resolves every name in them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from critics.pddl.faults import Faults, count, shorten, suggest
from critics.pddl.formula import (
    TRUE,
    And,
    Arithmetic,
    Compare,
    Constant,
    Exists,
    Expression,
    Fluent,
    ForAll,
    Formula,
    Holds,
    Imply,
    Not,
    Or,
    Same,
    Term,
    Types,
    Variable,
    show_types,
)
from critics.pddl.sections import Typed, check_types, is_number, read_number, read_variables
from critics.pddl.vocabulary import Signature, Vocabulary
from critics.sexpr import Atom, Node, Sexpr

UNSUPPORTED_HEADS = {
    "preference": "preferences",
    "always": "trajectory constraints",
    "sometime": "trajectory constraints",
    "within": "trajectory constraints",
    "at-most-once": "trajectory constraints",
    "sometime-after": "trajectory constraints",
    "sometime-before": "trajectory constraints",
    "always-within": "trajectory constraints",
    "hold-during": "trajectory constraints",
    "hold-after": "trajectory constraints",
}
COMPARISONS = frozenset({"<", "<=", ">", ">="})
OPERATORS = frozenset({"+", "-", "*", "/"})
PAIR = 3
"""Length of `(operator left right)`."""


@dataclass(frozen=True)
class Scope:
    """The variables in force at a place; `variables` is shared by all scopes of one frame."""

    variables: list[Variable] = field(default_factory=list)
    names: dict[str, Variable] = field(default_factory=dict)

    def bind(self, typed: Sequence[Typed]) -> tuple["Scope", tuple[Variable, ...]]:
        """Open an inner scope in which the names mean new variables."""
        names = dict(self.names)
        bound = []
        for entry in typed:
            variable = Variable(len(self.variables), str(entry.name), entry.types)
            self.variables.append(variable)
            names[variable.name] = variable
            bound.append(variable)
        return Scope(self.variables, names), tuple(bound)


Handler: TypeAlias = Callable[[Node, Scope], Formula]


class ConditionReader:
    """Turns expressions into formulas; a fault is recorded and reading goes on.

    Args:
        vocabulary: The declared names.
        faults: Where faults go.
        object_functions: Functions whose values are objects, which are not supported.
    """

    def __init__(
        self, vocabulary: Vocabulary, faults: Faults, object_functions: frozenset[str]
    ) -> None:
        """Remember what names mean."""
        self.vocabulary = vocabulary
        self.faults = faults
        self.object_functions = object_functions
        self._handlers: Mapping[str, Handler] = {
            "and": self._read_and,
            "or": self._read_or,
            "not": self._read_not,
            "imply": self._read_imply,
            "exists": self._read_quantified,
            "forall": self._read_quantified,
            "=": self._read_equality,
        } | dict.fromkeys(COMPARISONS, self._read_comparison)

    def read_formula(self, item: Sexpr, scope: Scope) -> Formula:
        """Read a condition; the empty list is true."""
        if isinstance(item, Atom):
            self._reject(item, f"`{shorten(item)}` stands where a condition is expected")
            return TRUE
        if not item:
            return TRUE
        head = item[0]
        if not isinstance(head, Atom):
            self._reject(head, "a condition starts with a list instead of a name")
            return TRUE
        return self._handlers.get(head, self.read_atom)(item, scope)

    def read_atom(self, item: Node, scope: Scope) -> Formula:
        """Read `(predicate term …)`."""
        head = item[0]
        signature = self.vocabulary.predicates.get(str(head))
        if signature is None:
            self._reject_predicate(item, str(head))
            return TRUE
        terms = self.read_terms(item, signature, scope)
        return TRUE if terms is None else Holds(signature.name, terms)

    def _reject_predicate(self, item: Node, head: str) -> None:
        if head in UNSUPPORTED_HEADS:
            self.faults.give_up(UNSUPPORTED_HEADS[head], item)
            return
        self.faults.reject(
            "pddl-undeclared-predicate",
            f"predicate `{shorten(head)}` is not declared",
            item,
            help=suggest(head, self.vocabulary.predicates),
        )

    def read_terms(self, item: Node, signature: Signature, scope: Scope) -> tuple[Term, ...] | None:
        """Read the arguments of a predicate or function; `None` after a fault."""
        if len(item) - 1 != signature.arity:
            self.faults.reject(
                "pddl-problem-arity",
                f"`{signature.name}` takes {count(signature.arity, 'argument')}, "
                f"got {len(item) - 1}",
                item,
                help=(f"it is declared as `{signature}`",),
            )
            return None
        terms = [self._read_term(term, scope) for term in item[1:]]
        whole = tuple(term for term in terms if term is not None)
        fine = len(whole) == len(terms)
        for term, parameter, written in zip(terms, signature.parameters, item[1:], strict=True):
            if term is not None and not self._check_type(term, parameter.types, written, scope):
                fine = False
        return whole if fine else None

    def _check_type(self, term: Term, expected: Types, written: Sexpr, scope: Scope) -> bool:
        """Reject a term that can never be of a type; warn of a variable that need not be."""
        objects = self.vocabulary.objects
        own = scope.variables[term].types if isinstance(term, int) else objects[term]
        if self.vocabulary.is_subtype(own, expected):
            return True
        spelling = shorten(self.faults.source.spelling(written))
        if isinstance(term, str) and len(own) > 1:
            return True  # objects of an `either` type are declared unsupported
        if isinstance(term, int) and self.vocabulary.may_be(own, expected):
            self.faults.warn(
                "pddl-loose-type",
                f"`{spelling}` of type `{show_types(own)}` stands where `{show_types(expected)}` "
                "is declared",
                written.at,
                written.end,
            )
            return True
        self.faults.reject(
            "pddl-problem-type",
            f"`{spelling}` is of type `{show_types(own)}`, not of type `{show_types(expected)}`",
            written,
        )
        return False

    def _read_term(self, item: Sexpr, scope: Scope) -> Term | None:
        if isinstance(item, Node):
            if item and item[0] in self.object_functions:
                self.faults.give_up("functions whose values are objects", item)
            else:
                self._reject(item, "a list stands where a variable or an object is expected")
            return None
        if item.startswith("?"):
            variable = scope.names.get(str(item))
            if variable is not None:
                return variable.slot
            self.faults.reject(
                "pddl-unbound-variable",
                f"variable `{shorten(item)}` is not bound",
                item,
                help=suggest(str(item), scope.names),
            )
            return None
        if item in self.vocabulary.objects:
            return str(item)
        self.faults.reject(
            "pddl-undeclared-object",
            f"object `{shorten(item)}` is not declared",
            item,
            help=suggest(str(item), self.vocabulary.objects),
        )
        return None

    def _read_and(self, item: Node, scope: Scope) -> Formula:
        return And(tuple([self.read_formula(part, scope) for part in item[1:]]))

    def _read_or(self, item: Node, scope: Scope) -> Formula:
        self.faults.use(":disjunctive-preconditions")
        return Or(tuple([self.read_formula(part, scope) for part in item[1:]]))

    def _read_not(self, item: Node, scope: Scope) -> Formula:
        if not self._has_length(item, 2):
            return TRUE
        part = self.read_formula(item[1], scope)
        if not isinstance(part, Same):
            self.faults.use(":negative-preconditions")
        return Not(part)

    def _read_imply(self, item: Node, scope: Scope) -> Formula:
        self.faults.use(":disjunctive-preconditions")
        if not self._has_length(item, PAIR):
            return TRUE
        return Imply(self.read_formula(item[1], scope), self.read_formula(item[2], scope))

    def _read_quantified(self, item: Node, scope: Scope) -> Formula:
        kind = ForAll if item[0] == "forall" else Exists
        if kind is ForAll:
            self.faults.use(":universal-preconditions")
        else:
            self.faults.use(":existential-preconditions")
        if not self._has_length(item, PAIR):
            return TRUE
        inner, bound = self.bind(item[1], scope)
        return kind(bound, self.read_formula(item[2], inner))

    def bind(self, item: Sexpr, scope: Scope) -> tuple[Scope, tuple[Variable, ...]]:
        """Read the variable list of a quantifier and open its scope."""
        if not isinstance(item, Node):
            self._reject(item, "a quantifier is not followed by a list of variables")
            return scope, ()
        typed = read_variables(item, self.faults)
        check_types(typed, self.vocabulary.parents, self.faults)
        return scope.bind(typed)

    def _read_equality(self, item: Node, scope: Scope) -> Formula:
        if not self._has_length(item, PAIR):
            return TRUE
        objects = self.vocabulary.objects
        if any(isinstance(s, Node) or (is_number(s) and s not in objects) for s in item[1:]):
            heads = {side[0] for side in item[1:] if isinstance(side, Node) and side}
            if not any(isinstance(h, Atom) and h in self.object_functions for h in heads):
                return self._read_comparison(item, scope)
            self.faults.give_up("functions whose values are objects", item)
            return TRUE
        self.faults.use(":equality")
        left, right = (self._read_term(side, scope) for side in item[1:])
        return TRUE if left is None or right is None else Same(left, right)

    def _read_comparison(self, item: Node, scope: Scope) -> Formula:
        self.faults.use(":numeric-fluents")
        if not self._has_length(item, PAIR):
            return TRUE
        left, right = (self.read_expression(side, scope) for side in item[1:])
        return TRUE if left is None or right is None else Compare(str(item[0]), left, right)

    def read_expression(self, item: Sexpr, scope: Scope) -> Expression | None:
        """Read a numeric expression; `None` after a fault."""
        if isinstance(item, Atom):
            if is_number(item):
                return Constant(read_number(item, self.faults))
            self._reject(item, f"`{shorten(item)}` stands where a number is expected")
            return None
        if not item or not isinstance(item[0], Atom):
            self._reject(item, "a list stands where a numeric expression is expected")
            return None
        if item[0] in OPERATORS:
            return self._read_arithmetic(item, scope)
        return self.read_fluent(item, scope)

    def _read_arithmetic(self, item: Node, scope: Scope) -> Expression | None:
        operator = str(item[0])
        most = {"+": len(item), "*": len(item), "-": PAIR, "/": PAIR}[operator]
        if not (2 if operator == "-" else PAIR) <= len(item) <= most:
            self._reject(item, f"`{operator}` has {len(item) - 1} operands")
            return None
        operands = [self.read_expression(part, scope) for part in item[1:]]
        whole = tuple(operand for operand in operands if operand is not None)
        return Arithmetic(operator, whole) if len(whole) == len(operands) else None

    def read_fluent(self, item: Node, scope: Scope) -> Fluent | None:
        """Read `(function term …)`; `None` after a fault."""
        head = str(item[0])
        signature = self.vocabulary.functions.get(head)
        if signature is None:
            if head in self.object_functions:
                self.faults.give_up("functions whose values are objects", item)
                return None
            self.faults.reject(
                "pddl-undeclared-function",
                f"function `{shorten(head)}` is not declared",
                item,
                help=suggest(head, self.vocabulary.functions),
            )
            return None
        terms = self.read_terms(item, signature, scope)
        return None if terms is None else Fluent(signature.name, terms)

    def _has_length(self, item: Node, length: int) -> bool:
        if len(item) == length:
            return True
        self._reject(item, f"`{item[0]}` has {len(item) - 1} parts; {length - 1} are expected")
        return False

    def _reject(self, item: Sexpr, headline: str) -> None:
        self.faults.reject("pddl-syntax", headline, item)
