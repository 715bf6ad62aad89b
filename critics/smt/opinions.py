"""The second opinion: Z3 on all constraints at once, and cvc5 on optimality where demanded."""

from time import perf_counter

from critics.smt.critics import Loaded
from critics.smt.evaluate import Environment
from critics.smt.fixed import decide
from critics.smt.optimal import compare
from critics.smt.terms import Absent
from critics.smt.z3_engine import Z3
from critics.types import Assurance, Opinion, Optimality, Verdict

SOFT_MS = 2_000


def ask_second(loaded: Loaded, values: Environment) -> Opinion:
    """Ask Z3 about all constraints at once, and cvc5 about optimality where it is demanded."""
    instance = loaded.instance
    started = perf_counter()
    engine = Z3()
    formulas = [constraint.term for constraint in instance.constraints]
    verdict, why = decide(engine, instance, formulas, values, timeout_ms=SOFT_MS)
    said, name = Verdict.UNKNOWN, engine.name
    if verdict is not Absent.RESIDUAL:
        said = Verdict.ACCEPTED if verdict is True else Verdict.REJECTED
    if said is Verdict.ACCEPTED and instance.best:
        better = compare(loaded, values)
        if better.assurance is not Assurance.CROSS:
            said, why = Verdict.UNKNOWN, "no second engine proved that nothing is better"
        if better.status is Optimality.IMPROVABLE:
            said = Verdict.REJECTED
    ms = round((perf_counter() - started) * 1000, 3)
    return Opinion(engine=name, verdict=said, reason=why, ms=ms)
