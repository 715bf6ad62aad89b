"""What the kernel speaks: problems, diagnostics, verdicts and judgements.

Invariants:
    * A `Verdict` has three values and no truth value; `unknown` is never "not rejected".
    * Everything here is immutable, and everything a `Judgement` holds survives a JSON round trip.
    * A `Diagnostic` states facts. How a fact is told to a model, a person or a program is a
      renderer's business.
"""

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Never

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator


class Frozen(BaseModel):
    """An immutable record that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(Frozen):
    """A typed instance to solve; the base class of every domain's problem schema.

    The problem comes from the user and also fixes its *semantics* (switches such as "window
    inside the stay"), so that a verdict needs nothing else.
    """


class Verdict(StrEnum):
    """What the hard critics say of a candidate. Compare it explicitly; it has no truth value."""

    ACCEPTED = "accepted"
    """Every hard critic finished, and none objected."""
    REJECTED = "rejected"
    """At least one sound hard critic objected."""
    UNKNOWN = "unknown"
    """Nobody objected, but somebody could not decide (unsupported, deadline, crash)."""

    def __bool__(self) -> Never:
        """Refuse truth testing, which would fold `unknown` into one of the other two."""
        raise TypeError("compare a Verdict explicitly: unknown is neither accepted nor rejected")


class Severity(StrEnum):
    """What a diagnostic does to the verdict."""

    ERROR = "error"
    """The candidate (or the problem) is wrong."""
    UNKNOWN = "unknown"
    """Something could not be decided."""
    WARNING = "warning"
    """Worth knowing; changes no verdict."""


class Assurance(StrEnum):
    """How many independent opinions stand behind a verdict."""

    TESTED = "tested"
    """Tests passed. It proves nothing beyond them, and never satisfies `cross` or `proof`."""
    SINGLE = "single"
    """The kernel's own critics."""
    CROSS = "cross"
    """The kernel's critics and an independent engine agree."""
    PROOF = "proof"
    """A proof object was checked by an independent checker."""


def _survive(value: Any) -> Any:
    """Write lone surrogates as escapes: a text that quotes them could not be sent as UTF-8."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_survive(key): _survive(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_survive(part) for part in value]
    return value


class Location(Frozen):
    """A place in a text that the user or the model wrote."""

    source: str
    """Which text: `answer`, or a field of the problem such as `domain` or `problem`."""
    line: int | None = None
    """1-based line."""
    column: int | None = None
    """1-based column of the first character."""
    end_column: int | None = None
    """1-based column after the last character, on the same line."""
    text: str | None = None
    """The line as its author wrote it, capped in length."""
    step: int | None = None
    """1-based step of a plan or schedule."""
    pointer: str | None = None
    """JSON pointer, where the text is a JSON document."""
    label: str | None = None
    """What is to be said at this place, such as `(handempty) became false here`."""

    _survives = field_validator("text", "pointer", "label", mode="before")(_survive)


class Diagnostic(Frozen):
    """One finding: what is wrong, where, why, and what would help.

    The headline stands alone, states a checked fact and suggests nothing; suggestions are `help`.
    """

    code: str
    """Stable kebab-case code, explained at `/errors/{code}`."""
    headline: str
    at: Location | None = None
    also: tuple[Location, ...] = ()
    """Other places that belong to the story, such as the step that deleted a precondition."""
    notes: tuple[str, ...] = ()
    """Causes, and what was not checked."""
    help: tuple[str, ...] = ()
    """Next actions; a proposed value has itself passed the critics."""
    data: dict[str, JsonValue] = Field(default_factory=dict)
    """The same facts for programs."""
    severity: Severity = Severity.ERROR

    _survives = field_validator("headline", "notes", "help", "data", mode="before")(_survive)

    @field_validator("data")
    @classmethod
    def _is_json(cls, data: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """Refuse NaN and infinities, which JSON cannot hold."""
        json.dumps(data, allow_nan=False)
        return data


class CriticResult(Frozen):
    """What one critic did."""

    critic: str
    version: str
    verdict: Verdict
    hard: bool
    findings: int
    """How many diagnostics it yielded."""
    ms: float
    """Wall milliseconds it took."""


class Opinion(Frozen):
    """What an independent engine says of the same candidate."""

    engine: str
    """Name and version, such as `unified-planning 1.3.0`."""
    verdict: Verdict
    """`unknown` means unavailable: unsupported input, or its own deadline."""
    reason: str | None = None
    """Why it is unavailable, or what it objects to."""
    ms: float = 0.0


class Proof(Frozen):
    """A proof object that an engine wrote. Recorded; nothing here has checked it."""

    format: str
    """Such as `cpc`, cvc5's Cooperating Proof Calculus."""
    engine: str
    """Name and version of what wrote it; a checker needs the signatures of the same version."""
    sha256: str
    """Of the proof's text in UTF-8, in hexadecimal."""
    size: int
    """Its length in bytes."""
    text: str | None = None
    """The proof, unless it is large."""
    problem: str | None = None
    """The SMT-LIB script whose assertions it contradicts, unless that is large."""


class Feasible(StrEnum):
    """Whether a problem has any answer at all."""

    FEASIBLE = "feasible"
    """An answer exists; a witness passed the critics."""
    INFEASIBLE = "infeasible"
    """None exists; an engine proved it."""
    UNKNOWN = "unknown"
    """Not decided in time, or not supported."""


class Feasibility(Frozen):
    """Whether a problem has an answer, and if not, why."""

    status: Feasible
    conflict: tuple[str, ...] = ()
    """The user's names of parts that contradict each other; minimal where a note says so."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """For an infeasible problem one finding that tells the conflict."""
    assurance: Assurance = Assurance.SINGLE
    """`cross` where two independent engines prove it."""
    opinions: tuple[Opinion, ...] = ()
    """What each engine said; `rejected` stands for infeasible."""
    proof: Proof | None = None
    """For an infeasible problem, where an engine can write one."""


class Optimality(StrEnum):
    """Whether anything better than an answer exists."""

    OPTIMAL = "optimal"
    """An engine proved that nothing is better."""
    IMPROVABLE = "improvable"
    """Something better exists and passed the critics."""
    UNKNOWN = "unknown"
    """Not decided in time, or the problem compares no answers."""


class Comparison(Frozen):
    """How an accepted answer compares with every other."""

    status: Optimality
    objective: str | None = None
    """The answer's objective value, exact."""
    diagnostics: tuple[Diagnostic, ...] = ()
    assurance: Assurance = Assurance.SINGLE
    opinions: tuple[Opinion, ...] = ()
    proof: Proof | None = None
    """That nothing is better, where an engine can write one."""


class Solved(Frozen):
    """What a System-2 solver found. Its answer is judged like any other."""

    answer: str | None
    """Canonical text, or nothing."""
    engine: str
    optimal: bool = False
    """Whether the engine claims it optimal; `Domain.optimality` decides."""
    reason: str | None = None
    """Why there is no answer."""


class HintLevel(StrEnum):
    """How much a hint gives away, in rising order."""

    CORE = "core"
    """A minimal conflict between the answer's values and the problem's parts."""
    COUNT = "repair_count"
    """How many values must change."""
    PLACES = "repair_vars"
    """Which values must change."""
    VALUES = "repair_values"
    """To what. The result is no longer the model's own: its origin is `solver_repair`."""


class Coverage(Frozen):
    """Which parts of the problem the critics decide."""

    decided: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    """Parts nobody decides; if this is not empty, nothing can be accepted."""


class Claim(StrEnum):
    """What a candidate claims."""

    ANSWER = "answer"
    """That it solves the problem."""
    INFEASIBLE = "infeasible"
    """That no answer exists; see `critics.denial`."""


class Judgement(Frozen):
    """The verdict on one candidate, and everything needed to explain it."""

    domain: str
    domain_version: str
    verdict: Verdict
    candidate: str
    """The canonical text that was judged, byte for byte."""
    score: float = Field(ge=0, le=1)
    """Progress in [0, 1]; 1 exactly when accepted. For ranking only, never for deciding."""
    diagnostics: tuple[Diagnostic, ...] = ()
    critics: tuple[CriticResult, ...] = ()
    coverage: Coverage = Coverage()
    assurance: Assurance = Assurance.SINGLE
    opinions: tuple[Opinion, ...] = ()
    claim: Claim = Claim.ANSWER
    """What was judged: an answer, or the claim that none exists."""

    @property
    def codes(self) -> tuple[str, ...]:
        """The distinct codes behind the verdict, in order of appearance; warnings are left out."""
        found = (d.code for d in self.diagnostics if d.severity is not Severity.WARNING)
        return tuple(dict.fromkeys(found))


class KernelError(Exception):
    """Base of the errors that carry diagnostics."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Keep the diagnostics; the first headline becomes the message."""
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics[0].headline if self.diagnostics else "no diagnostic")


class ProblemError(KernelError):
    """The user's problem is not a problem of this domain; nothing was judged."""


class CandidateError(KernelError):
    """The text is not an answer of this domain, whatever the problem: `rejected`."""


class Undecided(KernelError):
    """A critic cannot decide this: `unknown`."""
