"""The tests' way to the answer: stand-ins that send each call out and get plain data back.

It runs in the guest that runs the tests, a clean interpreter in which no answer runs.

Invariants:
    * What arrives is data, made here of built-in types; a comparison never asks the other side. A
      stand-in for an object of the answer's classes has methods and attributes, and refuses to be
      compared, tested for truth or searched.
    * What a stand-in raises is a built-in exception or one that the tests name. It cannot end or
      skip a test, or a loop: `SystemExit`, `StopIteration` and the like come as `RuntimeError`.
    * What cannot be expressed is reported, even where a test catches it.
"""

from __future__ import annotations

import builtins
import json
import sys

from critics.code.guest_values import Unsupported, Writer, read_value

TYPE_CHECKING = False  # importing `typing` would cost a third of a guest's start
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, NoReturn

SHOWN = 200
NOT_RAISED = (StopIteration, StopAsyncIteration, GeneratorExit)


class Gone(BaseException):
    """The answer's interpreter ended; the referee knows why."""


class Line:
    """The way to the answer's interpreter.

    Attributes:
        calls: How many calls were answered.
        last: The last call and what came of it, in words.
        problems: What could not be expressed.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.last = ""
        self.problems: list[str] = []
        self._input, self._output = sys.stdin.buffer, sys.stdout.buffer
        self._exceptions: dict[str, type[Exception]] = {}

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message to the referee."""
        self._output.write(json.dumps(message).encode("ascii") + b"\n")
        self._output.flush()

    def receive(self) -> dict[str, Any]:
        """Wait for one message of the referee."""
        line = self._input.readline()
        message: dict[str, Any] = json.loads(line) if line else {"gone": True}
        if "gone" in message:
            raise Gone
        return message

    def give_up(self, why: str) -> NoReturn:
        """Report what cannot be expressed, and stop this test."""
        self.problems.append(why)
        raise Unsupported(why)

    def ask(self, of: str | int, path: tuple[str, ...], args: Any = None, named: Any = None) -> Any:
        """Have something looked up (no arguments) or called."""
        if args is None:
            sent, pairs = None, []
        else:
            sent = [self._write(arg) for arg in args]
            pairs = [[name, self._write(value)] for name, value in (named or {}).items()]
        self.send({"of": of, "path": path, "args": sent, "named": pairs})
        reply = self.receive()
        self.calls += sent is not None
        shown = show_call(of, path, args, named)
        if "raised" in reply:
            self.last = f"{shown} raised {self._name(reply['raised'])}"
            raise self._make_exception(reply["raised"])
        if "value" not in reply:
            self.give_up(f"{shown}: {str(reply.get('unsupported'))[:SHOWN]}")
        if sent is not None:
            self._change(args, sent, reply.get("after"))
        value = self.read(reply["value"])
        self.last = f"{shown} returned {cut(repr(value))}"
        return value

    def read(self, written: Any) -> Any:
        """Make a value that arrived."""
        try:
            return read_value(written, lambda number, _kind: Remote(self, number))
        except Unsupported as error:
            self.give_up(str(error))

    def stand_in(self, name: str, told: Mapping[str, Any]) -> Any:
        """Make what stands for one of the answer's names."""
        if told.get("kind") == "value":
            return self.read(told.get("value"))
        if told.get("kind") != "exception":
            return Remote(self, name)
        base = next((b for b in map(raisable, told.get("names") or ()) if b), Exception)
        made = type(name, (base,), {"__module__": "solution"})
        self._exceptions[name] = made
        return made

    def _write(self, value: Any) -> list[Any]:
        try:
            return Writer(self._refer).write(value)
        except Unsupported as error:
            self.give_up(str(error))

    def _refer(self, value: Any) -> tuple[int, str]:
        number = value.__modulo_number__() if isinstance(value, Remote) else None
        if isinstance(number, int):
            return number, ""
        return self.give_up(
            f"a test passes a `{type(value).__name__}`; only plain data can be passed"
        )

    def _change(self, args: Any, sent: list[Any], after: Any) -> None:
        """Let the tests see what a call made of the lists and dictionaries that it was given."""
        for arg, before, now in zip(args, sent, after or [], strict=False):
            if now is None or now == before or type(arg) not in CHANGE:
                continue
            changed = self.read(now)
            if type(changed) is type(arg):
                CHANGE[type(arg)](arg, changed)

    def _make_exception(self, told: Any) -> Exception:
        try:
            args = [self.read(part) for part in told["args"]]
        except (Unsupported, TypeError, KeyError):
            args = [str(told)[:SHOWN]]
        for name in told.get("names") or ():
            found = self._exceptions.get(name) or raisable(name)
            if found is not None:
                try:
                    return found(*args)
                except (TypeError, ValueError):
                    return found(str(told.get("text"))[:SHOWN])
        return RuntimeError(*args)

    def _name(self, told: Any) -> str:
        names = told.get("names") or ["an exception"]
        return cut(f"{names[0]}: {told.get('text', '')}")


def show_call(of: str | int, path: tuple[str, ...], args: Any, named: Any) -> str:
    """Write a call as a test would."""
    target = ".".join([of if isinstance(of, str) else "object", *path])
    if args is None:
        return target
    given = [repr(arg) for arg in args] + [f"{k}={v!r}" for k, v in (named or {}).items()]
    return cut(f"{target}({', '.join(given)})")


def cut(text: str) -> str:
    """Shorten a text for display."""
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def replace_items(old: Any, new: Any) -> None:
    """Give a dictionary or set other contents."""
    old.clear()
    old.update(new)


CHANGE: dict[type, Callable[[Any, Any], None]] = {
    list: lambda old, new: old.__setitem__(slice(None), new),
    bytearray: lambda old, new: old.__setitem__(slice(None), new),
    dict: replace_items,
    set: replace_items,
}


def raisable(name: Any) -> type[Exception] | None:
    """Find a built-in exception that a stand-in may raise."""
    found = getattr(builtins, name, None) if isinstance(name, str) else None
    if not isinstance(found, type) or not issubclass(found, Exception):
        return None
    return None if found is Exception or issubclass(found, NOT_RAISED) else found


class Remote:
    """Stands for something that the answer defines or has made; its own names are mangled."""

    __slots__ = ("__line", "__number")
    __hash__ = None  # type: ignore[assignment]  # as for any class that is not to be compared

    def __init__(self, line: Line, number: str | int) -> None:
        self.__line = line
        self.__number = number

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Call it there."""
        return self.__line.ask(self.__number, (), args, named)

    def __getattr__(self, name: str) -> Any:
        """Look an attribute or method up there."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self.__line.ask(self.__number, (name,))

    def __len__(self) -> int:
        """Ask there."""
        return int(self.__line.ask(self.__number, ("__len__",), ()))

    def __getitem__(self, key: Any) -> Any:
        """Ask there."""
        return self.__line.ask(self.__number, ("__getitem__",), (key,))

    def __modulo_number__(self) -> str | int:
        """Give its name, or the number of the object."""
        return self.__number

    def __repr__(self) -> str:
        """Show what it is without asking."""
        return f"<{self.__number}>" if isinstance(self.__number, str) else "<object>"

    def __bool__(self) -> bool:  # noqa: PLE0304  # it never returns
        """Refuse."""
        self.__line.give_up("a test asks whether an object of the answer is true")

    def __refuse(self, _other: object) -> NoReturn:
        self.__line.give_up(
            "a test compares or searches an object of the answer; only plain values are compared"
        )

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __refuse
    __iter__ = None  # what `__getitem__` would otherwise imply
    __instancecheck__ = __subclasscheck__ = __refuse
