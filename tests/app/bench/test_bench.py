"""`modulo bench` from end to end, on recorded answers and guesses."""

import csv
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app.cli.exits import Exit
from tests.app.bench.conftest import bench


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_suite_is_run_and_reported(done: Path) -> None:
    told = json.loads((done / "told.json").read_text())
    assert told["cells"] == {"planned": 12, "done": 12}
    assert told["false_accepts"] == told["unproved"] == 0
    rows = {(row["strategy"], row["upstream"]): row for row in told["rows"]}
    assert rows["plain", "taped"]["certified"] == 1
    assert rows["loop", "taped"]["certified"] == 2
    assert rows["loop", "taped"]["by_model"] == 2
    assert rows["loop", "taped"]["spent"]["calls"] == 3
    assert rows["loop", "taped"]["spent"]["tokens"] == 330
    assert rows["loop", "taped"]["spent"]["cost_usd"] == round(3 * 120 / 1e6, 4)
    assert rows["loop", "taped"]["spent"]["seconds"] >= 3 * 2.5
    assert rows["loop", "random"]["control"]
    assert rows["loop", "random"]["by_model"] is None
    assert {found["row"] for found in told["controls"]} == {"plain @ taped", "loop @ taped"}
    short = told["portfolios"]["short"]
    assert (short["certified"], short["by_stage"]) == (2, [1, 1])
    assert (short["spent"]["calls"], short["reference"]["spent"]["calls"]) == (4, 3)


def test_the_folder_holds_what_was_found(done: Path) -> None:
    out = done / "out"
    taped = [row for row in rows_of(out / "report.csv") if row["upstream"] == "taped"]
    assert [row["certified"] for row in taped] == ["1", "2"]
    assert {row["status"] for row in rows_of(out / "cells.csv")} == {"certified", "exhausted"}
    certified = sum(row["certified"] == "True" for row in rows_of(out / "cells.csv"))
    assert len(list((out / "certificates").iterdir())) == certified
    assert len(list((out / "journals").iterdir())) == 12
    assert list((out / "unfinished").iterdir()) == []
    curve = [row for row in rows_of(out / "curves.csv") if row["axis"] == "calls"]
    drawn = [(row["strategy"], row["within"], row["rate"]) for row in curve]
    assert drawn[:3] == [("plain", "1.0", "0.5"), ("loop", "1.0", "0.5"), ("loop", "2.0", "1.0")]


def test_a_finished_benchmark_runs_nothing_again(finished: Path) -> None:
    suite, out = finished / "tiny.toml", finished / "out"
    before = (out / "cells.jsonl").read_bytes()
    code, said, _ = bench(suite, "--out", out, "--dry-run")
    assert (code, said.splitlines()[0]) == (Exit.OK, "12 cells, 0 to run")
    assert bench(suite, "--out", out)[0] == Exit.OK
    assert (out / "cells.jsonl").read_bytes() == before


def test_a_changed_suite_is_refused_until_it_is_extended(finished: Path) -> None:
    suite, out = finished / "tiny.toml", finished / "out"
    suite.write_text(suite.read_text().replace("rounds = 3", "rounds = 2"))
    code, _, err = bench(suite, "--out", out)
    assert code == Exit.BAD_INPUT
    assert "error[bench-changed]" in err
    assert "--extend" in err
    _, said, _ = bench(suite, "--out", out, "--dry-run")
    assert said.splitlines()[0] == "12 cells, 6 to run"  # `plain` has its own rounds
    assert bench(suite, "--out", out, "--extend", "--upstreams", "taped")[0] == Exit.OK
    assert len((out / "cells.jsonl").read_text().splitlines()) == 12 + 2


def test_a_changed_recording_is_played_anew(finished: Path) -> None:
    talks = finished / "talks.jsonl"
    talks.write_text(talks.read_text().replace("green", "blue"))
    typed = ("--out", finished / "out", "--upstreams", "taped", "--dry-run")
    _, said, _ = bench(finished / "tiny.toml", *typed)
    assert said.splitlines()[0] == "4 cells, 4 to run"


def test_renamed_and_reordered_rows_are_known_again(finished: Path) -> None:
    suite = finished / "tiny.toml"
    suite.write_text(suite.read_text().replace("plain", "once").replace("taped]", "tape]"))
    suite.write_text(suite.read_text().replace('upstream = "taped"', 'upstream = "tape"'))
    _, said, _ = bench(suite, "--out", finished / "out", "--dry-run")
    assert said.splitlines()[0] == "12 cells, 0 to run"


def test_a_picture_is_drawn_where_matplotlib_is(done: Path, monkeypatch) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr("app.bench.report.is_drawable", lambda: True)
    code, _, _ = bench(done / "tiny.toml", "--out", done / "out", "--report-only")
    assert code == Exit.OK
    assert (done / "out" / "report.png").read_bytes().startswith(b"\x89PNG")


def test_problems_without_a_recording_are_left_out(suite: Path, tmp_path: Path) -> None:
    talks = tmp_path / "talks.jsonl"
    talks.write_text(talks.read_text().splitlines(keepends=True)[0])
    code, out, _ = bench(suite, "--upstreams", "taped", "--out", tmp_path / "out", "--json")
    assert code == Exit.OK
    for row in json.loads(out)["rows"]:
        assert (row["runs"], row["left_out"]) == (1, {"refused": 1})


@pytest.mark.usefixtures("suite")
def test_a_solver_needs_no_upstream_and_counts_as_none(tmp_path: Path) -> None:
    code, out, err = bench(
        *("--problems", tmp_path / "problems.jsonl", "--strategies", "solver,loop"),
        *("--upstreams", "none", "--out", tmp_path / "out", "--json"),
    )
    assert code == Exit.OK, err
    rows = {row["strategy"]: row for row in json.loads(out)["rows"]}
    assert rows["solver"]["origins"] == {"solver": 2}
    assert rows["solver"]["by_model"] == 0
    assert (rows["loop"]["runs"], rows["loop"]["certified"]) == (2, 0)


class Page(HTMLParser):
    """Notes what a page loads or runs."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.outside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.outside += [name for name, _ in attrs if name in {"src", "href", "onload"}]


def test_the_page_stands_alone(done: Path) -> None:
    text = (done / "out" / "report.html").read_text()
    page = Page(text)
    assert not {"script", "link", "iframe", "img", "object"} & set(page.tags)
    assert page.outside == []
    assert "url(" not in text
    assert "default-src 'none'" in text
    assert page.tags.count("svg") > 4
    assert "False accepts: 0." in text
    assert "loop @ random" in text
