"""A filter of system calls for guests in bubblewrap: no sockets, processes, tracing or mounts.

The program is classic BPF as seccomp(2) describes it. What is not listed stays allowed: the
namespaces hold the rest back, and Python needs a great deal.
"""

import errno
import os
import struct
from collections.abc import Mapping
from types import MappingProxyType

LOAD, JUMP_EQUAL, JUMP_SET, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
CLONE_THREAD = 0x00010000

ARCHITECTURES: Mapping[str, tuple[int, int, int, tuple[int, ...], int]] = MappingProxyType(
    {
        # machine: audit number, clone, clone3, denied, bit of other interfaces (x32)
        "x86_64": (
            0xC000003E,
            56,
            435,
            # socket socketpair fork vfork kill ptrace tkill keys mount pivot chroot unshare setns
            # perf process_vm bpf userfaultfd io_uring pidfd open_tree.. fsopen.. kexec modules
            (
                *(41, 53, 57, 58, 62, 101, 200, 234, 248, 249, 250, 165, 166, 155, 161, 272, 308),
                *(298, 310, 311, 321, 323, 425, 426, 427, 424, 434, 438, 428, 429, 430, 431, 432),
                *(246, 320, 175, 313, 176, 303, 304, 135, 103, 169, 170, 171, 129, 297),
            ),
            0x40000000,
        ),
        "aarch64": (
            0xC00000B7,
            220,
            435,
            (
                *(198, 199, 129, 117, 130, 131, 217, 218, 219, 40, 39, 41, 51, 97, 268, 241, 270),
                *(271, 280, 282, 425, 426, 427, 424, 434, 438, 428, 429, 430, 431, 432, 104, 294),
                *(105, 273, 106, 264, 265, 92, 116, 142, 161, 162, 138, 240),
            ),
            0,
        ),
    }
)


def write_filter() -> bytes | None:
    """Write the program for this machine; `None` where its system calls are not known here."""
    known = ARCHITECTURES.get(os.uname().machine)
    if known is None:
        return None
    audit, clone, clone3, denied, other = known
    denies = FAIL | errno.EPERM
    lines = [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_EQUAL, 1, 0, audit),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
    ]
    if other:
        lines += [(JUMP_SET, 0, 1, other), (RETURN, 0, 0, KILL)]
    # glibc falls back to `clone`, whose flags can be looked at.
    lines += [(JUMP_EQUAL, 0, 1, clone3), (RETURN, 0, 0, FAIL | errno.ENOSYS)]
    for number in denied:
        lines += [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, denies)]
    lines += [
        (JUMP_EQUAL, 0, 3, clone),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (JUMP_SET, 1, 0, CLONE_THREAD),
        (RETURN, 0, 0, denies),
        (RETURN, 0, 0, ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
