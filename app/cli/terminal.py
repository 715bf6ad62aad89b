"""What the command line prints, and how it ends.

Invariants:
    * Results go to standard output, everything else to standard error.
    * There is no colour unless the stream is a terminal (and `NO_COLOR` is unset).
    * No traceback reaches a person: every failure is told compiler-style, with a next action.
"""

import json
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TextIO

import typer

from app.cli.exits import Exit, exit_of_code
from app.failures import Fault, ServiceError, from_kernel
from app.settings import SettingsError
from backprompt.render import draw, printable
from critics.types import KernelError


def is_colored(stream: TextIO | None) -> bool:
    """Say whether a stream gets colour; Python has none for one that came closed."""
    return stream is not None and stream.isatty() and not os.environ.get("NO_COLOR")


def show(text: str) -> None:
    """Print a result.

    Raises:
        ServiceError: Standard output takes none.
        BrokenPipeError: Its reader is gone; the command ends without a word.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    put(f"{text}\n".encode(encoding, "backslashreplace"))


def put(line: bytes) -> None:
    """Write bytes to standard output at once; raises as `show` does."""
    if sys.stdout is None:
        raise ServiceError("usage", "standard output is closed, so there is nowhere to answer")
    try:
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        said = f"standard output cannot be written: {error.strerror}"
        raise ServiceError("usage", said) from error


def show_json(value: Any) -> None:
    """Print a result as one JSON document."""
    show(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2))


def note(text: str) -> None:
    """Print something beside the result."""
    if sys.stderr is not None:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def show_table(rows: Iterable[Iterable[str]]) -> None:
    """Print rows in columns."""
    table = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        show("  ".join(cells).rstrip())


def quit_with(code: Exit) -> None:
    """End the command with an exit code."""
    raise typer.Exit(int(code))


@contextmanager
def reported(*, as_json: bool = False) -> Iterator[None]:
    """Tell what went wrong inside, and end the command with its exit code.

    Args:
        as_json: Print problem details on standard output instead of text on standard error.
    """
    try:
        yield
    except KernelError as error:
        _end(from_kernel(error), as_json=as_json)
    except ServiceError as error:
        _end(error, as_json=as_json)
    except SettingsError as error:
        failures = [ServiceError("settings-invalid", fault) for fault in error.faults]
        for failure in failures[:-1]:
            note(draw_failure(failure, color=is_colored(sys.stderr)))
        _end(failures[-1], as_json=as_json)


def draw_failure(error: ServiceError, *, color: bool) -> str:
    """Draw a failure compiler-style; what the kernel found is shown in the user's own text."""
    if error.diagnostics:
        count = len(error.diagnostics)
        counted = f"{count} faults" if count > 1 else "1 fault"
        return f"{draw(error.diagnostics, color=color)}\n\n{counted}; nothing was judged"
    kind = f"error[{error.code}]"
    lines = [f"{_bold_red(kind) if color else kind}: {printable(error.detail)}"]
    if len(error.faults) > 1 or any(fault.line for fault in error.faults):
        lines += [f"  --> {_place(fault)}: {printable(fault.detail)}" for fault in error.faults]
    helps: Mapping[str, None] = dict.fromkeys(error.help or error.to_document("")["help"])
    return "\n".join([*lines, *(f"  = help: {printable(text)}" for text in helps)])


def tell_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Tell an error of ours, compiler-style; the signature is `sys.excepthook`'s."""
    frames = traceback.extract_tb(trace)
    where = f" in {frames[-1].name} ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    failure = ServiceError("internal-error", f"{kind.__name__}{where}: {error}"[:500])
    note(draw_failure(failure, color=is_colored(sys.stderr)))


def _end(error: ServiceError, *, as_json: bool) -> None:
    if as_json:
        show_json(error.to_document("cli"))
    else:
        note(draw_failure(error, color=is_colored(sys.stderr)))
    quit_with(exit_of_code(error.code))


def _place(fault: Fault) -> str:
    if fault.line is None:
        return fault.pointer
    return f"{fault.pointer}:{fault.line}:{fault.column or 1}"


def _bold_red(text: str) -> str:
    return f"\x1b[1;31m{text}\x1b[0m"
