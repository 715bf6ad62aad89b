"""The self-test of a domain: does it keep what the kernel promises of it?

Every domain, built in or not, is examined the same way: by its own examples, by mutants of its
good answers and by junk that no domain may accept.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType

from critics.codes import KERNEL_CODES
from critics.domain import Domain, Example, Mutant
from critics.guard import guard
from critics.judge import judge, read_problem, spell_out
from critics.line import find_candidates
from critics.prefix import examine_prefix
from critics.types import Diagnostic, Frozen, Judgement, Problem, ProblemError, Verdict

MAX_MUTANTS = 500
"""Mutants judged per good answer."""
SHOWN_CHARS = 200
FAILED_CODES = frozenset({"critic-crashed", "critic-memory", "critic-deadline"})

JUNK: Mapping[str, str] = MappingProxyType(
    {
        "nothing": "",
        "blanks": " \t\r\n \n",
        "prose": "I am sorry, but I cannot find an answer to this problem.",
        "a fence": "```\n```",
        "100,000 opening parentheses": "(" * 100_000,
        "50,000 nested pairs": "(" * 50_000 + ")" * 50_000,
        "50,000 nested brackets": "[" * 50_000 + "]" * 50_000,
        "NUL": "\0",
        "control characters": "".join(map(chr, range(1, 32))),
        "half a surrogate pair": "\ud800",
        "a right-to-left override": "\u202e)a b(",
        "a line of 1,000,000 characters": "a" * 1_000_000,
        "10,000 lines": "x\n" * 10_000,
        "a number of 100,000 digits": "9" * 100_000,
        "an enormous exponent": "1e999999999",
        "an unclosed string": '"\\',
        "JSON null": "null",
        "not a number": "NaN",
    }
)
"""What no domain may accept or stumble over, unless an example declares it good."""


class Failure(Frozen):
    """One broken promise."""

    example: str
    case: str
    """What was tried: `good`, `bad`, `response`, `mutant`, `junk`, `prompt`, `moves` or
    `declaration`."""
    why: str
    text: str = ""
    """The answer or response, cut."""


class Report(Frozen):
    """What a self-test did and found."""

    domain: str
    domain_version: str
    examples: int = 0
    good: int = 0
    bad: int = 0
    responses: int = 0
    mutants: int = 0
    junk: int = 0
    failures: tuple[Failure, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether no promise was broken."""
        return not self.failures


def check_domain(domain: Domain) -> Report:
    """Examine a domain. Its code runs here: do this in a worker (`Pool.selftest`)."""
    examination = Examination(domain)
    for example in domain.examples:
        examination.examine(example)
    examination.declared()
    return examination.report()


class Examination:
    """Counts what is tried and collects what fails."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self._counts = dict.fromkeys(("good", "bad", "responses", "mutants", "junk"), 0)
        self._failures: list[Failure] = []
        self._codes: set[str] = set()

    def report(self) -> Report:
        """Sum up."""
        return Report(
            domain=self._domain.name,
            domain_version=self._domain.version,
            examples=len(self._domain.examples),
            failures=tuple(self._failures),
            **self._counts,
        )

    def declared(self) -> None:
        """Examine what the domain says of itself."""
        examples = self._domain.examples
        names = [example.name for example in examples]
        if not any(example.good for example in examples):
            self._fail("", "declaration", "no example has a good answer")
        if not any(example.bad for example in examples):
            self._fail("", "declaration", "no example has a bad answer")
        if len(set(names)) < len(names):
            self._fail("", "declaration", "two examples have the same name")
        known = {*self._domain.codes, *KERNEL_CODES}
        for code in sorted(self._codes - known):
            self._fail("", "declaration", f"code `{code}` is in use and not explained in `codes`")
        for code in sorted(self._domain.codes.keys() & KERNEL_CODES.keys()):
            self._fail("", "declaration", f"code `{code}` is the kernel's own")

    def examine(self, example: Example) -> None:
        """Examine one example and everything that is derived from it."""
        try:
            problem = read_problem(self._domain, example.problem)
            _, faults = guard("load", lambda: self._domain.load(problem))
            if not faults:
                self._examine(example, problem)
        except ProblemError as error:
            faults = error.diagnostics
        if faults:
            self._fail(example.name, "declaration", f"its problem: {_first(faults)}")

    def _examine(self, example: Example, problem: Problem) -> None:
        self._tell(example, problem)
        for text in example.good:
            self._good(example, problem, text)
        for text, code in example.bad.items():
            self._bad(example, problem, text, code)
        for response, expected in example.responses.items():
            self._response(example, problem, response, expected)
        for name, text in JUNK.items():
            self._junk(example, problem, name, text)
        self._moves(example, problem)

    def _tell(self, example: Example, problem: Problem) -> None:
        schema = self._domain.answer_schema
        instance = self._domain.load(problem)
        told, faults = guard("prompt", lambda: self._domain.prompt(instance))
        if faults or not told or not self._domain.answer_format:
            self._fail(example.name, "prompt", _first(faults) or "the prompt or format is empty")
        if schema is not None:
            _, faults = guard("schema", lambda: json.dumps(schema(instance), allow_nan=False))
            if faults:
                self._fail(example.name, "prompt", f"answer schema: {_first(faults)}")

    def _good(self, example: Example, problem: Problem, text: str) -> None:
        self._counts["good"] += 1
        judgement = self._judge(example, "good", problem, text)
        if judgement.verdict is not Verdict.ACCEPTED:
            self._fail(example.name, "good", f"it is {_told(judgement)}", text)
            return
        for mutant in self._mutants(example, problem, text):
            self._counts["mutants"] += 1
            changed = self._judge(example, "mutant", problem, mutant.text)
            if mutant.rejected and changed.verdict is not Verdict.REJECTED:
                why = f"{mutant.change}: it must be rejected and is {_told(changed)}"
            elif changed.verdict is Verdict.UNKNOWN:
                why = f"{mutant.change}: it is {_told(changed)}"
            else:
                continue
            self._fail(example.name, "mutant", why, mutant.text)

    def _bad(self, example: Example, problem: Problem, text: str, code: str) -> None:
        self._counts["bad"] += 1
        judgement = self._judge(example, "bad", problem, text)
        if judgement.verdict is not Verdict.REJECTED or code not in judgement.codes:
            why = f"it must be rejected with `{code}` and is {_told(judgement)}"
            self._fail(example.name, "bad", why, text)

    def _response(
        self, example: Example, problem: Problem, response: str, expected: Sequence[str]
    ) -> None:
        self._counts["responses"] += 1
        found = find_candidates(self._domain, problem, response)
        if found != list(expected):
            why = f"{_cut(repr(found))} was extracted instead of {_cut(repr(list(expected)))}"
            self._fail(example.name, "response", why, response)

    def _junk(self, example: Example, problem: Problem, name: str, text: str) -> None:
        self._counts["junk"] += 1
        instance = self._domain.load(problem)
        _, faults = guard("extract", lambda: list(self._domain.extract(instance, text)))
        if faults:
            self._fail(example.name, "junk", f"{name}: {_first(faults)}", text)
        judgement = self._judge(example, "junk", problem, text)
        declared = text.strip() in {good.strip() for good in example.good}
        if judgement.verdict is Verdict.ACCEPTED and not declared:
            self._fail(example.name, "junk", f"{name} is accepted", text)

    def _moves(self, example: Example, problem: Problem) -> None:
        if (opened := self._domain.prefix) is None:
            return
        domain, found = self._domain, list[str]()

        def accepts(text: str) -> bool:
            return judge(domain, problem, text).verdict is Verdict.ACCEPTED

        def walk() -> None:
            found.extend(examine_prefix(opened(domain.load(problem)), accepts))

        _, faults = guard("moves", walk)
        undecided = faults and FAILED_CODES.isdisjoint(fault.code for fault in faults)
        for why in dict.fromkeys(found if undecided else (*found, *map(_told_fault, faults))):
            self._fail(example.name, "moves", why)

    def _mutants(self, example: Example, problem: Problem, text: str) -> Iterator[Mutant]:
        instance = self._domain.load(problem)
        mutants, faults = guard(
            "mutate", lambda: list(islice(self._domain.mutate(instance, text), MAX_MUTANTS))
        )
        if faults:
            self._fail(example.name, "mutant", _first(faults), text)
        return iter(mutants or ())

    def _judge(self, example: Example, case: str, problem: Problem, text: str) -> Judgement:
        """Judge twice: the verdict must be the same, survive JSON and come without a crash."""
        judgement = judge(self._domain, problem, text)
        self._codes.update(finding.code for finding in judgement.diagnostics)
        if _essence(judge(self._domain, problem, text)) != _essence(judgement):
            self._fail(example.name, case, "judged twice, it is judged differently", text)
        written, faults = guard("result", judgement.model_dump_json)
        if written is None:
            self._fail(example.name, case, f"its judgement is no JSON: {_first(faults)}", text)
        elif Judgement.model_validate_json(written) != judgement:
            self._fail(example.name, case, "its judgement changes on its way through JSON", text)
        if FAILED_CODES & set(judgement.codes):
            self._fail(example.name, case, f"it is {_told(judgement)}", text)
        return judgement

    def _fail(self, example: str, case: str, why: str, text: str = "") -> None:
        failure = Failure(example=example, case=case, why=spell_out(why), text=_cut(text))
        if failure not in self._failures:
            self._failures.append(failure)


def _essence(judgement: Judgement) -> Judgement:
    untimed = tuple(ran.model_copy(update={"ms": 0.0}) for ran in judgement.critics)
    return judgement.model_copy(update={"critics": untimed})


def _told(judgement: Judgement) -> str:
    codes = ", ".join(f"`{code}`" for code in judgement.codes)
    return f"{judgement.verdict.value} ({codes})" if codes else judgement.verdict.value


def _told_fault(fault: Diagnostic) -> str:
    return " ".join((fault.headline, *fault.notes))


def _first(faults: Sequence[Diagnostic]) -> str:
    return _told_fault(faults[0]) if faults else ""


def _cut(text: str) -> str:
    text = spell_out(text[: SHOWN_CHARS + 1])
    return text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + " ..."
