"""A domain: everything about one kind of problem, in one object; and the registry of domains.

Built-in and third-party domains come through the same door, the entry-point group
`llm_modulo.domains`. A domain that cannot be loaded is an error with its name, never a warning.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from pydantic import JsonValue

from critics.arrangement import Arrangement
from critics.codes import KERNEL_CODES, Code
from critics.critic import Critic
from critics.formalization import Formalizer
from critics.generation import Generation
from critics.guard import guard
from critics.objective import Objective
from critics.picture import Picture
from critics.prefix import Prefix
from critics.translation import Translator
from critics.types import (
    Assurance,
    Comparison,
    Coverage,
    Diagnostic,
    Feasibility,
    HintLevel,
    KernelError,
    Opinion,
    Problem,
    Solved,
)

GROUP = "llm_modulo.domains"


class DomainError(KernelError):
    """A domain does not exist or cannot be loaded."""


@dataclass(frozen=True, slots=True)
class Example:
    """A self-test: answers that must be accepted, and answers that must be rejected, and why.

    Attributes:
        problem: The problem's payload, as a user would send it.
        good: Canonical answers that must be accepted.
        bad: Canonical answer to the code it must be rejected with.
        responses: Raw model response to the canonical candidates that `extract` must find in it.
        name: Shown by `modulo domains` and used by the demo.
    """

    name: str
    problem: Mapping[str, JsonValue]
    good: Sequence[str] = ()
    bad: Mapping[str, str] = field(default_factory=dict)
    responses: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed answer and what must become of it.

    Attributes:
        text: The mutated canonical text.
        change: What was changed, in words.
        rejected: Whether it must be rejected; `False` means it only must not crash.
    """

    text: str
    change: str
    rejected: bool


def whole_text(_instance: Any, response: str) -> Sequence[str]:
    """Take the whole response, stripped, as the only candidate."""
    text = response.strip()
    return [text] if text else []


def same(problem: Any) -> Any:
    """Use the validated payload itself as the instance."""
    return problem


def fully_covered(_instance: Any) -> Coverage:
    """Say that the critics decide the whole problem (the judge lists what each decides)."""
    return Coverage()


def no_findings(_instance: Any) -> Sequence[Diagnostic]:
    """Report nothing."""
    return ()


def share_of_errors(_instance: Any, _candidate: Any, errors: Sequence[Diagnostic]) -> float:
    """Score a candidate by how few errors it has: 1 for none, then 1/2, then 1/3."""
    return 1 / (1 + len(errors))


def no_mutants(_instance: Any, _text: str) -> Iterator[Mutant]:
    """Generate nothing."""
    return iter(())


@dataclass(frozen=True, kw_only=True)
class Domain:
    """One kind of problem: schema, prompt, extraction, parsing, critics and self-test.

    A problem's payload (`problem`, a pydantic schema) is turned once into an *instance* by
    `load`; every other callable gets the instance. All callables are pure.

    Attributes:
        name: What a request names, such as `pddl`.
        version: Changes whenever a verdict could change.
        summary: One line for `modulo domains`.
        problem: The payload's schema; its docstrings are the documentation.
        load: Payload to instance; raises `ProblemError` with every error it finds.
        parse: `(instance, canonical text)` to candidate; raises `CandidateError`.
        critics: Cheap ones first.
        prompt: The task as it is put to a model, complete but for the answer's format.
        answer_format: How an answer must look, as it is put to a model.
        extract: `(instance, response)` to canonical candidate texts, all that occur, in order.
            It is outside the trusted part: whatever it returns is judged.
        warnings: Warts of the problem that were read around; they change no verdict.
        coverage: Parts of the problem that no critic decides.
        score: `(instance, candidate, errors)` to progress in [0, 1) for rejected candidates.
        mutate: Changed answers for the self-test.
        second_opinion: `(payload, canonical text)` to an independent engine's opinion. Runs in a
            worker of its own.
        opinion_modules: Modules a worker preloads before it gives second opinions.
        feasibility: Payload to whether any answer exists. Runs in a worker while round 1 runs; an
            infeasible problem ends the run.
        solver: Payload to a System-2 solver's answer. Runs in a worker; the answer is judged.
        optimality: `(payload, canonical text)` of an accepted answer to whether a better one
            exists. Runs in a worker.
        objective: The instance to what its accepted answers are compared by, for `search: evolve`;
            `None` where this problem compares none. `optimality`, where there is any, compares by
            the same.
        hint: `(payload, canonical text, level)` of a rejected answer to findings for feedback
            `constructive`. Runs in a worker.
        prefix: The instance's answers as paths of moves, for `search: tree`; cheap to call again.
        picture: `(instance, candidate)` to what the candidate means, as data that can be drawn.
        arrangement: What of the payload may stand in any order, for a model that goes in circles.
        translation: How a model puts prose into the domain's formal answer. What is then judged is
            the translation, and every finding says so.
        formalization: How plain language becomes the payload, by exact parsers or a model.
        generation: How problems are made, to train models and to measure them.
        answer_schema: JSON Schema of an answer, for upstreams that can be constrained by one.
        examples: The self-test.
        codes: The domain's diagnostic codes with their explanations.
        assurance: What its critics' silence is worth: `single`, or `tested` where they only try.
        max_candidate_chars: Longer answers are rejected unread.
    """

    name: str
    version: str
    summary: str
    problem: type[Problem]
    parse: Callable[[Any, str], Any]
    critics: Sequence[Critic]
    prompt: Callable[[Any], str]
    answer_format: str
    load: Callable[[Any], Any] = same
    extract: Callable[[Any, str], Sequence[str]] = whole_text
    warnings: Callable[[Any], Sequence[Diagnostic]] = no_findings
    coverage: Callable[[Any], Coverage] = fully_covered
    score: Callable[[Any, Any, Sequence[Diagnostic]], float] = share_of_errors
    mutate: Callable[[Any, str], Iterator[Mutant]] = no_mutants
    second_opinion: Callable[[Any, str], Opinion] | None = None
    opinion_modules: tuple[str, ...] = ()
    feasibility: Callable[[Any], Feasibility] | None = None
    solver: Callable[[Any], Solved] | None = None
    optimality: Callable[[Any, str], Comparison] | None = None
    objective: Callable[[Any], Objective | None] | None = None
    hint: Callable[[Any, str, HintLevel], Sequence[Diagnostic]] | None = None
    prefix: Callable[[Any], Prefix] | None = None
    picture: Callable[[Any, Any], Picture] | None = None
    arrangement: Arrangement | None = None
    translation: Translator | None = None
    formalization: Formalizer | None = None
    generation: Generation | None = None
    answer_schema: Callable[[Any], Mapping[str, JsonValue]] | None = None
    examples: Sequence[Example] = ()
    codes: Mapping[str, Code] = field(default_factory=dict)
    assurance: Literal[Assurance.SINGLE, Assurance.TESTED] = Assurance.SINGLE
    max_candidate_chars: int = 4_000_000

    def __post_init__(self) -> None:
        """Refuse a domain that would accept whatever it can parse."""
        if not any(critic.hard for critic in self.critics):
            raise ValueError(f"domain `{self.name}` has no hard critic, so nothing decides")


@cache
def installed() -> Mapping[str, EntryPoint]:
    """Find every installed domain without importing any.

    Raises:
        DomainError: Two packages offer the same name.
    """
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        other = found.setdefault(entry.name, entry)
        if other.value != entry.value:
            raise DomainError([_broken(entry, f"`{other.value}` has the same name")])
    return found


@cache
def find_domain(name: str) -> Domain:
    """Load one domain.

    Raises:
        DomainError: There is none of that name, or it cannot be loaded.
    """
    entry = installed().get(name)
    if entry is None:
        raise DomainError([_unknown(name)])
    domain, faults = guard("import", entry.load)
    if faults:
        raise DomainError([_broken(entry, " ".join(faults[0].notes) or faults[0].headline)])
    if not isinstance(domain, Domain) or domain.name != name:
        raise DomainError([_broken(entry, f"`{entry.value}` is not a domain named `{name}`")])
    return domain


def find_code(code: str) -> Code | None:
    """Look a diagnostic code up in the kernel and in every installed domain."""
    if code in KERNEL_CODES:
        return KERNEL_CODES[code]
    domains = (find_domain(name) for name in installed())
    return next((d.codes[code] for d in domains if code in d.codes), None)


def _unknown(name: str) -> Diagnostic:
    near = difflib.get_close_matches(name, installed(), n=1)
    hint = [f"did you mean `{near[0]}`?"] if near else []
    listed = ", ".join(sorted(installed())) or "none"
    return Diagnostic(
        code="domain-unknown",
        headline=f"there is no domain `{name[:80]}`; installed: {listed}",
        help=(*hint, "list the installed domains with `modulo domains`"),
    )


def _broken(entry: EntryPoint, why: str) -> Diagnostic:
    package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "unknown package"
    return Diagnostic(
        code="domain-broken",
        headline=f"domain `{entry.name}` ({package}) cannot be loaded: {why}",
        help=(f"repair or uninstall {package}",),
    )
