"""Fast Downward as a planner, behind this one adapter: extra `planners`, GPL-3, a process apart.

Nothing of it is imported here, and it gets no file: task, translation and plan pass through pipes,
so it runs under a worker's limits (no file may be written, memory is capped). Its processes stay in
the worker's process group, which is killed as one at a deadline or when a run is cancelled, and the
kernel ends them when their worker ends in another way.

What it finds is judged like any other answer. That it calls a task unsolvable is told as a reason
and proves nothing here.

Source: Helmert, The Fast Downward Planning System, 2006; exit codes as in its documentation.
"""

import ctypes
import math
import os
import resource
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from io import FileIO
from pathlib import Path
from threading import Thread
from time import perf_counter
from types import MappingProxyType

from critics.pddl.engine import Texts, Unavailable, without_warts

SEARCH = (
    "let(marks, eval_modify_costs(landmark_sum("
    "lm_factory=lm_reasonable_orders_hps(lm_rhw()), pref=false), cost_type=one), "
    "let(relaxed, eval_modify_costs(ff(), cost_type=one), "
    "lazy_greedy([relaxed, marks], preferred=[relaxed, marks], cost_type=one)))"
)
"""Any plan, soon: relaxed plans and landmarks take turns."""
MEMORY = 1 << 30
"""Address space of each of its processes, in bytes."""
MAX_PLAN_BYTES = 4 << 20
PR_SET_PDEATHSIG = 1
PLAN_FOUND = range(4)

REASONS: Mapping[int, str] = MappingProxyType(
    {
        10: "it says that no plan exists",
        11: "it says that no plan exists",
        12: "it gave up before it had searched everywhere",
        20: "it ran out of memory",
        21: "it ran out of time",
        22: "it ran out of memory",
        23: "it ran out of time",
        24: "it ran out of memory and time",
        31: "it cannot read the task",
        34: "it does not support a feature of the task",
    }
)
"""Exit codes of both programs; every other one is a failure of its own."""


def name_planner() -> str | None:
    """Give the planner's name and version; nothing where it is not installed."""
    try:
        return f"Fast Downward (up-fast-downward {version('up-fast-downward')})"
    except PackageNotFoundError:
        return None


def ask_planner(payload: Texts, seconds: float) -> tuple[str | None, str]:
    """Let the planner look for a plan.

    Args:
        payload: The task's PDDL texts.
        seconds: Wall seconds; then its processes are killed.

    Returns:
        The plan as it was written, if any, and why there is none.
    """
    program = _find_program()
    if program is None:
        return None, "Fast Downward is not installed (extra `planners`)"
    try:
        texts = [without_warts(payload.domain), without_warts(payload.problem)]
    except Unavailable as error:
        return None, str(error)
    try:
        return _Pipeline(program, seconds).run(texts)
    except OSError as error:
        return None, f"it cannot be started: {error.strerror}"


def _find_program() -> Path | None:
    found = find_spec("up_fast_downward")
    for folder in (found.submodule_search_locations if found else None) or ():
        program = Path(folder, "downward", "builds", "release", "bin", "downward")
        if program.is_file() and find_spec("fast_downward") is not None:
            return program
    return None


class _Pipeline:
    """Two processes: one translates the task, the other one searches."""

    def __init__(self, program: Path, seconds: float) -> None:
        self._program = program
        self._due = perf_counter() + seconds
        libc = ctypes.CDLL(None) if sys.platform == "linux" else None
        self._confine = partial(_confine, libc, math.ceil(seconds) + 1)

    def run(self, texts: list[str]) -> tuple[str | None, str]:
        """Run both until the plan is there, one of them fails or time is over."""
        with ExitStack() as undo:
            task = [_pipe(undo) for _ in texts]
            translated, plan = _pipe(undo), _pipe(undo)
            feeders = [
                Thread(target=_feed, args=(end[1], text), daemon=True)
                for text, end in zip(texts, task, strict=True)
            ]
            undo.callback(_join, feeders)
            ends = [end[0] for end in task]
            translator = self._start(
                undo,
                [sys.executable, "-I", "-m", "fast_downward.translate", *map(_place, ends)],
                ["--sas-file", _place(translated[1])],
                [*ends, translated[1]],
            )
            searcher = self._start(
                undo,
                [str(self._program), "--internal-plan-file", _place(plan[1])],
                ["--search", SEARCH],
                [plan[1]],
                stdin=translated[0],
            )
            for end in (*ends, *translated, plan[1]):
                end.close()
            for feeder in feeders:
                feeder.start()
            return self._collect(plan[0], translator, searcher)

    def _start(
        self,
        undo: ExitStack,
        command: list[str],
        options: list[str],
        pass_on: list[FileIO],
        stdin: FileIO | int = subprocess.DEVNULL,
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [*command, *options],
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PYTHONDONTWRITEBYTECODE": "1"},
            pass_fds=[end.fileno() for end in pass_on],
            preexec_fn=self._confine,  # noqa: PLW1509  # no thread of ours runs yet
        )
        undo.callback(_end, process)
        return process

    def _collect(
        self,
        plan: FileIO,
        translator: subprocess.Popen[bytes],
        searcher: subprocess.Popen[bytes],
    ) -> tuple[str | None, str]:
        text = b""
        while len(text) <= MAX_PLAN_BYTES:
            ready, _, _ = select.select([plan], [], [], max(0.0, self._due - perf_counter()))
            if not ready:
                return None, "it ran out of time"
            read = plan.read(65536)
            if not read:
                break
            text += read
        with suppress(subprocess.TimeoutExpired):
            left = max(0.1, self._due - perf_counter())
            if translator.wait(left) == 0 and searcher.wait(left) in PLAN_FOUND:
                return text.decode("utf-8", "replace"), ""
        code = translator.poll() or searcher.poll() or 0
        return None, REASONS.get(code, f"it failed (exit code {code})")


def _pipe(undo: ExitStack) -> tuple[FileIO, FileIO]:
    read, write = os.pipe()
    ends = FileIO(read, "rb"), FileIO(write, "wb")
    for end in ends:
        undo.enter_context(end)
    return ends


def _place(end: FileIO) -> str:
    return f"/dev/fd/{end.fileno()}"


def _feed(end: FileIO, text: str) -> None:
    left = memoryview(text.encode("utf-8", "replace"))
    with suppress(OSError), end:
        while left:
            left = left[end.write(left) :]


def _join(feeders: list[Thread]) -> None:
    for feeder in feeders:
        if feeder.ident is not None:
            feeder.join()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _confine(libc: ctypes.CDLL | None, cpu_seconds: int) -> None:
    """Bind a new process to its worker and its limits."""
    if libc is not None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_AS, MEMORY),
    ):
        hard = resource.getrlimit(limit)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (bound, bound))
