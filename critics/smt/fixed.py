"""Constraints under fixed values, put to an engine as two questions: the formula and its negation.

Values are fixed by definition and nothing is completed. A formula holds only if its negation is
unsatisfiable and fails only if it is itself unsatisfiable; if both are satisfiable, its truth
depends on how a partial function is extended, and it is undefined.
"""

from collections.abc import Sequence
from time import monotonic

from critics.smt.emit import Emitter, Unsupported
from critics.smt.engine import Engine, Query, Status
from critics.smt.evaluate import Environment
from critics.smt.problem import Instance
from critics.smt.terms import Absent, Term, Value


def decide(
    engine: Engine,
    instance: Instance,
    formulas: Sequence[Term],
    values: Environment,
    *,
    timeout_ms: int,
) -> tuple[Value, str | None]:
    """Decide a conjunction under fixed values.

    Args:
        engine: Who is asked.
        instance: What declares the names.
        formulas: The conjuncts.
        values: The values of all variables.
        timeout_ms: Milliseconds for both questions together.

    Returns:
        `True`, `False`, or what is absent in its place, with the reason.
    """
    emitter = Emitter(instance)
    try:
        emitter.declare(instance.variables.values(), values)
        texts = [emitter.formula(formula) for formula in formulas]
    except Unsupported as why:
        return Absent.RESIDUAL, f"{why}"
    both = f"(and true {' '.join(texts)})"
    started = monotonic()
    denied = engine.solve(
        Query(emitter.lines, [f"(not {both})"]), timeout_ms=max(1, timeout_ms * 6 // 10)
    )
    timeout_ms = max(1, timeout_ms - int((monotonic() - started) * 1000))
    if denied.status is Status.UNSAT:
        claimed = engine.solve(Query(emitter.lines, []), timeout_ms=timeout_ms)
        if claimed.status is Status.SAT:
            return True, None
        return Absent.RESIDUAL, f"{engine.name} cannot confirm the values: {claimed.reason}"
    claimed = engine.solve(Query(emitter.lines, [both]), timeout_ms=timeout_ms)
    if claimed.status is Status.UNSAT:
        return False, None
    if denied.status is Status.SAT and claimed.status is Status.SAT:
        return Absent.UNDEFINED, None
    return Absent.RESIDUAL, claimed.reason or denied.reason
