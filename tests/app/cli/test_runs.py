"""`modulo runs` against a real service on 127.0.0.1."""

import asyncio
import json

import httpx
import pytest
import pytest_asyncio
from typer.testing import CliRunner

from app.cli.exits import Exit
from app.cli.main import app
from tests.app.conftest import REQUEST, make_app, served

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def modulo(port: int, *words: str) -> tuple[int, str, str]:
    """Run a command in a thread, while the service runs in this loop."""
    words = ("runs", *words, "--url", f"http://127.0.0.1:{port}")
    done = await asyncio.to_thread(CliRunner().invoke, app, words, catch_exceptions=False)
    return done.exit_code, done.stdout, done.stderr


@pytest_asyncio.fixture(loop_scope="module")
async def service(pool):
    """A service with a certified run and an exhausted one."""
    app = make_app(pool, "bye", "hello")
    engine = app.state.service.engine
    async with served(app) as (_, port):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            certified = (await http.post("/solve", json=REQUEST)).json()["id"]
            short = {**REQUEST, "budget": {"rounds": 1}}
            exhausted = (await http.post("/solve", json=short)).json()["id"]
        yield port, certified, exhausted, engine


async def test_runs_are_listed_and_shown(service):
    port, certified, exhausted, _ = service
    code, table, _ = await modulo(port, "list")
    _, filtered, _ = await modulo(port, "list", "--state", "certified", "--json")
    shown = await modulo(port, "show", certified)
    assert code == Exit.OK
    assert certified in table
    assert exhausted in table
    assert [run["id"] for run in json.loads(filtered)["runs"]] == [certified]
    assert shown[:2] == (Exit.OK, "hello\n")
    assert "certified after 2 rounds" in shown[2]


async def test_watching_ends_as_the_run_does(service):
    port, certified, exhausted, _ = service
    code, out, told = await modulo(port, "watch", certified)
    other, none, _ = await modulo(port, "watch", exhausted)
    assert (code, out) == (Exit.OK, "hello\n")
    assert "round 1: rejected" in told
    assert (other, none) == (Exit.EXHAUSTED, "")


async def test_a_run_is_resumed_and_forked(service):
    port, certified, exhausted, engine = service
    code, resumed, _ = await modulo(port, "resume", exhausted, "--rounds", "3")
    _, forked, _ = await modulo(port, "fork", certified, "--from-round", "1", "--rounds", "1")
    first = await engine.wait(resumed.strip())
    second = await engine.wait(forked.strip())
    assert code == Exit.OK
    assert (first.state, first.usage.calls) == ("certified", 1)
    assert (second.state, second.usage.calls) == ("exhausted", 1)


async def test_cancelling_a_run_that_is_over_changes_nothing(service):
    port, certified, *_ = service
    assert (await modulo(port, "cancel", certified))[:2] == (Exit.OK, "certified\n")


async def test_an_unknown_run_is_told(service):
    port = service[0]
    for words in (["show", "run_x"], ["watch", "run_x"], ["cancel", "run_x"]):
        code, out, told = await modulo(port, *words)
        assert (code, out) == (Exit.BAD_INPUT, "")
        assert "error[run-unknown]" in told


async def test_a_service_that_is_not_there_is_told(unused_tcp_port):
    code, _, told = await modulo(unused_tcp_port, "list")
    assert code == Exit.RESOURCES
    assert "modulo serve" in told
