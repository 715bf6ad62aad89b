import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.failures import ServiceError
from app.flywheel.dedupe import Sieve
from app.flywheel.episodes import Attempt, Episode
from app.flywheel.exports import Order, export, identify_all
from app.flywheel.formats import Format, Selection
from app.flywheel.reviews import Reviewer
from app.flywheel.row_files import RowFiles
from app.flywheel.splits import choose_split
from backprompt.task import Task
from critics.domain import find_domain
from critics.judge import read_problem
from tests.app.flywheel.near_pool import near_pool

SQUARE = {"edges": [["a", "b"], ["b", "c"], ["c", "d"], ["d", "a"]], "colors": ["red", "blue"]}
RIGHT = {"a": "red", "b": "blue", "c": "red", "d": "blue"}


def tried(problem: dict, answer: dict | None, **about) -> Episode:
    attempts = [] if answer is None else [json.dumps(answer)]
    return Episode(
        source=about.pop("source", "journal"),
        name=about.pop("name", "run_1"),
        task=Task(domain="coloring", problem=problem, prompt=""),
        attempts=tuple(Attempt(text=text, origin="solver", certified=True) for text in attempts),
        **about,
    )


def written(episodes: list[Episode], out: Path, kind: Format = Format.SFT, **order):
    ordered = Order(kind=kind, selection=Selection(), **order)
    files = RowFiles(out)
    with files:
        tally = asyncio.run(export(ordered, Reviewer(pool=near_pool()), episodes, Sieve(), files))
    rows = {
        split: [json.loads(line) for line in files.file(split).read_text("utf-8").splitlines()]
        for split in tally.rows
    }
    return rows, tally


def rename(problem: dict, seed: int) -> dict:
    domain = find_domain("coloring")
    return dict(domain.generation.rename(Random(seed), read_problem(domain, problem)))  # noqa: S311  # no secrets


def test_a_row_is_written_and_counted(tmp_path):
    rows, tally = written([tried(SQUARE, RIGHT)], tmp_path)
    assert json.loads(rows["train"][0]["completion"][0]["content"]) == RIGHT
    assert (tally.rows, tally.problems, tally.episodes) == ({"train": 1}, 1, {"journal": 1})
    assert tally.values["origin"] == {"solver": 1}
    assert not tally.dropped


def test_everything_that_is_left_out_has_a_reason(tmp_path):
    episodes = [
        tried(SQUARE, RIGHT),
        tried(SQUARE, RIGHT),
        tried(SQUARE, {**RIGHT, "b": "red"}),
        tried({"edges": 3}, RIGHT),
        tried(SQUARE, None),
        tried(SQUARE, RIGHT, at=datetime(2020, 1, 1, tzinfo=UTC)),
    ]
    _, tally = written(episodes, tmp_path, since=datetime(2021, 1, 1, tzinfo=UTC))
    assert tally.dropped == {
        "duplicate": 1,
        "certificate-not-confirmed": 1,
        "no-sft-row": 2,
        "problem-unreadable": 1,
        "too-old": 1,
    }
    assert tally.refuted == 1
    _, tally = written(episodes, tmp_path / "none", domains=frozenset({"pddl"}))
    assert tally.dropped == {"other-domain": 6}


@pytest.mark.parametrize("seed", range(5))
def test_an_excluded_problem_is_left_out_under_whatever_names(tmp_path, seed):
    reviewer = Reviewer(pool=near_pool())
    known = [("coloring", SQUARE), ("coloring", {}), ("nothing", SQUARE), ("coloring", None)]
    excluded, unread = asyncio.run(identify_all(reviewer, known))
    assert (len(excluded), unread) == (1, 3)
    longer = {"edges": [*SQUARE["edges"][:3], ["d", "e"]], "colors": ["red", "blue"]}
    episodes = [tried(rename(SQUARE, seed), None), tried(SQUARE, RIGHT), tried(longer, None)]
    rows, tally = written(episodes, tmp_path, Format.RL, excluded=excluded)
    assert [json.loads(row["problem"]) for row in rows["train"]] == [longer]
    assert tally.dropped == {"excluded-problem": 2}


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(3, 7), st.integers(0, 99)), min_size=1, max_size=6))
def test_renamed_twins_are_in_one_part(tmp_path_factory, drawn):
    episodes = []
    for size, seed in drawn:
        ring = [[str(place), str((place + 1) % size)] for place in range(size)]
        problem = {"edges": ring, "colors": ["red", "blue", "green"]}
        episodes += [tried(problem, None), tried(rename(problem, seed), None)]
    shares = {"train": 0.5, "test": 0.5}
    out = tmp_path_factory.mktemp("parts")
    rows, _ = written(episodes, out, Format.RL, shares=shares)
    parts = {split: {row["identity"] for row in found} for split, found in rows.items()}
    assert not parts.get("train", set()) & parts.get("test", set())
    for split, found in parts.items():
        assert all(choose_split(identity, shares) == split for identity in found)


def test_rows_stay_in_the_part_that_their_source_has_settled(tmp_path):
    episodes = [tried(SQUARE, RIGHT, split="dev"), tried(rename(SQUARE, 1), None)]
    rows, _ = written(episodes, tmp_path, Format.RL)
    assert {split: len(found) for split, found in rows.items()} == {"dev": 1, "train": 1}


def test_one_file_holds_one_part(tmp_path):
    one, other = tried(SQUARE, RIGHT, split="dev"), tried(rename(SQUARE, 1), None)
    with pytest.raises(ServiceError, match=r"several parts, `dev`, `train`"):
        written([one, other], tmp_path / "data.jsonl", Format.RL)
    assert list(tmp_path.iterdir()) == []
    rows, _ = written([one], tmp_path / "data.jsonl", Format.RL)
    assert list(rows) == ["dev"]


def test_nothing_is_left_of_an_export_that_failed(tmp_path):
    def episodes():
        yield from [tried(SQUARE, RIGHT)] * 100
        raise ServiceError("usage", "no more")

    with pytest.raises(ServiceError, match="no more"):
        written(episodes(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_file_is_written_over(tmp_path):
    (tmp_path / "train.jsonl").write_text("mine", "utf-8")
    with pytest.raises(ServiceError, match="is there already"):
        written([tried(SQUARE, RIGHT)], tmp_path)
    assert (tmp_path / "train.jsonl").read_text("utf-8") == "mine"
    with pytest.raises(ServiceError, match="ends in neither"):
        RowFiles(tmp_path / "data.csv")
