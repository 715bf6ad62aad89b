"""`modulo verify`, `modulo keys` and `modulo log`, in this process."""

import base64
import json
import stat

import pytest
from typer.testing import CliRunner

from app.cli.exits import Exit, Verified
from app.cli.main import app
from critics.domain import find_domain
from critics.ed25519 import PrivateKey
from critics.statement import read_envelope
from tests.critics.sealing import forge

PDDL = find_domain("pddl").examples[0]
CLASH = {
    "variables": {"a": {"type": "int", "min": 0, "max": 10}},
    "constraints": [{"name": "high", "expr": "a > 5"}, {"name": "low", "expr": "a < 3"}],
}


def modulo(*words, **env):
    quiet = {"MODULO_UPSTREAM__DISCOVER": "false", "MODULO_UPSTREAM__EMBEDDED": "false", **env}
    done = CliRunner().invoke(app, [str(word) for word in words], env=quiet, catch_exceptions=False)
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Certificates of a real run of each claim, signed by a key that is kept."""
    folder = tmp_path_factory.mktemp("made")
    key = PrivateKey.generate()
    (folder / "key.pem").write_text(key.to_pem())
    (folder / "public.pem").write_text(key.public.to_pem())
    env = {
        "MODULO_KEYS__PRIVATE_KEY_FILE": str(folder / "key.pem"),
        "MODULO_LOG__FILE": str(folder / "log.jsonl"),
    }
    problems = {"pddl": (PDDL.problem, PDDL.good[0]), "smt": (CLASH, '{"a": 1}')}
    for domain, (problem, answer) in problems.items():
        request = folder / f"{domain}.request.json"
        request.write_text(json.dumps({"domain": domain, "problem": problem}))
        (folder / f"{domain}.problem.json").write_text(json.dumps(problem))
        (folder / f"{domain}.answer").write_text(f"{answer}\n")
        (folder / "answers.jsonl").write_text(json.dumps({"response": answer}))
        modulo(
            *("solve", request, "--replay", folder / "answers.jsonl"),
            *("--certificate", folder / f"{domain}.json"),
            **env,
        )
    return folder


def test_a_certificate_is_proved_again_on_one_page(made):
    code, out, err = modulo("verify", made / "pddl.json", "--key", made / "public.pem")
    assert (code, err) == (Verified.VERIFIED, "")
    certificate = read_envelope((made / "pddl.json").read_text())
    assert out.startswith("verified: the answer solves the problem\n")
    for told in (
        *(certificate.id, certificate.scope[:60], certificate.problem.sha256),
        *("executes-to-goal", certificate.signer.keyid, "as you asked", "the goal"),
    ):
        assert told in out
    assert len(out.splitlines()) < 25


def test_that_there_is_no_answer_is_proved_again(made):
    code, out, _ = modulo("verify", made / "smt.json")
    assert code == Verified.VERIFIED
    assert out.startswith("verified: the problem has no answer\n")
    assert "whose key this is" in out


def test_a_program_reads_json(made):
    code, out, _ = modulo("verify", made / "pddl.json", "--json")
    found = json.loads(out)
    assert (code, found["outcome"], found["signed"]) == (Verified.VERIFIED, "verified", "self")
    assert found["certificate"]["claim"] == "answer"
    assert found["judgement"]["verdict"] == "accepted"


def test_it_can_be_asked_whether_it_is_about_a_problem_and_an_answer(made):
    (made / "domain.pddl").write_text(PDDL.problem["domain"])
    (made / "problem.pddl").write_text(PDDL.problem["problem"])
    two_files = ("--problem", made / "domain.pddl", "--problem", made / "problem.pddl")
    for words in (
        ("--problem", made / "pddl.problem.json"),
        two_files,
        ("--answer", made / "pddl.answer"),
    ):
        assert modulo("verify", made / "pddl.json", *words)[0] == Verified.VERIFIED
    (made / "other").write_text("()")
    code, _, err = modulo("verify", made / "pddl.json", "--answer", made / "other")
    assert (code, "certificate-about-another" in err) == (Verified.REFUTED, True)


def write(made, name, document):
    (made / name).write_text(document if isinstance(document, str) else json.dumps(document))
    return made / name


def test_the_exit_code_tells_refuted_from_undecided(made):
    good = json.loads((made / "pddl.json").read_text())
    payload = base64.b64decode(good["payload"])
    altered = {**good, "payload": base64.b64encode(payload.replace(b"run_", b"ran_")).decode()}
    wrong_scope = forge(good, lambda said: said["predicate"].update(scope="everything"))
    unsigned = write(made, "unsigned", {**good, "signatures": []})
    cases = [
        (("verify", write(made, "altered", altered)), Verified.REFUTED),
        (("verify", made / "altered", "--no-signature"), Verified.VERIFIED),
        (("verify", write(made, "scope", wrong_scope), "--no-signature"), Verified.REFUTED),
        (("verify", unsigned), Verified.UNDECIDED),
        (("verify", unsigned, "--no-signature"), Verified.VERIFIED),
        (("verify", write(made, "junk", "{")), Verified.REFUTED),
        (("verify", write(made, "empty", "")), Verified.REFUTED),
        (("verify", made / "missing"), Verified.UNDECIDED),
        (("verify", made / "pddl.json", "--key", made / "missing"), Verified.UNDECIDED),
        (("verify", made / "pddl.json", "--key", made / "junk"), Verified.UNDECIDED),
        (("verify", made / "pddl.json", "--problem", made / "junk"), Verified.UNDECIDED),
        (("verify", made / "pddl.json", "--seconds", "nan"), Verified.UNDECIDED),
    ]
    for words, expected in cases:
        code, out, err = modulo(*words)
        assert code == expected, (words, out, err)
        assert "Traceback" not in out + err


def test_what_a_stranger_writes_cannot_draw_on_the_terminal(made):
    good = json.loads((made / "pddl.json").read_text())
    odd = {"id": "\x1b[31mred\r", "product": "\x1b]0;title\x07"}
    file = write(made, "odd", forge(good, lambda said: said["predicate"].update(odd)))
    code, out, err = modulo("verify", file, "--no-signature")
    assert code == Verified.VERIFIED
    assert not set("\x1b\r\x07") & set(out + err)


def test_the_page_says_only_what_was_found_just_now(made):
    def boast(statement):
        told = statement["predicate"]
        told["domain_version"] = "0"
        told["critics"][0]["critic"] = "a-famous-critic"
        told["coverage"]["decided"] = ["the whole world"]
        told["optimality"] = {"status": "unknown", "objective": "-999"}

    forged = forge(json.loads((made / "pddl.json").read_text()), boast)
    code, out, _ = modulo("verify", write(made, "boast.json", forged), "--no-signature")
    assert (code, "executes-to-goal" in out) == (Verified.VERIFIED, True)
    for lie in ("famous", "whole world", "-999"):
        assert lie not in out


def test_verifying_needs_no_configuration(made, monkeypatch):
    monkeypatch.setenv("MODULO_PORT", "not a port")
    assert modulo("verify", made / "pddl.json")[0] == Verified.VERIFIED


# Keys.


def test_a_new_key_is_private_and_never_overwrites_another(tmp_path):
    file = tmp_path / "key.pem"
    code, out, err = modulo("keys", "new", file)
    assert code == Exit.OK
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    key = PrivateKey.from_pem(file.read_text())
    assert out == key.public.to_pem()
    assert key.public.keyid in err
    again = modulo("keys", "new", file)
    assert again[0] == Exit.USAGE
    assert PrivateKey.from_pem(file.read_text()).public == key.public
    assert modulo("keys", "show", file)[1] == out


def test_the_configured_keys_are_shown(made, tmp_path):
    file = made / "key.pem"
    code, out, _ = modulo("keys", "show", "--json", MODULO_KEYS__PRIVATE_KEY_FILE=str(file))
    (key,) = json.loads(out)
    assert (code, key["public_key"]) == (Exit.OK, (made / "public.pem").read_text())
    code, out, err = modulo("keys", "show")
    assert (code, out) == (Exit.OK, "")
    assert "ephemeral" in err
    assert modulo("keys", "show", tmp_path / "none")[0] == Exit.USAGE
    wrong = modulo("keys", "show", MODULO_KEYS__PRIVATE_KEY="junk")
    assert wrong[0] == Exit.BAD_INPUT


# The log.


def test_the_log_is_verified_and_shown(made):
    file = made / "log.jsonl"
    code, out, _ = modulo("log", "verify", "--file", file, "--json")
    audit = json.loads(out)
    assert (code, audit["entries"], audit["intact"]) == (Verified.VERIFIED, 2, True)
    assert modulo("log", "verify", "--file", file, "--head", audit["head"])[0] == 0
    code, out, _ = modulo("log", "verify", "--file", file, "--head", "0" * 63 + "1")
    assert (code, "not in the log" in out) == (Verified.REFUTED, True)
    code, out, _ = modulo("log", "show", MODULO_LOG__FILE=str(file))
    name = read_envelope((made / "pddl.json").read_text()).id
    assert (code, len(out.splitlines()), name in out) == (0, 2, True)
    code, out, _ = modulo("log", "show", name, "--file", file)
    assert (code, out.strip()) == (0, (made / "pddl.json").read_text())


def test_an_altered_log_is_not_intact(made, tmp_path):
    file = tmp_path / "log.jsonl"
    lines = (made / "log.jsonl").read_bytes().splitlines(keepends=True)
    file.write_bytes(lines[1])
    code, out, _ = modulo("log", "verify", "--file", file)
    assert (code, "does not follow" in out) == (Verified.REFUTED, True)


def test_without_a_log_there_is_nothing_to_verify(tmp_path):
    for words in (("log", "verify"), ("log", "show"), ("log", "show", "cert_x")):
        code, _, err = modulo(*words, "--file", tmp_path / "none")
        assert (code, "error[usage]" in err) == (Verified.UNDECIDED, True)
        off = modulo(*words, "--json", MODULO_LOG__ENABLED="false")
        assert off[0] == Verified.UNDECIDED
