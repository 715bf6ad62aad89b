"""What the console shows by its settings: no content, other folders, or nothing at all."""

import pytest

from tests.app.conftest import REQUEST, client, make_app
from tests.app.console.pages import write_report
from tests.app.plain_language import EXACT

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANSWERS = ("secretguess", "hello")


async def test_without_content_only_verdicts_and_certified_answers_are_shown(pool):
    app = make_app(pool, *ANSWERS, console={"content": False})
    async with client(app) as http:
        run = (await http.post("/solve", json=REQUEST)).json()["id"]
        pages = [
            (await http.get(f"/console/runs/{run}{rest}")).text
            for rest in ("", "/rounds/1", "/stream")
        ]
        drawn = await http.get(f"/console/runs/{run}/candidates/0")
        taken = await http.get(f"/console/runs/{run}/calls/0.txt")
    for page in pages:
        assert "secretguess" not in page
        assert "Guess" not in page
        assert "word-wrong" in page
    assert "hello" in pages[0]
    assert "hello" in pages[2]
    assert drawn.status_code == 404
    assert "secretguess" not in taken.text


async def test_without_content_a_text_that_waits_is_not_shown(pool):
    asked = {"domain": "calendar", "text": EXACT, "confirm": "always"}
    shown = []
    for content in (True, False):
        app = make_app(pool, "unasked", console={"content": content})
        async with client(app) as http:
            run = (await http.post("/solve", json=asked)).json()["id"]
            pages = [await http.get(f"/console/runs/{run}{rest}") for rest in ("", "/stream")]
        assert all("needs input" in page.text for page in pages)
        shown.append("Bob" in "".join(page.text for page in pages))
    assert shown == [True, False]


async def test_with_content_everything_is_shown(pool):
    async with client(make_app(pool, *ANSWERS)) as http:
        run = (await http.post("/solve", json=REQUEST)).json()["id"]
        page = (await http.get(f"/console/runs/{run}")).text
        taken = await http.get(f"/console/runs/{run}/calls/0.txt")
    assert "secretguess" in page
    assert taken.text == "secretguess"
    assert taken.headers["content-disposition"].startswith("attachment")
    assert "not-certified" in taken.headers["content-disposition"]
    assert taken.headers["x-llm-modulo-certified"] == "false"


async def test_the_console_can_be_left_out(pool):
    async with client(make_app(pool, *ANSWERS, console={"enabled": False})) as http:
        for path in ("/", "/console", "/console/runs", "/console/static/console.js"):
            assert (await http.get(path)).status_code == 404


async def test_reports_of_benchmarks_are_shown(pool, tmp_path):
    folder = write_report(tmp_path / "bench")
    (folder / "broken").mkdir()
    (folder / "broken" / "report.csv").write_bytes(b"\xff\x00strategy\n\xff")
    async with client(make_app(pool, console={"bench_dir": folder})) as http:
        listed = await http.get("/console/bench")
        shown = await http.get("/console/bench/first")
        rows = (await http.get("/console/bench/first.json")).json()
        names = (await http.get("/console/bench.json")).json()
        none = await http.get("/console/bench/..%2Ffirst")
    assert "/console/bench/first" in listed.text
    assert "explain · large 95%" in shown.text
    assert rows[0]["strategy"] == "plain"
    assert [one["name"] for one in names] == ["first"]
    assert none.status_code == 404


async def test_every_page_of_a_run_has_a_twin(pool):
    async with client(make_app(pool, *ANSWERS)) as http:
        run = (await http.post("/solve", json=REQUEST)).json()
        same = (await http.get(f"/console/runs/{run['id']}.json")).json()
        listed = (await http.get("/console/runs.json?state=certified")).json()
        none = (await http.get("/console/runs.json?state=failed")).json()
        proof = (await http.get(f"/console/runs/{run['id']}/certificate.json")).json()
        domain = (await http.get("/console/domains/word.json")).json()
        domains = (await http.get("/console/domains.json")).json()
    assert same["result"]["answer"] == "hello"
    assert [one["id"] for one in listed["runs"]] == [run["id"]]
    assert none["runs"] == []
    assert proof == run["certificate"]
    assert domain["name"] == "word"
    assert "word" in {one["name"] for one in domains}
