"""The trusted kernel: what a reviewer must read to believe a verdict.

A domain author needs nothing but the names exported here.
"""

from critics.codes import Code
from critics.critic import Critic, critic
from critics.domain import Domain, Example, Mutant, find_domain
from critics.judge import Demand, Mode, judge
from critics.types import (
    CandidateError,
    Diagnostic,
    Judgement,
    Location,
    Problem,
    ProblemError,
    Severity,
    Undecided,
    Verdict,
)

__all__ = [
    "CandidateError",
    "Code",
    "Critic",
    "Demand",
    "Diagnostic",
    "Domain",
    "Example",
    "Judgement",
    "Location",
    "Mode",
    "Mutant",
    "Problem",
    "ProblemError",
    "Severity",
    "Undecided",
    "Verdict",
    "critic",
    "find_domain",
    "judge",
]
