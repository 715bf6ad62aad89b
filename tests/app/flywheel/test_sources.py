import gzip
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.failures import ServiceError
from app.flywheel.rows import MadeRow, NearMiss
from app.flywheel.sources import read_file, read_sources
from app.flywheel.tables import open_table
from critics.denial import DENIAL
from tests.played_runs import play, write_journal

NUMBERS = {"numbers": [4, 9, 10, 13], "target": 24}
RIGHT, WRONG = "(13 - 9) * (10 - 4)", "13 + 9 - 10 + 4"
MADE = MadeRow(
    id="countdown-1",
    domain="countdown",
    family="game-of-24",
    level=3,
    problem=NUMBERS,
    prompt="…",
    answer=RIGHT,
    verdict="accepted",
    assurance="single",
    infeasible=False,
    evidence=None,
    near_misses=(
        NearMiss(answer=WRONG, change="-", code="-", told="-", repaired="(10 - 4) * (13 - 9)"),
        NearMiss(answer="4", change="-", code="-", told="-", repaired=RIGHT),
    ),
    identity="countdown:1",
    renamed_from=None,
    split="test",
    seed=0,
    generator="-",
)


def read(*places: Path) -> tuple[list, Counter]:
    dropped = Counter()
    return list(read_sources(places, dropped)), dropped


def write(file: Path, *lines: object) -> Path:
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    return file


def test_reads_a_journal(tmp_path):
    journal = play("countdown", NUMBERS, WRONG, RIGHT)
    file = write_journal(journal, tmp_path / "first.jsonl")
    os.utime(file, (0, 0))
    [[episode], dropped] = read(file)
    assert (episode.source, episode.name, episode.domain) == ("journal", "first", "countdown")
    assert [attempt.certified for attempt in episode.attempts] == [False, True]
    assert episode.at.year == 1970
    assert not dropped


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz", ".parquet"])
def test_reads_made_rows(tmp_path, ending):
    file = tmp_path / f"made{ending}"
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
        with open_table(file, as_text=("problem",)) as table:
            table.add(MADE.to_json())
    elif ending == ".jsonl":
        write(file, MADE.to_json())
    else:
        file.write_bytes(gzip.compress(json.dumps(MADE.to_json()).encode()))
    [[episode], _] = read(file)
    told = (episode.source, episode.name, episode.split, episode.family, episode.level)
    assert told == ("synthetic", "countdown-1", "test", "game-of-24", 3)
    assert episode.problem == NUMBERS
    found = [(a.text, a.origin, a.certified, a.mends, a.aside) for a in episode.attempts]
    assert found == [
        (WRONG, "mutation", False, None, False),
        ("4", "mutation", False, None, False),
        (RIGHT, "solver", True, ("4",), False),
        ("(10 - 4) * (13 - 9)", "solver", True, (WRONG,), True),
    ]


def test_where_no_answer_exists_saying_so_is_called_right(tmp_path):
    row = MADE.to_json() | {"infeasible": True, "answer": None, "near_misses": []}
    [[episode], _] = read(write(tmp_path / "made.jsonl", row))
    assert [(a.text, a.certified) for a in episode.attempts] == [(DENIAL, True)]


def test_reads_problems_without_answers(tmp_path):
    bare = {"domain": "countdown", "problem": NUMBERS}
    [[first, second], _] = read(write(tmp_path / "bench.jsonl", bare, bare | {"id": "two"}))
    assert (first.name, second.name, first.attempts) == ("bench:1", "two", ())


def test_a_folder_is_read_in_order_and_its_other_files_are_counted(tmp_path):
    journal = play("countdown", NUMBERS, RIGHT)
    write_journal(journal, tmp_path / "journals" / "b.jsonl")
    write_journal(journal, tmp_path / "journals" / "a.jsonl")
    write(tmp_path / "cells.jsonl", {"key": "x"})
    (tmp_path / "broken.jsonl").write_bytes(b"\xff\xfe")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    (tmp_path / "broken.jsonl.gz").write_bytes(b"\x1f\x8b")
    (tmp_path / "report.html").write_text("<p>", "utf-8")
    episodes, dropped = read(tmp_path)
    assert [episode.name for episode in episodes] == ["a", "b"]
    assert dropped == {"file-unreadable": 4}


def test_a_journal_that_was_cut_off_is_counted(tmp_path):
    file = write_journal(play("countdown", NUMBERS, RIGHT), tmp_path / "first.jsonl")
    file.write_bytes(file.read_bytes()[:-30])
    assert read(file) == ([], {"journal-unreadable": 1})


@pytest.mark.parametrize(
    "row",
    [
        {"problem": "{"},
        {"problem": []},
        {"near_misses": "many"},
        {"split": "../../etc/cron"},
        {"split": "a/b"},
        {"split": ""},
        {"domain": 3},
        {"answer": 7},
    ],
)
def test_a_line_that_is_no_row_is_counted(tmp_path, row):
    file = write(tmp_path / "made.jsonl", MADE.to_json(), MADE.to_json() | row, MADE.to_json())
    episodes, dropped = read(file)
    assert len(episodes) == 2
    assert dropped == {"row-unreadable": 1}


@pytest.mark.parametrize("content", [b"", b"\n\n", b"{}", b"[1]", b"hello", b'{"event": "ended"}'])
def test_a_file_that_was_named_must_be_of_use(tmp_path, content):
    file = tmp_path / "some.jsonl"
    file.write_bytes(content)
    with pytest.raises(ServiceError, match="neither a journal nor rows"):
        read(file)


def test_a_place_that_is_not_there_is_said(tmp_path):
    with pytest.raises(ServiceError, match="cannot be read: No such file"):
        read(tmp_path / "none.jsonl")


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.lists(
            st.sampled_from(
                [
                    b'{"event":"run-started"}',
                    b'{"domain":"x","problem":{}}',
                    b'{"domain":"x","problem":"' + b"[" * 3000 + b'"}',
                    b"[" * 100_000,
                    b'{"domain":"\\ud800","problem":{"a":"\\ud800"}}',
                    b"\xff",
                    b"",
                ]
            ),
            max_size=4,
        ).map(b"\n".join),
    )
)
def test_no_file_is_more_than_of_no_use(tmp_path, content):
    file = tmp_path / "some.jsonl"
    file.write_bytes(content)
    try:
        list(read_file(file, Counter()))
    except ServiceError as error:
        assert error.code == "usage"  # noqa: PT017  # or nothing is raised
