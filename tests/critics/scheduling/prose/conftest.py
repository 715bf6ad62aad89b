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
    data = Path(os.environ.get("MODULO_TEST_DATA", ROOT.parent / "shared" / "data"))
    file = data / "natural-plan" / "problems.jsonl.gz"
    if not file.is_file():
        pytest.skip("no recorded problems: MODULO_TEST_DATA names no folder with `natural-plan`")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
