"""Derived predicates: least fixpoints, stratum by stratum, computed semi-naively and on demand."""

from collections.abc import Iterator
from dataclasses import dataclass

from critics.pddl.evaluate import Compiler, Test
from critics.pddl.formula import And, Exists, Formula, Holds, Or, Variable, is_numeric, walk
from critics.pddl.frame import Env, Frame, read_key
from critics.pddl.state import Relation, State, give_up
from critics.pddl.strata import find_components, find_dependencies
from critics.pddl.task import Rule

MAX_CLAUSES = 64
"""Most clauses that one body is taken apart into; beyond that its disjunctions stay tests."""


@dataclass(frozen=True)
class Clause:
    """One compiled rule.

    Attributes:
        frame: Where its bindings live.
        search: Derives everything the clause derives.
        fresh: The same, where one recursive atom ranges over the newest rows of its predicate.
        opaque: Whether a recursive atom stands where `fresh` cannot reach it.
    """

    frame: Frame
    search: Test
    fresh: tuple[tuple[str, Test], ...]
    opaque: bool


class Stratum:
    """Derived predicates that depend on one another, and their clauses."""

    def __init__(self, predicates: tuple[str, ...], rules: list[Rule], compiler: Compiler) -> None:
        """Compile the rules."""
        self.predicates = predicates
        self.clauses = [
            clause for rule in rules for clause in _compile_rule(rule, predicates, compiler)
        ]

    def compute(self, state: State) -> None:
        """Compute the least fixpoint in a state."""
        state.derived.update((name, Relation({})) for name in self.predicates)
        state.heads = {name: {} for name in self.predicates}
        for clause in self.clauses:
            clause.search(state, clause.frame.open())
        while self._absorb(state):
            for clause in self.clauses:
                if clause.opaque:
                    clause.search(state, clause.frame.open())
                    continue
                for predicate, search in clause.fresh:
                    if predicate in state.delta:
                        search(state, clause.frame.open())

    def _absorb(self, state: State) -> bool:
        """Add what was derived; say whether anything was."""
        state.delta = {}
        for name, rows in state.heads.items():
            if rows:
                relation = state.derived[name]
                for row in rows:
                    relation.add(row)
                state.delta[name] = Relation(rows)
                state.heads[name] = {}
        return bool(state.delta)


class Axioms:
    """All rules of a task."""

    def __init__(self, rules: tuple[Rule, ...], compiler: Compiler) -> None:
        """Order the strata; each is compiled when it is first asked for."""
        self._graph, _ = find_dependencies(rules)
        self._components = find_components(self._graph)
        self._home = {name: i for i, names in enumerate(self._components) for name in names}
        self._rules = rules
        self._compiler = compiler
        self._strata: dict[int, Stratum] = {}
        self._needs: dict[str, list[int]] = {}

    def derive(self, state: State, predicate: str) -> Relation:
        """Compute a derived predicate, and first all that it depends on."""
        if predicate not in self._home:
            return state.derived.setdefault(predicate, Relation({}))
        for number in self._needed(predicate):
            if self._components[number][0] not in state.derived:
                self._stratum(number).compute(state)
        return state.derived[predicate]

    def _needed(self, predicate: str) -> list[int]:
        known = self._needs.get(predicate)
        if known is None:
            seen, pending = {predicate}, [predicate]
            while pending:
                for below in self._graph[pending.pop()]:
                    if below not in seen:
                        seen.add(below)
                        pending.append(below)
            known = self._needs[predicate] = sorted({self._home[name] for name in seen})
        return known

    def _stratum(self, number: int) -> Stratum:
        known = self._strata.get(number)
        if known is None:
            names = self._components[number]
            rules = [rule for rule in self._rules if rule.head.predicate in names]
            known = self._strata[number] = Stratum(names, rules, self._compiler)
        return known


def _compile_rule(rule: Rule, recursive: tuple[str, ...], compiler: Compiler) -> Iterator[Clause]:
    for variables, body in _split(rule.variables[: rule.parameters], rule.body):
        frame = Frame(rule.variables)
        final = _collect(rule, body, frame, compiler)
        conjuncts = body.parts if isinstance(body, And) else (body,)
        plain = [p for p in conjuncts if isinstance(p, Holds) and p.predicate in recursive]
        inside = [p for p in walk(body) if isinstance(p, Holds) and p.predicate in recursive]
        possibly = is_numeric(body)
        search = compiler.each(variables, body, frame, final, possibly=possibly)
        fresh = tuple(
            (
                atom.predicate,
                compiler.each(variables, body, frame, final, possibly=possibly, fresh=atom),
            )
            for atom in plain
        )
        yield Clause(frame, search, fresh, opaque=len(inside) > len(plain))


def _split(
    variables: tuple[Variable, ...], body: Formula
) -> list[tuple[tuple[Variable, ...], Formula]]:
    """Take a body apart into conjunctions without `exists`, one for each way to satisfy it."""
    done: list[tuple[tuple[Variable, ...], Formula]] = []
    waiting = [(variables, _conjuncts(body))]
    while waiting:
        bound, parts = waiting.pop()
        split = next((i for i, part in enumerate(parts) if isinstance(part, Or | Exists)), None)
        if split is None or len(done) + len(waiting) >= MAX_CLAUSES:
            done.append((bound, And(tuple(parts))))
            continue
        part = parts[split]
        before, after = parts[:split], parts[split + 1 :]
        if isinstance(part, Exists):
            waiting.append((bound + part.variables, [*before, *_conjuncts(part.part), *after]))
        elif isinstance(part, Or):
            waiting += [(bound, [*before, *_conjuncts(p), *after]) for p in reversed(part.parts)]
    return done


def _conjuncts(formula: Formula) -> list[Formula]:
    return list(formula.parts) if isinstance(formula, And) else [formula]


def _collect(rule: Rule, body: Formula, frame: Frame, compiler: Compiler) -> Test:
    predicate, key = rule.head.predicate, read_key(frame.slots(rule.head.terms))
    surely = compiler.test(body, frame) if is_numeric(body) else None

    def collect(state: State, env: Env) -> bool:
        row = key(env)
        if row not in state.derived[predicate].rows:
            # `surely` searches too: it must not touch the bindings of the search it ends.
            if surely is not None and not surely(state, env.copy()):
                raise give_up(f"a rule for `{predicate}` reads a number that is not defined")
            state.heads[predicate][row] = None
        return False

    return collect
