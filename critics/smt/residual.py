"""What the evaluator leaves open, put to an engine."""

from critics.smt.evaluate import Environment
from critics.smt.problem import Constraint, Instance
from critics.smt.terms import Absent, Value


def decide(
    _instance: Instance, _constraint: Constraint, _values: Environment
) -> tuple[Value, str | None]:
    """Decide a constraint by two solver calls; for now nothing is decided."""
    return Absent.RESIDUAL, "no engine is available"
