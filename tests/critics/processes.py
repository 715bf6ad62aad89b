"""Looking at processes, on Linux."""

import os
import select
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path


def parents() -> dict[int, int]:
    """Map every live process to its parent."""
    found = {}
    for folder in Path("/proc").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            if folder.name.isdigit():
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    found[int(folder.name)] = int(parent)
    return found


def descendants(pid: int, *, besides: Collection[int] = ()) -> set[int]:
    """Give every process below one, but for those given and all that is below them."""
    tree, below, found = parents(), {pid}, set()
    while below:
        below = {child for child, parent in tree.items() if parent in below} - set(besides)
        found |= below
    return found


def cpu_s(pid: int) -> float:
    """Give the seconds that a process has computed; 0 if there is none."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def ended(pids: Iterable[int], seconds: float = 120.0) -> bool:
    """Wait until every process has ended."""
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        with os.fdopen(handle):
            if not select.select([handle], [], [], seconds)[0]:
                return False
    return True


def open_files() -> int:
    """Count this process's open files."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
