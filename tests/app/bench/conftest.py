"""A tiny suite on recorded answers, and cells and records made by hand."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.bench.cells import CellRecord, Step
from app.cli.main import app

SUITE = """
name = "tiny"
problems = ["problems.jsonl"]
assurance = "single"
[budget]
rounds = 3
seconds = 60
[strategies.plain]
budget = { rounds = 1 }
[strategies.loop]
[upstreams.taped]
kind = "replay"
path = "talks.jsonl"
price = { input = 1.0, output = 2.0 }
[upstreams.random]
kind = "random"
repeats = 2
[portfolios]
short = [
  { strategy = "plain", upstream = "taped" },
  { strategy = "loop", upstream = "taped", rounds = 2 },
]
"""
EDGES: list[dict[str, Any]] = [
    {"edges": [["A", "B"]], "colors": ["red", "green"]},
    {"edges": [["A", "B"], ["B", "C"]], "colors": ["red", "green"]},
]
TALKS = [
    ['{"A": "red", "B": "green"}'],
    ['{"A": "red", "B": "red", "C": "red"}', '{"A": "red", "B": "green", "C": "red"}'],
]
QUIET = {"MODULO_UPSTREAM__DISCOVER": "false", "MODULO_UPSTREAM__EMBEDDED": "false"}


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")


@pytest.fixture(autouse=True)
def no_picture(monkeypatch) -> None:
    """Leave the picture out, which takes longer than all the rest; one test draws it."""
    monkeypatch.setattr("app.bench.report.is_drawable", lambda: False)


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """The file of a suite of two problems, whose second is solved in round 2."""
    return write_suite(tmp_path)


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> Path:
    """A folder in which the suite was run to its end, into `out`; `told.json` is the report."""
    folder = tmp_path_factory.mktemp("done")
    code, out, err = bench(write_suite(folder), "--out", folder / "out", "--json")
    assert code == 0, err
    (folder / "told.json").write_text(out)
    return folder


@pytest.fixture
def finished(done: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(done, tmp_path / "finished"))


def write_suite(tmp_path: Path) -> Path:
    """Write the suite's files."""
    rows = [
        {"id": f"graph-{n}", "domain": "coloring", "problem": payload}
        for n, payload in enumerate(EDGES)
    ]
    write_rows(tmp_path / "problems.jsonl", rows)
    usage = {"prompt_tokens": 100, "completion_tokens": 10}
    talks = [
        {
            "problem_id": f"graph-{n}",
            "model": "taped",
            "rounds": [{"response": text, "usage": usage, "seconds": 2.5} for text in texts],
        }
        for n, texts in enumerate(TALKS)
    ]
    write_rows(tmp_path / "talks.jsonl", talks)
    path = tmp_path / "tiny.toml"
    path.write_text(SUITE, "utf-8")
    return path


def bench(*words: object) -> tuple[int, str, str]:
    """Run `modulo bench` in this process."""
    typed = ["bench", *map(str, words)]
    done = CliRunner().invoke(app, typed, env=QUIET, catch_exceptions=False)
    return done.exit_code, done.stdout, done.stderr


def record(
    problem: str, strategy: str = "loop", *, right: bool = True, **fields: Any
) -> CellRecord:
    """Make the record of a run by hand."""
    made = {
        "key": f"{problem} {strategy} {fields}",
        "problem": problem,
        "problem_sha256": "0",
        "domain": "coloring",
        "group": "coloring",
        "strategy": strategy,
        "upstream": "taped",
        "repeat": 0,
        "seed": 0,
        "status": "certified" if right else "exhausted",
        "certified": right,
        "verified": "verified" if right else None,
        "origin": "model" if right else None,
        "rounds": 1,
        "calls": 1,
        "prompt_tokens": 100,
        "seconds": 1.0,
    }
    return CellRecord.model_validate({**made, **fields})


def step(number: int, **fields: Any) -> Step:
    """Make one call of a run by hand; each costs 100 tokens."""
    made = {
        "call": number,
        "round": number + 1,
        "calls": number + 1,
        "tokens": 100 * (number + 1),
        "cost_usd": 0.0,
        "seconds": float(number + 1),
        "verdict": "rejected",
    }
    return Step.model_validate({**made, **fields})
