"""Hints for a rejected answer: a minimal conflict, or the smallest repair.

A repair is looked for by deepening, "at most k values change" for k = 1, 2, …, and confirmed by
the evaluator. It is an answer in itself, so each level reveals only its part of it.
"""

from collections.abc import Sequence
from time import monotonic

from pydantic import JsonValue

from critics.smt.conflict import minimize
from critics.smt.critics import Loaded, check
from critics.smt.emit import Emitter, Unsupported
from critics.smt.engine import Query, Status
from critics.smt.evaluate import Environment
from critics.smt.feasible import pose
from critics.smt.infix import show_value
from critics.smt.terms import Value, Var
from critics.smt.witness import confirm, write_value
from critics.smt.z3_engine import Z3
from critics.types import Diagnostic, HintLevel, Severity

MAX_CHANGES = 10
MAX_SECONDS = 3.0
SOFT_MS = 1_000


def hint(loaded: Loaded, values: Environment, level: HintLevel) -> Sequence[Diagnostic]:
    """Give hints for an answer that violates something; nothing if none is found in time."""
    if not any(check(loaded, values)):
        return ()
    try:
        if level is HintLevel.CORE:
            return _tell_core(loaded, values)
        return _tell_repair(loaded, values, level)
    except (ImportError, Unsupported):
        return ()


def _same(emitter: Emitter, values: Environment) -> list[tuple[Var, str]]:
    """Write `variable = the answer's value` for every variable."""
    return [
        (var, f"(= {name} {emitter.value(var.sort, values[var])})")
        for name, var in emitter.symbols.items()
    ]


def _tell_core(loaded: Loaded, values: Environment) -> Sequence[Diagnostic]:
    engine = Z3()
    emitter, query = pose(loaded.instance)
    same = _same(emitter, values)
    texts = [*(text for _, text in same), *query.assertions]
    query = Query(emitter.lines, texts)
    answer = engine.solve(query, timeout_ms=SOFT_MS)
    if answer.status is not Status.UNSAT:
        return ()
    conflict = minimize(engine, query, answer.core or range(len(texts)))
    given = [same[i][0] for i in conflict.members if i < len(same)]
    names = [
        loaded.instance.constraints[i - len(same)].name for i in conflict.members if i >= len(same)
    ]
    facts = [f"{var.name} = {show_value(var.sort, values[var])}" for var in given]
    return (
        _note(
            "smt-conflict",
            f"{', '.join(facts) or 'the problem itself'} and {', '.join(f'`{n}`' for n in names)} "
            "cannot stand together",
            {"variables": [var.name for var in given], "constraints": list(names)},
            minimal=conflict.minimal,
        ),
    )


def _tell_repair(loaded: Loaded, values: Environment, level: HintLevel) -> Sequence[Diagnostic]:
    repaired = repair(loaded, values)
    if repaired is None:
        return ()
    changed = {var: value for var, value in repaired.items() if value != values[var]}
    count = len(changed)
    values_word = "value" if count == 1 else "values"
    headline = f"the answer can be repaired by changing {count} {values_word}, not by fewer"
    data: dict[str, JsonValue] = {"count": count}
    if level in (HintLevel.PLACES, HintLevel.VALUES):
        headline += ": " + ", ".join(f"`{var.name}`" for var in changed)
        data["variables"] = [var.name for var in changed]
    if level is HintLevel.VALUES:
        facts = (f"{v.name} = {show_value(v.sort, value)}" for v, value in changed.items())
        headline = f"the answer satisfies every constraint with {', '.join(facts)}"
        data["values"] = {v.name: write_value(v.sort, value) for v, value in changed.items()}
        data["origin"] = "solver_repair"
    return (_note("smt-repair", headline, data),)


def repair(loaded: Loaded, values: Environment) -> dict[Var, Value] | None:
    """Find values that satisfy everything and differ in as few variables as possible.

    Returns:
        Nothing if more than `MAX_CHANGES` are needed, or none was found in time.
    """
    engine = Z3()
    emitter, query = pose(loaded.instance)
    changed = " ".join(f"(not {text})" for _, text in _same(emitter, values))
    until = monotonic() + MAX_SECONDS
    for most in range(1, min(MAX_CHANGES, len(emitter.symbols)) + 1):
        left = int((until - monotonic()) * 1000)
        if left <= 0:
            return None
        limit = f"((_ at-most {most}) {changed})"
        answer = engine.solve(
            Query(emitter.lines, [*query.assertions, limit]), timeout_ms=min(left, SOFT_MS)
        )
        if answer.status is Status.UNKNOWN:
            return None
        if answer.status is Status.SAT:
            found = confirm(loaded, emitter, answer.model)
            if found is None:
                return None
            return {var: value for var, value in found.items() if isinstance(var, Var)}
    return None


def _note(
    code: str, headline: str, data: dict[str, JsonValue], *, minimal: bool | None = None
) -> Diagnostic:
    told = {
        None: (),
        True: ("this conflict is minimal; other conflicts may remain",),
        False: ("the conflict may be larger than necessary",),
    }
    return Diagnostic(
        code=code, headline=headline, notes=told[minimal], data=data, severity=Severity.WARNING
    )
