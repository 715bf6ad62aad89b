"""The recorded problems of Natural Plan, read in place."""

import gzip
import json
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="session")
def natural_plan() -> list[dict]:
    """Problems with their prompt and what it says, as two other parsers have read it."""
    return _read("problems")


@pytest.fixture(scope="session")
def natural_plan_openings(natural_plan) -> list[tuple[dict, str]]:
    """Problems, each with a text by which a recorded conversation about it was opened."""
    problems = {row["id"]: row for row in natural_plan}
    opened = {(row["problem_id"], row["rounds"][0]["prompt"]) for row in _read("conversations")}
    return [(problems[problem], text) for problem, text in sorted(opened)]


def _read(name: str) -> list[dict]:
    data = Path(os.environ.get("MODULO_TEST_DATA", ROOT.parent / "shared" / "data"))
    file = data / "natural-plan" / f"{name}.jsonl.gz"
    if not file.is_file():
        pytest.skip("no recorded problems: MODULO_TEST_DATA names no folder with `natural-plan`")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
