"""The page on security: every threat it names has a test that there is."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "security.md"
ROW = re.compile(r"^\|(?P<cells>(?: [^|]+ \|){4}) `(?P<test>tests/[^`]+)` \|$", re.MULTILINE)


def rows() -> list[tuple[list[str], str]]:
    found = ROW.finditer(PAGE.read_text(encoding="utf-8"))
    return [(row["cells"].strip(" |").split(" | "), row["test"]) for row in found]


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def test_every_threat_names_a_test_that_there_is() -> None:
    for cells, test in rows():
        path, _, name = test.partition("::")
        assert (ROOT / path).exists(), test
        if name:
            assert name in names_in(ROOT / path), test
        assert all(cells), test


def test_every_row_of_the_table_is_read() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("| asset |")[2].partition("\n\n")[0]
    lines = [line for line in table.splitlines()[2:] if line.startswith("|")]
    assert len(lines) == len(rows()) > 25
