"""Whether a better answer exists: `optimal` is said only on `unsat` of "better than this"."""

from dataclasses import dataclass
from fractions import Fraction
from time import perf_counter

from critics.objective import Objective as Comparative
from critics.smt.critics import Loaded, check
from critics.smt.cvc5_engine import Cvc5
from critics.smt.emit import Emitter, Unsupported
from critics.smt.engine import Query, Status
from critics.smt.evaluate import Environment, evaluate
from critics.smt.feasible import opinion, refute_again
from critics.smt.infix import show_value
from critics.smt.problem import Objective
from critics.smt.proof import attach_proof
from critics.smt.terms import INT, REAL, Absent, Const, Term, apply
from critics.smt.theories.arithmetic import LESS, MORE
from critics.smt.values import OverBudget
from critics.smt.witness import confirm
from critics.smt.z3_engine import Z3
from critics.types import Assurance, Comparison, Diagnostic, Opinion, Optimality, Severity, Verdict

SOFT_MS = 2_000
NAME_CHARS = 120
"""So much of an objective's text names it."""


@dataclass(frozen=True)
class _Question:
    """The question whether anything is better, as a query.

    Attributes:
        emitter: What wrote it.
        query: All constraints, and that the objective is better.
        better: The last of these as a term.
        shown: The answer's objective value.
    """

    emitter: Emitter
    query: Query
    better: Term
    shown: str


def compare(loaded: Loaded, values: Environment, *, again: bool = True) -> Comparison:
    """Compare an answer that satisfies every constraint with all others.

    Args:
        loaded: The problem.
        values: The answer's values.
        again: Whether cvc5, where installed, has to confirm that nothing is better.
    """
    try:
        question = _ask(loaded, values)
        if isinstance(question, str):
            return _open(question, None, ())
        return _prove(loaded, question, again=again)
    except (OverBudget, Unsupported, ImportError) as why:
        return _open(f"{why}", None, ())


def compare_by(loaded: Loaded) -> Comparative | None:
    """Say what answers are compared by: the problem's objective, if it has one that is a number."""
    objective = loaded.instance.objective
    if objective is None or objective.term.sort not in (INT, REAL):
        return None

    def measure(values: Environment) -> int | Fraction | None:
        value = evaluate(objective.term, values)
        plain = isinstance(value, int | Fraction) and not isinstance(value, bool)
        return value if plain else None

    return Comparative(
        name=f"value of {objective.text[:NAME_CHARS]}",
        sense="min" if objective.minimize else "max",
        measure=measure,
    )


def confirm_best(loaded: Loaded, values: Environment) -> Opinion:
    """Ask cvc5 alone whether anything is better; `accepted` says that nothing is."""
    started = perf_counter()
    try:
        question = _ask(loaded, values)
        engine = Cvc5()
    except (OverBudget, Unsupported, ImportError) as why:
        return Opinion(engine="cvc5", verdict=Verdict.UNKNOWN, reason=f"{why}")
    if isinstance(question, str):
        return Opinion(engine=engine.name, verdict=Verdict.UNKNOWN, reason=question)
    answer = engine.solve(question.query, timeout_ms=SOFT_MS)
    said = {Status.UNSAT: Verdict.ACCEPTED, Status.SAT: Verdict.REJECTED}
    ms = round((perf_counter() - started) * 1000, 3)
    verdict = said.get(answer.status, Verdict.UNKNOWN)
    return Opinion(engine=engine.name, verdict=verdict, reason=answer.reason, ms=ms)


def _ask(loaded: Loaded, values: Environment) -> _Question | str:
    """Put the question, or say why there is none."""
    objective = loaded.instance.objective
    if objective is None:
        return "the problem has no objective"
    if any(check(loaded, values)):
        return "the answer satisfies not every constraint"
    value = evaluate(objective.term, values)
    if isinstance(value, Absent):
        return "the objective has no value under the answer"
    emitter = Emitter(loaded.instance)
    emitter.declare(loaded.instance.variables.values())
    relation = LESS if objective.minimize else MORE
    better = apply(relation, [objective.term, Const(objective.term.sort, value)])
    terms = [*(constraint.term for constraint in loaded.instance.constraints), better]
    texts = [emitter.formula(term) for term in terms]
    shown = show_value(objective.term.sort, value)
    return _Question(emitter, Query(emitter.lines, texts), better, shown)


def _prove(loaded: Loaded, question: _Question, *, again: bool) -> Comparison:
    engine, shown = Z3(), question.shown
    started = perf_counter()
    answer = engine.solve(question.query, timeout_ms=SOFT_MS)
    first = opinion(engine, answer, started)
    if answer.status is Status.SAT:
        witness = confirm(loaded, question.emitter, answer.model)
        if witness is None or evaluate(question.better, witness) is not True:
            return _open("the engine's better answer could not be confirmed", shown, (first,))
        return Comparison(
            status=Optimality.IMPROVABLE,
            objective=shown,
            diagnostics=(_improvable(loaded.instance.objective, shown),),
            opinions=(first,),
        )
    if answer.status is not Status.UNSAT:
        return _open(answer.reason or "no answer in time", shown, (first,))
    members = tuple(range(len(question.query.assertions)))
    second = refute_again(question.query, members) if again else None
    opinions = (first,) if second is None else (first, second)
    if second is not None and second.verdict is Verdict.ACCEPTED:
        return _open("two engines disagree", shown, opinions)
    agreed = second is not None and second.verdict is Verdict.REJECTED
    return Comparison(
        status=Optimality.OPTIMAL,
        objective=shown,
        assurance=Assurance.CROSS if agreed else Assurance.SINGLE,
        opinions=opinions,
        proof=attach_proof(question.query, members) if agreed else None,
    )


def _improvable(objective: Objective | None, shown: str) -> Diagnostic:
    word = "smaller" if objective is not None and objective.minimize else "larger"
    text = objective.text[:120] if objective is not None else ""
    return Diagnostic(
        code="smt-not-optimal",
        headline=f"the objective is {shown}, and a {word} one is possible",
        notes=(f"the objective is {text}",),
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
