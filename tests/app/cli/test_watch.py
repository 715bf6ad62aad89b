import io

import pytest

from app.cli.exits import Exit, exit_of_code, exit_of_run
from app.cli.watch import ERASE, WIDTH, Watcher
from app.ids import new_id
from backprompt.budget import Budget, Usage
from backprompt.events import CallFailed, Decided, Ended, Judged, NoCandidate, RoundStarted, Status
from backprompt.upstream import Sampling
from critics.types import Diagnostic, Judgement, Verdict


def lines(*events) -> list[str]:
    stream = io.StringIO()
    watcher = Watcher(Budget(rounds=4, seconds=100), stream)
    for event in (*events, Ended(status=Status.EXHAUSTED, usage=Usage())):
        watcher.see(event)
    return stream.getvalue().splitlines()


def rejected(headline: str) -> Judged:
    judgement = Judgement(
        domain="word",
        domain_version="1",
        verdict=Verdict.REJECTED,
        candidate="x",
        score=0,
        diagnostics=(Diagnostic(code="word-wrong", headline=headline),),
    )
    return Judged(round=2, at=3.0, candidate=0, judgement=judgement)


def test_a_round_is_a_line_with_verdict_headline_and_bar():
    assert lines(rejected("`x` is not the word")) == [
        "[#####.....] round 2/4    3.0 s  rejected: `x` is not the word"
    ]


def test_the_bar_shows_the_dimension_that_is_nearest_its_end():
    late = rejected("no").model_copy(update={"at": 90.0})
    assert lines(late)[0].startswith("[#########.]")
    over = rejected("no").model_copy(update={"at": 900.0, "round": 9})
    assert lines(over)[0].startswith("[##########]")


def test_what_a_model_wrote_cannot_steer_the_terminal_or_break_the_line():
    (line,) = lines(rejected("\x1b[31mred\nnew\r" + "x" * 500))
    assert "\x1b" not in line
    assert len(line) == WIDTH


def started(number: int) -> RoundStarted:
    return RoundStarted(round=number, messages=(), sampling=Sampling(), calls=(1,), fresh=True)


def test_a_round_has_one_line_whatever_happens_in_it():
    restart = Decided(round=2, at=3.0, decision="restart", why="no-progress")
    found = lines(started(1), NoCandidate(round=1, call=0), started(2), rejected("no"), restart)
    assert [line.split("  ")[-1] for line in found] == [
        "the response holds no answer",
        "rejected: no (restart: no-progress)",
    ]


def test_the_best_candidate_of_a_round_is_the_one_that_is_told():
    accepted = rejected("x").judgement.model_copy(
        update={"verdict": Verdict.ACCEPTED, "score": 1.0, "diagnostics": ()}
    )
    good = Judged(round=2, at=3.0, candidate=1, judgement=accepted)
    (line,) = lines(started(2), rejected("no"), good, rejected("nor this"))
    assert line.endswith("accepted: nothing to object")


def test_a_failed_call_is_told():
    failed = CallFailed(
        round=1, call=0, code="upstream-failed", message="HTTP 500", usage=Usage(), spent=Usage()
    )
    assert lines(started(1), failed)[0].endswith("upstream-failed: HTTP 500")


def test_a_terminal_sees_that_the_model_is_asked_and_the_line_is_replaced():
    stream = io.StringIO()
    stream.isatty = lambda: True
    watcher = Watcher(Budget(rounds=4, seconds=100), stream)
    for event in (started(1), rejected("no"), started(2)):
        watcher.see(event)
    asking, told, again = stream.getvalue().split(ERASE)[1:]
    assert asking.endswith("asking")
    assert told.endswith("rejected: no\n")
    assert again.endswith("asking")


@pytest.mark.parametrize(
    ("status", "reason", "code"),
    [
        ("certified", None, 0),
        ("exhausted", "rounds", 10),
        ("infeasible", None, 11),
        ("failed", "not-covered", 31),
        ("failed", "assurance-not-reached", 12),
        ("failed", "upstream-refused", 32),
        ("failed", "something-else", 32),
        ("cancelled", None, 130),
        ("needs_input", None, 14),
    ],
)
def test_a_run_has_its_exit_code(status, reason, code):
    assert exit_of_run(status, reason) == code


def test_every_status_has_an_exit_code():
    assert {exit_of_run(status.value, None) for status in Status} <= set(Exit)


@pytest.mark.parametrize(
    ("code", "exits"),
    [("upstream-none", 33), ("upstream-busy", 32), ("invalid-json", 30), ("domain-unknown", 31)],
)
def test_an_error_has_its_exit_code(code, exits):
    assert exit_of_code(code) == exits


def test_ids_are_distinct_and_sort_by_time():
    ids = [new_id("run") for _ in range(100)]
    assert len(set(ids)) == 100
    assert all(len(name) == len("run_") + 26 for name in ids)
    assert [name[:14] for name in ids] == sorted(name[:14] for name in ids)
