"""What a worker's reply, or the lack of one, means to whoever asked.

Invariant: whatever is missing (a lost worker, a failed domain) becomes `unknown` with a code.
"""

from collections.abc import Mapping
from typing import Any, NoReturn

from critics.domain import DomainError
from critics.line import lost_line
from critics.types import Diagnostic, ProblemError, Severity
from critics.workers.crew import Crew
from critics.workers.frames import FrameError
from critics.workers.worker import Lost


async def ask(
    crew: Crew, job: Mapping[str, Any], seconds: float
) -> tuple[Any, tuple[Diagnostic, ...]]:
    """Have a job done: its result, or why there is none.

    Raises:
        ProblemError: The problem is wrong.
        DomainError: The domain is.
    """
    try:
        reply = await crew.ask(job, seconds)
    except Lost as lost:
        return None, (loss(lost),)
    except FrameError as error:
        raise ProblemError([unsendable(error)]) from error
    if "refused" in reply:
        refuse(reply["refused"])
    if "failed" in reply:
        return None, tuple(Diagnostic.model_validate(item) for item in reply["failed"])
    return reply["done"], ()


def line_answer(reply: Mapping[str, Any], line: bytes) -> bytes:
    """Read the answer to one line of a batch."""
    if "failed" in reply:
        return lost_line(line, Diagnostic.model_validate(reply["failed"][0]))
    return str(reply["done"]).encode("ascii")


def refuse(refused: Mapping[str, Any]) -> NoReturn:
    """Raise what the worker refused: `ProblemError` or `DomainError`."""
    diagnostics = [Diagnostic.model_validate(item) for item in refused["diagnostics"]]
    raise (DomainError if refused["error"] == "DomainError" else ProblemError)(diagnostics)


def loss(lost: Lost) -> Diagnostic:
    """Tell why a worker did not answer."""
    what = "took too long" if lost.code == "critic-deadline" else "brought its worker down"
    return Diagnostic(
        code=lost.code,
        headline=f"the check {what}; nothing was decided",
        notes=(lost.cause,),
        severity=Severity.UNKNOWN,
    )


def unsendable(error: FrameError) -> Diagnostic:
    """Tell why a job cannot be sent."""
    return Diagnostic(
        code="problem-invalid",
        headline=f"the problem and the answer cannot be judged: {error}",
        help=("send a smaller, flatter problem",),
    )
