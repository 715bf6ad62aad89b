"""A process killed inside a ladder, a summary or a choice: nothing is paid again."""

import asyncio

import pytest

from tests.app.durable.conftest import SOON_S, cluster_of
from tests.upstream_server import HANG, Reply, UpstreamServer

pytestmark = pytest.mark.slow
LEASE = {"cluster__lease_s": "2"}
LADDER = """[
    {"model": "small", "rounds": 2},
    {"model": "middle", "rounds": 1},
    {"model": "big"}
]"""


async def play(database, tmp_path, plugins, *script: object, wishes: dict, **settings: str):
    """Kill a service in its first call that hangs; give the run, its events and what was asked."""
    async with (
        UpstreamServer(*script) as server,
        cluster_of(database, tmp_path, plugins) as cluster,
    ):
        replica = await cluster.start(server.base_url, **LEASE, **settings)
        run_id = await replica.solve(**wishes)
        async with asyncio.timeout(SOON_S):
            await server.holding.wait()
        await replica.end()
        replica = await cluster.start(server.base_url, **LEASE, **settings)
        async with asyncio.timeout(SOON_S):
            events = await replica.follow(run_id)
            run = await replica.show(run_id)
    return run, [kind for _, kind in events], [call.body for call in server.seen]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_ladder_goes_on_at_the_rung_where_its_process_was_killed(
    database, tmp_path, plugins
):
    script = (Reply("bye"), Reply("ciao"), HANG, Reply("tschau"), Reply("hello"))
    wishes = {"budget": {"rounds": 9}, "strategy": {"restart_after": None}}
    run, events, asked = await play(
        database, tmp_path, plugins, *script, wishes=wishes, ladder=LADDER
    )
    assert [body["model"] for body in asked] == ["small", "small", "middle", "middle", "big"]
    assert (run["state"], run["usage"]["rounds"]) == ("certified", 4)
    assert (events.count("round-started"), events.count("judged")) == (4, 4)
    assert events.count("decided") == 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_summary_that_was_paid_for_is_not_paid_again(database, tmp_path, plugins):
    script = (Reply("bye"), Reply("ciao"), Reply("greetings fail"), HANG, Reply("hello"))
    wishes = {"budget": {"rounds": 9}, "strategy": {"history": "summary", "restart_after": None}}
    run, _, asked = await play(database, tmp_path, plugins, *script, wishes=wishes)
    summing = ["Sum up" in body["messages"][-1]["content"] for body in asked]
    assert summing == [False, False, True, False, False]
    assert all("greetings fail" in str(body["messages"]) for body in asked[-2:])
    assert asked[-1]["messages"] == asked[-2]["messages"]
    assert (run["state"], run["usage"]["rounds"]) == ("certified", 3)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_choice_between_certified_answers_goes_on(database, tmp_path, plugins):
    one, other = "(10 - 4) * (13 - 9) = 24", "(13 - 9) * (10 - 4) = 24"
    script = (Reply(one), Reply(other), Reply("SCORE: 2"), HANG, Reply("SCORE: 9"))
    wishes = {
        "domain": "countdown",
        "problem": {"numbers": [4, 9, 10, 13], "target": 24},
        "budget": {"rounds": 2},
        "strategy": {"prefer": {"answers": 2, "rubric": "large numbers first"}},
    }
    run, events, asked = await play(database, tmp_path, plugins, *script, wishes=wishes)
    scored = [body for body in asked if "SCORE" in body["messages"][-1]["content"]]
    assert len(scored) == 3
    assert run["result"]["answer"] == other
    assert (events.count("certified"), events.count("preferred")) == (2, 1)
