"""doubts: when an accepted answer is not yet what the run was asked for."""

from typing import Literal

from backprompt.effects import Certificate
from critics.judge import BELOW_ONE
from critics.types import Comparison, Diagnostic, Judgement, Optimality, Severity, Verdict

Why = Literal["not-repeatable", "not-optimal", "optimality-undecided"]

NOT_REPEATABLE = Diagnostic(
    code="not-certifiable",
    headline="the answer was accepted, but judging it again did not accept it",
    help=("report the problem and the answer: a critic depends on more than these two",),
    severity=Severity.UNKNOWN,
)
UNDECIDED = Diagnostic(
    code="optimality-undecided",
    headline="the answer is accepted, but that none is better was not shown",
    help=("do not set `require_optimal`, or give the engine an easier problem",),
    severity=Severity.UNKNOWN,
)


def doubt(
    judgement: Judgement, made: Certificate | None, *, require_optimal: bool
) -> tuple[Why, Judgement] | None:
    """Say why an accepted answer does not end the run, and what to make of it; `None` if it does.

    Args:
        judgement: It accepts the answer.
        made: The answer's certificate, if it could be made.
        require_optimal: Whether only the best answer will do.
    """
    if made is None:
        return "not-repeatable", _degrade(judgement, Verdict.UNKNOWN, (NOT_REPEATABLE,))
    if not require_optimal or made.get("claim") == "optimal":
        return None
    found = made.get("optimality")
    compared = Comparison.model_validate(found) if found else None
    if compared is not None and compared.status is Optimality.IMPROVABLE:
        return "not-optimal", _degrade(judgement, Verdict.REJECTED, compared.diagnostics)
    return "optimality-undecided", _degrade(judgement, Verdict.UNKNOWN, (UNDECIDED,))


def _degrade(judgement: Judgement, verdict: Verdict, findings: tuple[Diagnostic, ...]) -> Judgement:
    score = BELOW_ONE if verdict is Verdict.REJECTED else 0.0
    return judgement.model_copy(
        update={"verdict": verdict, "score": score, "diagnostics": findings}
    )
