"""Rules, premises and claims as they are written: the payload and the answer of domain `claim`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pydantic import AliasChoices, Field, model_validator

from critics.smt.answer import Number, encodable, read_object
from critics.smt.expressions import read_formula
from critics.smt.faults import Faults, ScriptFault
from critics.smt.friendly import read_bounds, read_rules, read_variables
from critics.smt.problem import Constraint, Instance
from critics.smt.prompt import write_rules
from critics.smt.reading import read_term, unique
from critics.smt.schema import Rule, Variable
from critics.smt.script import read_script
from critics.smt.terms import BOOL, SortFault, Term
from critics.types import CandidateError, Diagnostic, Frozen, Location, Problem

MAX_CLAIMS = 50
MAX_TRANSLATIONS = 9


class Premise(Frozen):
    """A fact of the case."""

    name: str = Field(min_length=1, max_length=200)
    expr: str
    why: str | None = None


class ClaimProblem(Problem):
    """A rule book and a case: claims are decided relative to both.

    Rules are SMT-LIB 2 (`smtlib`) or variables with named rules in the expression syntax of the
    domain `smt`; premises and claims are written in the same language as the rules.
    """

    smtlib: str | None = Field(None, description="Declarations and rules, one `assert` each.")
    variables: dict[str, Variable] | None = None
    rules: tuple[Rule, ...] | None = Field(
        None, validation_alias=AliasChoices("rules", "constraints")
    )
    premises: tuple[str | Premise, ...] = Field((), description="What holds in this case.")
    question: str | None = Field(None, description="What the claims are to be about, in words.")

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        friendly = self.variables is not None or self.rules is not None
        if (self.smtlib is not None) == friendly:
            raise ValueError("give either `smtlib`, or `variables` and `rules`")
        if friendly and (self.variables is None or self.rules is None):
            raise ValueError("`variables` and `rules` belong together")
        return self


@dataclass(frozen=True)
class Policy:
    """A rule book and a case, read and typed.

    Attributes:
        instance: Variables, rules and premises; the premises come last.
        read: Reads one formula of the policy's language.
        question: What the claims are to be about.
    """

    instance: Instance
    read: Callable[[str], Term]
    question: str | None


@dataclass(frozen=True)
class Claim:
    """One claim of an answer.

    Attributes:
        name: Its name, or `claim-N` by position.
        formulas: Its formal reading; several are redundant translations of the same prose.
        text: The prose that it translates.
        index: Its position, from 0.
    """

    name: str
    formulas: tuple[Term, ...]
    text: str | None
    index: int


def read_policy(problem: ClaimProblem) -> Policy:
    """Read a payload.

    Raises:
        ProblemError: With every fault that was found.
    """
    faults = Faults()
    if problem.smtlib is not None:
        instance, read = _from_script(problem.smtlib)
    else:
        instance, read = _from_rules(problem, faults)
    premises = list(_premises(problem.premises, instance, read, faults))
    if not instance.constraints and not premises and not faults.found:
        faults.add(ScriptFault("smt-problem-empty", "there are no rules and no premises"))
    faults.settle()
    full = Instance(
        variables=instance.variables,
        constraints=(*instance.constraints, *premises),
        text=instance.text + _listed(premises, problem),
        datatypes=instance.datatypes,
        opaque=instance.opaque,
    )
    return Policy(full, read, problem.question)


def _from_script(text: str) -> tuple[Instance, Callable[[str], Term]]:
    script = read_script(text, needed=False)
    instance = Instance(
        variables=script.signature.variables,
        constraints=unique(script),
        text=text,
        datatypes=script.signature.datatypes,
        opaque=tuple(script.opaque),
    )

    def read(given: str) -> Term:
        term = read_term(given, script.signature)
        if term.sort != BOOL:
            raise ScriptFault("smt-problem-sort", f"`{given[:60]}` is not Boolean")
        return term

    return instance, read


def _from_rules(problem: ClaimProblem, faults: Faults) -> tuple[Instance, Callable[[str], Term]]:
    variables, rules = dict(problem.variables or {}), problem.rules or ()
    words = read_variables(variables, faults)
    constraints = [
        *read_bounds(variables, words, faults),
        *read_rules(rules, words, faults, field="rules"),
    ]
    instance = Instance(
        variables=dict(words.variables),
        constraints=tuple(constraints),
        text=write_rules(variables, rules, "Rules"),
    )
    return instance, lambda given: read_formula(given, words)


def _premises(
    given: Sequence[str | Premise],
    instance: Instance,
    read: Callable[[str], Term],
    faults: Faults,
) -> Iterator[Constraint]:
    taken = {constraint.name for constraint in instance.constraints}
    for index, item in enumerate(given):
        premise = Premise(name=f"premise-{index + 1}", expr=item) if isinstance(item, str) else item
        with faults.within(f"/premises/{index}", premise.expr):
            if premise.name in taken:
                raise ScriptFault("smt-problem-name", f"two parts are named `{premise.name}`")
            taken.add(premise.name)
            yield Constraint(premise.name, read(premise.expr), premise.why)


def _listed(premises: Sequence[Constraint], problem: ClaimProblem) -> str:
    texts = [item if isinstance(item, str) else item.expr for item in problem.premises]
    lines = [f"- {p.name}: {text}" for p, text in zip(premises, texts, strict=False)]
    return "\n".join(["", "", "Premises:", *lines]) if lines else ""


def read_claims(policy: Policy, text: str) -> tuple[Claim, ...]:
    """Read an answer's text.

    Raises:
        CandidateError: It is not one; with every fault, up to a cap.
    """
    found = read_object(text)
    items = found.get("claims")
    if set(found) != {"claims"} or not isinstance(items, list):
        raise CandidateError([_bad("the answer is not an object with the one key `claims`", None)])
    if not 1 <= len(items) <= MAX_CLAIMS:
        count = f"the answer makes {len(items):,} claims, not 1 to {MAX_CLAIMS}"
        raise CandidateError([_bad(count, None)])
    claims: list[Claim] = []
    faults: list[Diagnostic] = []
    for index, item in enumerate(items):
        try:
            claims.append(_claim(policy, item, index))
        except (ScriptFault, SortFault) as fault:
            faults.append(_bad(f"claim {index + 1} cannot be read: {fault}", index))
    names = [claim.name for claim in claims]
    if not faults and len(set(names)) != len(names):
        faults.append(_bad("two claims have the same name", None))
    if faults:
        raise CandidateError(faults)
    return tuple(claims)


def _claim(policy: Policy, item: Any, index: int) -> Claim:
    given: Any = {"expr": item} if isinstance(item, str) else item
    if not isinstance(given, dict) or not set(given) <= {"name", "text", "expr"}:
        raise ScriptFault("claim-answer", "a claim has `expr`, and may have `name` and `text`")
    name: Any = given.get("name", f"claim-{index + 1}")
    text: Any = given.get("text")
    written: Any = given.get("expr")
    formulas: list[Any] = written if isinstance(written, list) else [written]
    if not 1 <= len(formulas) <= MAX_TRANSLATIONS or not all(map(_plain, formulas)):
        raise ScriptFault("claim-answer", "`expr` is a formula, or a list of translations")
    if not _plain(name) or not name or (text is not None and not _plain(text)):
        raise ScriptFault("claim-answer", "`name` and `text` are strings")
    return Claim(name[:200], tuple(map(policy.read, formulas)), text, index)


def _plain(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Number) and encodable(value)


def _bad(headline: str, index: int | None) -> Diagnostic:
    pointer = "/claims" if index is None else f"/claims/{index}"
    return Diagnostic(
        code="claim-answer",
        headline=headline,
        at=Location(source="answer", pointer=pointer),
        help=('answer {"claims": [{"text": "…", "expr": "…"}]}',),
    )
