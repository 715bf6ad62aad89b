"""Fixtures that several packages' tests share."""

import gzip
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

with suppress(ModuleNotFoundError):  # the environment of trainers has none
    from hypothesis import HealthCheck, settings

    # No test is about speed. What `CI` changes beside that, such as fixed examples, stays.
    settings.register_profile(
        "patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("patient")


@dataclass(frozen=True)
class Recordings:
    """A folder of recorded problems, answers and conversations with exact verdicts."""

    folder: Path

    def rows(self, name: str) -> Iterator[dict]:
        with gzip.open(self.folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)

    @cached_property
    def problems(self) -> dict[str, dict]:
        return {row["id"]: row for row in self.rows("problems")}

    @cached_property
    def meta(self) -> dict:
        return json.loads((self.folder / "meta.json").read_text(encoding="utf-8"))

    def payload(self, problem_id: str) -> dict[str, str]:
        row = self.problems[problem_id]
        return {"domain": row["domain_pddl"], "problem": row["problem_pddl"]}


def find_recordings(name: str) -> Recordings:
    """Find a folder of recordings, or skip the test."""
    data = Path(os.environ.get("MODULO_TEST_DATA", ROOT.parent / "shared" / "data"))
    folder = data / name
    if not folder.is_dir():
        pytest.skip(f"no recorded answers: MODULO_TEST_DATA names no folder with `{name}`")
    return Recordings(folder)


@pytest.fixture(scope="session")
def planbench() -> Recordings:
    return find_recordings("planbench")


@pytest.fixture(scope="session")
def natural_plan() -> Recordings:
    return find_recordings("natural-plan")
