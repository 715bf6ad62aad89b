"""What came of running tests, as findings."""

import re
from collections.abc import Iterator
from typing import Any

from critics.code.problem import Loaded
from critics.code.referee import Game
from critics.types import Diagnostic, Location, Severity, Undecided

SHOWN = 300
NO_SANDBOX = Diagnostic(
    code="code-no-sandbox",
    headline="there is no sandbox here, so the program was not run",
    help=("install the extra `sandbox` and run `modulo sandbox`, which says what is missing",),
    severity=Severity.UNKNOWN,
)


def find_faults(loaded: Loaded, game: Game) -> Iterator[Diagnostic]:
    """Say what is wrong with an answer; nothing if every test ran and passed.

    Raises:
        Undecided: The tests could not be run to their end.
    """
    if game.ended is not None:
        yield _tell_end(game, game.ended.why)
    elif game.broken is not None:
        yield _tell_broken(game.broken)
    elif game.missing:
        for name in game.missing:
            yield _object("code-name", f"the answer does not define `{name}`")
    else:
        yield from _read_report(loaded, game.report)


def _read_report(loaded: Loaded, report: Any) -> Iterator[Diagnostic]:
    failures, count = report.get("failures"), report.get("count")
    problems, calls = report.get("problems"), report.get("calls")
    if not isinstance(failures, list) or not isinstance(problems, list) or type(count) is not int:
        raise Undecided([_doubt("code-tests-ended", "the tests ended without a report")])
    if problems:
        raise Undecided([_doubt("code-unsupported", _cut(problems[0]))])
    for failure in failures:
        yield _tell_failure(loaded, failure)
    if not failures and (count < 1 or type(calls) is not int or calls < 1):
        raise Undecided([_doubt("code-not-called", "no test called anything of the answer")])


def _tell_end(game: Game, why: str) -> Diagnostic:
    during = f" during `{game.asked[:80]}`" if game.asked else ""
    if not game.by_answer:
        if why == "start":
            raise Undecided([NO_SANDBOX])
        raise Undecided([_doubt("code-tests-ended", "the tests did not come to an end")])
    if why in ("limit", "time"):
        headline = f"the answer used up its instructions, seconds or memory{during}"
        raise Undecided([_doubt("code-limit", headline)])
    return _object("code-ended", f"the answer ended its interpreter{during or ' when imported'}")


def _tell_broken(raised: Any) -> Diagnostic:
    names = [str(name) for name in raised.get("names") or ["an exception"]]
    line = raised.get("line")
    if "MemoryError" in names:
        raise Undecided([_doubt("code-limit", "the answer used up its memory when imported")])
    code = "code-syntax" if "SyntaxError" in names else "code-import"
    said = _cut(raised.get("text"))
    return Diagnostic(
        code=code,
        headline=f"importing the answer raises `{_cut(names[0])}`: {said}",
        at=Location(source="answer", line=line if type(line) is int and line > 0 else None),
    )


def _tell_failure(loaded: Loaded, failure: Any) -> Diagnostic:
    name, line = _cut(failure.get("test")), failure.get("line")
    what, last = _cut(failure.get("what")), _cut(failure.get("last"))
    stated = ""
    if type(line) is int and 0 < line <= len(loaded.lines):
        stated = loaded.lines[line - 1].strip()
    if re.match(r"MemoryError\b", what):
        raise Undecided([_doubt("code-limit", f"memory ran out in test `{name}`")])
    shown = loaded.problem.show_tests
    notes = [f"it says: {what}"] if what and shown else []
    notes += [f"`{last}`"] if last else []
    where = f" at line {line} of the tests: `{_cut(stated)}`" if stated and shown else ""
    return Diagnostic(
        code="code-test-failed",
        headline=f"test `{name}` fails{where}",
        at=Location(source="answer"),
        notes=tuple(notes),
        data={"test": name},
    )


def _object(code: str, headline: str) -> Diagnostic:
    return Diagnostic(code=code, headline=headline, at=Location(source="answer"))


def _doubt(code: str, headline: str) -> Diagnostic:
    return Diagnostic(code=code, headline=headline, severity=Severity.UNKNOWN)


def _cut(text: Any) -> str:
    told = str(text or "")
    return told if len(told) <= SHOWN else told[:SHOWN] + "…"
