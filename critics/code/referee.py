"""The referee: carries calls from the tests' guest to the answer's, and plain data back.

Both guests run in sandboxes of their own. The answer's never learns what a test expects, and cannot
reach where tests are compared and counted; so its code can fail the tests, stop them or return
wrong values, but not pass them any other way than by returning what they ask for.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from critics.code.guests import Allowance, Guest, GuestEnded, Kind

WALL_FACTOR = 2.0
START_S = 5.0
MAX_CALLS = 100_000
REPLIES = ("value", "raised", "unsupported", "after")


@dataclass(frozen=True, slots=True)
class Game:
    """What came of running tests against an answer.

    Attributes:
        broken: What the answer did instead of defining its names: what it raised.
        missing: Names that it does not define.
        ended: How a guest ended before the tests had, and whether it was the answer's.
        report: What the tests' guest reports.
        asked: The call under way when the answer's guest ended.
    """

    broken: Mapping[str, Any] | None = None
    missing: tuple[str, ...] = ()
    ended: GuestEnded | None = None
    by_answer: bool = False
    report: Mapping[str, Any] = field(default_factory=dict)
    asked: str = ""


def play(kind: Kind, source: str, tests: str, names: tuple[str, ...], most: Allowance) -> Game:
    """Run tests against an answer.

    Args:
        kind: The sandbox.
        source: The answer.
        tests: Python source.
        names: What the tests want of the answer.
        most: What each guest may use.
    """
    started = time.monotonic()
    due = started + START_S + WALL_FACTOR * most.seconds
    try:
        with Guest(kind, "code", most) as code, Guest(kind, "tests", most) as judge:
            return _Referee(code, judge, due).play(source, tests, names)
    except GuestEnded as ended:
        return Game(ended=ended)


class _Referee:
    def __init__(self, code: Guest, judge: Guest, due: float) -> None:
        self._code = code
        self._judge = judge
        self._due = due
        self._asked = ""

    def play(self, source: str, tests: str, names: tuple[str, ...]) -> Game:
        for guest in (self._code, self._judge):
            if guest.receive(self._due) != {"ready": True}:
                raise GuestEnded("start")
        try:
            loaded = self._ask({"source": source})
            if "raised" in loaded or "loaded" not in loaded:
                return Game(broken=_record(loaded.get("raised")))
            told = self._describe(names)
            missing = tuple(name for name in names if told[name].get("kind") == "missing")
            if missing:
                return Game(missing=missing)
        except GuestEnded as ended:
            return Game(ended=ended, by_answer=True)
        self._judge.send({"tests": tests, "names": told})
        return self._relay()

    def _describe(self, names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
        """Ask what the names stand for; the answer may say what it wants, of these names only."""
        told = _record(self._ask({"names": names}).get("names"))
        return {name: dict(_record(told.get(name))) for name in names}

    def _relay(self) -> Game:
        for _ in range(MAX_CALLS):
            request = self._judge.receive(self._due)
            if "count" in request:
                return Game(report=request)
            self._asked = _show(request)
            try:
                reply = self._ask(request)
            except GuestEnded as ended:
                return Game(ended=ended, by_answer=True, asked=self._asked)
            self._judge.send({key: reply[key] for key in REPLIES if key in reply})
        raise GuestEnded("limit")

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._code.send(request)
        return self._code.receive(self._due)


def _record(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}


def _show(request: Mapping[str, Any]) -> str:
    of = request.get("of")
    return ".".join([of if isinstance(of, str) else "object", *map(str, request.get("path", ()))])
