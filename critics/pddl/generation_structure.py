"""The structure of planning tasks, in which no name matters: identities, and who plays which part.

A domain's symbols (types, predicates, functions, actions, parameters) are told apart by how they
are used. So the renamed twin of a domain is recognised, and its symbols can be mapped back.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from critics.generation import Fact, fingerprint, refine, summarize
from critics.pddl.engine import Texts
from critics.pddl.formula import (
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
    Variable,
    split_conjuncts,
)
from critics.pddl.problem_reader import read_task
from critics.pddl.task import Action, Rule, Task

Symbol = tuple[str, str]
"""A kind (`action`, `predicate`, `function`, `type`, `object`) and a name."""
CACHED_DOMAINS = 64


@dataclass(frozen=True)
class Shape:
    """A domain without its names.

    Attributes:
        fingerprint: Equal for domains equal up to names and order.
        colors: What tells its symbols apart; comparable where fingerprints are equal.
        parts: Color to the one symbol that has it; symbols that share one are left out.
    """

    fingerprint: str
    colors: Mapping[Symbol, int]
    parts: Mapping[int, Symbol]


@dataclass(frozen=True)
class _Known:
    """A task that stands for its domain's text in the cache."""

    text: str
    task: Task = field(compare=False)


def identify(payload: Texts) -> str:
    """Give a text that is equal for tasks equal up to names and order.

    The metric, the requirements and everything that changes no verdict are left out.

    Raises:
        ProblemError: The task cannot be read.
    """
    task = read_task(payload.domain, payload.problem)
    shape = find_shape(task)
    return fingerprint((*_tell_problem(task, shape), (f"domain {shape.fingerprint}", ())))


def find_shape(task: Task) -> Shape:
    """Give the shape of a task's domain."""
    return _find_shape(_Known(task.domain_text, task))


def match_symbols(shape: Shape, other: Shape) -> Mapping[Symbol, str] | None:
    """Map a domain's symbols to the names that they have in a renamed twin.

    Returns:
        None where the other domain is no twin.
    """
    if shape.fingerprint != other.fingerprint:
        return None
    return {symbol: other.parts[color][1] for color, symbol in shape.parts.items()}


@lru_cache(maxsize=CACHED_DOMAINS)
def _find_shape(known: _Known) -> Shape:
    facts = list(_tell_domain(known.task))
    colors = refine(facts)
    symbols = {
        (str(thing[0]), str(thing[1])): color
        for thing, color in colors.items()
        if isinstance(thing, tuple) and len(thing) == 2 and thing[0] in KINDS  # noqa: PLR2004  # slots have three parts
    }
    counts = Counter(symbols.values())
    parts = {color: symbol for symbol, color in symbols.items() if counts[color] == 1}
    return Shape(summarize(facts, colors), symbols, parts)


KINDS = frozenset({"action", "predicate", "function", "type", "object"})


def _tell_domain(task: Task) -> Iterator[Fact]:
    words = task.vocabulary
    for name, parents in words.parents.items():
        yield "type", (("type", name),)
        yield from (("parent", (("type", name), ("type", parent))) for parent in parents)
    yield "root", (("type", "object"),)
    for kind, signatures in (("predicate", words.predicates), ("function", words.functions)):
        for name, signature in signatures.items():
            yield kind, ((kind, name),)
            for place, parameter in enumerate(signature.parameters):
                for own in parameter.types:
                    yield f"takes {place}", ((kind, name), ("type", own))
    for action in task.actions.values():
        yield from _Teller(scope=("action", action.signature.name)).tell_action(action)
    for number, rule in enumerate(task.rules):
        yield from _Teller(scope=("rule", str(number))).tell_rule(rule)


def _tell_problem(task: Task, shape: Shape) -> Iterator[Fact]:
    teller = _Teller(scope=("goal", ""), shape=shape)
    for name, types in task.objects.items():
        thing = ("object", name)
        known = shape.colors.get(thing)
        yield f"object {known}", (thing,)
        for own in types:
            yield teller.name("of", "type", own, (thing,))
    for predicate, rows in task.init.items():
        for row in rows:
            yield teller.name("init", "predicate", predicate, [("object", o) for o in row])
    for function, values in task.values.items():
        for row, value in values.items():
            things = [("object", o) for o in row]
            yield teller.name(f"value {value}", "function", function, things)
    yield from teller.bind("goal", ("goal", ""), task.goal.variables)
    yield from teller.tell("goal", ("goal", ""), task.goal.formula)


@dataclass
class _Teller:
    """Tells formulas as facts about nodes.

    Attributes:
        scope: Whose variables the slots are.
        shape: What symbols are told by where they are known already; else by themselves.
    """

    scope: Symbol
    shape: Shape | None = None
    _nodes: int = 0

    def tell_action(self, action: Action) -> Iterator[Fact]:
        yield "action", (self.scope,)
        for place, variable in enumerate(action.parameters):
            yield f"parameter {place}", (self.scope, self._term(variable.slot))
        yield from self.bind("slot", self.scope, action.variables)
        yield from self.tell("needs", self.scope, action.precondition)
        for effect in action.effects:
            node = self._open()
            yield "effect", (self.scope, node)
            yield from self.bind("each", node, effect.variables)
            yield from self.tell("when", node, effect.condition)
            for label, changes in (("adds", effect.adds), ("deletes", effect.deletes)):
                for change in set(changes):
                    yield from self.tell(label, node, change)
            for update in effect.updates:
                target = Fluent(update.function, update.terms)
                inner = self._open()
                yield update.operator, (node, inner)
                yield from self._tell_expression("target", inner, target)
                yield from self._tell_expression("amount", inner, update.amount)

    def tell_rule(self, rule: Rule) -> Iterator[Fact]:
        yield from self.bind("slot", self.scope, rule.variables)
        yield from self.tell("derives", self.scope, rule.head)
        yield from self.tell("from", self.scope, rule.body)

    def bind(self, label: str, node: Hashable, variables: Iterable[Variable]) -> Iterator[Fact]:
        """Tell which variables there are, and their types."""
        for variable in variables:
            slot = self._term(variable.slot)
            yield label, (node, slot)
            for own in variable.types:
                yield self.name("of", "type", own, (slot,))

    def tell(self, label: str, node: Hashable, formula: Formula) -> Iterator[Fact]:
        """Tell that a node has a formula; the order of conjuncts does not matter."""
        pending = [(label, node, part) for part in dict.fromkeys(split_conjuncts(formula))]
        while pending:
            label, node, part = pending.pop()
            match part:
                case Holds(predicate, terms):
                    yield self.name(label, "predicate", predicate, (node, *self._terms(terms)))
                case Same(left, right):
                    yield f"{label} =", (node, *self._terms((left, right)))
                case _:
                    inner = self._open()
                    yield f"{label} {type(part).__name__}", (node, inner)
                    pending += [(told, inner, each) for told, each in _parts(part)]
                    yield from self._tell_rest(inner, part)

    def name(
        self, label: str, kind: str, name: str, things: Sequence[Hashable]
    ) -> tuple[str, Sequence[Hashable]]:
        """Tell something of things and a symbol.

        A symbol of a known shape is part of the label, unless its color leaves open which it is.
        """
        symbol = (kind, name)
        if self.shape is None:
            return label, (symbol, *things)
        color = self.shape.colors.get(symbol)
        if color in self.shape.parts:
            return f"{label} {kind} {color}", things
        return f"{label} {kind} {color} of several", (symbol, *things)

    def _tell_rest(self, node: Hashable, part: Formula) -> Iterator[Fact]:
        match part:
            case Exists(variables, _) | ForAll(variables, _):
                yield from self.bind("bound", node, variables)
            case Compare(operator, left, right):
                yield operator, (node,)
                yield from self._tell_expression("left", node, left)
                yield from self._tell_expression("right", node, right)
            case _:
                pass

    def _tell_expression(
        self, label: str, node: Hashable, expression: Expression
    ) -> Iterator[Fact]:
        pending = [(label, node, expression)]
        while pending:
            label, node, part = pending.pop()
            match part:
                case Constant(value):
                    yield f"{label} {value}", (node,)
                case Fluent(function, terms):
                    yield self.name(label, "function", function, (node, *self._terms(terms)))
                case Arithmetic(operator, operands):
                    inner = self._open()
                    yield f"{label} {operator}", (node, inner)
                    pending += [(str(place), inner, each) for place, each in enumerate(operands)]

    def _terms(self, terms: Iterable[Term]) -> Sequence[Hashable]:
        return [self._term(term) for term in terms]

    def _term(self, term: Term) -> Hashable:
        return ("object", term) if isinstance(term, str) else (*self.scope, term)

    def _open(self) -> Hashable:
        self._nodes += 1
        return ("node", *self.scope, self._nodes)


def _parts(formula: Formula) -> Sequence[tuple[str, Formula]]:
    match formula:
        case And(parts) | Or(parts):
            return [("part", part) for part in parts]
        case Imply(premise, conclusion):
            return [("if", premise), ("then", conclusion)]
        case Not(part) | Exists(_, part) | ForAll(_, part):
            return [("part", part)]
        case _:
            return []
