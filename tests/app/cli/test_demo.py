import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import demo
from app.cli.demo import fetch, find_examples, find_model_to_ask, read_problem, show_live
from app.cli.story import Story, print_block
from app.models import Model, WeightsError
from backprompt.budget import Budget
from backprompt.effects import DirectKernel, LiveEffects
from backprompt.events import CandidateFound, Ended, Judged, RunStarted
from backprompt.journal import Journal
from backprompt.loop import solve
from backprompt.upstream import ReplayUpstream, Request, ScriptedUpstream, UpstreamError
from critics import find_domain, judge

EXAMPLES = find_examples()
RECORDINGS = sorted((EXAMPLES / "recordings").glob("*.jsonl"))
WRONG = "(fill kettle1)\n(pour kettle1 mug green-tea)"
RIGHT = "(fill kettle1)\n(boil kettle1)\n(put-bag green-tea mug)\n(pour kettle1 mug green-tea)"


def find_in_order(text: str, *parts: str) -> None:
    at = 0
    for part in parts:
        found = text.find(part, at)
        assert found >= 0, f"{part!r} is missing after position {at}"
        at = found + len(part)


def test_the_offline_demo_shows_a_rejection_a_correction_and_a_certificate() -> None:
    argv = [sys.executable, "-m", "app", "demo", "--offline"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MODULO_")}
    done = subprocess.run(
        argv,
        capture_output=True,
        encoding="utf-8",
        timeout=150,
        check=False,
        env=environment,
        cwd=EXAMPLES.parent,
    )
    assert (done.returncode, done.stderr) == (0, "")
    find_in_order(
        done.stdout,
        "Recorded",
        "recorded from",
        "The model answers (round 1):",
        "error[pddl-",
        "rejected by pddl",
        "The model is told (round 2):",
        "accepted by pddl",
        "Certified after",
        "What was proved:",
        "verified (`modulo verify FILE`",
        "modulo serve",
    )
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
async def test_a_recording_replays_to_its_own_verdicts(path: Path) -> None:
    recorded = load(path)
    started = recorded.events[0]
    assert isinstance(started, RunStarted)
    domain, problem = find_domain("pddl"), started.task.problem
    instance = domain.load(domain.problem.model_validate(problem))
    kernel = DirectKernel(
        extract=lambda response: domain.extract(instance, response),
        judge=lambda text: judge(domain, problem, text),
        certify=lambda judgement, _: {"candidate": judgement.candidate},
    )
    replayed = Journal()
    budget = Budget(rounds=started.budget.rounds)
    effects = LiveEffects(kernel, ReplayUpstream.from_journal(path))
    await solve(
        started.task, strategy=started.strategy, budget=budget, effects=effects, journal=replayed
    )
    assert describe(replayed) == describe(recorded)


def load(path: Path) -> Journal:
    return Journal.load(path.read_text("utf-8").splitlines())


def describe(journal: Journal) -> list[tuple[object, ...]]:
    """Say what was proposed, what became of it, and how the run ended."""
    story: list[tuple[object, ...]] = []
    for event in journal.events:
        match event:
            case CandidateFound():
                story.append((event.round, event.text))
            case Judged():
                story.append((event.round, event.judgement.verdict, event.judgement.codes))
            case Ended():
                story.append((event.status, event.reason, event.usage.rounds))
            case _:
                pass
    return story


def test_recordings_are_small_and_name_no_place_on_a_machine() -> None:
    assert RECORDINGS
    for path in RECORDINGS:
        text = path.read_text("utf-8")
        assert len(text) < 100_000
        assert not re.search(r"/(home|root|tmp|work|Users|var)/", text), path.name


def test_there_is_a_recorded_correction_and_a_recorded_failure() -> None:
    ends = {load(path).events[-1].status for path in RECORDINGS}
    assert {"certified", "exhausted"} <= ends


def scripted(*answers: str) -> ScriptedUpstream:
    return ScriptedUpstream(lambda request: answers[min(request.call, len(answers) - 1)])


def test_the_live_part_shows_every_round(capsys: pytest.CaptureFixture[str]) -> None:
    show_live(scripted(WRONG, RIGHT), read_problem(EXAMPLES / "pddl" / "tea"), seconds=60)
    find_in_order(
        capsys.readouterr().out,
        "http://127.0.0.1:",
        "round  1 of 10  [#.........]",
        "rejected",
        "(pour kettle1 mug green-tea)",
        "round  2 of 10  [##........]",
        "accepted",
        "Certified after 2 rounds",
        RIGHT.splitlines()[-1],
    )


def test_a_live_model_that_finds_nothing_is_told_as_such(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "ROUNDS", 2)
    show_live(scripted(WRONG), read_problem(EXAMPLES / "pddl" / "tea"), seconds=60)
    out = capsys.readouterr().out
    find_in_order(out, "repeated", "Not certified: exhausted (rounds) after 2 rounds")
    assert "Certified after" not in out


def test_without_weights_and_sources_the_recording_follows(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(model: Model, **_: object) -> Path:
        raise WeightsError("weights-unreachable", f"no source of {model.title}", help="try again")

    monkeypatch.setattr(demo, "pull", refuse)
    monkeypatch.setattr(demo, "runtime_installed", lambda: True)
    assert find_model_to_ask("small", tmp_path) is None
    find_in_order(capsys.readouterr().out, "no source of", "left out", "try again")


def test_without_the_runtime_nothing_is_fetched(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(demo, "runtime_installed", lambda: False)
    assert find_model_to_ask("small", tmp_path) is None
    assert "llm-modulo[local]" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_slow_download_is_left_for_the_next_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Slow:
        label = "slow"

        def read(self, offset: int):  # an iterator
            for _ in range(offset, 100):
                yield b"x"

    model = Model("toy", "Toy", "toy.gguf", 100, "0" * 64, "MIT", "home", "", (Slow(),))
    monkeypatch.setattr(demo, "PULL_S", -1)
    with pytest.raises(demo.OutOfTimeError, match="modulo models pull toy"):
        fetch(model, tmp_path)
    assert (tmp_path / "toy.gguf.partial").exists()


def test_a_models_text_cannot_drive_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_block("(fill \x1b[2Jkettle1)\n" * 40)
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "... and 28 more lines" in out


def test_an_upstream_that_fails_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_: Request) -> str:
        raise UpstreamError("upstream-failed", "the process died")

    show_live(ScriptedUpstream(fail), read_problem(EXAMPLES / "pddl" / "tea"), seconds=60)
    assert "upstream-failed" in capsys.readouterr().out


def test_one_round_is_not_called_rounds(capsys: pytest.CaptureFixture[str]) -> None:
    Story(10, full=False).end({"status": "exhausted", "reason": "seconds", "rounds": 1})
    assert "after 1 round." in capsys.readouterr().out
