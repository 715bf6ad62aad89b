"""Reads effects into groups that share a condition."""

from dataclasses import dataclass, field

from critics.pddl.conditions import PAIR, ConditionReader, Scope
from critics.pddl.faults import shorten
from critics.pddl.formula import TRUE, And, Formula, Holds, Variable, normalize
from critics.pddl.task import Effect, Update
from critics.sexpr import Atom, Node, Sexpr

UPDATES = frozenset({"assign", "increase", "decrease", "scale-up", "scale-down"})


@dataclass
class Group:
    """Effects under one condition, while they are read."""

    variables: tuple[Variable, ...]
    condition: Formula
    adds: list[Holds] = field(default_factory=list)
    deletes: list[Holds] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)

    def finish(self) -> Effect:
        """Freeze the group."""
        condition = normalize(self.condition)
        return Effect(
            self.variables, condition, tuple(self.adds), tuple(self.deletes), tuple(self.updates)
        )

    @property
    def empty(self) -> bool:
        """Say whether it has no effect at all."""
        return not (self.adds or self.deletes or self.updates)


class EffectReader:
    """Reads one action's effect.

    Args:
        conditions: Reads the conditions and names in it.
    """

    def __init__(self, conditions: ConditionReader) -> None:
        """Start without any group."""
        self.conditions = conditions
        self.faults = conditions.faults
        self.groups: list[Group] = []

    def read(self, item: Sexpr, scope: Scope) -> tuple[Effect, ...]:
        """Read an effect; the empty list is no effect."""
        self._read(item, scope, self._open((), TRUE))
        return tuple(group.finish() for group in self.groups if not group.empty)

    def _open(self, variables: tuple[Variable, ...], condition: Formula) -> Group:
        group = Group(variables, condition)
        self.groups.append(group)
        return group

    def _read(self, item: Sexpr, scope: Scope, group: Group) -> None:
        if isinstance(item, Atom) or (item and not isinstance(item[0], Atom)):
            spelling = shorten(self.faults.source.spelling(item), 40)
            self._reject(item, f"`{spelling}` stands where an effect is expected")
        elif item and item[0] == "and":
            for part in item[1:]:
                self._read(part, scope, group)
        elif item and item[0] == "forall":
            self._read_universal(item, scope, group)
        elif item and item[0] == "when":
            self._read_conditional(item, scope, group)
        elif item:
            self._read_simple(item, scope, group)

    def _read_universal(self, item: Node, scope: Scope, group: Group) -> None:
        self.faults.use(":conditional-effects")
        if len(item) != PAIR:
            self._reject(item, "`forall` takes a list of variables and one effect")
            return
        inner, bound = self.conditions.bind(item[1], scope)
        self._read(item[2], inner, self._open(group.variables + bound, group.condition))

    def _read_conditional(self, item: Node, scope: Scope, group: Group) -> None:
        self.faults.use(":conditional-effects")
        if len(item) != PAIR:
            self._reject(item, "`when` takes one condition and one effect")
            return
        condition = self.conditions.read_formula(item[1], scope)
        inner = self._open(group.variables, And((group.condition, condition)))
        self._read(item[2], scope, inner)

    def _read_simple(self, item: Node, scope: Scope, group: Group) -> None:
        head = str(item[0])
        if head == "not":
            inner = item[1] if len(item) == 2 else None  # noqa: PLR2004  # (not atom)
            if not isinstance(inner, Node) or not inner or not isinstance(inner[0], Atom):
                self._reject(item, "`not` in an effect takes one atom")
                return
            self._add_atom(inner, scope, group.deletes)
        elif head in UPDATES and head not in self.conditions.vocabulary.predicates:
            self._read_update(item, scope, group)
        else:
            self._add_atom(item, scope, group.adds)

    def _add_atom(self, item: Node, scope: Scope, target: list[Holds]) -> None:
        atom = self.conditions.read_atom(item, scope)
        if not isinstance(atom, Holds):
            return
        if atom.predicate in self.conditions.vocabulary.derived:
            self.faults.reject(
                "pddl-derived-changed",
                f"`{atom.predicate}` is derived by rules, so no effect can change it",
                item,
            )
            return
        target.append(atom)

    def _read_update(self, item: Node, scope: Scope, group: Group) -> None:
        target = item[1] if len(item) == PAIR else None
        if not isinstance(target, Node) or not target or not isinstance(target[0], Atom):
            self._reject(item, f"`{item[0]}` takes a function and an expression")
            return
        self.faults.use(":action-costs" if target[0] == "total-cost" else ":numeric-fluents")
        fluent = self.conditions.read_fluent(target, scope)
        if fluent is None:
            return
        amount = self.conditions.read_expression(item[2], scope)
        if amount is not None:
            update = Update(str(item[0]), fluent.function, fluent.terms, amount)
            group.updates.append(update)

    def _reject(self, item: Sexpr, headline: str) -> None:
        self.faults.reject("pddl-syntax", headline, item)
