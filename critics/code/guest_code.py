"""The program of the guest that runs the answer.

It answers requests on its standard input, a JSON line each, with a line on its standard output.

Invariant:
    * Nothing here is trusted. The answer's code shares this interpreter and may change all of it;
      what it reaches that way it reaches by returning a value, too, for no request holds what a
      test expects.
"""

from __future__ import annotations

import io
import json
import sys
import types

from critics.code.guest_values import Unsupported, Writer, read_value

TYPE_CHECKING = False  # importing `typing` would cost a third of a guest's start
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

FILE = "answer.py"


class Sink(io.TextIOBase):
    """Takes what the answer prints, and keeps nothing."""

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, text: str) -> int:
        """Keep nothing."""
        return len(text)


class Server:
    """The answer's module, and the objects that references name."""

    def __init__(self) -> None:
        self.module = types.ModuleType("solution")
        self.objects: list[Any] = []

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a request asks; whatever the answer's code raises is told."""
        try:
            return self._do(request)
        except Unsupported as error:
            return {"unsupported": str(error)[:500]}
        except BaseException as error:  # noqa: BLE001  # the answer's code may raise anything
            return tell_raised(error)

    def _do(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if "source" in request:
            sys.modules["solution"] = self.module
            code = compile(request["source"], FILE, "exec", dont_inherit=True)
            exec(code, self.module.__dict__)  # noqa: S102  # that is what the sandbox is for
            return {"loaded": True}
        if "names" in request:
            return {"names": {name: self._describe(name) for name in request["names"]}}
        return self._call(request)

    def _describe(self, name: str) -> dict[str, Any]:
        if name not in self.module.__dict__:
            return {"kind": "missing"}
        value = self.module.__dict__[name]
        if isinstance(value, type) and issubclass(value, Exception):
            return {"kind": "exception", "names": names_of(value)}
        if callable(value):
            return {"kind": "callable"}
        return {"kind": "value", "value": self._write(value)}

    def _call(self, request: Mapping[str, Any]) -> dict[str, Any]:
        of = request["of"]
        target = self.objects[of] if type(of) is int else self.module.__dict__[of]
        for attribute in request["path"]:
            target = getattr(target, attribute)
        if request["args"] is None:
            return {"value": self._write(target)}
        args = [read_value(part, self._resolve) for part in request["args"]]
        named = {name: read_value(part, self._resolve) for name, part in request["named"]}
        value = self._write(target(*args, **named))
        changeable = (list, dict, set, bytearray)
        after = [self._write(arg) if type(arg) in changeable else None for arg in args]
        return {"value": value, "after": after}

    def _resolve(self, number: int, _kind: str) -> Any:
        return self.objects[number]

    def _refer(self, value: Any) -> tuple[int, str]:
        for number, known in enumerate(self.objects):
            if known is value:
                return number, type(value).__name__
        self.objects.append(value)
        return len(self.objects) - 1, type(value).__name__

    def _write(self, value: Any) -> list[Any]:
        return Writer(self._refer).write(value)


def names_of(kind: type) -> list[str]:
    """Name a class and its bases, the nearest first."""
    return [base.__name__ for base in kind.__mro__]


def tell_raised(error: BaseException) -> dict[str, Any]:
    """Describe what the answer's code raised."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename == FILE:
        line = error.lineno
    told: dict[str, Any] = {"names": names_of(type(error)), "line": line, "text": "", "args": []}
    try:
        told["text"] = str(error)[:500]
        told["args"] = [Writer(keep_back).write(arg) for arg in error.args[:10]]
    except BaseException:  # noqa: BLE001  # its own `__str__` may raise anything
        told["args"] = []
    return {"raised": told}


def keep_back(_value: Any) -> tuple[int, str]:
    """Let no object leave with an exception."""
    raise Unsupported("an exception holds an object")


def main() -> None:
    """Answer until the input ends."""
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), Sink(), Sink()
    server = Server()
    replies.write(b'{"ready":true}\n')
    replies.flush()
    for line in requests:
        replies.write(json.dumps(server.answer(json.loads(line))).encode("ascii") + b"\n")
        replies.flush()
