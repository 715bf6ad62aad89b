"""`modulo export`: from journals to files that trainers read."""

import asyncio
import json
from types import SimpleNamespace

import pytest
import yaml
from typer.testing import CliRunner

from app.cli.exits import Exit
from app.cli.main import app
from backprompt.events import CandidateFound, Origin
from tests.app.flywheel.near_pool import near_pool
from tests.played_runs import play, write_journal

QUIET = {"MODULO_UPSTREAM__DISCOVER": "false", "MODULO_UPSTREAM__EMBEDDED": "false"}
NUMBERS = {"numbers": [4, 9, 10, 13], "target": 24}
RIGHT, WRONG = "(13 - 9) * (10 - 4)", "13 + 9 - 10 + 4"


@pytest.fixture
def journals(tmp_path):
    folder = tmp_path / "journals"
    write_journal(play("countdown", NUMBERS, WRONG, RIGHT), folder / "honest.jsonl")
    return folder


@pytest.fixture
def near(monkeypatch):
    """Let this process judge, which starts at once."""

    def work_near(settings, work):
        return asyncio.run(work(SimpleNamespace(pool=near_pool(), settings=settings)))

    monkeypatch.setattr("app.cli.export.with_service", work_near)


@pytest.fixture
def export(journals, tmp_path):
    """Run the command on the journals in this process; gives exit code, output and errors."""

    def run(*options: str, source: str = str(journals), out: str = "data"):
        words = ["export", source, "--out", str(tmp_path / out), *options]
        done = CliRunner().invoke(app, words, env=QUIET, catch_exceptions=False)
        return done.exit_code, done.stdout, done.stderr

    return run


def lines(file) -> list[dict]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_a_folder_of_journals_becomes_a_data_set(export, tmp_path):
    code, out, err = export("--format", "repair", "--license", "cc0-1.0")
    assert code == Exit.OK
    [row] = lines(tmp_path / "data" / "train.jsonl")
    assert [said["role"] for said in row["prompt"]] == ["user", "assistant", "user"]
    assert (row["prompt"][1]["content"], row["completion"][0]["content"]) == (WRONG, RIGHT)
    assert "train.jsonl  1" in out
    assert "what users and models wrote" in err
    _, front, body = (tmp_path / "data" / "README.md").read_text("utf-8").split("---\n", 2)
    assert yaml.safe_load(front)["license"] == "cc0-1.0"
    assert "1 row of 1 problem" in body


@pytest.mark.usefixtures("near")
def test_a_forged_journal_gives_no_right_answer(export, journals, tmp_path):
    """The certified text is exchanged for a wrong one, in the events and in the response."""
    journal = play("countdown", NUMBERS, RIGHT)
    lie = "13 + 10 + 9 - 4"
    forged = "\n".join(journal.dump()).replace(RIGHT, lie)
    (journals / "forged.jsonl").write_text(forged, "utf-8")
    for kind in ("sft", "preference", "kto", "repair"):
        code, _, err = export("--format", kind, out=kind)
        assert code == Exit.OK
        assert "1 answers that a source calls certified are not accepted" in err
        for row in lines(tmp_path / kind / "train.jsonl"):
            right = row.get("chosen") or row["completion"]
            assert right[0]["content"] != lie or row["label"] is False
    code, _, err = export("--format", "sft", "--trust-journal", out="trusting")
    assert code == Exit.OK
    assert "nothing was judged again" in err
    trusted = [row["completion"][0]["content"] for row in lines(tmp_path / "trusting/train.jsonl")]
    assert sorted(trusted) == sorted([RIGHT, lie])


@pytest.mark.usefixtures("near")
def test_what_a_solver_found_is_not_the_models(export, journals, tmp_path):
    journal = play("countdown", NUMBERS, RIGHT)
    for place, event in enumerate(journal.events):
        if isinstance(event, CandidateFound):
            found = {"origin": Origin.SOLVER, "call": None}
            journal.events[place] = event.model_copy(update=found)
    file = write_journal(journal, journals.parent / "solved.jsonl")
    code, _, err = export("--format", "sft", "--origin", "model", source=str(file))
    assert (code, "export-empty" in err) == (Exit.BAD_INPUT, True)
    assert not (tmp_path / "data").exists() or list((tmp_path / "data").iterdir()) == []
    assert export("--format", "sft", "--origin", "solver", source=str(file))[0] == Exit.OK


@pytest.mark.usefixtures("near")
def test_the_result_as_json(export, tmp_path):
    code, out, _ = export("--format", "kto", "--json", "--split", "train=0,test=1")
    told = json.loads(out)
    assert code == Exit.OK
    assert told["rows"] == {"test": 2}
    assert told["files"] == {"test": str(tmp_path / "data" / "test.jsonl")}
    assert told["values"]["origin"] == {"model": 2}
    assert (told["problems"], told["not_confirmed"]) == (1, 0)


@pytest.mark.usefixtures("near")
def test_excluded_problems_are_left_out(export, tmp_path):
    other = {"domain": "countdown", "problem": {**NUMBERS, "numbers": [13, 4, 10, 9]}}
    (tmp_path / "eval.jsonl").write_text(json.dumps(other), "utf-8")
    code, _, err = export("--format", "rl", "--exclude", str(tmp_path / "eval.jsonl"))
    assert code == Exit.BAD_INPUT
    assert "1 excluded-problem" in err
    (tmp_path / "none.jsonl").write_text("{}", "utf-8")
    code, _, err = export("--format", "rl", "--exclude", str(tmp_path / "none.jsonl"))
    assert (code, "holds no problem" in err) == (Exit.USAGE, True)


@pytest.mark.parametrize(
    ("options", "code", "why"),
    [
        (("--split", "train=2"), Exit.USAGE, "divides no data"),
        (("--since", "yesterday"), Exit.USAGE, "Invalid value"),
        (("--format", "csv"), Exit.USAGE, "Invalid value"),
        (("--exclude", "none.jsonl"), Exit.BAD_INPUT, "none.jsonl"),
        (("--out", "data.csv"), Exit.USAGE, "ends in neither"),
    ],
)
@pytest.mark.usefixtures("near")
def test_options_that_cannot_be_met_are_refused(export, options, code, why):
    kind = () if "--format" in options else ("--format", "sft")
    ended, _, err = export(*kind, *options)
    assert (ended, why in err) == (code, True)


def test_there_must_be_a_source(tmp_path):
    words = ["export", "--format", "sft", "--out", str(tmp_path / "data")]
    done = CliRunner().invoke(app, words, env=QUIET)
    assert (done.exit_code, "nothing to export" in done.stderr) == (Exit.USAGE, True)


@pytest.mark.usefixtures("near")
def test_a_data_set_is_not_written_over(export, tmp_path):
    assert export("--format", "rl")[0] == Exit.OK
    before = (tmp_path / "data" / "README.md").read_bytes()
    code, _, err = export("--format", "sft")
    assert (code, "is there already" in err) == (Exit.USAGE, True)
    assert (tmp_path / "data" / "README.md").read_bytes() == before
