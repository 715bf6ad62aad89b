"""The process that workers are forked from, and what a worker does.

A zygote imports the domains once and then forks a worker in milliseconds. This module runs in
the zygote and in its workers, never in the service.

Invariants:
    * A worker is alone with one job at a time, in a process group of its own, under hard limits:
      it can write no file, leave no core, and take no more memory than it was given.
    * No worker outlives its zygote, and no zygote outlives the service: each ends at the end of
      file of its socket; the kernel kills a worker whose zygote dies; an alarm kills a worker that
      is busy after its deadline has passed.
"""

import contextlib
import ctypes
import gc
import importlib
import os
import resource
import selectors
import signal
import socket
import sys
from collections.abc import Sequence
from functools import partial
from typing import NoReturn

from critics.deadline import ALARM_GRACE_S
from critics.domain import find_domain, installed
from critics.guard import guard
from critics.workers import frames, jobs

FORK_FAILED = -1
MAX_DESCRIPTORS = 64
PR_SET_PDEATHSIG = 1


def main(control_fd: int, memory_mb: int, preload: Sequence[str]) -> None:
    """Import the domains, then fork a worker whenever the service asks for one.

    Args:
        control_fd: Socket of the service.
        memory_mb: Address space of each worker, in MiB.
        preload: More modules to import.
    """
    warm(preload)
    gc.freeze()
    with socket.socket(fileno=control_fd) as control:
        Zygote(control, memory_mb).serve()


def warm(preload: Sequence[str]) -> None:
    """Import what every worker will need; what cannot be imported fails later, by name."""
    names, _ = guard("preload", lambda: list(installed()))
    for name in names or ():
        guard("preload", partial(find_domain, name))
    for module in preload:
        guard("preload", partial(importlib.import_module, module))


class Zygote:
    """Forks, kills and reaps workers."""

    def __init__(self, control: socket.socket, memory_mb: int) -> None:
        self._control = control
        self._memory_mb = memory_mb
        self._workers: dict[int, int] = {}
        """Process id to the worker's number."""

    def serve(self) -> None:
        """Obey until the service closes its end; then kill every worker."""
        wake, waker = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(waker, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(wake, selectors.EVENT_READ)
            self._notify(0, os.getpid())
            open_end = True
            while open_end:
                for key, _ in selector.select():
                    if key.fileobj is self._control:
                        open_end = self._obey()
                    else:
                        os.read(wake, 4096)
                        self._reap()
        for pid in self._workers:
            _kill(pid)
            os.waitpid(pid, 0)

    def _obey(self) -> bool:
        order, descriptors, _, _ = socket.recv_fds(
            self._control, frames.ORDER.size, 1, socket.MSG_WAITALL
        )
        if len(order) < frames.ORDER.size:
            return False
        action, number = frames.ORDER.unpack(order)
        if action == frames.FORK:
            self._fork(number, descriptors[0])
        else:
            for pid in [pid for pid, own in self._workers.items() if own == number]:
                _kill(pid)
        return True

    def _fork(self, number: int, descriptor: int) -> None:
        try:
            pid = os.fork()
        except OSError:
            self._notify(number, FORK_FAILED)
            os.close(descriptor)
            return
        if pid == 0:
            self._become_worker(descriptor)
        self._workers[pid] = number
        os.close(descriptor)
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)

    def _become_worker(self, descriptor: int) -> NoReturn:
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            self._control.close()
            with socket.socket(fileno=descriptor) as channel:
                confine(self._memory_mb)
                work(channel, self._memory_mb)
            code = 0
        finally:
            os._exit(code)

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                number = self._workers.pop(pid, None)
                if number is not None:
                    self._notify(number, status)

    def _notify(self, number: int, status: int) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._control.sendall(frames.NOTICE.pack(number, status))


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def confine(memory_mb: int) -> None:
    """Put the limits around this process for good."""
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)
    _die_with_parent()
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    memory = memory_mb << 20
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, MAX_DESCRIPTORS),
        (resource.RLIMIT_AS, memory),
    ):
        resource.setrlimit(limit, (value, value))


def _die_with_parent() -> None:
    if sys.platform != "linux":
        return
    zygote = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != zygote:
        os._exit(1)


def work(channel: socket.socket, memory_mb: int) -> None:
    """Do one job after the other until the service closes its end."""
    while (request := frames.receive(channel)) is not None:
        job = frames.decode(request)
        seconds = float(job.pop("seconds")) + ALARM_GRACE_S
        signal.setitimer(signal.ITIMER_REAL, seconds)
        for reply in jobs.perform(job):
            channel.sendall(_encode(reply, retire=_swollen(memory_mb)))
            signal.setitimer(signal.ITIMER_REAL, seconds)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _encode(reply: jobs.Reply, *, retire: bool) -> bytes:
    frame, faults = guard("result", lambda: frames.encode({**reply, "retire": retire}))
    return frame or frames.encode({**jobs.failure(faults), "retire": retire})


def _swollen(memory_mb: int) -> bool:
    """Whether this process has ever held so much memory that a fresh one is better."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit > memory_mb << 19
