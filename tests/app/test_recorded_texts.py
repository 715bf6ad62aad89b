"""Recorded prompts and real answers: a run that begins with the text ends as the record says."""

import gzip
import json
import os
from pathlib import Path

import pytest

from app.main import create_app
from app.settings import Settings
from backprompt.upstream import ReplayUpstream
from tests.app.conftest import client

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOT = Path(__file__).parents[2]


def rows(name):
    data = Path(os.environ.get("MODULO_TEST_DATA", ROOT.parent / "shared" / "data"))
    file = data / "natural-plan" / f"{name}.jsonl.gz"
    if not file.is_file():
        pytest.skip("no recorded conversations: MODULO_TEST_DATA names no `natural-plan`")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize("task", ["calendar", "meeting", "trip"])
async def test_a_recorded_loop_on_a_text_is_certified_in_its_round(pool, task):
    prompts = {row["id"]: row["prompt"] for row in rows("problems") if row["task"] == task}
    loops = [row for row in rows("conversations") if row["problem_id"] in prompts]
    later = [loop for loop in loops if (loop["accepted_at"] or 0) > 1][:2]
    never = [loop for loop in loops if not loop["accepted_at"]][:1]
    assert later
    for loop in [*loops[:1], *later, *never]:
        answers = [turn["response"] for turn in loop["rounds"]]
        app = create_app(
            Settings(upstream={"discover": False, "embedded": False}),
            upstream=ReplayUpstream.from_texts(answers),
            pool=pool,
        )
        request = {"domain": task, "text": prompts[loop["problem_id"]], "budget": {"rounds": 6}}
        async with client(app) as http:
            result = (await http.post("/solve", json=request)).json()
        assert result["formalization"]["made_by"] == f"parser:natural-plan-{task}"
        certified = loop["accepted_at"] or None
        assert (result["rounds"] if result["certified"] else None) == certified, loop["problem_id"]
