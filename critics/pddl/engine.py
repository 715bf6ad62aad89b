"""The second opinion on a plan: unified-planning (UP), behind this one adapter.

UP never decides alone, and it decides nothing where it is known to be unreliable. The opinion is
`unknown`, with the reason, whenever UP is not installed, runs without assertions (it checks arity
by `assert` only), cannot read the problem, finds a feature that its simulator does not support,
or raises. `rejected` is said only where a precondition or the goal is false in a state that UP
reached itself; `accepted` only where it ran the whole plan.

The plan goes in as action instances, never through UP's plan reader, and the simulator is driven
step by step: UP's own validator folds "cannot evaluate" into "invalid".
"""

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter
from typing import Any, Protocol

from critics.sexpr import PDDL, Node, SexprError, Source, read
from critics.types import Opinion, Verdict

OPINION_MODULES = (
    "unified_planning.environment",
    "unified_planning.io",
    "unified_planning.engines.sequential_simulator",
)
"""What a worker imports before its first opinion; together 1-3 s."""

HARMLESS = frozenset({"UNDEFINED_INITIAL_NUMERIC", "UNDEFINED_INITIAL_SYMBOLIC"})
"""Features that UP flags as unsupported and that are normal PDDL: a function need not have a value
for every argument. Reading an undefined value raises, which makes the opinion unavailable."""

CACHED_PROBLEMS = 4


class Unavailable(Exception):
    """UP has no opinion on this; the message says why."""


class Texts(Protocol):
    """What of a problem's payload is read."""

    @property
    def domain(self) -> str:
        """The PDDL domain."""
        ...

    @property
    def problem(self) -> str:
        """The PDDL problem."""
        ...


@dataclass(frozen=True)
class Reading:
    """A problem as UP read it.

    Attributes:
        problem: UP's problem.
        simulator: UP's simulator for it.
        environment: UP's expression store; every call into UP needs it to be the global one.
    """

    problem: Any
    simulator: Any
    environment: Any


def second_opinion(payload: Texts, text: str) -> Opinion:
    """Ask UP about a plan that our own syntax stage has accepted.

    Args:
        payload: The problem's PDDL texts.
        text: The canonical plan.

    Returns:
        An opinion; `unknown` where UP cannot be relied on.
    """
    started = perf_counter()
    name = engine_name()
    try:
        verdict, reason = _ask(payload, text)
    except Unavailable as error:
        verdict, reason = Verdict.UNKNOWN, str(error)
    ms = round((perf_counter() - started) * 1000, 3)
    return Opinion(engine=name, verdict=verdict, reason=reason, ms=ms)


def engine_name() -> str:
    """Give the engine's name and installed version."""
    try:
        return f"unified-planning {version('unified-planning')}"
    except PackageNotFoundError:
        return "unified-planning"


def _ask(payload: Texts, text: str) -> tuple[Verdict, str | None]:
    if not __debug__:
        raise Unavailable("Python runs without assertions (-O), on which unified-planning relies")
    steps = _read_steps(text)
    reading = _read_problem(payload.domain, payload.problem)
    if isinstance(reading, str):
        raise Unavailable(reading)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _adopt(reading.environment)
        try:
            return _replay(reading, steps)
        except raised_by_engine() as error:
            raise Unavailable(f"unified-planning raised {_shown(error)}") from error


def is_loaded() -> bool:
    """Say whether asking UP costs no import: workers that give opinions have it behind them."""
    return OPINION_MODULES[0] in sys.modules


@contextmanager
def read_problem(domain: str, problem: str) -> Iterator[Any]:
    """Give UP's problem, to be looked at while its environment is the global one.

    Raises:
        Unavailable: UP is not installed, or cannot read the problem or some feature of it.
    """
    if not __debug__:
        raise Unavailable("Python runs without assertions (-O), on which unified-planning relies")
    reading = _read_problem(domain, problem)
    if isinstance(reading, str):
        raise Unavailable(reading)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _adopt(reading.environment)
        yield reading.problem


def _read_steps(text: str) -> list[tuple[str, ...]]:
    try:
        items = read(Source("answer", text), PDDL).items
    except SexprError as error:
        raise Unavailable("the text is no plan") from error
    steps = [tuple(map(str, item)) for item in items if isinstance(item, Node)]
    if len(steps) != len(items) or not all(steps):
        raise Unavailable("the text is no plan")
    return steps


@lru_cache(maxsize=CACHED_PROBLEMS)
def _read_problem(domain: str, problem: str) -> Reading | str:
    """Read a problem, or say why that is impossible."""
    try:
        for module in OPINION_MODULES:
            import_module(module)
    except ImportError:
        return "unified-planning is not installed (extra `cross`)"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _parse(domain, problem)
        except Unavailable as error:
            return str(error)
        except raised_by_engine() as error:
            return f"unified-planning cannot read the problem: {_shown(error)}"


def _parse(domain: str, problem: str) -> Reading:
    environment = import_module("unified_planning.environment").Environment()
    environment.credits_stream = None
    # Legal PDDL may name a predicate and an action alike; `_refuse` looks for clashes that matter.
    environment.error_used_name = False
    _adopt(environment)
    read_problem = import_module("unified_planning.io").PDDLReader(environment).parse_problem_string
    found = read_problem(without_warts(domain), without_warts(problem))
    simulators = import_module("unified_planning.engines.sequential_simulator")
    _refuse(found, simulators.UPSequentialSimulator.supported_kind())
    simulator = simulators.UPSequentialSimulator(found, error_on_failed_checks=False)
    return Reading(found, simulator, environment)


def without_warts(text: str) -> str:
    """Blank out what says nothing on validity and stops UP, at its place.

    A closing parenthesis that closes nothing, of which our own reader warns; the names of domain
    and problem, which may start with a digit; empty sections, and requirements, of which UP knows
    some; the metric, for with one it drops effects on the cost.
    """
    try:
        document = read(Source("problem", text), PDDL)
    except SexprError as error:
        raise Unavailable("the problem cannot be read") from error
    characters = list(text)
    for place in document.stray:
        characters[place] = " "
    for definition in document.items:
        for section in definition if isinstance(definition, Node) else ():
            if not isinstance(section, Node):
                continue
            if section[:1] in (["domain"], ["problem"], [":domain"]):
                for name in section[1:2]:
                    characters[name.at : name.end] = "n".ljust(name.end - name.at)
            elif _says_nothing(section):
                characters[section.at : section.end] = " " * (section.end - section.at)
    return "".join(characters)


def _says_nothing(section: Node) -> bool:
    """Say whether a section matters to no plan's validity."""
    keyword = section[0] if section else None
    if keyword == ":requirements":
        # These two change how the rest is read.
        return ":hierarchy" not in section and ":contingent" not in section
    empty = len(section) == 1 and keyword in (":types", ":constants", ":functions", ":objects")
    return empty or keyword == ":metric"


def _refuse(problem: Any, supported: Any) -> None:
    """Raise unless the simulator supports every feature of the problem."""
    beyond = problem.kind.features - supported.features - HARMLESS
    if beyond:
        raise Unavailable(f"unified-planning does not support {', '.join(sorted(beyond))}")
    if problem.trajectory_constraints or problem.timed_goals or problem.timed_effects:
        raise Unavailable("unified-planning does not validate constraints over time")
    clashes = {o.name for o in problem.all_objects} & {f.name for f in problem.fluents}
    if clashes:
        raise Unavailable(f"`{min(clashes)}` names an object and a predicate")


def _replay(reading: Reading, steps: Sequence[tuple[str, ...]]) -> tuple[Verdict, str | None]:
    """Run the plan; stop at the first step that UP finds inapplicable."""
    simulator = reading.simulator
    state = simulator.get_initial_state()
    for number, step in enumerate(steps, 1):
        action, arguments = _ground(reading, step)
        unmet = _unmet(reading, state, action, arguments)
        if unmet:
            shown = f"step {number} `({' '.join(step)})` needs {unmet}"
            return Verdict.REJECTED, shown[:500]
        state = simulator.apply_unsafe(state, action, arguments)
    goals = simulator.get_unsatisfied_goals(state)
    if goals:
        return Verdict.REJECTED, f"unmet goals: {', '.join(map(str, goals))}"[:500]
    return Verdict.ACCEPTED, None


def _ground(reading: Reading, step: tuple[str, ...]) -> tuple[Any, tuple[Any, ...]]:
    problem = reading.problem
    action = problem.action(step[0])
    if len(action.parameters) != len(step) - 1:
        raise Unavailable(f"`{step[0]}` has another arity to unified-planning")
    objects = [problem.object(name) for name in step[1:]]
    for parameter, given in zip(action.parameters, objects, strict=True):
        if not parameter.type.is_compatible(given.type):
            raise Unavailable(f"`{given.name}` has another type to unified-planning")
    return action, tuple(map(reading.environment.expression_manager.ObjectExp, objects))


def _unmet(reading: Reading, state: Any, action: Any, arguments: tuple[Any, ...]) -> str:
    """Name the preconditions that are false; evaluated here, for UP's reason hides conflicts."""
    evaluator = reading.simulator._se  # noqa: SLF001  # UP offers no other way to evaluate
    values = dict(zip(action.parameters, arguments, strict=True))
    return ", ".join(
        str(condition)
        for condition in _conditions(action.preconditions, values)
        if not evaluator.evaluate(condition, state).bool_constant_value()
    )


def _conditions(preconditions: Sequence[Any], values: dict[Any, Any]) -> Iterator[Any]:
    return (condition.substitute(values) for condition in preconditions)


def _adopt(environment: Any) -> None:
    """Make an environment UP's global one: its reader and simulator use that one regardless."""
    module: Any = import_module("unified_planning.environment")
    module.GLOBAL_ENVIRONMENT = environment


def raised_by_engine() -> tuple[type[Exception], ...]:
    """List what UP raises on input that it cannot handle."""
    return (
        import_module("unified_planning.exceptions").UPException,
        import_module("pyparsing").ParseBaseException,
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        NotImplementedError,
        RecursionError,
        SyntaxError,
        TypeError,
        ValueError,
    )


def _shown(error: Exception) -> str:
    told = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {told}" if told else type(error).__name__
