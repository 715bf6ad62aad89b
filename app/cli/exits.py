"""Exit codes of the command line, in decades, in one table."""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType

from critics.types import Verdict


class Exit(IntEnum):
    """What a command's exit code means; a code's tens digit says who is to act."""

    OK = 0
    """Certified, accepted, or done."""
    BUG = 1
    """An error of ours."""
    USAGE = 2
    """The command line itself is wrong."""
    EXHAUSTED = 10
    """The budget or the recording ended without a certificate."""
    INFEASIBLE = 11
    """The problem is proved to have no answer."""
    UNKNOWN = 12
    """The critics could not decide."""
    REJECTED = 13
    """`check` or `domains check`: the critics, or a self-test, object."""
    NEEDS_INPUT = 14
    """The problem is incomplete or ambiguous."""
    RESOURCES = 20
    """Time, memory or disk ran out before a result."""
    BAD_INPUT = 30
    """A file, a problem or the configuration is wrong."""
    UNSUPPORTED = 31
    """The problem uses something that no critic decides, or its domain is not installed."""
    UPSTREAM = 32
    """The model endpoint failed."""
    NO_UPSTREAM = 33
    """There is no model to ask."""
    INTERRUPTED = 130
    """Ctrl-C."""


class Verified(IntEnum):
    """What the exit code of `modulo verify` and `modulo log verify` means.

    Three values and no more, as scripts of auditors expect them; a wrong command line counts as
    undecided, an error of ours as refuted.
    """

    VERIFIED = 0
    """The claim was proved again."""
    REFUTED = 1
    """The document is no certificate, was altered, or its claim is false."""
    UNDECIDED = 2
    """It could not be found out: no signature, no such domain or file, or not enough time."""


VERDICTS: Mapping[Verdict, Exit] = MappingProxyType(
    {
        Verdict.ACCEPTED: Exit.OK,
        Verdict.REJECTED: Exit.REJECTED,
        Verdict.UNKNOWN: Exit.UNKNOWN,
    }
)

STATUSES: Mapping[str, Exit] = MappingProxyType(
    {
        "certified": Exit.OK,
        "exhausted": Exit.EXHAUSTED,
        "infeasible": Exit.INFEASIBLE,
        "needs_input": Exit.NEEDS_INPUT,
        "cancelled": Exit.INTERRUPTED,
        "failed": Exit.UPSTREAM,
    }
)

_CODES: Mapping[str, Exit] = MappingProxyType(
    {
        "not-covered": Exit.UNSUPPORTED,
        "assurance-not-reached": Exit.UNKNOWN,
        "optimality-undecided": Exit.UNKNOWN,
        "domain-unknown": Exit.UNSUPPORTED,
        "domain-broken": Exit.UNSUPPORTED,
        "problem-not-read": Exit.RESOURCES,
        "too-many-runs": Exit.RESOURCES,
        "service-unreachable": Exit.RESOURCES,
        "upstream-none": Exit.NO_UPSTREAM,
        "weights-disk-full": Exit.RESOURCES,
        "weights-unreachable": Exit.UPSTREAM,
        "internal-error": Exit.BUG,
        "usage": Exit.USAGE,
    }
)


def exit_of_code(code: str) -> Exit:
    """Give the exit code of an error code."""
    fallback = Exit.UPSTREAM if code.startswith("upstream-") else Exit.BAD_INPUT
    return _CODES.get(code, fallback)


def exit_of_run(status: str, reason: str | None) -> Exit:
    """Give the exit code of a run that ended."""
    return _CODES.get(reason or "", STATUSES[status]) if status == "failed" else STATUSES[status]
