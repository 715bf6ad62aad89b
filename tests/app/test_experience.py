"""What earlier runs teach a service: over HTTP, with real critics."""

import pytest

from app.experience import FRESH_S
from app.portfolio import choose_arm
from backprompt.events import RunStarted
from backprompt.task import Tally
from tests.app.conftest import client, make_app

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def solve(http, word: str, strategy: object) -> dict:
    body = {"domain": "word", "problem": {"word": word}, "strategy": strategy, "trace": True}
    return (await http.post("/solve", json=body)).json()


def started(result: dict) -> dict:
    return result["trace"][0]


def read(result: dict) -> RunStarted:
    return RunStarted.model_validate({k: v for k, v in started(result).items() if k != "certified"})


async def test_certified_runs_become_worked_examples(pool):
    app = make_app(pool, "hello")
    async with client(app) as http:
        first = await solve(http, "hello", {"memory": 2})
        app.state.service.experience._read.clear()  # as after a while
        other = await solve(http, "hullo", {"memory": 2, "feedback": "none"})
        none = await solve(http, "hallo", {"feedback": "none"})
    assert first["certified"]
    assert started(first)["task"]["examples"] == []
    (shot,) = started(other)["task"]["examples"]
    assert (shot["answer"], shot["run"]) == ("hello", first["id"])
    asked = next(e for e in other["trace"] if e["event"] == "round-started")["messages"]
    assert [message["role"] for message in asked] == ["user", "assistant", "user"]
    assert asked[1]["content"] == "hello"
    assert started(none)["task"]["examples"] == []


async def test_the_same_problem_is_no_example_for_itself(pool):
    app = make_app(pool, "hello")
    async with client(app) as http:
        await solve(http, "hello", {"memory": 2})
        app.state.service.experience._read.clear()
        again = await solve(http, "hello", {"memory": 2})
    assert started(again)["task"]["examples"] == []


async def test_auto_chooses_and_says_why(pool):
    async with client(make_app(pool, "hello")) as http:
        result = await solve(http, "hello", "auto")
    assert result["certified"]
    begun = read(result)
    assert begun.strategy.auto
    chosen = begun.task.chosen
    assert chosen.arm == "explain"
    assert set(chosen.tallies.values()) == {Tally(runs=0, worth=0)}


async def test_auto_learns_from_runs_that_nobody_chose(pool):
    app = make_app(pool, "never")
    async with client(app) as http:
        for number in range(3):
            await solve(http, f"hello{number}", {"feedback": "explain", "restart_after": None})
        app.state.service.experience._read.clear()
        result = await solve(http, "hi", "auto")
    chosen = read(result).task.chosen
    assert chosen.tallies["explain"] == Tally(runs=3, worth=0)
    assert chosen.arm != "explain"
    assert chosen.arm in chosen.tallies
    assert choose_arm(dict.fromkeys(chosen.tallies, 0.5), chosen.tallies) != "explain"


async def test_what_was_read_is_read_again_after_a_while(pool):
    app = make_app(pool, "hello")
    async with client(app) as http:
        await solve(http, "hello", {})
        experience, now = app.state.service.experience, [0.0]
        experience._clock = lambda: now[0]
        assert len(await experience.runs("local", "word")) == 1
        await solve(http, "hello", {})
        assert len(await experience.runs("local", "word")) == 1
        now[0] += FRESH_S * 2
        assert len(await experience.runs("local", "word")) == 2
        assert await experience.runs("another", "word") == []
