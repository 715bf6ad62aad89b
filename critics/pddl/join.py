"""Plans and compiles the search for bindings: joins on positive atoms, then types.

Conjuncts are ordered once, greedily: conditions whose variables are bound filter at once, atoms
bind the variables they mention through an index, and only what no atom binds ranges over a type.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from critics.pddl.formula import (
    And,
    Exists,
    Formula,
    Holds,
    Or,
    Same,
    Variable,
    slots_of,
    split_conjuncts,
)
from critics.pddl.frame import Env, Frame, read_key
from critics.pddl.state import Relation, State
from critics.pddl.vocabulary import OBJECT

if TYPE_CHECKING:  # the two modules call each other
    from critics.pddl.evaluate import Compiler

Test: TypeAlias = Callable[[State, Env], bool]
Fetch: TypeAlias = Callable[[State], Relation]
MAX_BRANCHES = 64
"""Most alternatives that disjunctions are taken apart into; beyond that they are filters."""
Maker: TypeAlias = Callable[[Test], Test]
"""Wraps what comes next in the search."""


class Join:
    """One search for bindings while it is compiled.

    Args:
        compiler: Compiles the filters.
        frame: Where the bindings live.
        variables: What is to be bound.
        possibly: The mode of the filters.
    """

    def __init__(
        self,
        compiler: "Compiler",
        frame: Frame,
        variables: tuple[Variable, ...],
        *,
        possibly: bool,
    ) -> None:
        """Start with everything unbound."""
        self.compiler = compiler
        self.frame = frame
        self.possibly = possibly
        self.unbound = {variable.slot: None for variable in variables}
        self.makers: list[Maker] = []
        self.branches = MAX_BRANCHES

    def compile(self, formula: Formula, final: Test, fresh: Holds | None) -> Test:
        """Order the conjuncts and chain them."""
        waiting = self._flatten(formula)
        if fresh is not None:
            waiting = [part for part in waiting if part is not fresh]
            predicate = fresh.predicate
            self._scan(fresh, lambda state: state.delta[predicate])
        return self._chain(waiting, final)

    def _chain(self, waiting: list[Formula], final: Test) -> Test:
        while waiting:
            waiting = self._filter(waiting)
            bound = self._next_generator(waiting)
            if bound is not None:
                waiting.remove(bound)
            elif (choice := self._next_choice(waiting)) is not None:
                return self._close(self._branch(waiting, choice, final))
            elif waiting:
                self._range_over(self._next_slot(waiting))
        for slot in tuple(self.unbound):
            self._range_over(slot)
        return self._close(final)

    def _close(self, final: Test) -> Test:
        for maker in reversed(self.makers):
            final = maker(final)
        return final

    def _next_slot(self, waiting: list[Formula]) -> int:
        wanted = frozenset().union(*map(slots_of, waiting))
        return next(slot for slot in self.unbound if slot in wanted)

    def _next_choice(self, waiting: list[Formula]) -> Or | None:
        """Find a disjunction each of whose alternatives binds something; few are followed."""
        for part in waiting:
            if (
                isinstance(part, Or)
                and len(part.parts) <= self.branches
                and all(self._binds(alternative) for alternative in part.parts)
            ):
                return part
        return None

    def _binds(self, formula: Formula) -> bool:
        parts = split_conjuncts(formula.part if isinstance(formula, Exists) else formula)
        return any(
            isinstance(part, Holds | Same) and slots_of(part) & self.unbound.keys()
            for part in parts
        )

    def _branch(self, waiting: list[Formula], choice: Or, final: Test) -> Test:
        """Search each alternative by itself; one binding may be found in several of them."""
        rest = [part for part in waiting if part is not choice]
        searches = []
        for alternative in choice.parts:
            join = Join(self.compiler, self.frame, (), possibly=self.possibly)
            join.unbound = self.unbound.copy()
            join.branches = self.branches // len(choice.parts)
            searches.append(join._chain(join._flatten(alternative) + rest, final))
        return _make_any(searches)

    def _flatten(self, formula: Formula) -> list[Formula]:
        found: list[Formula] = []
        pending = [formula]
        while pending:
            part = pending.pop()
            if isinstance(part, And):
                pending.extend(reversed(part.parts))
            elif isinstance(part, Exists):
                self.unbound.update((variable.slot, None) for variable in part.variables)
                pending.append(part.part)
            else:
                found.append(part)
        return found

    def _filter(self, waiting: list[Formula]) -> list[Formula]:
        later = []
        for part in waiting:
            if slots_of(part) & self.unbound.keys():
                later.append(part)
            else:
                test = self.compiler.test(part, self.frame, possibly=self.possibly)
                self.makers.append(_make_filter(test))
        return later

    def _next_generator(self, waiting: list[Formula]) -> Formula | None:
        """Choose the conjunct that binds most cheaply, and add its search."""
        atoms: list[tuple[int, int, int, Holds]] = []
        for part in waiting:
            free = len(slots_of(part) & self.unbound.keys())
            # `(= ?x ?x)` mentions one unbound variable too, and binds nothing.
            if isinstance(part, Same) and free == 1 and part.left != part.right:
                self._bind_same(part)
                return part
            if isinstance(part, Holds):
                atoms.append((free - len(part.terms), free, len(atoms), part))
        if not atoms:
            return None
        part = min(atoms)[3]
        self._scan(part, self.compiler.fetch(part.predicate))
        return part

    def _scan(self, atom: Holds, fetch: Fetch) -> None:
        slots = self.frame.slots(atom.terms)
        bound = tuple(p for p, slot in enumerate(slots) if slot not in self.unbound)
        targets: dict[int, int] = {}
        repeats: list[tuple[int, int]] = []
        for position, slot in enumerate(slots):
            if position in bound:
                continue
            if slot in targets:
                repeats.append((targets[slot], position))
            else:
                targets[slot] = position
        binds = [(position, slot, self._members(slot)) for slot, position in targets.items()]
        for slot in targets:
            del self.unbound[slot]
        key = read_key([slots[position] for position in bound])
        self.makers.append(_make_scan(fetch, bound, key, binds, repeats))

    def _bind_same(self, same: Same) -> None:
        left, right = self.frame.slots((same.left, same.right))
        target, source = (left, right) if left in self.unbound else (right, left)
        members = self._members(target)
        del self.unbound[target]
        self.makers.append(_make_copy(source, target, members))

    def _range_over(self, slot: int) -> None:
        del self.unbound[slot]
        members = tuple(self.compiler.vocabulary.members(self.frame.types[slot]))
        self.makers.append(_make_range(slot, members))

    def _members(self, slot: int) -> frozenset[str] | None:
        types = self.frame.types[slot]
        return None if types == OBJECT else frozenset(self.compiler.vocabulary.members(types))


def _make_any(searches: list[Test]) -> Test:
    def search(state: State, env: Env) -> bool:
        for part in searches:  # noqa: SIM110  # `any` would cost two frames of stack a level
            if part(state, env):
                return True
        return False

    return search


def _make_filter(test: Test) -> Maker:
    return lambda proceed: lambda state, env: test(state, env) and proceed(state, env)


def _make_copy(source: int, target: int, members: frozenset[str] | None) -> Maker:
    def make(proceed: Test) -> Test:
        def search(state: State, env: Env) -> bool:
            value = env[source]
            if members is not None and value not in members:
                return False
            env[target] = value
            return proceed(state, env)

        return search

    return make


def _make_range(slot: int, members: tuple[str, ...]) -> Maker:
    def make(proceed: Test) -> Test:
        def search(state: State, env: Env) -> bool:
            state.meter.spend(1)
            visited = 0
            for value in members:
                visited += 1
                env[slot] = value
                if proceed(state, env):
                    state.meter.spend(visited)
                    return True
            state.meter.spend(visited)
            return False

        return search

    return make


def _make_scan(
    fetch: Fetch,
    bound: tuple[int, ...],
    key: Callable[[Env], tuple[str, ...]],
    binds: list[tuple[int, int, frozenset[str] | None]],
    repeats: list[tuple[int, int]],
) -> Maker:
    def make(proceed: Test) -> Test:
        def search(state: State, env: Env) -> bool:
            relation = fetch(state)
            rows = relation.find(bound, key(env)) if bound else relation.rows
            state.meter.spend(1)
            visited = 0
            for row in rows:
                visited += 1
                for first, second in repeats:
                    if row[first] != row[second]:
                        break
                else:
                    for position, slot, members in binds:
                        value = row[position]
                        if members is not None and value not in members:
                            break
                        env[slot] = value
                    else:
                        if proceed(state, env):
                            state.meter.spend(visited)
                            return True
            state.meter.spend(visited)
            return False

        return search

    return make
