"""Reads a PDDL domain: what it declares, its actions and its rules."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from critics.pddl.conditions import ConditionReader, Scope
from critics.pddl.effects import EffectReader
from critics.pddl.faults import Faults, list_some, shorten
from critics.pddl.formula import TRUE, Formula, Holds, Types, normalize, walk
from critics.pddl.requirements import check_requirements
from critics.pddl.sections import (
    Definition,
    Typed,
    check_types,
    read_definition,
    read_typed_list,
    read_types,
    read_variables,
    warn_of_name,
)
from critics.pddl.strata import find_unstratified
from critics.pddl.task import Action, Effect, Rule
from critics.pddl.vocabulary import OBJECT, Signature, Vocabulary
from critics.sexpr import Atom, Node, Sexpr
from critics.types import Diagnostic

SUPPORTED = frozenset(
    {
        ":requirements",
        ":types",
        ":constants",
        ":predicates",
        ":functions",
        ":action",
        ":derived",
    }
)
UNSUPPORTED = {
    ":durative-action": "durative actions (`:durative-action`)",
    ":process": "processes (`:process`)",
    ":event": "events (`:event`)",
    ":constraints": "trajectory constraints (`:constraints`)",
}
ACTION_PARTS = frozenset({":parameters", ":precondition", ":effect"})

Parents: TypeAlias = dict[str, frozenset[str]]


@dataclass(frozen=True)
class PlanningDomain:
    """A domain as data.

    Attributes:
        name: Folded.
        text: As the user sent it.
        vocabulary: Its names; `objects` are its constants.
        object_functions: Functions whose values are objects.
        actions: Supported actions by folded name.
        unsupported_actions: Folded names of durative actions and the like.
        rules: Derived predicates' clauses.
        errors: What makes it unusable.
        warnings: Warts that were read around.
        undecided: Parts that nobody decides.
    """

    name: str
    text: str
    vocabulary: Vocabulary
    object_functions: frozenset[str]
    actions: Mapping[str, Action]
    unsupported_actions: frozenset[str]
    rules: tuple[Rule, ...]
    errors: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...]
    undecided: tuple[str, ...]


def read_domain(text: str) -> PlanningDomain:
    """Read a domain.

    Raises:
        ProblemError: The text is no domain definition at all; other faults are in `errors`.
    """
    definition = read_definition(text, "domain")
    faults = definition.faults
    vocabulary, object_functions = _read_vocabulary(definition)
    conditions = ConditionReader(vocabulary, faults, object_functions)
    rules = tuple(_read_rules(definition, conditions))
    for head, below in find_unstratified(rules):
        faults.reject(
            "pddl-unstratified",
            f"the rules for `{head}` depend on their own negation through `{below}`",
            definition.sections[":derived"][0],
        )
    actions, unsupported = _read_actions(definition, conditions)
    unsupported.update(_give_up_sections(definition))
    check_requirements(definition)
    return PlanningDomain(
        name=definition.name,
        text=text,
        vocabulary=vocabulary,
        object_functions=object_functions,
        actions=actions,
        unsupported_actions=frozenset(unsupported),
        rules=rules,
        errors=faults.all_errors(),
        warnings=tuple(faults.warnings),
        undecided=tuple(faults.undecided),
    )


def _read_vocabulary(definition: Definition) -> tuple[Vocabulary, frozenset[str]]:
    faults = definition.faults
    parents = _read_type_tree(definition)
    constants = read_typed_list(definition.items(":constants"), faults)
    check_types(constants, parents, faults)
    predicates: dict[str, Signature] = {}
    for item in definition.items(":predicates"):
        _declare(item, "predicate", predicates, parents, faults)
    functions, object_functions = _read_functions(definition, parents)
    derived = frozenset(
        str(node[1][0])
        for node in definition.sections.get(":derived", ())
        if len(node) > 1 and isinstance(node[1], Node) and node[1]
    )
    vocabulary = Vocabulary(parents, predicates, functions, derived, {}, {})
    return declare_objects(vocabulary, constants, faults), object_functions


def declare_objects(vocabulary: Vocabulary, typed: list[Typed], faults: Faults) -> Vocabulary:
    """Add objects to a vocabulary; one declared twice must have the same type both times."""
    objects: dict[str, Types] = dict(vocabulary.objects)
    spelling = dict(vocabulary.spelling)
    for entry in typed:
        name = str(entry.name)
        if len(entry.types) > 1:
            faults.give_up("objects of an `either` type", entry.name)
        known = objects.setdefault(name, entry.types)
        if name not in spelling:
            spelling[name] = faults.source.spelling(entry.name)
        elif known == entry.types:
            faults.warn(
                "pddl-repeated-name",
                f"object `{shorten(name)}` is declared twice with the same type",
                entry.name.at,
                entry.name.end,
            )
        else:
            faults.reject(
                "pddl-duplicate-name",
                f"object `{shorten(name)}` is declared with two types",
                entry.name,
                help=("keep one of the declarations",),
            )
    return replace(vocabulary, objects=objects, spelling=spelling)


def _read_type_tree(definition: Definition) -> Parents:
    faults = definition.faults
    parents: dict[str, set[str]] = {"object": set()}
    for entry in read_typed_list(definition.items(":types"), faults):
        if len(entry.types) > 1:
            faults.give_up("types below an `either` type", entry.name)
        if entry.name == "object" and entry.types != OBJECT:
            faults.reject(
                "pddl-type-cycle", "type `object` is above all types, never below one", entry.name
            )
            continue
        own = parents.setdefault(str(entry.name), set())
        own.update(t for t in entry.types if t not in (entry.name, "object"))
        for above in entry.types:
            parents.setdefault(above, set())
    tree = {name: frozenset(above) for name, above in parents.items()}
    _reject_cycles(tree, definition)
    return tree


def _reject_cycles(tree: Parents, definition: Definition) -> None:
    """Cut types that are below themselves out of the tree, leaf by leaf."""
    waiting = {name: set(above) for name, above in tree.items()}
    while free := [name for name, above in waiting.items() if not above & waiting.keys()]:
        for name in free:
            del waiting[name]
    if waiting:
        definition.faults.reject(
            "pddl-type-cycle",
            f"types {list_some(sorted(waiting))} are below themselves",
            definition.sections[":types"][0],
        )


def _declare(
    item: Sexpr,
    kind: str,
    declared: dict[str, Signature],
    parents: Parents,
    faults: Faults,
) -> None:
    head = item[0] if isinstance(item, Node) and item else None
    if not isinstance(item, Node) or not isinstance(head, Atom):
        faults.reject("pddl-syntax", f"a {kind} is declared as `(NAME ?x - TYPE …)`", item)
        return
    typed = read_variables(item[1:], faults)
    check_types(typed, parents, faults)
    name = str(head)
    warn_of_name(head, kind, faults)
    signature = Signature(name, tuple(entry.parameter for entry in typed))
    known = declared.setdefault(name, signature)
    if known is signature:
        return
    if [p.types for p in known.parameters] == [p.types for p in signature.parameters]:
        faults.warn("pddl-repeated-name", f"{kind} `{name}` is declared twice", item.at, item.end)
    else:
        faults.reject("pddl-duplicate-name", f"{kind} `{name}` is declared in two ways", item)


def _read_functions(
    definition: Definition, parents: Parents
) -> tuple[dict[str, Signature], frozenset[str]]:
    faults = definition.faults
    functions: dict[str, Signature] = {}
    objects: set[str] = set()
    pending: list[Sexpr] = []
    items = iter([*definition.items(":functions"), None])
    for item in items:
        if item is not None and item != "-":
            pending.append(item)
            continue
        written = next(items) if item == "-" else None
        result = read_types(written, faults) if written is not None else ("number",)
        for node in pending:
            _declare(node, "function", functions, parents, faults)
        if result != ("number",):
            names = [str(n[0]) for n in pending if isinstance(n, Node) and n]
            objects.update(name for name in names if functions.pop(name, None))
            if written is not None:
                faults.give_up("functions whose values are objects", written)
        pending = []
        if item is None or written is None:
            break
    return functions, frozenset(objects)


def _read_actions(
    definition: Definition, conditions: ConditionReader
) -> tuple[dict[str, Action], set[str]]:
    """Read the actions; those with parts of an unsupported kind are given by name only."""
    actions: dict[str, Action] = {}
    unsupported: set[str] = set()
    for node in definition.sections.get(":action", ()):
        action = _read_action(node, conditions)
        if isinstance(action, Atom):
            unsupported.add(str(action))
        if not isinstance(action, Action):
            continue
        known = actions.setdefault(action.signature.name, action)
        if known is not action:
            conditions.faults.reject(
                "pddl-duplicate-name", f"action `{shorten(action.name)}` is defined twice", node[1]
            )
    return actions, unsupported


def _read_action(node: Node, conditions: ConditionReader) -> Action | Atom | None:
    faults = conditions.faults
    name = node[1] if len(node) > 1 else node
    if not isinstance(name, Atom) or name.startswith((":", "?")):
        faults.reject("pddl-syntax", "`:action` is not followed by a name", name)
        return None
    warn_of_name(name, "action", faults)
    parts = _read_parts(node, faults)
    if not ACTION_PARTS.issuperset(parts):
        return name
    listed = parts.get(":parameters")
    if isinstance(listed, Atom):
        faults.reject("pddl-syntax", "`:parameters` is not followed by a list", listed)
        return None
    typed = read_variables(listed or (), faults)
    check_types(typed, conditions.vocabulary.parents, faults)
    _reject_twins(typed, faults)
    scope, _ = Scope().bind(typed)
    before, after = parts.get(":precondition"), parts.get(":effect")
    precondition = TRUE if before is None else conditions.read_formula(before, scope)
    effects = () if after is None else EffectReader(conditions).read(after, scope)
    return Action(
        name=faults.source.spelling(name),
        signature=Signature(str(name), tuple(entry.parameter for entry in typed)),
        variables=tuple(scope.variables),
        precondition=precondition,
        effects=effects,
        weight=_weigh(precondition, effects),
    )


def _read_parts(node: Node, faults: Faults) -> dict[str, Sexpr | None]:
    """Pair the keywords of an action with what follows them; a keyword may stand alone."""
    parts: dict[str, Sexpr | None] = {}
    keyword: Atom | None = None
    for item in node[2:]:
        if isinstance(item, Atom) and item.startswith(":"):
            keyword = item
            if item in parts:
                faults.reject("pddl-duplicate-name", f"`{item}` occurs twice in one action", item)
            elif item not in ACTION_PARTS:
                faults.give_up(f"actions with `{shorten(item)}`", item)
            parts.setdefault(str(item), None)
        elif keyword is not None and parts[str(keyword)] is None:
            parts[str(keyword)] = item
        else:
            faults.reject(
                "pddl-syntax",
                f"`{shorten(faults.source.spelling(item), 40)}` follows no keyword of the action",
                item,
                help=("join several conditions or effects with `and`",),
            )
    return parts


def _reject_twins(typed: list[Typed], faults: Faults) -> None:
    seen: set[str] = set()
    for entry in typed:
        if entry.name in seen:
            faults.reject(
                "pddl-duplicate-name",
                f"parameter `{shorten(entry.name)}` is declared twice",
                entry.name,
            )
        seen.add(str(entry.name))


def _weigh(precondition: Formula, effects: tuple[Effect, ...]) -> int:
    size = sum(1 for _ in walk(precondition))
    for effect in effects:
        size += sum(1 for _ in walk(effect.condition))
        size += len(effect.adds) + len(effect.deletes) + len(effect.updates)
    return size


def _read_rules(definition: Definition, conditions: ConditionReader) -> Iterator[Rule]:
    faults = conditions.faults
    for node in definition.sections.get(":derived", ()):
        faults.use(":derived-predicates")
        head = node[1] if len(node) == 3 else None  # noqa: PLR2004  # (:derived head body)
        if not isinstance(head, Node) or not head or not isinstance(head[0], Atom):
            faults.reject("pddl-syntax", "`:derived` takes a predicate and a condition", node)
            continue
        typed = read_variables(head[1:], faults)
        check_types(typed, conditions.vocabulary.parents, faults)
        _reject_twins(typed, faults)
        scope, parameters = Scope().bind(_adopt_types(typed, head, conditions.vocabulary))
        written = Node(head.at)
        written.end = head.end
        written.extend([head[0], *(entry.name for entry in typed)])
        atom = conditions.read_atom(written, scope)
        body = normalize(conditions.read_formula(node[2], scope))
        if isinstance(atom, Holds):
            yield Rule(atom, tuple(scope.variables), len(parameters), body)


def _adopt_types(typed: list[Typed], head: Node, vocabulary: Vocabulary) -> list[Typed]:
    """Type an untyped head variable as declared: the predicate holds of nothing else."""
    signature = vocabulary.predicates.get(str(head[0]))
    if signature is None or signature.arity != len(typed):
        return typed
    return [
        replace(entry, types=parameter.types) if entry.types == OBJECT else entry
        for entry, parameter in zip(typed, signature.parameters, strict=True)
    ]


def _give_up_sections(definition: Definition) -> Iterator[str]:
    """Declare every section unsupported that is not read; yield the names of its actions."""
    for keyword, nodes in definition.sections.items():
        if keyword in SUPPORTED:
            continue
        for node in nodes:
            part = UNSUPPORTED.get(keyword, f"the section `{shorten(keyword)}`")
            definition.faults.give_up(part, node)
            if len(node) > 1 and isinstance(node[1], Atom):
                yield str(node[1])
