"""Rows in files: JSON lines and Parquet."""

import contextlib
import json
import sys
from pathlib import Path

import pytest

from app.failures import ServiceError
from app.flywheel.tables import GROUP, open_table, read_parquet

LIKE = {"id": "", "problem": {}, "answer": "", "misses": [{"answer": ""}]}
ROWS = [
    {
        "id": str(number),
        "problem": {"numbers": [number, "größer"]},
        "answer": None if number % 3 else "yes",
        "misses": [] if number < GROUP else [{"answer": "no"}],
    }
    for number in range(GROUP + 2)
]


def write(file: Path) -> Path:
    with open_table(file, as_text=("problem",), like=LIKE) as table:
        for row in ROWS:
            table.add(row)
    return file


def test_json_lines_hold_the_rows(tmp_path: Path) -> None:
    file = write(tmp_path / "deep" / "rows.jsonl")
    assert [json.loads(line) for line in file.read_text("utf-8").splitlines()] == ROWS


def test_parquet_holds_the_rows(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    rows = list(read_parquet(write(tmp_path / "rows.parquet")))
    assert [{**row, "problem": json.loads(row["problem"])} for row in rows] == ROWS


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_equal_rows_give_equal_bytes(tmp_path: Path, ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    first, second = write(tmp_path / f"a.{ending}"), write(tmp_path / f"b.{ending}")
    assert first.read_bytes() == second.read_bytes()


def test_types_are_found_from_the_first_rows(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    with open_table(tmp_path / "a.parquet") as table:
        table.add({"nothing": None, "list": [{"x": None}], "number": 1})
    assert list(read_parquet(tmp_path / "a.parquet")) == [
        {"nothing": None, "list": [{"x": None}], "number": 1}
    ]


def test_a_row_of_another_shape_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    with (
        pytest.raises(ServiceError, match="does not fit"),
        open_table(tmp_path / "a.parquet", like={"id": ""}) as table,
    ):
        table.add({"id": {"not": "text"}})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_what_is_broken_off_leaves_nothing(tmp_path: Path, ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    with contextlib.suppress(KeyError), open_table(tmp_path / f"a.{ending}", like=LIKE) as table:
        table.add(ROWS[0])
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_no_file_is_written_over(tmp_path: Path) -> None:
    file = write(tmp_path / "rows.jsonl")
    before = file.read_bytes()
    with pytest.raises(ServiceError, match="is there already"), open_table(file):
        pass
    assert file.read_bytes() == before


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ServiceError, match="cannot be written"),
        open_table(tmp_path / "file" / "rows.jsonl"),
    ):
        pass


def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ServiceError) as raised, open_table(tmp_path / "a.parquet"):
        pass
    assert any("[parquet]" in text for text in raised.value.help)
    assert list(tmp_path.iterdir()) == []
