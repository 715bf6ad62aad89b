"""Which sandboxes work here: found out by starting one of each."""

import time

from critics.code import bubblewrap, wasi_engine
from critics.code.guests import Allowance, Guest, GuestEnded, Kind
from critics.types import Frozen

WAIT_S = 60.0


class Probe(Frozen):
    """What came of trying a sandbox."""

    sandbox: Kind
    works: bool
    python: str
    """Which interpreter runs programs."""
    why: str = ""
    """What is missing."""


def probe(*, prepare: bool = True) -> tuple[Probe, Probe]:
    """Try each sandbox; the first that works is used.

    Args:
        prepare: Compile the WebAssembly interpreter, if that is not done: some 15 s.
    """
    return _probe_wasi(prepare=prepare), _probe_bubblewrap()


def _probe_wasi(*, prepare: bool) -> Probe:
    found = Probe(sandbox="wasi", works=False, python=wasi_engine.PYTHON)
    if not wasi_engine.is_installed():
        return found.model_copy(update={"why": "the extra `sandbox` is not installed"})
    try:
        if prepare:
            wasi_engine.prepare()
    except OSError as error:
        return found.model_copy(update={"why": str(error)})
    if wasi_engine.find_image() is None:
        return found.model_copy(update={"why": "the interpreter is not compiled"})
    return _start(found)


def _probe_bubblewrap() -> Probe:
    found = Probe(sandbox="bubblewrap", works=False, python="this service's CPython")
    if bubblewrap.find_bubblewrap() is None:
        return found.model_copy(update={"why": "`bwrap` is not installed"})
    return _start(found)


def _start(found: Probe) -> Probe:
    try:
        with Guest(found.sandbox, "code", Allowance(1.0, 128)) as guest:
            works = guest.receive(time.monotonic() + WAIT_S) == {"ready": True}
    except GuestEnded as ended:
        why = f"it does not start here ({ended.why}); containers often forbid namespaces"
        return found.model_copy(update={"why": why})
    return found.model_copy(update={"works": works})
