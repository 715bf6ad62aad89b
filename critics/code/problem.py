"""The problem of `python-tests`: a task and the user's tests, and what the tests want."""

import ast
import builtins
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import Field

from critics.types import Diagnostic, Frozen, Location, Problem, ProblemError

MAX_TESTS_CHARS = 200_000
MODULES = frozenset(
    {
        *("abc", "bisect", "cmath", "collections", "copy", "dataclasses", "decimal", "enum"),
        *("fractions", "functools", "heapq", "itertools", "json", "math", "numbers", "operator"),
        *("pytest", "random", "re", "solution", "statistics", "string", "textwrap", "typing"),
        *("unicodedata", "unittest", "__future__"),
    }
)
"""What tests may import: nothing that executes text or reaches out of the interpreter."""
FORBIDDEN = frozenset(
    {
        *("__builtins__", "__import__", "breakpoint", "compile", "eval", "exec", "exit"),
        *("globals", "input", "locals", "open", "quit", "vars"),
    }
)
"""Names with which a test would run, or let in, what the answer returns."""
MODULE_NAMES = frozenset({"__name__", "__file__", "__doc__", "__annotations__"})


class Limits(Frozen):
    """What the answer and the tests may each use."""

    seconds: float = Field(default=1.0, gt=0, le=5, allow_inf_nan=False)
    """CPU seconds, with all calls together (in WebAssembly, a fixed number of instructions)."""
    memory_mb: int = Field(default=128, ge=64, le=512)
    """MiB of memory."""


class CodeProblem(Problem):
    """A Python program to be written, held to the user's unit tests."""

    task: str = Field(min_length=1, max_length=100_000)
    """What the program is to do, as a model is told."""
    tests: str = Field(min_length=1, max_length=MAX_TESTS_CHARS)
    """Python source: `assert`s, functions `test_…`, classes `Test…` or `unittest.TestCase`s."""
    entry: list[str] = Field(default=[], max_length=100)
    """Names the tests use; left out, all that the tests use and do not define."""
    show_tests: bool = True
    """Whether a model sees the tests. If not, it is told which failed and why, nothing else."""
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A problem, read.

    Attributes:
        problem: The payload.
        names: What an answer has to define.
        lines: The tests' lines.
    """

    problem: CodeProblem
    names: tuple[str, ...]
    lines: tuple[str, ...]


def load_problem(problem: CodeProblem) -> Loaded:
    """Read a problem.

    Raises:
        ProblemError: The tests are no Python, test nothing, or use what they may not.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as `0if`: the user's style, not ours
            tree = ast.parse(problem.tests)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        why = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ProblemError([_fault("code-tests-syntax", f"the tests are no Python: {why}", line)])  # noqa: B904  # it is all told
    faults = list(_find_faults(tree))
    if faults:
        raise ProblemError(faults)
    names = tuple(problem.entry) or tuple(dict.fromkeys(_free_names(tree)))
    if not names:
        headline = "the tests use nothing that an answer could define"
        raise ProblemError([_fault("code-tests-nothing", headline)])
    wrong = [name for name in names if not name.isidentifier()]
    if wrong:
        headline = f"`{wrong[0][:80]}` is no name of Python"
        raise ProblemError([_fault("code-tests-name", headline)])
    return Loaded(problem, names, tuple(problem.tests.splitlines()))


def _find_faults(tree: ast.Module) -> Iterator[Diagnostic]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _find_imports(node)
        elif isinstance(node, ast.Name) and node.id in FORBIDDEN:
            headline = f"tests may not use `{node.id}`"
            yield _fault("code-tests-name", headline, node.lineno)
    tested = any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.FunctionDef) and node.name.startswith("test"))
        for node in ast.walk(tree)
    )
    if not tested:
        yield _fault("code-tests-nothing", "the tests have no `assert` and no function `test_…`")


def _find_imports(node: ast.Import | ast.ImportFrom) -> Iterator[Diagnostic]:
    named = [alias.name for alias in node.names]
    modules = [node.module or "."] if isinstance(node, ast.ImportFrom) else named
    if "*" in named:
        yield _fault("code-tests-name", "tests name what they import, not `*`", node.lineno)
    for module in modules:
        if module.partition(".")[0] not in MODULES:
            headline = f"tests may not import `{module[:80]}`"
            yield _fault("code-tests-name", headline, node.lineno)


def _free_names(tree: ast.Module) -> Iterator[str]:
    """Find what the tests take from an answer: imported from it, or used and never bound."""
    bound: set[str] = set(dir(builtins)) | MODULE_NAMES
    for node in ast.walk(tree):
        bound.update(_bound_by(node))
    aliases = _aliases(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "solution":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in aliases:
                yield node.attr
        elif isinstance(node, ast.Name) and node.id not in bound:
            yield node.id


def _aliases(tree: ast.Module) -> set[str]:
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    names = [alias for node in imports for alias in node.names if alias.name == "solution"]
    return {alias.asname or alias.name for alias in names}


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name


def _fault(code: str, headline: str, line: int | None = None) -> Diagnostic:
    return Diagnostic(
        code=code,
        headline=headline,
        at=Location(source="problem", pointer="/tests", line=line),
        help=("see `docs/code.md` for what tests can express",),
    )
