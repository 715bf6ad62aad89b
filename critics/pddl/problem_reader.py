"""Reads a PDDL problem against its domain and makes the `Task`."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from critics.pddl.conditions import ConditionReader, Scope
from critics.pddl.domain_reader import PlanningDomain, declare_objects, read_domain
from critics.pddl.faults import Faults, shorten, suggest
from critics.pddl.formula import (
    TRUE,
    Compare,
    Expression,
    Fluent,
    Formula,
    Number,
    show_number,
    walk,
    walk_expression,
)
from critics.pddl.requirements import check_requirements
from critics.pddl.sections import (
    Definition,
    check_types,
    is_number,
    read_definition,
    read_number,
    read_typed_list,
)
from critics.pddl.task import Goal, Metric, Row, Task
from critics.pddl.vocabulary import Signature, Vocabulary
from critics.sexpr import Atom, Node
from critics.types import ProblemError

SUPPORTED = frozenset(
    {":domain", ":requirements", ":objects", ":init", ":goal", ":metric", ":length", ":situation"}
)
UNSUPPORTED = {":constraints": "trajectory constraints (`:constraints`)"}
COST = "total-cost"
LARGE_TEXT = 200_000
"""Characters from which only the last task is kept: a worker's memory is capped."""


_known_domain = lru_cache(maxsize=16)(read_domain)


def read_task(domain_text: str, problem_text: str) -> Task:
    """Read a domain and a problem; texts that were read lately give the same task.

    Raises:
        ProblemError: With every fault found in the two texts.
    """
    large = len(domain_text) + len(problem_text) > LARGE_TEXT
    return (_known_large_task if large else _known_task)(domain_text, problem_text)


def _read_task(domain_text: str, problem_text: str) -> Task:
    large = len(domain_text) > LARGE_TEXT
    domain = (read_domain if large else _known_domain)(domain_text)
    try:
        definition = read_definition(problem_text, "problem")
    except ProblemError as error:
        raise ProblemError((*domain.errors, *error.diagnostics)) from error
    task = _ProblemReader(domain, definition).read(problem_text)
    errors = (*domain.errors, *definition.faults.all_errors())
    if errors:
        raise ProblemError(errors)
    return task


_known_task = lru_cache(maxsize=16)(_read_task)
_known_large_task = lru_cache(maxsize=1)(_read_task)


@dataclass
class _Init:
    """The initial state while it is read."""

    rows: dict[str, dict[Row, None]] = field(default_factory=dict)
    absent: dict[str, dict[Row, Node]] = field(default_factory=dict)
    values: dict[str, dict[Row, Number]] = field(default_factory=dict)


class _ProblemReader:
    def __init__(self, domain: PlanningDomain, definition: Definition) -> None:
        self.domain = domain
        self.definition = definition
        self.faults: Faults = definition.faults
        objects = read_typed_list(definition.items(":objects"), self.faults)
        check_types(objects, domain.vocabulary.parents, self.faults)
        self.vocabulary: Vocabulary = declare_objects(domain.vocabulary, objects, self.faults)
        self.conditions = ConditionReader(self.vocabulary, self.faults, domain.object_functions)

    def read(self, text: str) -> Task:
        self._check_domain_name()
        for keyword, nodes in self.definition.sections.items():
            if keyword not in SUPPORTED:
                part = UNSUPPORTED.get(keyword, f"the section `{shorten(keyword)}`")
                self.faults.give_up(part, nodes[0])
        init = self._read_init()
        goal = self._read_goal()
        metric = self._read_metric()
        self._imply_zero_cost(init, goal.formula)
        self.faults.uses.clear()
        check_requirements(self.definition)
        return Task(
            name=self.definition.name,
            domain_text=self.domain.text,
            problem_text=text,
            vocabulary=self.vocabulary,
            actions=self.domain.actions,
            unsupported_actions=self.domain.unsupported_actions,
            rules=self.domain.rules,
            init=init.rows,
            values=init.values,
            goal=goal,
            metric=metric,
            warnings=(*self.domain.warnings, *self.faults.warnings),
            undecided=(*self.domain.undecided, *self.faults.undecided),
        )

    def _check_domain_name(self) -> None:
        named = self.definition.items(":domain")
        if not named or not isinstance(named[0], Atom):
            self.faults.warn(
                "pddl-other-domain", "the problem names no domain", self.definition.whole.at
            )
        elif named[0] != self.domain.name:
            self.faults.warn(
                "pddl-other-domain",
                f"the problem is for domain `{shorten(named[0])}`, the domain given is "
                f"`{shorten(self.domain.name)}`",
                named[0].at,
                named[0].end,
            )

    def _only(self, keyword: str) -> Node | None:
        nodes = self.definition.sections.get(keyword, [])
        if not nodes:
            self.faults.reject(
                "pddl-missing-section", f"the problem has no `{keyword}`", self.definition.whole
            )
            return None
        for extra in nodes[1:]:
            self.faults.reject("pddl-duplicate-name", f"`{keyword}` occurs twice", extra)
        return nodes[0]

    def _read_goal(self) -> Goal:
        node = self._only(":goal")
        scope = Scope()
        formula: Formula = TRUE
        if node is not None and len(node) > 2:  # noqa: PLR2004  # (:goal condition)
            self.faults.reject(
                "pddl-syntax",
                "`:goal` holds more than one condition",
                node[2],
                help=("join the conditions with `and`",),
            )
        elif node is not None and len(node) > 1:
            formula = self.conditions.read_formula(node[1], scope)
        return Goal(formula, tuple(scope.variables))

    def _read_init(self) -> _Init:
        init = _Init()
        node = self._only(":init")
        for item in node[1:] if node is not None else ():
            if isinstance(item, Node) and item and isinstance(item[0], Atom):
                self._read_fact(item, init)
            else:
                self.faults.reject("pddl-syntax", "an initial fact is a list", item)
        for name, rows in init.absent.items():
            for row, negated in rows.items():
                if row in init.rows.get(name, ()):
                    self.faults.reject(
                        "pddl-contradictory-init",
                        f"`{shorten(' '.join((name, *row)))}` is both true and false at first",
                        negated,
                    )
        return init

    def _read_fact(self, item: Node, init: _Init) -> None:
        head = item[0]
        if head == "=":
            self._read_value(item, init)
        elif head == "at" and len(item) == 3 and is_number(item[1]) and isinstance(item[2], Node):  # noqa: PLR2004  # (at time fact)
            self.faults.give_up("timed initial literals", item)
        elif head == "and":
            for part in item[1:]:
                if isinstance(part, Node) and part and isinstance(part[0], Atom):
                    self._read_fact(part, init)
                else:
                    self.faults.reject("pddl-syntax", "an initial fact is a list", part)
        elif head == "not":
            inner = item[1] if len(item) == 2 else None  # noqa: PLR2004  # (not fact)
            if isinstance(inner, Node) and inner and isinstance(inner[0], Atom):
                self._store_row(inner, init.absent, inner)
            else:
                self.faults.reject("pddl-syntax", "`not` takes one fact", item)
        else:
            self._store_row(item, init.rows, None)

    def _store_row(self, item: Node, target: dict[str, dict[Row, Any]], mark: Node | None) -> None:
        name = str(item[0])
        signature = self.vocabulary.predicates.get(name)
        if signature is None:
            self.faults.reject(
                "pddl-undeclared-predicate",
                f"predicate `{shorten(name)}` is not declared",
                item,
                help=suggest(name, self.vocabulary.predicates),
            )
            return
        if name in self.vocabulary.derived:
            self.faults.reject(
                "pddl-derived-changed",
                f"`{shorten(name)}` is derived by rules, so it cannot be given in `:init`",
                item,
            )
            return
        row = self._read_row(item, signature)
        if row is not None:
            target.setdefault(name, {})[row] = mark

    def _read_row(self, item: Node, signature: Signature) -> Row | None:
        objects = self.vocabulary.objects
        if len(item) - 1 == signature.arity and all(
            isinstance(term, Atom)
            and term in objects
            and self.vocabulary.belongs(term, parameter.types)
            for term, parameter in zip(item[1:], signature.parameters, strict=True)
        ):
            return tuple([str(term) for term in item[1:]])
        terms = self.conditions.read_terms(item, signature, Scope())
        return None if terms is None else tuple(str(term) for term in terms)

    def _read_value(self, item: Node, init: _Init) -> None:
        target, value = (item[1], item[2]) if len(item) == 3 else (item, item)  # noqa: PLR2004  # (= fluent number)
        if not isinstance(target, Node) or not target or not isinstance(target[0], Atom):
            self.faults.reject("pddl-syntax", "`=` in `:init` takes a function and a number", item)
            return
        if target[0] in self.domain.object_functions:
            self.faults.give_up("functions whose values are objects", item)
            return
        fluent = self.conditions.read_fluent(target, Scope())
        if not isinstance(value, Atom) or not is_number(value):
            self.faults.reject("pddl-number", "an initial value is a decimal number", value)
            return
        number = read_number(value, self.faults)
        if fluent is None:
            return
        row = tuple(str(term) for term in fluent.terms)
        known = init.values.setdefault(fluent.function, {}).setdefault(row, number)
        if known != number:
            self.faults.reject(
                "pddl-contradictory-init",
                f"`{shorten(self.faults.source.spelling(target))}` is {show_number(known)} "
                f"and {show_number(number)} at first",
                item,
            )

    def _read_metric(self) -> Metric | None:
        items = self.definition.items(":metric")
        if not items:
            return None
        direction = str(items[0]) if isinstance(items[0], Atom) else ""
        probe = Faults(self.faults.source)
        reader = ConditionReader(self.vocabulary, probe, self.domain.object_functions)
        expression = None
        if direction in ("minimize", "maximize") and len(items) == 2:  # noqa: PLR2004  # direction and expression
            expression = reader.read_expression(items[1], Scope())
        if expression is not None and not probe.errors and not probe.undecided:
            return Metric(direction, expression)
        self.faults.warn(
            "pddl-metric-unread",
            "the metric cannot be evaluated for a sequential plan; it decides no verdict and was "
            "left out",
            items[0].at,
            items[0].end,
        )
        return None

    def _imply_zero_cost(self, init: _Init, goal: Formula) -> None:
        """Start an unset `total-cost` at 0 where nothing but the metric reads it."""
        signature = self.vocabulary.functions.get(COST)
        if signature is None or signature.arity or () in init.values.get(COST, {}):
            return
        conditions = [action.precondition for action in self.domain.actions.values()]
        conditions += [e.condition for a in self.domain.actions.values() for e in a.effects]
        conditions += [rule.body for rule in self.domain.rules]
        compared: list[Expression] = [
            side
            for condition in (*conditions, goal)
            for part in walk(condition)
            if isinstance(part, Compare)
            for side in (part.left, part.right)
        ]
        updates = [u for a in self.domain.actions.values() for e in a.effects for u in e.updates]
        compared += [update.amount for update in updates]
        read = any(
            isinstance(part, Fluent) and part.function == COST
            for expression in compared
            for part in walk_expression(expression)
        )
        if not read and any(update.function == COST for update in updates):
            init.values.setdefault(COST, {})[()] = 0
            self.faults.warn(
                "pddl-implied-zero",
                "`(total-cost)` has no initial value; 0 was taken, since no condition reads it",
                self.definition.whole.at,
            )
