"""The pages: there, inert whatever a model writes, and the same from every journal."""

import html
import json

import pytest

from critics.domain import find_domain
from tests.app.conftest import REQUEST, client, make_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = "<script>alert(1)</script> \u202egnp\x1b[31m <img src=x onerror=alert(1)>"


async def solve(http, **wishes) -> dict:
    return (await http.post("/solve", json={**REQUEST, **wishes})).json()


async def test_every_page_is_there_and_under_the_policy(pool):
    async with client(make_app(pool, "hallo", "hello")) as http:
        run = (await solve(http))["id"]
        paths = [
            "/console",
            "/console/runs",
            "/console/runs?state=certified&domain=word",
            f"/console/runs/{run}",
            f"/console/runs/{run}/rounds/1",
            f"/console/runs/{run}/candidates/0",
            f"/console/runs/{run}/certificate",
            f"/console/compare?a={run}&b={run}",
            "/console/try",
            "/console/certificate",
            "/console/domains",
            "/console/domains/pddl",
        ]
        for path in paths:
            answer = await http.get(path)
            assert answer.status_code == 200, path
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'; script-src 'self'" in policy
            assert "style=" not in answer.text
            assert "onclick" not in answer.text


@pytest.mark.parametrize(
    "path", ["/console/runs/none", "/console/domains/none", "/console/static/x"]
)
async def test_what_is_not_there_is_said_on_a_page(pool, path):
    async with client(make_app(pool, "hello")) as http:
        answer = await http.get(f"/console/{path}")
    assert answer.status_code == 404


async def test_what_a_model_wrote_is_text(pool):
    async with client(make_app(pool, HOSTILE, "hello")) as http:
        run = (await solve(http))["id"]
        page = (await http.get(f"/console/runs/{run}")).text
    assert html.escape("<script>alert(1)</script>", quote=False) in page
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page


async def test_a_certified_answer_is_shown_as_one_and_no_other(pool):
    async with client(make_app(pool, "hallo", "hello")) as http:
        won = (await solve(http))["id"]
        page = (await http.get(f"/console/runs/{won}")).text
    async with client(make_app(pool, "hallo")) as http:
        lost = (await solve(http))["id"]
        other = (await http.get(f"/console/runs/{lost}")).text
    assert "Certified answer" in page
    assert "Certified answer" not in other
    assert "∎ certified" not in other


async def test_an_answer_is_checked_without_a_model(pool):
    example = find_domain("pddl").examples[0]
    async with client(make_app(pool)) as http:
        form = {"domain": "pddl", "do": "check", "answer": example.good[0]}
        form |= {f"problem.{name}": text for name, text in example.problem.items()}
        good = await http.post("/console/try", data=form)
        wrong = await http.post("/console/try", data={**form, "answer": "(take nothing nowhere)"})
        bad = await http.post("/console/try", data={**form, "problem.domain": "(define"})
    assert good.status_code == wrong.status_code == 200
    assert "✓ accepted" in good.text
    assert "✕ rejected" in wrong.text
    assert bad.status_code == 422
    assert 'role="alert"' in bad.text


async def test_a_run_is_started_from_the_form(pool):
    example = find_domain("countdown").examples[0]
    async with client(make_app(pool, example.good[0])) as http:
        form = {"domain": "countdown", "do": "solve"}
        form |= {f"problem.{name}": json.dumps(value) for name, value in example.problem.items()}
        answer = await http.post("/console/try", data=form)
        assert answer.status_code == 303
        run = answer.headers["location"].rsplit("/", 1)[1]
        service = http._transport.app.state.service
        assert (await service.engine.wait(run)).state == "certified"


async def test_a_certificate_is_proved_again(pool):
    async with client(make_app(pool, "hello")) as http:
        made = (await solve(http))["certificate"]
        said = json.dumps(made)
        good = await http.post("/console/certificate", data={"certificate": said})
        none = await http.post("/console/certificate", data={"certificate": "[1]"})
    assert "✓ verified" in good.text
    assert none.status_code == 422


async def test_a_run_streams_its_fragments_and_resumes(pool):
    async with client(make_app(pool, "hallo", "hello")) as http:
        run = (await solve(http))["id"]
        whole = (await http.get(f"/console/runs/{run}/stream")).text
        tail = (await http.get(f"/console/runs/{run}/stream", headers={"last-event-id": "5"})).text
        done = (await http.get(f"/console/runs/{run}/stream", headers={"last-event-id": "99"})).text
    assert "event: round" in whole
    assert "event: over" in whole
    assert len(tail) < len(whole)
    assert "event: round" not in done
    assert "event: over" in done
