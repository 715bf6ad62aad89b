"""The program of the guest that runs the tests: a clean interpreter that no answer runs in.

Invariants:
    * Nothing is executed here but the tests, the stand-ins and Python's own library; what arrives
      from the answer is plain data.
    * Every test is counted, and one that is skipped or cannot be run is a problem, never a pass.
"""

from __future__ import annotations

import io
import math
import sys
import types

from critics.code.guest_line import Gone, Line, cut
from critics.code.guest_values import Unsupported

TYPE_CHECKING = False  # importing `typing` would cost a third of a guest's start
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

FILE = "tests.py"
MODULE = "the module"


class Raises:
    """What `pytest.raises` is to these tests: a block that must raise."""

    def __init__(self, kinds: Any) -> None:
        self._kinds = kinds
        self.value: BaseException | None = None

    def __enter__(self) -> Raises:  # noqa: PYI034  # `Self` is in `typing`
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> bool:
        """Take what was to be raised, and let anything else pass."""
        if kind is None:
            raise AssertionError("nothing was raised")
        self.value = error
        return issubclass(kind, self._kinds)


class Approx:
    """What `pytest.approx` is to these tests: a number, or a list of numbers, and what is near."""

    __hash__ = None  # type: ignore[assignment]  # as in pytest

    def __init__(self, expected: Any, rel: float = 1e-6, abs: float = 1e-12) -> None:  # noqa: A002  # pytest's name
        self._expected, self._rel, self._abs = expected, rel, abs

    def __eq__(self, other: object) -> bool:
        """Compare number by number."""
        return self._near(self._expected, other)

    def _near(self, expected: Any, found: Any) -> bool:
        if isinstance(expected, list | tuple):
            alike = type(found) is type(expected) and len(found) == len(expected)
            return alike and all(map(self._near, expected, found))
        numbers = isinstance(found, int | float) and not isinstance(found, bool)
        return numbers and math.isclose(found, expected, rel_tol=self._rel, abs_tol=self._abs)


def make_pytest() -> types.ModuleType:
    """Make the little of pytest that is there: `raises` and `approx`."""
    module = types.ModuleType("pytest")
    module.raises, module.approx = Raises, Approx  # type: ignore[attr-defined]  # as above
    return module


class Runner:
    """Runs the tests one after the other.

    Attributes:
        failures: One record for each test that did not pass.
        count: How many were run.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self.failures: list[dict[str, Any]] = []
        self.count = 0

    def run(self, name: str, test: Callable[[], Any]) -> None:
        """Run one test."""
        self.count += 1
        before = len(self._line.problems)
        self._line.last = ""
        try:
            if test() is not None:
                self._line.problems.append(f"test `{name}` returns a value, such as a coroutine")
        except Gone:
            raise
        except BaseException as error:  # noqa: BLE001  # whatever a test raises, it has failed
            if type(error).__name__ == "SkipTest":
                self._line.problems.append(f"test `{name}` is skipped")
            if isinstance(error, Unsupported) and len(self._line.problems) == before:
                self._line.problems.append(str(error))
            self.failures.append(self._tell(name, error))

    def _tell(self, name: str, error: BaseException) -> dict[str, Any]:
        lines, trace = [], error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == FILE:
                lines.append(trace.tb_lineno)
            trace = trace.tb_next
        what = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
        try:
            what += str(error)
        except Exception:  # noqa: BLE001  # a test's own exception
            what += "an exception"
        return {
            "test": name,
            "line": lines[-1] if lines else None,
            "what": cut(what),
            "last": self._line.last,
        }


def find_tests(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Find test functions, and the methods of test classes."""
    unittest = sys.modules.get("unittest")
    cases = unittest.TestCase if unittest is not None else ()
    for name, value in list(namespace.items()):
        if isinstance(value, types.FunctionType) and name.startswith("test"):
            required = value.__code__.co_argcount - len(value.__defaults__ or ())
            yield name, refuse_fixtures if required else value
        elif isinstance(value, type) and issubclass(value, cases):
            for case in [case for case in dir(value) if case.startswith("test")]:
                yield f"{name}.{case}", make_case(value, case)
        elif isinstance(value, type) and name.startswith("Test"):
            for case in [case for case in dir(value) if case.startswith("test")]:
                plain = not hasattr(value, "setup_method") and not hasattr(value, "setup_class")
                test = make_method(value, case) if plain else refuse_fixtures
                yield f"{name}.{case}", test


def refuse_fixtures() -> None:
    """Stand for a test that needs what only a test framework gives."""
    raise Unsupported("a test takes parameters or fixtures; write plain functions, or unittest")


def make_case(kind: Any, name: str) -> Callable[[], Any]:
    """Make a test of a `unittest` method."""

    def test() -> Any:
        case = kind(name)
        kind.setUpClass()
        case.setUp()
        try:
            return getattr(case, name)()
        finally:
            case.tearDown()
            case.doCleanups()

    return test


def make_method(kind: type, name: str) -> Callable[[], Any]:
    """Make a test of a method of a plain class."""
    return lambda: getattr(kind(), name)()  # noqa: PLW0108  # each test gets an instance


def main() -> None:
    """Run the tests that the first message holds, and report."""
    line = Line()
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), io.StringIO(), io.StringIO()
    line.send({"ready": True})
    try:
        order = line.receive()
        line.send(run_all(line, order["tests"], order["names"]))
    except Gone:
        return


def run_all(line: Line, source: str, names: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Run a module of tests against the answer's names."""
    stand_ins = {name: line.stand_in(name, told) for name, told in names.items()}
    solution = types.ModuleType("solution")
    solution.__dict__.update(stand_ins)
    sys.modules["solution"], sys.modules["pytest"] = solution, make_pytest()
    tests = types.ModuleType("tests")
    sys.modules["tests"] = tests
    tests.__dict__.update(stand_ins)
    runner = Runner(line)
    code = compile(source, FILE, "exec", dont_inherit=True)
    runner.run(MODULE, lambda: exec(code, tests.__dict__))  # noqa: S102  # the user's tests
    if not runner.failures:
        for name, test in find_tests(tests.__dict__):
            runner.run(name, test)
    return {
        "failures": runner.failures[:20],
        "count": runner.count,
        "calls": line.calls,
        "problems": line.problems[:5],
    }
