"""The programs of the guests, as one text each, since a sandbox has no files of ours."""

from functools import cache
from pathlib import Path
from typing import Literal

PARTS = {
    "code": ("guest_values", "guest_code"),
    "tests": ("guest_values", "guest_line", "guest_tests"),
}
BOOT = """\
import sys, types
for name, source in {parts!r}:
    module = types.ModuleType(name)
    for parent in ("critics", "critics.code"):
        sys.modules.setdefault(parent, types.ModuleType(parent))
    sys.modules[name] = module
    exec(compile(source, name, "exec", dont_inherit=True), module.__dict__)
for name in [name for name in sys.modules if name.partition(".")[0] == "critics"]:
    del sys.modules[name]
module.main()
"""


@cache
def read_program(role: Literal["code", "tests"]) -> str:
    """Give the program of the guest that runs the answer, or of the one that runs the tests."""
    folder = Path(__file__).parent
    parts = [
        (f"critics.code.{name}", (folder / f"{name}.py").read_text(encoding="utf-8"))
        for name in PARTS[role]
    ]
    return BOOT.format(parts=parts)
