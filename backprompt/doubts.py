"""doubts: when an accepted answer is not yet what the run was asked for."""

from typing import Literal

from backprompt.effects import Certificate
from critics.judge import BELOW_ONE
from critics.statement import read_envelope
from critics.types import Diagnostic, Judgement, Optimality, Severity, Verdict

Why = Literal["not-repeatable", "not-optimal", "optimality-undecided"]

FUTILE = {
    "not-covered": "no critic decides part of this problem, so no answer can be certified",
    "assurance-not-reached": "the critics do not object, but the demanded assurance was not "
    "reached, and asking the model again cannot change that",
    "optimality-undecided": "an answer was accepted, but that none is better was not shown, and "
    "asking the model again cannot change that",
}
"""Codes of `unknown` verdicts that another answer cannot mend: the run ends, since every further
call would be paid for nothing."""

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
    if not require_optimal:
        return None
    certificate = read_envelope(made)
    if certificate.claim == "optimal":
        return None
    compared = certificate.optimality
    if compared is not None and compared.status is Optimality.IMPROVABLE:
        return "not-optimal", _degrade(judgement, Verdict.REJECTED, compared.diagnostics)
    return "optimality-undecided", _degrade(judgement, Verdict.UNKNOWN, (UNDECIDED,))


def _degrade(judgement: Judgement, verdict: Verdict, findings: tuple[Diagnostic, ...]) -> Judgement:
    score = BELOW_ONE if verdict is Verdict.REJECTED else 0.0
    return judgement.model_copy(
        update={"verdict": verdict, "score": score, "diagnostics": findings}
    )
