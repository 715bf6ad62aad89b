"""A guest: an interpreter in a sandbox, and the two pipes to it.

Invariants:
    * There is a sandbox or there is no guest; nothing is ever run outside one.
    * A guest is not believed: a line that is too long, late or no JSON object ends it.
"""

import ctypes
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Literal, Self

from critics.code import bubblewrap, wasi_engine
from critics.code.program import read_program

MAX_LINE = 4_000_000
PR_SET_PDEATHSIG = 1
Kind = Literal["wasi", "bubblewrap"]


class GuestEnded(Exception):
    """A guest ended, or was ended.

    Attributes:
        why: `exit`, `limit`, `time`, `protocol` or `start`.
        status: The exit status, if it is known.
    """

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.status = status


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a guest may use.

    Attributes:
        seconds: CPU seconds.
        memory_mb: MiB of memory.
    """

    seconds: float
    memory_mb: int


def find_sandbox() -> Kind | None:
    """Choose a sandbox: WebAssembly if it is prepared, else bubblewrap; looks at files only."""
    if wasi_engine.is_installed() and wasi_engine.find_image() is not None:
        return "wasi"
    return "bubblewrap" if bubblewrap.find_bubblewrap() is not None else None


class Guest:
    """One guest.

    Args:
        kind: The sandbox.
        role: Which program it runs.
        allowance: What it may use.

    Raises:
        GuestEnded: It cannot be started.
    """

    def __init__(self, kind: Kind, role: Literal["code", "tests"], allowance: Allowance) -> None:
        program = read_program(role)
        self._read = b""
        filter_fd = bubblewrap.open_filter() if kind == "bubblewrap" else None
        try:
            if filter_fd is None:
                command = wasi_engine.command(
                    program, seconds=allowance.seconds, memory_mb=allowance.memory_mb
                )
                confine = partial(_die_with, os.getpid())
            else:
                command = bubblewrap.command(program, filter_fd=filter_fd)
                confine = partial(bubblewrap.limit, allowance.seconds, allowance.memory_mb)
            self._process = _start(command, confine, () if filter_fd is None else (filter_fd,))
        except (OSError, subprocess.SubprocessError) as error:
            raise GuestEnded("start") from error
        finally:
            if filter_fd is not None:
                os.close(filter_fd)

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message.

        Raises:
            GuestEnded: It reads no more.
        """
        try:
            self._process.stdin.write(json.dumps(message).encode("ascii") + b"\n")  # type: ignore[union-attr]  # a pipe
            self._process.stdin.flush()  # type: ignore[union-attr]  # likewise
        except OSError as error:
            raise self._end("exit") from error

    def receive(self, due: float) -> dict[str, Any]:
        """Wait for a message.

        Args:
            due: By `time.monotonic()`.

        Raises:
            GuestEnded: It ended, is late, or sent what is no message.
        """
        while b"\n" not in self._read:
            if len(self._read) > MAX_LINE:
                raise self._end("protocol")
            self._read += self._more(due)
        line, _, self._read = self._read.partition(b"\n")
        try:
            message = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise self._end("protocol") from error
        if not isinstance(message, dict):
            raise self._end("protocol")
        return message

    def _more(self, due: float) -> bytes:
        output: Any = self._process.stdout
        ready, _, _ = select.select([output], [], [], max(due - time.monotonic(), 0))
        if not ready:
            raise self._end("time")
        part = os.read(output.fileno(), 1 << 16)
        if not part:
            raise self._end("exit")
        return part

    def _end(self, why: str) -> GuestEnded:
        """Find out how it ended, ending it if it has not."""
        if why != "exit":
            self._process.kill()
        try:
            status = self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        killed = (signal.SIGKILL, signal.SIGXCPU)
        limited = {wasi_engine.EXIT_FUEL, *(-one for one in killed), *(128 + one for one in killed)}
        return GuestEnded("limit" if why == "exit" and status in limited else why, status)

    def __enter__(self) -> Self:
        """Use it as a context."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill it, and take its pipes away."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                _close(pipe.close)


def _start(
    command: list[str], confine: Callable[[], None], descriptors: tuple[int, ...]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        cwd="/",
        env={},
        pass_fds=descriptors,
        preexec_fn=confine,  # noqa: PLW1509  # a worker has one thread
    )


def _close(close: Callable[[], None]) -> None:
    try:
        close()
    except OSError:
        return


def _die_with(parent: int) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
