"""`modulo formalize`, and runs of `modulo solve` that wait for a word on their problem."""

import json

import pytest
from typer.testing import CliRunner

from app.cli.exits import Exit
from app.cli.main import app
from tests.app.plain_language import EXACT, PROBLEM, RIGHT, TEXT, said

QUIET = {"MODULO_UPSTREAM__DISCOVER": "false", "MODULO_UPSTREAM__EMBEDDED": "false"}


@pytest.fixture
def modulo(monkeypatch, tmp_path):
    """Run a command in this process, with a recording as its model."""
    monkeypatch.chdir(tmp_path)

    def run(*words, replies=(), stdin=""):
        lines = (json.dumps({"response": reply}) for reply in replies)
        (tmp_path / "said.jsonl").write_text("\n".join(lines))
        env = {**QUIET, **({"MODULO_UPSTREAM__REPLAY": "said.jsonl"} if replies else {})}
        done = CliRunner().invoke(app, words, input=stdin, env=env, catch_exceptions=False)
        return done.exit_code, done.stdout, done.stderr

    return run


def test_the_problem_is_printed_and_what_it_means_is_said_beside_it(modulo, tmp_path):
    (tmp_path / "text").write_text(EXACT)
    code, out, err = modulo("formalize", "calendar", "text")
    assert (code, json.loads(out)["busy"]) == (Exit.OK, PROBLEM["busy"])
    assert "parser:natural-plan-calendar, not confirmed" in err
    assert "Ann is busy: Monday 09:00-10:30." in err


def test_a_model_is_asked_where_no_parser_reads_all(modulo):
    words = ("formalize", "calendar", "-")
    code, out, err = modulo(*words, stdin=TEXT, replies=[said()])
    assert (code, json.loads(out)["duration_min"]) == (Exit.OK, 30)
    assert "model:replay, not confirmed" in err
    doubtful = said({**PROBLEM, "duration_min": 25})
    code, out, err = modulo(*words, stdin=TEXT, replies=[doubtful, doubtful])
    assert (code, json.loads(out)["duration_min"]) == (Exit.NEEDS_INPUT, 25)
    assert "doubt: `25` is in the problem and not in the text" in err
    code, out, err = modulo(*words, "--json", stdin=TEXT, replies=["no"])
    assert (code, json.loads(out)["problem"]) == (Exit.NEEDS_INPUT, None)


def test_questions_are_told_and_answered(modulo):
    text = TEXT.replace(", between 9:00 and 12:00", "")
    part = {name: value for name, value in PROBLEM.items() if name != "work_hours"}
    words = ("formalize", "calendar", "-")
    code, out, err = modulo(*words, stdin=text, replies=[said(part, "work_hours")])
    assert (code, out) == (Exit.NEEDS_INPUT, "")
    assert "missing: `work_hours`: Between which times" in err
    answered = (*words, "--answer", "work_hours=9:00 to 12:00")
    code, out, _ = modulo(*answered, stdin=text, replies=[said()])
    assert (code, json.loads(out)["work_hours"]) == (Exit.OK, ["09:00", "12:00"])


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        (("pddl", "-"), Exit.BAD_INPUT, "formalization-unsupported"),
        (("nothing", "-"), Exit.UNSUPPORTED, "domain-unknown"),
        (("calendar", "absent"), Exit.USAGE, "`absent` cannot be read"),
        (("calendar", "-", "--answer", "x"), Exit.USAGE, "FIELD=TEXT"),
        (("calendar", "-"), Exit.NO_UPSTREAM, "upstream-none"),
    ],
)
def test_what_cannot_be_formalised_is_told(modulo, words, code, what):
    done, out, err = modulo("formalize", *words, stdin=TEXT)
    assert (done, out) == (code, "")
    assert what in err


def test_solving_a_text_tells_what_was_solved(modulo, tmp_path):
    (tmp_path / "request.json").write_text(json.dumps({"domain": "calendar", "text": EXACT}))
    code, out, err = modulo("solve", "request.json", replies=[RIGHT])
    assert (code, json.loads(out)) == (Exit.OK, json.loads(RIGHT))
    assert "parser:natural-plan-calendar, not confirmed" in err
    (tmp_path / "request.json").write_text(json.dumps({"domain": "calendar", "text": TEXT}))
    part = {name: value for name, value in PROBLEM.items() if name != "work_hours"}
    code, out, err = modulo("solve", "request.json", "--watch", replies=[said(part, "work_hours")])
    assert (code, out) == (Exit.NEEDS_INPUT, "")
    assert "missing: `work_hours`" in err
