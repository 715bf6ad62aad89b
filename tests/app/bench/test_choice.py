"""Suites and problems that cannot be run are refused with the place that is wrong."""

import json
from pathlib import Path

import pytest

from app.cli.exits import Exit
from tests.app.bench.conftest import EDGES, bench, write_rows

ROW = {"id": "a", "domain": "coloring", "problem": EDGES[0]}


def refusal(*words: object) -> str:
    code, _, err = bench(*words, "--dry-run")
    assert code in {Exit.BAD_INPUT, Exit.USAGE}, err
    return err.splitlines()[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[strategies.plain]", "[strategies.plain]\nbudgett = 1", "`strategies.plain.budgett`"),
        ('kind = "replay"', 'kind = "reply"', "`upstreams.taped.kind`"),
        ('path = "talks.jsonl"\n', "", "needs `path`"),
        ('path = "talks.jsonl"', 'path = "no.jsonl"', "no.jsonl` cannot be read"),
        ('"problems.jsonl"', '"none.jsonl"', "none.jsonl` cannot be read"),
        ('strategy = "plain"', 'strategy = "plan"', "did you mean `plain`?"),
        ("rounds = 3", "rounds = 0", "`budget.rounds`"),
        ("[budget]", "[budget", "is no suite"),
    ],
)
def test_what_is_wrong_with_a_suite_is_named(suite: Path, old: str, new: str, said: str) -> None:
    suite.write_text(suite.read_text().replace(old, new, 1))
    assert said in refusal(suite)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{**ROW, "problem": 3}], "`problem` of a problem"),
        ([ROW, ROW], "two problems are called `a`"),
        ([ROW, {**ROW, "id": "b"}], "`a` and `b` are the same instance"),
        ([], "there is no problem"),
    ],
)
def test_what_is_wrong_with_problems_is_named(tmp_path: Path, rows, said: str) -> None:
    write_rows(tmp_path / "p.jsonl", rows)
    assert said in refusal("--problems", tmp_path / "p.jsonl", "--upstreams", "random")


def test_lines_that_are_no_json_are_named(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text("{}}\n")
    assert "line 1: this is no JSON" in refusal("--problems", tmp_path / "p.jsonl")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "takes a SUITE.toml, or --problems"),
        (("--problems", "p.jsonl", "--strategies", "lop"), "did you mean `loop`?"),
        (("--problems", "p.jsonl", "--upstreams", "ftp://x"), "is no upstream"),
    ],
)
def test_what_was_typed_wrong_is_named(words, said: str) -> None:
    assert said in refusal(*words)


def test_names_make_a_suite_without_a_file(tmp_path: Path) -> None:
    write_rows(tmp_path / "p.jsonl", [ROW])
    code, out, _ = bench(
        *("--problems", tmp_path / "p.jsonl", "--strategies", "plain,tree,auto"),
        *("--upstreams", "http://127.0.0.1:1/v1#some-model,random", "--repeats", 3),
        *("--dry-run", "--json"),
    )
    told = json.loads(out)
    assert code == Exit.OK
    assert told["cells"] == 3 * 2 * 3
    assert told["unpriced"] == ["some-model"]
    assert told["calls"] == 3 * (1 + 10 + 10)


def test_folders_of_pddl_and_of_json_hold_problems(tmp_path: Path) -> None:
    pair = tmp_path / "set" / "one"
    pair.mkdir(parents=True)
    for name in ("domain", "problem"):
        (pair / f"{name}.pddl").write_text(f"(define ({name} x))")
    (tmp_path / "set" / "two.json").write_text(
        json.dumps({k: ROW[k] for k in ("domain", "problem")})
    )
    typed = ("--problems", tmp_path / "set", "--strategies", "plain", "--upstreams", "random")
    _, out, _ = bench(*typed, "--dry-run")
    assert out.splitlines()[0] == "2 cells, 2 to run"


def test_a_bound_is_told_in_money(suite: Path) -> None:
    text = suite.read_text().replace('kind = "replay"', 'kind = "openai"\nmodel = "m"')
    suite.write_text(text.replace('path = "talks.jsonl"', 'base_url = "http://127.0.0.1:1/v1"'))
    _, out, _ = bench(suite, "--upstreams", "taped", "--dry-run", "--json")
    told = json.loads(out)
    assert told["calls"] == 2 * (1 + 3)
    assert told["tokens"] == 8 * (2000 + 4096)
    assert told["cost_usd"] == round(8 * (2000 * 1 + 4096 * 2) / 1e6, 4)
