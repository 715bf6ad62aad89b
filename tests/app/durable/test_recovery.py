"""Killed processes: what was paid for is not paid again, and the run ends as if nothing was."""

import asyncio
import random
import signal

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
        """The answer that is held back for ever."""

    def answer(self, body: dict) -> Reply:
        """Guess wrongly, and differently each time, until the last round."""
        told = "".join(str(message["content"]) for message in body["messages"])
        guessed = max((n for n in range(self.rounds) if f"wrong{n}" in told), default=-1)
        if guessed + 1 == self.hold_at:
            return Reply(wait=asyncio.Event())
        self.answered += 1
        return Reply("hello" if guessed + 2 >= self.rounds else f"wrong{guessed + 1}")


async def ended(replica, run_id: str) -> dict:
    """Wait until a run is over."""
    async with asyncio.timeout(SOON_S):
        await replica.follow(run_id)
        return await replica.show(run_id)


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
    assert run["state"] == "certified", (run, events, [[m["content"][:30] for m in s.body["messages"]] for s in server.seen])
    assert run["result"]["answer"] == "hello"
    assert asked == 4
    assert len(server.seen) == ROUNDS + 1  # the call under way, once more
    assert [number for number, _ in events] == list(range(len(events)))
    assert rest == events[6:]
    assert run["usage"]["rounds"] == ROUNDS
