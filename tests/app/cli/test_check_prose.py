"""Prose on the command line: `modulo check --translate`."""

import json

import pytest
from typer.testing import CliRunner

from app.cli.exits import Exit
from app.cli.main import app as command
from critics.domain import find_domain

PROBLEM = dict(find_domain("claim").examples[0].problem)


@pytest.mark.parametrize(
    ("formula", "code", "said"),
    [("not refunded", Exit.OK, "claim-valid"), ("refunded", Exit.REJECTED, "claim-invalid")],
)
def test_the_command_line_says_what_its_verdict_is_about(tmp_path, formula, code, said):
    (tmp_path / "rules.json").write_text(json.dumps(PROBLEM))
    (tmp_path / "prose.txt").write_text("That is what happens to the bill.")
    line = json.dumps({"response": json.dumps({"1": formula})})
    (tmp_path / "answers.jsonl").write_text(f"{line}\n" * 2)
    words = ["check", "claim", "rules.json", "prose.txt", "--translate"]
    env = {"MODULO_UPSTREAM__REPLAY": "answers.jsonl"}
    done = CliRunner().invoke(command, [*words, "2"], env=env, catch_exceptions=False)
    assert (done.exit_code, said in done.stdout) == (code, True)
    assert "translated by `replay`, 2 of 2 times" in done.stderr
    assert f'"expr": ["{formula}", "{formula}"]' in done.stderr
    assert "not checked" in done.stderr
    short = CliRunner().invoke(command, [*words, "3", "--json"], env=env, catch_exceptions=False)
    assert short.exit_code == Exit.UNKNOWN
    assert json.loads(short.stdout)["codes"] == ["translation-short"]
    refused = CliRunner().invoke(command, ["check", "--jsonl", "--translate", "3"], env=env)
    assert refused.exit_code == Exit.USAGE
