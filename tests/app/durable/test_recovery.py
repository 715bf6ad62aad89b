"""Killed processes: what was paid for is not paid again, and the run ends as if nothing was."""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

import pytest

from tests.app.durable.conftest import SOON_S, cluster_of
from tests.upstream_server import Reply, UpstreamServer

LEASE = {"cluster__lease_s": "2", "cluster__attempts": "50"}
ROUNDS = 6


class Model:
    """A model server that needs some rounds for each run, and counts what it was asked."""

    def __init__(self, rounds: int = ROUNDS) -> None:
        self.rounds = rounds
        self.answered = 0
        self.server = UpstreamServer(default=self.answer)
        self.hold_at: int | None = None
        self._released = asyncio.Event()
        """The answer that is held back for ever."""

    def release(self) -> None:
        """Give the answer that is held back, once."""
        self.hold_at = None
        self._released.set()

    def answer(self, body: dict) -> Reply:
        """Guess wrongly, and differently each time, until the last round."""
        told = "".join(str(message["content"]) for message in body["messages"])
        guessed = max((n for n in range(self.rounds) if f"wrong{n}" in told), default=-1)
        if guessed + 1 == self.hold_at:
            return Reply(f"wrong{guessed + 1}", wait=self._released)
        self.answered += 1
        return Reply("hello" if guessed + 2 >= self.rounds else f"wrong{guessed + 1}")


async def ended(replica, run_id: str) -> dict:
    """Wait until a run is over."""
    async with asyncio.timeout(SOON_S):
        await replica.follow(run_id)
        return await replica.show(run_id)


async def answered(server: UpstreamServer, calls: int, over: Coroutine[Any, Any, object]) -> None:
    """Wait until the model was asked so many times more, or the run is over before that."""
    waiting, wanted = asyncio.create_task(over), len(server.seen) + calls
    while len(server.seen) < wanted and not waiting.done():
        server.arrived.clear()
        arrived = asyncio.create_task(server.arrived.wait())
        await asyncio.wait({arrived, waiting}, return_when=asyncio.FIRST_COMPLETED)
        arrived.cancel()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


BUDGET = {"budget": {"rounds": 20}, "strategy": {"restart_after": None, "history": "full"}}


async def test_a_killed_process_goes_on_where_it_was(database, tmp_path, plugins):
    model = Model()
    async with model.server as server, cluster_of(database, tmp_path, plugins) as cluster:
        model.hold_at = 3
        replica = await cluster.start(server.base_url, **LEASE)
        run_id = await replica.solve(**BUDGET)
        async with asyncio.timeout(SOON_S):
            await server.holding.wait()
        await replica.end()
        model.hold_at = None
        asked = len(server.seen)
        replica = await cluster.start(server.base_url, **LEASE)
        run = await ended(replica, run_id)
        events = await replica.follow(run_id)
        rest = await replica.follow(run_id, after=5)
    assert run["state"] == "certified"
    assert run["result"]["answer"] == "hello"
    assert asked == 4
    assert len(server.seen) == ROUNDS + 1  # the call under way, once more
    assert [number for number, _ in events] == list(range(len(events)))
    assert rest == events[6:]
    assert run["usage"]["rounds"] == ROUNDS


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_twenty_kills_at_random_moments_lose_and_repeat_nothing(database, tmp_path, plugins):
    chance = random.Random(20)  # noqa: S311  # no secrets
    model = Model(rounds=30)
    wishes = {**BUDGET, "budget": {"rounds": 60}}
    kills = 0
    async with model.server as server, cluster_of(database, tmp_path, plugins) as cluster:
        replica = await cluster.start(server.base_url, **LEASE)
        run_id = await replica.solve(**wishes)
        while kills < 20:
            await answered(server, chance.randrange(3), ended(replica, run_id))
            for _ in range(chance.randrange(200)):
                await asyncio.sleep(0)
            if (await replica.show(run_id))["state"] == "certified":
                run_id = await replica.solve(**wishes)
            await replica.end()
            kills += 1
            replica = await cluster.start(server.base_url, **LEASE)
        run = await ended(replica, run_id)
        events = await replica.follow(run_id)
        runs = (await replica.client.get("/runs")).json()["runs"]
        certificate = {"certificate": run["result"]["certificate"]}
        verified = await replica.client.post("/certificates/verify", json=certificate)
    assert {found["state"] for found in runs} == {"certified"}
    assert len(server.seen) <= 30 * len(runs) + kills
    assert all(found["usage"]["rounds"] == 30 for found in runs)
    assert [number for number, _ in events] == list(range(len(events)))
    assert verified.status_code == 200, verified.text


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_a_run_that_kills_its_process_is_given_up(database, tmp_path, plugins):
    model = Model()
    model.hold_at = 2
    few = {**LEASE, "cluster__attempts": "2"}
    async with model.server as server, cluster_of(database, tmp_path, plugins) as cluster:
        replica = await cluster.start(server.base_url, **few)
        run_id = await replica.solve(**BUDGET)
        for _ in range(3):
            await asyncio.wait_for(server.holding.wait(), SOON_S)
            await replica.end()
            server.holding.clear()
            replica = await cluster.start(server.base_url, **few)
        run = await ended(replica, run_id)
    assert run["state"] == "failed"
    assert "died each time" in run["failure"]
    assert len(server.seen) == 2 + 3  # the first execution got somewhere


async def test_a_file_belongs_to_one_process(tmp_path, plugins):
    async with cluster_of(f"sqlite:///{tmp_path}/runs.db", tmp_path, plugins) as cluster:
        await cluster.start("http://127.0.0.1:9/v1")
        with pytest.raises(AssertionError, match="which only one can do"):
            await cluster.start("http://127.0.0.1:9/v1")
