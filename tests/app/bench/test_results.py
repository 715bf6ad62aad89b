"""The folder of a benchmark, whatever has happened to it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bench.results import PARTS, Results, find_change
from app.failures import ServiceError
from tests.app.bench.conftest import record

HEADER = {name: {} for name in PARTS}


def filled(folder: Path) -> Path:
    results = Results(folder)
    with results.opened(HEADER, extend=False):
        results.add(record("a", key="1"))
        results.add(record("b", key="2"))
    return folder / "cells.jsonl"


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_a_line_that_a_crash_has_cut_off_is_dropped(tmp_path: Path, cut: int) -> None:
    cells = filled(tmp_path)
    cells.write_bytes(cells.read_bytes()[:-cut])
    results = Results(tmp_path)
    assert set(results.records) == {"1"}
    with results.opened(HEADER, extend=False):
        results.add(record("c", key="3"))
    assert set(Results(tmp_path).records) == {"1", "3"}


def test_the_latest_record_of_a_cell_counts(tmp_path: Path) -> None:
    filled(tmp_path)
    results = Results(tmp_path)
    with results.opened(HEADER, extend=False):
        results.add(record("a", key="1", right=False))
    assert not Results(tmp_path).records["1"].certified


def test_what_is_no_record_is_named_by_its_line(tmp_path: Path) -> None:
    cells = filled(tmp_path)
    cells.write_text(f"{cells.read_text()}{{}}\n")
    with pytest.raises(ServiceError, match="line 3"):
        Results(tmp_path)


def test_one_process_at_a_time_writes(tmp_path: Path) -> None:
    with (
        Results(tmp_path).opened(HEADER, extend=False),
        pytest.raises(ServiceError) as caught,
        Results(tmp_path).opened(HEADER, extend=False),
    ):
        pass
    assert caught.value.code == "bench-busy"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ServiceError, match="cannot be written"),
        Results(tmp_path / "file" / "out").opened(HEADER, extend=False),
    ):
        pass


NAMES = st.dictionaries(st.sampled_from("abc"), st.integers(0, 2))


@given(NAMES, NAMES)
def test_a_change_is_what_both_have_and_tell_differently(old, new) -> None:
    header = {**HEADER, "strategies": new}
    changed = {f"`strategies.{key}`" for key in old.keys() & new.keys() if old[key] != new[key]}
    found = find_change({"strategies": old}, header)
    assert found in changed if changed else found is None
