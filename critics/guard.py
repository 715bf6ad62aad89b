"""The kernel's one boundary: where a domain's code fails, a diagnostic comes back instead.

Invariant: no failure passes for silence; whatever is raised makes a verdict `unknown` at best.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from critics.types import CandidateError, Diagnostic, KernelError, ProblemError, Severity

T = TypeVar("T")


def guard(name: str, work: Callable[[], T]) -> tuple[T | None, tuple[Diagnostic, ...]]:
    """Run a domain's code; whatever it raises becomes diagnostics.

    What is raised decides their severity, whatever they say of themselves: a `CandidateError`
    is an error, anything else is undecided. So no failure can pass for silence.

    Args:
        name: What runs, in the words of a diagnostic.
        work: Takes no arguments; its result is returned if it raises nothing.

    Raises:
        ProblemError: Passed on, for it is the user's.
    """
    try:
        return work(), ()
    except ProblemError:
        raise
    except KernelError as error:
        candidate = isinstance(error, CandidateError)
        severity = Severity.ERROR if candidate else Severity.UNKNOWN
        return None, graded(error.diagnostics, severity) or (_crash(name, error),)
    except Exception as error:  # noqa: BLE001  # boundary: a failure is `unknown`, never the caller's
        return None, (_crash(name, error),)


def graded(found: Iterable[Diagnostic], severity: Severity) -> tuple[Diagnostic, ...]:
    """Give diagnostics another severity."""
    return tuple(d.model_copy(update={"severity": severity}) for d in found)


def _crash(name: str, error: Exception) -> Diagnostic:
    memory = isinstance(error, MemoryError)
    how = "ran out of memory" if memory else "failed"
    return Diagnostic(
        code="critic-memory" if memory else "critic-crashed",
        headline=f"critic `{name}` {how}; nothing was decided",
        notes=(f"{type(error).__name__}: {str(error)[:200]}",),
        data={"critic": name},
        severity=Severity.UNKNOWN,
    )
