"""What the evaluator leaves open is put to Z3, within a time limit for the whole answer."""

from dataclasses import dataclass, field
from time import monotonic

from critics.smt.evaluate import Environment
from critics.smt.fixed import decide
from critics.smt.problem import Constraint, Instance
from critics.smt.terms import Absent, Value
from critics.smt.z3_engine import Z3

MAX_SECONDS = 2.2
SOFT_MS = 1_600


@dataclass
class Residuals:
    """Decides constraints that the evaluator could not.

    Attributes:
        until: When the time for this answer is over.
        decided: Names of the constraints that the engine decided.
        engine: The engine's name, once it was asked.
    """

    until: float = field(default_factory=lambda: monotonic() + MAX_SECONDS)
    decided: list[str] = field(default_factory=list)
    engine: str = "z3"

    def decide(
        self, instance: Instance, constraint: Constraint, values: Environment
    ) -> tuple[Value, str | None]:
        """Decide one constraint; `RESIDUAL` with a reason if it stays open."""
        left = int((self.until - monotonic()) * 1000)
        if left <= 0:
            return Absent.RESIDUAL, f"no time is left of {MAX_SECONDS} s for this answer"
        try:
            engine = Z3()
        except ImportError:
            return Absent.RESIDUAL, "z3 is not installed"
        limit = min(left, SOFT_MS)
        self.engine = engine.name
        verdict, why = decide(engine, instance, [constraint.term], values, timeout_ms=limit)
        if verdict is not Absent.RESIDUAL:
            self.decided.append(constraint.name)
        return verdict, why
