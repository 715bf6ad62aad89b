"""Finds actions that would make a missing fact true, and tries them before it names them."""

from dataclasses import dataclass

from critics.pddl.arithmetic import NoValueError
from critics.pddl.evaluate import Test
from critics.pddl.formula import And, Term, normalize
from critics.pddl.frame import Env, Frame
from critics.pddl.program import Program
from critics.pddl.simulate import ConflictError, settle
from critics.pddl.state import Fact, Meter, Pending, State
from critics.pddl.task import Action, Row
from critics.types import Undecided

HINT_STEPS = 20_000
MAX_APPLICABLE = 3


@dataclass(frozen=True)
class Hint:
    """What could make a fact true.

    Attributes:
        achievers: Names of the actions that can add it, under some condition or none.
        applicable: Ground steps that add it and that can be executed in the state asked about.
    """

    achievers: tuple[str, ...]
    applicable: tuple[str, ...]


def find_hint(program: Program, state: State, fact: Fact) -> Hint:
    """Look for actions that make a fact true in a state; the search is bounded."""
    state.meter = Meter(HINT_STEPS)
    achievers: dict[str, None] = {}
    applicable: dict[str, None] = {}
    predicate, row = fact
    for name, action in program.task.actions.items():
        for effect in action.effects:
            for atom in effect.adds:
                if atom.predicate != predicate:
                    continue
                plain = not effect.variables and effect.condition == And(())
                bound = _unify(program, action, atom.terms, row, anywhere=not plain)
                if bound is None:
                    continue
                achievers[action.name] = None
                if plain and len(applicable) < MAX_APPLICABLE:
                    step = _find_step(program, state, name, bound)
                    if step is not None:
                        applicable[step] = None
    return Hint(tuple(achievers), tuple(applicable))


def _unify(
    program: Program, action: Action, terms: tuple[Term, ...], row: Row, *, anywhere: bool
) -> dict[int, str] | None:
    """Bind an action's variables so that an atom becomes the fact; `None` if none can."""
    bound: dict[int, str] = {}
    for term, name in zip(terms, row, strict=True):
        if isinstance(term, str):
            if term != name:
                return None
            continue
        if bound.setdefault(term, name) != name:
            return None
        if not program.task.vocabulary.belongs(name, action.variables[term].types):
            return None
        if not anywhere and term >= action.signature.arity:
            return None
    return bound


def _find_step(program: Program, state: State, name: str, bound: dict[int, str]) -> str | None:
    compiled = program.action(name)
    action = compiled.action
    frame = Frame(action.variables)
    found: list[Row] = []

    def keep(_state: State, env: Env) -> bool:
        found.append(tuple(env[: action.signature.arity]))
        return True

    free = tuple(v for v in action.parameters if v.slot not in bound)
    search: Test = program.compiler.each(free, normalize(action.precondition), frame, keep)
    env = frame.open()
    for slot, value in bound.items():
        env[slot] = value
    try:
        if not search(state, env) or not _has_outcome(
            state, compiled.effects, compiled.frame, found[0]
        ):
            return None
    except (Undecided, NoValueError, ConflictError):
        state.derived.clear()
        return None
    spelling = program.task.vocabulary.spelling
    return f"({' '.join((action.name, *(spelling[name] for name in found[0])))})"


def _has_outcome(state: State, effects: tuple[Test, ...], frame: Frame, row: Row) -> bool:
    """Try the effects without keeping them; an outcome that does not exist raises."""
    state.pending = Pending()
    env = frame.open(row)
    for effect in effects:
        effect(state, env)
    settle(state)
    return True
