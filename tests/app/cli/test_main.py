"""The command line: as processes where pipes, bytes or signals matter, else in this process."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.exits import Exit, Verified
from app.cli.main import app, main
from app.samples import SWITCH
from critics.statement import read_envelope
from tests.app.conftest import REQUEST

QUIET = {"MODULO_UPSTREAM__DISCOVER": "false", "MODULO_UPSTREAM__EMBEDDED": "false"}
"""No model of whoever runs the tests is asked."""

pytestmark = pytest.mark.usefixtures("files")


@pytest.fixture
def files(tmp_path):
    """The files that the commands below name."""
    (tmp_path / "request.json").write_text(json.dumps(REQUEST))
    (tmp_path / "problem.json").write_text(json.dumps({"word": "hello"}))
    (tmp_path / "hello").write_text("hello")
    (tmp_path / "bye").write_text("bye")
    (tmp_path / "domain.pddl").write_text(SWITCH["domain"])
    (tmp_path / "problem.pddl").write_text(SWITCH["problem"])
    (tmp_path / "plan").write_text("1. (turn-on lamp)\n")
    (tmp_path / "two.jsonl").write_text('{"response": "bye"}\n{"response": "hello"}\n')
    (tmp_path / "bad.jsonl").write_text('{"response": "bye"}\n' * 9)


@pytest.fixture
def modulo(word, monkeypatch, tmp_path):
    """Run a command in this process."""
    assert word
    monkeypatch.chdir(tmp_path)

    def run(*words, stdin="", **env):
        given = {**QUIET, **env}
        done = CliRunner().invoke(app, words, input=stdin, env=given, catch_exceptions=False)
        assert "\x1b" not in done.stdout + done.stderr
        return done.exit_code, done.stdout, done.stderr

    return run


@pytest.fixture
def process(plugins, tmp_path):
    """Run a command as a process of its own."""

    def run(*words, stdin="", **env):
        done = subprocess.run(
            [sys.executable, "-m", "app", *words],
            input=stdin if isinstance(stdin, bytes) else stdin.encode(),
            capture_output=True,
            cwd=tmp_path,
            env=environment(plugins, **env),
            timeout=150,
            check=False,
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        assert "Traceback" not in out + err
        assert "\x1b" not in out + err
        return done.returncode, out, err

    return run


def environment(plugins, **more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MODULO_")}
    return {**kept, "PYTHONPATH": str(plugins), **QUIET, **more}


def test_solve_replays_watches_and_certifies(process, tmp_path):
    code, out, err = process(
        "solve", "request.json", "--watch", "--replay", "two.jsonl", "--certificate", "cert.json",
        "--journal", "run.jsonl",
    )  # fmt: skip
    assert (code, out) == (Exit.OK, "hello\n")
    assert "rejected: `bye` is not the word" in err
    assert "round 2/3" in err
    assert "a replayed recording" in err
    assert read_envelope((tmp_path / "cert.json").read_text()).candidate.text == "hello"
    assert '"event":"ended"' in (tmp_path / "run.jsonl").read_text()
    code, out, err = process("verify", "cert.json")
    assert (code, err) == (Verified.VERIFIED, "")
    assert out.startswith("verified: the answer solves the problem\n")
    assert ", ephemeral" in out
    again = process("solve", "request.json", "--replay", "run.jsonl")
    assert again[:2] == (Exit.OK, "hello\n")


def test_an_exhausted_run_prints_no_answer_but_why(modulo):
    code, out, err = modulo("solve", "request.json", "--replay", "bad.jsonl")
    assert (code, out) == (Exit.EXHAUSTED, "")
    assert "exhausted (rounds) after 3 rounds" in err
    assert "error[word-wrong]" in err


def test_best_effort_prints_the_best_and_says_what_it_is(modulo):
    code, out, err = modulo("solve", "request.json", "--replay", "bad.jsonl", "--best-effort")
    assert (code, out) == (Exit.EXHAUSTED, "bye\n")
    assert "nothing is certified" in err


def test_a_recording_that_ends_leaves_the_run_uncertified(modulo):
    code, out, _ = modulo("solve", "word", "problem.json", "--replay", "bye.jsonl", "--json")
    assert (code, json.loads(out)["code"]) == (Exit.BAD_INPUT, "settings-invalid")
    code, out, _ = modulo("solve", "word", "problem.json", "--replay", "bad.jsonl", "--json")
    assert (code, json.loads(out)["reason"]) == (Exit.EXHAUSTED, "recording-ended")
    assert json.loads(out)["upstream"] == "replay"


def test_solve_takes_pddl_files(modulo, tmp_path):
    (tmp_path / "plan.jsonl").write_text(json.dumps({"response": "(turn-on lamp)"}))
    words = ("pddl", "domain.pddl", "problem.pddl", "--assurance", "single")
    code, out, _ = modulo("solve", *words, "--replay", "plan.jsonl")
    assert (code, out) == (Exit.OK, "(turn-on lamp)\n")


def test_solve_without_a_model_says_what_to_do(modulo):
    code, out, err = modulo("solve", "request.json")
    assert (code, out) == (Exit.NO_UPSTREAM, "")
    assert "error[upstream-none]" in err
    assert "= help: set `MODULO_UPSTREAM__BASE_URL`" in err


def test_solve_tells_a_failing_upstream(modulo):
    code, _, err = modulo(
        "solve", "request.json", "--upstream-url", "http://127.0.0.1:9/v1", "--model", "m",
        MODULO_UPSTREAM__RETRIES="0",
    )  # fmt: skip
    assert code == Exit.UPSTREAM
    assert "upstream-unreachable" in err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["word", "problem.json", "hello"], Exit.OK, "accepted"),
        (
            ["word", "problem.json", "bye"],
            Exit.REJECTED,
            "error[word-wrong]: `bye` is not the word",
        ),
        (
            ["pddl", "domain.pddl", "problem.pddl", "plan", "--assurance", "single"],
            Exit.OK,
            "accepted",
        ),
        (["pddl", "domain.pddl", "problem.pddl", "plan", "--exact"], Exit.REJECTED, "rejected"),
        (["wrod", "problem.json", "hello"], Exit.UNSUPPORTED, "did you mean `word`?"),
        (["word", "missing.json", "hello"], Exit.USAGE, "`missing.json` cannot be read"),
        (["word", "hello", "hello"], Exit.BAD_INPUT, "error[invalid-json]"),
        (["word", "problem.json"], Exit.USAGE, "DOMAIN PROBLEM ANSWER"),
        (["pddl", "plan", "problem.pddl", "plan"], Exit.BAD_INPUT, "1 fault; nothing was judged"),
        ([], Exit.USAGE, "DOMAIN PROBLEM ANSWER"),
    ],
)
def test_check_prints_a_verdict_and_ends_with_its_code(modulo, words, code, said):
    found, out, err = modulo("check", *words)
    assert found == code
    assert said in out + err


def test_check_prints_json(modulo):
    code, out, _ = modulo("check", "word", "problem.json", "bye", "--json")
    assert code == Exit.REJECTED
    assert json.loads(out)["codes"] == ["word-wrong"]


def test_check_reads_an_answer_of_any_bytes_from_standard_input(process):
    code, out, _ = process("check", "word", "problem.json", "-", "--exact", stdin=b"\xff\0\x1b[31m")
    assert code == Exit.REJECTED
    assert "rejected" in out


def test_check_answers_json_lines_in_order(process):
    asked = [
        {"id": 1, "domain": "word", "problem": {"word": "hello"}, "answer": "hello"},
        {"id": 2, "domain": "word", "problem": {"word": "hello"}, "answer": "bye"},
        {"id": 3, "domain": "nope", "problem": {}, "answer": ""},
    ]
    lines = [*map(json.dumps, asked), "{"]
    code, out, err = process("check", "--jsonl", stdin="\n".join(lines) + "\n")
    told = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (Exit.OK, "")
    assert [row.get("verdict") for row in told] == ["accepted", "rejected", None, None]
    assert [row["id"] for row in told] == [1, 2, 3, None]
    assert [row["error"]["code"] for row in told[2:]] == ["domain-unknown", "line-not-json"]


def test_domains_are_listed_and_examined(modulo):
    code, out, _ = modulo("domains", "--json")
    assert (code, {row["name"] for row in json.loads(out)} >= {"pddl", "word"}) == (Exit.OK, True)
    code, out, _ = modulo("domains", "check", "word")
    assert code == Exit.OK
    assert out.startswith("word 1: ok (1 examples, 1 good, 1 bad")
    assert modulo("domains", "check", "wrod")[0] == Exit.UNSUPPORTED


def test_config_shows_values_sources_and_no_secret(modulo):
    secret = {"MODULO_UPSTREAM__API_KEY": "sk-canary"}
    code, out, err = modulo("config", **secret)
    assert code == Exit.OK
    assert "upstream.api_key" in out
    assert "sk-canary" not in out + err
    shown = json.loads(modulo("config", "--json", **secret)[1])
    assert shown["upstream.discover"] == {"value": False, "source": "env"}
    assert "sk-canary" not in json.dumps(shown)


def test_a_wrong_configuration_is_told_with_the_nearest_name(process):
    code, _, err = process("serve", MODULO_PROT="1")
    assert code == Exit.BAD_INPUT
    assert "error[settings-invalid]: there is no setting `MODULO_PROT`" in err
    assert "did you mean `MODULO_PORT`?" in err


def test_a_port_in_use_is_told(modulo):
    opened = {"MODULO_SECURITY__ALLOW_ANONYMOUS": "true"}
    code, _, err = modulo("serve", "--host", "192.0.2.1", "--port", "1", **opened)
    assert code == Exit.BAD_INPUT
    assert "cannot listen on 192.0.2.1:1" in err


def test_help_names_the_exit_codes_and_unknown_words_are_usage_errors(modulo):
    assert "13 rejected" in modulo("--help")[1]
    assert modulo("sovle")[0] == Exit.USAGE
    assert modulo("--version")[1].startswith("llm-modulo ")


def test_weights_that_do_not_exist_are_told(modulo):
    assert modulo("models", "list")[0] == Exit.OK
    code, _, err = modulo("models", "pull", "huge")
    assert code == Exit.BAD_INPUT
    assert "error[weights-unknown]" in err


@pytest.mark.parametrize("words", [["serve", "--port", "0"], ["check", "--jsonl"]])
def test_ctrl_c_ends_without_a_word_of_complaint(plugins, tmp_path, words):
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=environment(plugins),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    if words[0] == "serve":
        assert b"listens on" in process.stderr.readline()
    else:
        line = {"id": 1, "domain": "word", "problem": {"word": "a"}, "answer": "a"}
        process.stdin.write(json.dumps(line).encode() + b"\n")
        process.stdin.flush()
        assert b"accepted" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=150)
    assert b"Traceback" not in err
    assert process.returncode in {Exit.OK, Exit.INTERRUPTED}


def test_an_error_of_ours_is_one_message_without_a_traceback(monkeypatch, capsys):
    def fail():
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("app.cli.main.typer.main.get_command", lambda _app: fail)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    with pytest.raises(ZeroDivisionError) as caught:
        main()
    sys.excepthook(caught.type, caught.value, caught.tb)
    told = capsys.readouterr().err
    assert "error[internal-error]: ZeroDivisionError in fail" in told
    assert "Traceback" not in told


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no `/dev/full`")
@pytest.mark.parametrize("words", [("domains",), ("check", "--jsonl")])
def test_an_output_that_takes_nothing_is_told(plugins, tmp_path, words):
    with Path("/dev/full").open("wb") as full:
        code, err = redirect(plugins, tmp_path, words, stdout=full)
    assert code == Exit.USAGE
    assert "standard output cannot be written: No space left on device" in err


@pytest.mark.parametrize(("stream", "code"), [(1, Exit.USAGE), (2, Exit.OK)])
def test_a_stream_that_came_closed_is_no_bug_of_ours(plugins, tmp_path, stream, code):
    words = ("solve", "request.json", "--replay", "two.jsonl", "--watch")
    done = redirect(plugins, tmp_path, words, preexec_fn=lambda: os.close(stream))
    assert done[0] == code
    assert ("standard output is closed" in done[1]) == (stream == 1)


def redirect(plugins, folder, words, **streams):
    done = subprocess.run(
        [sys.executable, "-m", "app", *words],
        input=b"{}\n",
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment(plugins),
        timeout=150,
        check=False,
        **streams,
    )
    return done.returncode, done.stderr.decode()


def test_an_answer_outlives_a_certificate_that_cannot_be_written(modulo):
    code, out, err = modulo(
        "solve", "request.json", "--replay", "two.jsonl", "--certificate", "no/such/cert.json"
    )
    assert (code, out) == (Exit.USAGE, "hello\n")
    assert "`no/such/cert.json` cannot be written" in err


def test_a_domain_that_is_not_installed_is_named_as_such(modulo):
    code, _, err = modulo("check", "pdll", "domain.pddl", "problem.pddl", "plan")
    assert code == Exit.UNSUPPORTED
    assert "there is no domain `pdll`" in err
    assert "did you mean `pddl`?" in err
