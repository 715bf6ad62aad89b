"""The second opinion: Z3 on all constraints at once.

What our own verdict already took from Z3 (residual constraints, optimality) needs cvc5 as well,
or the opinion would not be independent.
"""

from time import perf_counter

from critics.smt.critics import Loaded
from critics.smt.cvc5_engine import Cvc5
from critics.smt.evaluate import Environment, Steps, run
from critics.smt.fixed import decide
from critics.smt.optimal import confirm_best
from critics.smt.problem import Instance
from critics.smt.terms import Absent, Term, Value
from critics.smt.values import OverBudget
from critics.smt.z3_engine import Z3
from critics.types import Opinion, Verdict

SOFT_MS = 1_200
"""For each engine, so that an answer and its second opinion take less than five seconds."""


def _evaluate(loaded: Loaded, values: Environment) -> list[tuple[Term, Value]]:
    """Give every formula with what the evaluator alone says of it."""
    found: list[tuple[Term, Value]] = []
    steps = Steps()
    for constraint, tape in zip(loaded.instance.constraints, loaded.tapes, strict=True):
        try:
            value = run(tape, values, steps)[-1]
        except OverBudget:
            value = Absent.RESIDUAL
        found.append((constraint.term, value))
    return found


def _confirm(
    instance: Instance, formulas: list[Term], values: Environment, verdict: Value
) -> tuple[Value, str | None, str]:
    """Let cvc5 confirm what Z3 decided; without it there is no second opinion."""
    try:
        engine = Cvc5()
    except ImportError:
        return Absent.RESIDUAL, "cvc5 is not installed, and Z3 was the first opinion", "cvc5"
    second, why = decide(engine, instance, formulas, values, timeout_ms=SOFT_MS)
    if verdict is True or second is Absent.RESIDUAL:
        return second, why, engine.name
    return verdict, why, engine.name


def ask_second(loaded: Loaded, values: Environment) -> Opinion:
    """Ask Z3 about all constraints at once, and cvc5 about optimality where it is demanded."""
    instance = loaded.instance
    started = perf_counter()
    engine = Z3()
    formulas = [constraint.term for constraint in instance.constraints]
    verdict, why = decide(engine, instance, formulas, values, timeout_ms=SOFT_MS)
    said, name = Verdict.UNKNOWN, engine.name
    own = _evaluate(loaded, values)
    open_formulas = [formula for formula, value in own if value is Absent.RESIDUAL]
    if verdict is True and any(value is Absent.UNDEFINED for _, value in own):
        # True however division by zero is extended: no objection, but undefined for us.
        verdict, why = Absent.RESIDUAL, "a constraint is undefined, though it holds either way"
    if open_formulas and verdict is not Absent.RESIDUAL:
        verdict, why, name = _confirm(instance, open_formulas, values, verdict)
    if verdict is not Absent.RESIDUAL:
        said = Verdict.ACCEPTED if verdict is True else Verdict.REJECTED
    if said is Verdict.ACCEPTED and instance.best:
        best = confirm_best(loaded, values)
        said, why, name = best.verdict, best.reason, f"{name} and {best.engine}"
    ms = round((perf_counter() - started) * 1000, 3)
    return Opinion(engine=name, verdict=said, reason=why, ms=ms)
