"""A second, independent search of all states, to confirm that no plan exists.

unified-planning reads the task; its expressions are grounded and evaluated here, over sets of
ground atoms. Nothing is shared with `successors.py`: neither reader, nor joins, nor states. Both
must find the same number of reachable states, or they disagree.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from time import perf_counter
from typing import Any, TypeAlias

from critics.pddl.engine import Texts, Unavailable, engine_name, raised_by_engine, read_problem
from critics.types import Opinion, Verdict

MAX_GROUND = 20_000
"""Most ground steps."""
MAX_STATES = 100_000

Atom: TypeAlias = tuple[str, ...]
World: TypeAlias = frozenset[Atom]
Holds: TypeAlias = Callable[[World], bool]
Binding: TypeAlias = Mapping[str, str]


@dataclass(frozen=True)
class _Change:
    """An effect: under a condition an atom becomes true or false."""

    condition: Holds | None
    atom: Atom
    value: bool


@dataclass(frozen=True)
class _Step:
    """A ground step; `yes` and `no` are the literals of its precondition."""

    yes: World
    no: World
    rest: tuple[Holds, ...]
    changes: tuple[_Change, ...]

    def follow(self, world: World) -> World | None:
        """Give the next state; nothing if the step cannot be executed."""
        if not self.yes <= world or not self.no.isdisjoint(world):
            return None
        if not all(test(world) for test in self.rest):
            return None
        happened = [c for c in self.changes if c.condition is None or c.condition(world)]
        gone = {change.atom for change in happened if not change.value}
        return (world - gone) | {change.atom for change in happened if change.value}


def search_again(payload: Texts, *, states: int, seconds: float) -> Opinion:
    """Search all states once more.

    Args:
        payload: The problem's PDDL texts.
        states: How many states the first search has reached.
        seconds: How long this may take.

    Returns:
        `rejected` (no plan exists) if the goal holds in no reachable state and there are just as
        many; `accepted` if there is a plan; else `unknown`.
    """
    started = perf_counter()
    try:
        verdict, reason = _search(payload, states, started + seconds)
    except Unavailable as error:
        verdict, reason = Verdict.UNKNOWN, str(error)
    ms = round((perf_counter() - started) * 1000, 3)
    name = f"{engine_name()} (reader) with a search of its own"
    return Opinion(engine=name, verdict=verdict, reason=reason, ms=ms)


def _search(payload: Texts, states: int, deadline: float) -> tuple[Verdict, str]:
    if states > MAX_STATES:
        raise Unavailable(f"there are more than {MAX_STATES:,} states")
    with read_problem(payload.domain, payload.problem) as problem:
        try:
            world = _first(problem)
            goal = _all(problem.goals, problem)
            steps = list(_ground(problem))
        except raised_by_engine() as error:
            raise Unavailable(f"unified-planning raised {type(error).__name__}") from error
    return _walk(world, goal, steps, states, deadline)


def _walk(
    first: World, goal: Sequence[Holds], steps: list[_Step], states: int, deadline: float
) -> tuple[Verdict, str]:
    seen, queue = {first}, deque([first])
    while queue:
        world = queue.popleft()
        if all(test(world) for test in goal):
            return Verdict.ACCEPTED, "the goal holds in a reachable state"
        for step in steps:
            after = step.follow(world)
            if after is not None and after not in seen:
                seen.add(after)
                queue.append(after)
        if len(seen) > states or perf_counter() > deadline:
            break
    if queue and len(seen) <= states:
        raise Unavailable(f"time ran out after {len(seen):,} states")
    if len(seen) != states:
        raise Unavailable(f"it counts other states: {len(seen):,} or more, not {states:,}")
    return Verdict.REJECTED, f"the goal holds in none of {len(seen):,} reachable states"


def _first(problem: Any) -> World:
    # `initial_values` would ground every fluent; what is not said is false.
    defaults = problem.fluents_defaults
    for fluent in problem.fluents:
        if fluent.type.is_bool_type() and not defaults[fluent].is_false():
            raise Unavailable("a predicate holds by default")
    return frozenset(
        _atom(fluent, {})
        for fluent, value in problem.explicit_initial_values.items()
        if fluent.type.is_bool_type() and value.is_true()
    )


def _ground(problem: Any) -> Iterator[_Step]:
    number = 0
    for action in problem.actions:
        names = [parameter.name for parameter in action.parameters]
        domains = [_objects(problem, parameter.type) for parameter in action.parameters]
        number += prod(map(len, domains))
        if number > MAX_GROUND:
            raise Unavailable(f"there are more than {MAX_GROUND:,} ground steps")
        for values in product(*domains):
            yield _ground_step(problem, action, dict(zip(names, values, strict=True)))


def _ground_step(problem: Any, action: Any, binding: Binding) -> _Step:
    yes, no, rest = set(), set(), []
    pending = list(action.preconditions)
    while pending:
        part = pending.pop()
        if part.is_and():
            pending.extend(part.args)
        elif part.is_fluent_exp():
            yes.add(_atom(part, binding))
        elif part.is_not() and part.arg(0).is_fluent_exp():
            no.add(_atom(part.arg(0), binding))
        else:
            rest.append(_test(problem, part, binding))
    changes = tuple(_changes(problem, action, binding))
    return _Step(frozenset(yes), frozenset(no), tuple(rest), changes)


def _changes(problem: Any, action: Any, binding: Binding) -> Iterator[_Change]:
    for effect in action.effects:
        if not effect.fluent.type.is_bool_type():
            continue  # A number that mattered would be in a condition, which `_test` refuses.
        if not effect.value.is_bool_constant():
            raise Unavailable("an effect assigns a condition")
        domains = [_objects(problem, variable.type) for variable in effect.forall]
        names = [variable.name for variable in effect.forall]
        for values in product(*domains):
            inner = {**binding, **dict(zip(names, values, strict=True))}
            condition = effect.condition
            test = None if condition.is_true() else _test(problem, condition, inner)
            yield _Change(test, _atom(effect.fluent, inner), effect.value.bool_constant_value())


def _all(conditions: Sequence[Any], problem: Any) -> list[Holds]:
    return [_test(problem, condition, {}) for condition in conditions]


def _test(problem: Any, node: Any, binding: Binding) -> Holds:  # noqa: PLR0911  # one case per connective
    """Compile a ground condition."""
    if node.is_bool_constant():
        known = node.bool_constant_value()
        return lambda _world: known
    if node.is_fluent_exp():
        atom = _atom(node, binding)
        return lambda world: atom in world
    if node.is_equals():
        same = _object(node.arg(0), binding) == _object(node.arg(1), binding)
        return lambda _world: same
    if node.is_not():
        part = _test(problem, node.arg(0), binding)
        return lambda world: not part(world)
    if node.is_and() or node.is_or():
        parts = [_test(problem, part, binding) for part in node.args]
        if node.is_and():
            return lambda world: all(part(world) for part in parts)
        return lambda world: any(part(world) for part in parts)
    if node.is_implies():
        left, right = (_test(problem, part, binding) for part in node.args)
        return lambda world: not left(world) or right(world)
    if node.is_exists() or node.is_forall():
        return _test_quantified(problem, node, binding)
    raise Unavailable(f"a condition that is not evaluated here: {node.node_type.name}")


def _test_quantified(problem: Any, node: Any, binding: Binding) -> Holds:
    names = [variable.name for variable in node.variables()]
    domains = [_objects(problem, variable.type) for variable in node.variables()]
    parts = [
        _test(problem, node.arg(0), {**binding, **dict(zip(names, values, strict=True))})
        for values in product(*domains)
    ]
    if node.is_exists():
        return lambda world: any(part(world) for part in parts)
    return lambda world: all(part(world) for part in parts)


def _objects(problem: Any, kind: Any) -> list[str]:
    return [found.name for found in problem.objects(kind)]


def _atom(node: Any, binding: Binding) -> Atom:
    if not node.type.is_bool_type():
        raise Unavailable("a condition compares numbers")
    return (node.fluent().name, *(_object(argument, binding) for argument in node.args))


def _object(node: Any, binding: Binding) -> str:
    if node.is_object_exp():
        return str(node.object().name)
    if node.is_parameter_exp():
        return binding[node.parameter().name]
    if node.is_variable_exp():
        return binding[node.variable().name]
    raise Unavailable("numbers or functions of objects are compared")
