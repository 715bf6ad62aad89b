"""Whether a better answer exists: `optimal` is said only on `unsat` of "better than this"."""

from time import perf_counter

from critics.smt.critics import Loaded, check
from critics.smt.emit import Emitter, Unsupported
from critics.smt.engine import Query, Status
from critics.smt.evaluate import Environment, evaluate
from critics.smt.feasible import opinion, refute_again
from critics.smt.infix import show_value
from critics.smt.problem import Objective
from critics.smt.terms import Absent, Const, Value, apply
from critics.smt.theories.arithmetic import LESS, MORE
from critics.smt.values import OverBudget
from critics.smt.witness import confirm
from critics.smt.z3_engine import Z3
from critics.types import Assurance, Comparison, Diagnostic, Opinion, Optimality, Severity, Verdict

SOFT_MS = 3_000


def compare(loaded: Loaded, values: Environment) -> Comparison:
    """Compare an answer that satisfies every constraint with all others."""
    objective = loaded.instance.objective
    if objective is None:
        return _open("the problem has no objective", None, ())
    if any(check(loaded, values)):
        return _open("the answer satisfies not every constraint", None, ())
    try:
        value = evaluate(objective.term, values)
        shown = show_value(objective.term.sort, value)
        if isinstance(value, Absent):
            return _open("the objective has no value under the answer", None, ())
        return _prove(loaded, objective, value, shown)
    except (OverBudget, Unsupported, ImportError) as why:
        return _open(f"{why}", None, ())


def _prove(loaded: Loaded, objective: Objective, value: Value, shown: str) -> Comparison:
    engine = Z3()
    emitter = Emitter(loaded.instance)
    emitter.declare(loaded.instance.variables.values())
    relation = LESS if objective.minimize else MORE
    better = apply(relation, [objective.term, Const(objective.term.sort, value)])
    terms = [*(constraint.term for constraint in loaded.instance.constraints), better]
    texts = [emitter.formula(term) for term in terms]
    query = Query(emitter.lines, texts)
    started = perf_counter()
    answer = engine.solve(query, timeout_ms=SOFT_MS)
    first = opinion(engine, answer, started)
    if answer.status is Status.SAT:
        witness = confirm(loaded, emitter, answer.model)
        if witness is not None and evaluate(better, witness) is True:
            return Comparison(
                status=Optimality.IMPROVABLE,
                objective=shown,
                diagnostics=(_improvable(objective, shown),),
                opinions=(first,),
            )
        return _open("the engine's better answer could not be confirmed", shown, (first,))
    if answer.status is not Status.UNSAT:
        return _open(answer.reason or "no answer in time", shown, (first,))
    second = refute_again(query, tuple(range(len(texts))))
    opinions = (first,) if second is None else (first, second)
    if second is not None and second.verdict is Verdict.ACCEPTED:
        return _open("two engines disagree", shown, opinions)
    agreed = second is not None and second.verdict is Verdict.REJECTED
    return Comparison(
        status=Optimality.OPTIMAL,
        objective=shown,
        assurance=Assurance.CROSS if agreed else Assurance.SINGLE,
        opinions=opinions,
    )


def _improvable(objective: Objective, shown: str) -> Diagnostic:
    word = "smaller" if objective.minimize else "larger"
    return Diagnostic(
        code="smt-not-optimal",
        headline=f"the objective is {shown}, and a {word} one is possible",
        notes=(f"the objective is {objective.text[:120]}",),
        data={"objective": shown},
    )


def _open(why: str, shown: str | None, opinions: tuple[Opinion, ...]) -> Comparison:
    finding = Diagnostic(
        code="smt-optimality-undecided",
        headline="whether a better answer exists was not decided",
        notes=(why,),
        help=("allow more time, or do not demand `optimal`",),
        severity=Severity.UNKNOWN,
    )
    return Comparison(
        status=Optimality.UNKNOWN, objective=shown, diagnostics=(finding,), opinions=opinions
    )
