"""docs/trust.md names every file that a verdict rests on, and about how large it is."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| [^|]+ \| (?P<files>`critics/[^|]+) \| (?P<lines>[\d,]+) \|", re.MULTILINE)
GROUPS = {
    match.group(0).split("|")[1].strip(): (
        re.findall(r"`([^`]+)`", match["files"]),
        int(match["lines"].replace(",", "")),
    )
    for match in ROW.finditer(PAGE)
}
LISTED = {name for files, _ in GROUPS.values() for name in files}
WORDING = {
    # Words, prompts and engines: nothing in them can turn an objection into none.
    *("critics/codes.py", "critics/refusals.py", "critics/formalization.py"),
    *("critics/translation.py", "critics/pddl/engine.py", "critics/pddl/second_search.py"),
    # Where a plan is looked for first; what is found is executed by the certifier.
    *("critics/pddl/estimates.py", "critics/pddl/ground_steps.py"),
    *("critics/pddl/landmarks.py", "critics/pddl/lazy_search.py"),
    "critics/picture.py",  # what a candidate means, for whoever draws it
    "critics/arrangement.py",  # another order of a problem's parts, for prompts
    "critics/objective.py",  # by what number answers compare; no verdict rests on it
    "critics/generation.py",  # problems made to train with; a user's never passes through it
    "critics/prefix.py",  # moves that a search may try; what it finds is judged from scratch
    *("critics/smt/emit.py", "critics/smt/engine.py"),
    *("critics/smt/explain.py", "critics/smt/fixed.py", "critics/smt/infix.py"),
    *("critics/smt/prompt.py", "critics/smt/residual.py", "critics/smt/z3_engine.py"),
    "critics/smt/theories/__init__.py",
}
ROOTS = (
    "critics/verification.py",
    "critics/pddl/simulate.py",
    "critics/pddl/problem_reader.py",
    "critics/pddl/plan.py",
    "critics/pddl/optimal.py",
    "critics/smt/critics.py",
    "critics/smt/reading.py",
    "critics/smt/answer.py",
)


def count_code(path):
    """Count the lines that are neither blank nor comments nor documentation."""
    source = path.read_text(encoding="utf-8")
    told = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = enumerate(map(str.strip, source.splitlines()), 1)
    return sum(
        bool(line) and not line.startswith("#") and number not in told for number, line in lines
    )


def imports(path):
    """Give the kernel's files that a file imports, lazily or not."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("critics"):
            base = ROOT / (node.module or "").replace(".", "/")
            inside = [base / f"{alias.name}.py" for alias in node.names]
            files = [base.with_suffix(".py"), base / "__init__.py", *inside]
            yield from (file for file in files if file.is_file())


def test_the_page_has_its_table():
    assert len(GROUPS) == 6
    assert len(LISTED) == sum(len(files) for files, _ in GROUPS.values())


@pytest.mark.parametrize("group", GROUPS)
def test_the_sizes_are_right_to_a_tenth(group):
    files, told = GROUPS[group]
    counted = sum(count_code(ROOT / name) for name in files)
    assert abs(counted - told) <= told / 10, f"{group}: {counted} lines of code"


def test_the_totals_are_right_to_a_tenth():
    sizes = {name: sum(count_code(ROOT / f) for f in files) for name, (files, _) in GROUPS.items()}
    plan = sum(size for name, size in sizes.items() if name[:4] in ("kern", "PDDL"))
    assignment = sum(size for name, size in sizes.items() if name[:4] in ("kern", "cons"))
    single = count_code(ROOT / "docs" / "verify_certificate.py")
    told = re.search(
        r"about ([\d,]+) lines of code; a plan takes ([\d,]+) of them, an assignment ([\d,]+)", PAGE
    )
    alone = re.search(r"It has about ([\d,]+) lines of code", PAGE)
    assert told is not None
    assert alone is not None
    counted = (sum(sizes.values()), plan, assignment, single)
    for size, text in zip(counted, (*told.groups(), alone[1]), strict=True):
        assert abs(size - int(text.replace(",", ""))) <= size / 10, counted


def test_nothing_that_is_imported_is_left_out():
    seen, pending = set(), [ROOT / name for name in ROOTS]
    while pending:
        file = pending.pop()
        name = file.relative_to(ROOT).as_posix()
        if name not in seen:
            seen.add(name)
            pending += imports(file) if name not in WORDING else []
    assert seen - LISTED - WORDING == set()
