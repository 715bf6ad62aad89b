"""What changed from one judgement to the next: fixed, still failing, newly broken.

Findings are matched by the part of the problem that they name (`data["constraint"]`, or
`data["constraints"]` where several are told together), and by their headline where they name
none. A part that fails for another reason than before is still failing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from critics.types import Diagnostic, Judgement, Severity, Verdict


@dataclass(frozen=True, slots=True)
class Changes:
    """Parts of the problem, in the order in which the judgements name them.

    Attributes:
        fixed: Failed before and does not now.
        still: Failed before and does now.
        broken: Did not fail before and does now.
    """

    fixed: tuple[str, ...]
    still: tuple[str, ...]
    broken: tuple[str, ...]


def compare_judgements(before: Judgement, after: Judgement) -> Changes:
    """Compare two judgements of answers to the same problem."""
    old, new = _failing(before), _failing(after)
    return Changes(
        fixed=tuple(name for name in old if name not in new),
        still=tuple(name for name in new if name in old),
        broken=tuple(name for name in new if name not in old),
    )


def is_comparable(judgement: Judgement) -> bool:
    """Say whether a rejection names a part of the problem in every finding."""
    errors = [d for d in judgement.diagnostics if d.severity is Severity.ERROR]
    named = all({"constraint", "constraints"} & error.data.keys() for error in errors)
    return judgement.verdict is Verdict.REJECTED and named


def _failing(judgement: Judgement) -> dict[str, None]:
    errors = (d for d in judgement.diagnostics if d.severity is Severity.ERROR)
    return dict.fromkeys(name for error in errors for name in _names(error))


def _names(finding: Diagnostic) -> Iterator[str]:
    one, several = finding.data.get("constraint"), finding.data.get("constraints")
    if isinstance(one, str):
        yield one
    elif isinstance(several, list):
        yield from map(str, several)
    else:
        yield finding.headline
