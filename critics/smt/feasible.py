"""Whether a problem has any answer, which constraints forbid one, and what a solver answers.

`infeasible` is said only on an engine's `unsat`; `feasible` only with a witness that our own
evaluator confirmed. Z3 decides first; cvc5, where installed, must agree for `cross`.
"""

from time import perf_counter

from critics.smt.conflict import Conflict, minimize
from critics.smt.critics import Loaded
from critics.smt.cvc5_engine import Cvc5
from critics.smt.emit import Emitter, Unsupported
from critics.smt.engine import Answer, Engine, Query, Status
from critics.smt.problem import Constraint, Instance
from critics.smt.proof import attach_proof
from critics.smt.witness import confirm, write_answer
from critics.smt.z3_engine import Z3
from critics.types import (
    Assurance,
    Diagnostic,
    Feasibility,
    Feasible,
    Opinion,
    Severity,
    Solved,
    Verdict,
)

SOFT_MS = 4_000
CROSS_MS = 4_000
SOLVER_MS = 8_000


def pose(instance: Instance) -> tuple[Emitter, Query]:
    """Put all constraints as a query, one assertion each, over free variables.

    Raises:
        Unsupported: They cannot be put.
    """
    emitter = Emitter(instance)
    emitter.declare(instance.variables.values())
    formulas = [emitter.formula(constraint.term) for constraint in instance.constraints]
    return emitter, Query(emitter.lines, formulas)


def decide_feasibility(loaded: Loaded) -> Feasibility:
    """Decide whether any answer exists."""
    instance = loaded.instance
    try:
        engine = Z3()
        emitter, query = pose(instance)
    except (ImportError, Unsupported) as why:
        return _open(f"{why}", ())
    started = perf_counter()
    answer = engine.solve(query, timeout_ms=SOFT_MS)
    first = opinion(engine, answer, started)
    if answer.status is Status.SAT:
        if confirm(loaded, emitter, answer.model) is not None:
            return Feasibility(status=Feasible.FEASIBLE, opinions=(first,))
        return _open("the engine's witness could not be confirmed", (first,))
    if answer.status is not Status.UNSAT:
        return _open(answer.reason or "no answer in time", (first,))
    conflict = minimize(engine, query, answer.core or range(len(query.assertions)))
    second = refute_again(query, conflict.members)
    if second is not None and second.verdict is Verdict.ACCEPTED:
        return _open("two engines disagree", (first, second))
    agreed = second is not None and second.verdict is Verdict.REJECTED
    members = [instance.constraints[index] for index in conflict.members]
    return Feasibility(
        status=Feasible.INFEASIBLE,
        conflict=tuple(member.name for member in members),
        diagnostics=(tell_conflict(members, conflict),),
        assurance=Assurance.CROSS if agreed else Assurance.SINGLE,
        opinions=(first, second) if second is not None else (first,),
        proof=attach_proof(query, conflict.members) if agreed else None,
    )


def refute_again(query: Query, members: tuple[int, ...]) -> Opinion | None:
    """Ask cvc5 about the same contradiction; nothing if it is not installed."""
    try:
        engine = Cvc5()
    except ImportError:
        return None
    started = perf_counter()
    narrowed = Query(query.declarations, [query.assertions[index] for index in members])
    return opinion(engine, engine.solve(narrowed, timeout_ms=CROSS_MS), started)


def opinion(engine: Engine, answer: Answer, started: float) -> Opinion:
    """Record what an engine said of a conjunction: `rejected` for `unsat`."""
    said = {Status.SAT: Verdict.ACCEPTED, Status.UNSAT: Verdict.REJECTED}
    return Opinion(
        engine=engine.name,
        verdict=said.get(answer.status, Verdict.UNKNOWN),
        reason=answer.reason,
        ms=round((perf_counter() - started) * 1000, 3),
    )


def tell_conflict(members: list[Constraint], conflict: Conflict) -> Diagnostic:
    """Tell which constraints contradict each other."""
    names = [f"`{member.name}`" for member in members]
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")  # noqa: PLR2004  # a message's length
    verb = "cannot hold together" if len(names) > 1 else "can never hold"
    minimal = "without any one of them the contradiction is gone; others may remain"
    return Diagnostic(
        code="smt-infeasible",
        headline=f"no answer exists: {shown} {verb}",
        at=members[0].at,
        also=tuple(member.at for member in members[1:10] if member.at is not None),
        notes=(
            minimal if conflict.minimal else "the conflict may be larger than necessary",
            *(f"`{member.name}`: {member.why}" for member in members[:10] if member.why),
        ),
        help=("relax one of the named constraints",),
        data={"conflict": [m.name for m in members], "minimal": conflict.minimal},
    )


def _open(why: str, opinions: tuple[Opinion, ...]) -> Feasibility:
    finding = Diagnostic(
        code="smt-undecided",
        headline="whether any answer exists was not decided",
        notes=(why,),
        severity=Severity.UNKNOWN,
    )
    return Feasibility(status=Feasible.UNKNOWN, diagnostics=(finding,), opinions=opinions)


def solve(loaded: Loaded) -> Solved:
    """Let Z3 look for an answer, the best one where there is an objective."""
    instance = loaded.instance
    try:
        engine = Z3()
        emitter, query = pose(instance)
        goal = None if instance.objective is None else emitter.formula(instance.objective.term)
    except (ImportError, Unsupported) as why:
        return Solved(answer=None, engine="z3", reason=f"{why}")
    answer = engine.solve(query, timeout_ms=SOLVER_MS)
    values = confirm(loaded, emitter, answer.model) if answer.status is Status.SAT else None
    optimal = False
    if values is not None and goal is not None and instance.objective is not None:
        query = Query(emitter.lines, query.assertions)
        best = engine.optimize(
            query, goal, minimize=instance.objective.minimize, timeout_ms=SOLVER_MS
        )
        better = confirm(loaded, emitter, best.model) if best.status is Status.SAT else None
        values, optimal = (better, True) if better is not None else (values, False)
    if values is None:
        reason = answer.reason or f"z3 says {answer.status.value}"
        return Solved(answer=None, engine=engine.name, reason=reason)
    return Solved(answer=write_answer(instance, values), engine=engine.name, optimal=optimal)
