"""This service's CPython in bubblewrap: the second sandbox, where the extra is not installed.

A guest has namespaces of its own for users, processes, network, messages and host name; Python's
own library, read-only, is all it sees of the file system; it may start threads but no process.

Invariant:
    * bubblewrap fails where it cannot isolate, and a guest that has not started is no guest.
      Nothing is run outside.
"""

import os
import resource
import shutil
import sys
from pathlib import Path

from critics.code.seccomp import write_filter

LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64")


def find_bubblewrap() -> str | None:
    """Find the program, where there is a filter for this machine's system calls."""
    return shutil.which("bwrap") if sys.platform == "linux" and write_filter() else None


def open_filter() -> int:
    """Give a descriptor that the filter can be read from."""
    reader, writer = os.pipe()
    os.write(writer, write_filter() or b"")
    os.close(writer)
    return reader


def command(program: str, *, filter_fd: int) -> list[str]:
    """Write the command that starts a guest.

    Raises:
        FileNotFoundError: There is no bubblewrap here.
    """
    found = find_bubblewrap()
    if found is None:
        raise FileNotFoundError("bubblewrap is not installed")
    base = Path(sys.base_prefix)
    library = base / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    interpreter = base / "bin" / library.name
    shown = [path for path in LIBRARIES if Path(path).exists()]
    inside = any(base.is_relative_to(path) for path in shown)
    shown += [] if inside else [str(path) for path in (library, interpreter) if path.exists()]
    shown += [str(path) for path in sorted((base / "lib").glob("libpython*.so*")) if not inside]
    binds = [part for path in shown for part in ("--ro-bind", path, path)]
    hidden = [library / "site-packages", base / "lib" / "python3" / "dist-packages"]
    masks = [part for path in hidden if path.is_dir() for part in ("--tmpfs", str(path))]
    return [
        *(found, "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net"),
        *("--unshare-uts", "--unshare-cgroup-try", "--die-with-parent", "--new-session"),
        *("--uid", "65534", "--gid", "65534", "--cap-drop", "ALL", "--clearenv"),
        *("--setenv", "PYTHONHASHSEED", "0", "--hostname", "guest"),
        *(*binds, *masks, "--remount-ro", "/", "--chdir", "/"),
        *("--seccomp", str(filter_fd), "--", str(interpreter), "-I", "-S", "-B", "-c", program),
    ]


def limit(seconds: float, memory_mb: int) -> None:
    """Put limits around the process that becomes bubblewrap, before it does."""
    whole = int(seconds) + 1
    for kind, value in (
        (resource.RLIMIT_CPU, whole),
        (resource.RLIMIT_AS, memory_mb << 20),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        _, most = resource.getrlimit(kind)
        allowed = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(kind, (allowed, allowed))
