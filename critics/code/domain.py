"""The domain `python-tests`: programs that pass the user's unit tests, run in a sandbox.

Invariants:
    * What is accepted has passed these tests, once, in a sandbox. That is `assurance: tested`: it
      proves nothing about any other call.
    * Without a sandbox the verdict is `unknown`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from critics.code.codes import CODE_CODES
from critics.code.examples import EXAMPLES
from critics.code.extract import find_programs
from critics.code.generation import CODE_GENERATION
from critics.code.guests import Allowance, find_sandbox
from critics.code.problem import CodeProblem, Loaded, load_problem
from critics.code.referee import play
from critics.code.verdicts import NO_SANDBOX, find_faults
from critics.critic import critic
from critics.domain import Domain
from critics.types import (
    Assurance,
    CandidateError,
    Coverage,
    Diagnostic,
    Location,
    Undecided,
)

ANSWER_FORMAT = """\
Answer with one complete Python module in a ```python fence, without tests and without examples of \
use. Use nothing but Python's own library, no files and no network.\
"""


@dataclass(frozen=True, slots=True)
class Program:
    """A candidate: Python source that nothing here has executed.

    Attributes:
        source: The text as it stands.
    """

    source: str


def parse(loaded: Loaded, text: str) -> Program:
    """Take a text as a program if it mentions what the tests want; the sandbox does the rest.

    Raises:
        CandidateError: A name that the tests use does not occur in it.
    """
    absent = [name for name in loaded.names if name not in text]
    if absent:
        raise CandidateError(
            [
                Diagnostic(
                    code="code-name",
                    headline=f"the answer does not define `{name}`",
                    at=Location(source="answer"),
                )
                for name in absent[:10]
            ]
        )
    return Program(text)


@critic(decides="that the program passes these tests, which says nothing about any other call")
def passes_tests(loaded: Loaded, program: Program) -> Iterator[Diagnostic]:
    """Run the tests; object to each that fails.

    Raises:
        Undecided: There is no sandbox, an allowance is used up, or a test cannot be expressed.
    """
    sandbox = find_sandbox()
    if sandbox is None:
        raise Undecided([NO_SANDBOX])
    limits = loaded.problem.limits
    most = Allowance(limits.seconds, limits.memory_mb)
    game = play(sandbox, program.source, loaded.problem.tests, loaded.names, most)
    yield from find_faults(loaded, game)


def cover(_loaded: Loaded) -> Coverage:
    """Say in the words of a certificate what is decided, and that it is little."""
    return Coverage(decided=("that the program passes the given tests in a sandbox (tested only)",))


def write_prompt(loaded: Loaded) -> str:
    """Put a problem to a model."""
    names = ", ".join(f"`{name}`" for name in loaded.names)
    task = f"{loaded.problem.task.strip()}\n\nDefine at module level: {names}."
    if not loaded.problem.show_tests:
        return task
    return f"{task}\n\nThe program must pass these tests:\n\n{loaded.problem.tests.strip()}"


domain = Domain(
    name="python-tests",
    version="1",
    summary="Python programs: run against unit tests in a sandbox (tested, not proved)",
    problem=CodeProblem,
    load=load_problem,
    parse=parse,
    critics=(passes_tests,),
    prompt=write_prompt,
    answer_format=ANSWER_FORMAT,
    extract=lambda _loaded, response: find_programs(response),
    coverage=cover,
    assurance=Assurance.TESTED,
    examples=EXAMPLES,
    codes=CODE_CODES,
    generation=CODE_GENERATION,
    max_candidate_chars=100_000,
)
