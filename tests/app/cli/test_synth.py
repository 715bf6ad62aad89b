"""`modulo synth`: what is made, where it goes, and what is refused."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.exits import Exit
from app.cli.main import app
from app.cli.synth import read_levels
from app.failures import ServiceError
from app.flywheel.tables import read_parquet

FEW = ("--n", "6", "--family", "blocksworld", "--difficulty", "1-2", "--seed", "3")


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["synth", *words], catch_exceptions=False)
    return done.exit_code, done.stdout, done.stderr


def test_rows_go_to_standard_output_and_what_is_told_does_not() -> None:
    code, out, err = run("pddl", *FEW)
    assert code == Exit.OK
    rows = [json.loads(line) for line in out.splitlines()]
    assert len(rows) == 6
    assert {row["verdict"] for row in rows} == {"accepted"}
    assert "rows: 6" in err
    assert run("pddl", *FEW)[1] == out


def test_files_hold_the_rows_and_the_summary_is_printed(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    lines, table, folder = tmp_path / "a.jsonl", tmp_path / "a.parquet", tmp_path / "parts"
    code, out, _ = run("pddl", *FEW, "--out", str(lines))
    assert code == Exit.OK
    assert "rows: 6" in out
    rows = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    run("pddl", *FEW, "--out", str(table))
    found = [{**row, "problem": json.loads(row["problem"])} for row in read_parquet(table)]
    assert found == rows
    run("pddl", *FEW, "--out", str(folder), "--split", "train=.5,test=.5")
    for part in ("train", "test"):
        text = (folder / f"{part}.jsonl").read_text("utf-8")
        assert {json.loads(line)["split"] for line in text.splitlines()} <= {part}


def test_the_summary_is_one_json_document(tmp_path: Path) -> None:
    _, out, _ = run("pddl", *FEW, "--out", str(tmp_path / "a.jsonl"), "--json")
    told = json.loads(out)
    assert told["totals"]["rows"] == 6
    assert sum(group["rows"] for group in told["rows"]) == 6


def test_families_are_listed() -> None:
    code, out, _ = run("pddl", "--list")
    assert code == Exit.OK
    assert "blocksworld-cyclic" in out
    listed = json.loads(run("--list", "--json")[1])
    assert {"pddl", "countdown"} <= listed.keys()
    assert listed["pddl"][0]["levels"][0] == "3 blocks"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "takes a DOMAIN"),
        (("nowhere",), "there is no domain `nowhere`"),
        (("pddl", "--family", "chess"), "no family `chess`"),
        (("pddl", "--difficulty", "x"), "names no levels"),
        (("pddl", "--difficulty", "90"), "no family of problems with answers"),
        (("pddl", "--family", "blocksworld", "--infeasible", ".5"), "without answers"),
        (("pddl", "--split", "train=.5"), "add up to 0.5"),
        (("pddl", "--exclude", "not-there.jsonl"), "cannot be read"),
        (("pddl", "--out", "rows.csv"), "neither `.jsonl` nor `.parquet`"),
    ],
)
def test_what_cannot_be_made_is_refused(words: tuple[str, ...], told: str) -> None:
    code, out, err = run(*words)
    assert code not in {Exit.OK, Exit.BUG}
    assert out == ""
    assert told in err


def test_no_file_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("kept")
    code, _, err = run("pddl", *FEW, "--out", str(tmp_path / "a.jsonl"))
    assert code == Exit.USAGE
    assert "is there already" in err
    assert (tmp_path / "a.jsonl").read_text() == "kept"


def test_levels_are_read() -> None:
    assert read_levels("1-3") == [1, 2, 3]
    assert read_levels(" 4, 1-2,2") == [1, 2, 4]
    for text in ("", "0", "3-1", "-1", "1-", "1-999999999", "²", "a"):
        with pytest.raises(ServiceError):
            read_levels(text)
