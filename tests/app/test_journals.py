"""Exported journals in the console: shown as they were written, and nothing else."""

import html
from pathlib import Path

import pytest

from app.failures import ServiceError
from app.journals import find_journals, read_journal, serve_journals
from app.settings import Settings
from tests.app.conftest import client
from tests.app.console.pages import QUIET

pytestmark = pytest.mark.asyncio(loop_scope="module")

RECORDINGS = Path(__file__).parents[2] / "examples" / "recordings"


async def test_recorded_runs_are_shown(pool):
    files = find_journals(RECORDINGS)
    app = serve_journals(files, Settings(upstream=QUIET), pool=pool)
    async with client(app) as http:
        listed = (await http.get("/console/runs")).text
        tea = await http.get("/console/runs/tea")
        walk = await http.get("/console/runs/tea/candidates/1")
    for file in files:
        assert f"/console/runs/{file.stem}" in listed
    assert "Round 6" in tea.text
    assert "Certified, says the journal" in tea.text
    assert "Go on differently" not in tea.text
    assert "cannot be executed" in walk.text


async def test_nothing_is_started_from_a_journal(pool):
    app = serve_journals([RECORDINGS / "tea.jsonl"], Settings(upstream=QUIET), pool=pool)
    async with client(app) as http:
        solved = await http.post(
            "/solve",
            json={"domain": "word", "problem": {"word": "a"}, "strategy": {"solver": "only"}},
        )
        forked = await http.post("/console/runs/tea/fork", data={"model": "other"})
        cancelled = await http.post("/console/runs/tea/cancel")
        gone = await http.delete("/runs/tea")
        still = await http.get("/console/runs/tea")
    assert solved.status_code >= 400
    assert forked.status_code >= 400
    assert (cancelled.status_code, gone.status_code, still.status_code) == (303, 409, 200)


@pytest.mark.parametrize("text", ["", "{}", "[1]", "no\n", '{"event":"ended"}', "\xff"])
async def test_what_is_no_journal_is_refused(tmp_path, text):
    file = tmp_path / "x.jsonl"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(ServiceError, match="is no journal"):
        read_journal(file)


async def test_a_place_without_journals_is_refused(tmp_path):
    for place in (tmp_path, tmp_path / "none.jsonl"):
        with pytest.raises(ServiceError, match="there is no journal"):
            find_journals(place)


async def test_a_journal_that_stops_early_and_names_no_domain_of_ours_is_shown(pool, tmp_path):
    lines = (RECORDINGS / "tea.jsonl").read_text("utf-8").splitlines()[:6]
    lines[0] = lines[0].replace('"domain":"pddl"', '"domain":"<b>gone"')
    file = tmp_path / "cut.jsonl"
    file.write_text("\n".join(lines), "utf-8")
    async with client(serve_journals([file], Settings(upstream=QUIET), pool=pool)) as http:
        page = await http.get("/console/runs/cut")
    assert page.status_code == 200
    assert html.escape("<b>gone") in page.text
    assert "Certified" not in page.text.split("<main")[1]
