"""Translation: a domain's door for answers in prose, which a model puts into its formal language.

A translation is a model's guess about what prose means. It is asked for several times, the
readings are laid side by side, and whatever they do not agree on stays undecided.

Invariants:
    * The rules come from the user's problem alone; a translation only ever adds readings of the
      answer.
    * Every part of the prose is either judged or told as open. With an open part nothing is
      accepted.
    * Every finding says that it is relative to the translation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from critics.guard import graded
from critics.types import Diagnostic, Frozen, Judgement, Severity, Verdict

RELATIVE_TO = "translation"
BELOW_ONE = 0.999
"""The best score of what is not accepted."""


class Merged(Frozen):
    """Several translations of the same prose, side by side."""

    answer: str | None = None
    """Canonical answer that holds every reading; `None` where no part could be read."""
    open: tuple[Diagnostic, ...] = ()
    """Parts of the prose that are not in `answer`, and why."""


@dataclass(frozen=True, slots=True)
class Translator:
    """How prose becomes a domain's formal answer. Both callables run in a worker.

    Attributes:
        prompt: `(instance, prose)` to what a model is asked.
        merge: `(instance, prose, responses)` to one answer with every response's reading.
    """

    prompt: Callable[[Any, str], str]
    merge: Callable[[Any, str, Sequence[str]], Merged]


def relate(judgement: Judgement, still_open: Sequence[Diagnostic]) -> Judgement:
    """Mark every finding as relative to the translation, and accept nothing with open parts.

    Args:
        judgement: Of the merged answer.
        still_open: Parts of the prose that it does not hold.
    """
    told = (*judgement.diagnostics, *graded(still_open, Severity.UNKNOWN))
    doubted = bool(still_open) and judgement.verdict is Verdict.ACCEPTED
    return judgement.model_copy(
        update={
            "verdict": Verdict.UNKNOWN if doubted else judgement.verdict,
            "score": min(judgement.score, BELOW_ONE) if doubted else judgement.score,
            "diagnostics": tuple(map(_marked, told)),
        }
    )


def _marked(finding: Diagnostic) -> Diagnostic:
    return finding.model_copy(update={"data": {**finding.data, "relative_to": RELATIVE_TO}})
