"""Processes killed while a solver works: nothing is paid twice, and the answer comes."""

import asyncio

import pytest

from tests.app.durable.conftest import SOON_S, cluster_of
from tests.app.gate import Gate
from tests.upstream_server import HANG, Reply, UpstreamServer

LEASE = {"cluster__lease_s": "2"}


@pytest.fixture
def gate(tmp_path):
    made = Gate(tmp_path)
    yield made
    made.release()


def wish(gate: Gate, mode: str) -> dict:
    return {
        "domain": "solved-word",
        "problem": gate.problem,
        "budget": {"rounds": 2, "seconds": 300},
        "strategy": {"solver": mode},
    }


async def kill_at(gate: Gate, replica) -> None:
    """Kill a service whose solver waits at the gate, and see the solver end with it."""
    await gate.reached()
    await replica.end()
    await gate.left()


async def finish(gate: Gate, replica, run_id: str) -> tuple[dict, list[str]]:
    """Let the solver of a run that was taken up again go on; give the run and its events."""
    (await gate.reached()).open()
    async with asyncio.timeout(SOON_S):
        events = await replica.follow(run_id)
        return await replica.show(run_id), [kind for _, kind in events]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_process_killed_during_a_race_goes_on_with_both(database, tmp_path, plugins, gate):
    async with (
        UpstreamServer(Reply("bye"), HANG, HANG) as server,
        cluster_of(database, tmp_path, plugins) as cluster,
    ):
        replica = await cluster.start(server.base_url, **LEASE)
        run_id = await replica.solve(**wish(gate, "race"))
        async with asyncio.timeout(SOON_S):
            await server.holding.wait()
        await kill_at(gate, replica)
        replica = await cluster.start(server.base_url, **LEASE)
        run, events = await finish(gate, replica, run_id)
    assert (run["state"], run["result"]["origin"]) == ("certified", "solver")
    assert len(server.seen) <= 3  # the answered one never again, the one under way at most once
    assert run["usage"]["calls"] >= 2
    assert (events.count("solver-started"), events.count("solver-finished")) == (1, 1)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_process_killed_during_a_fallback_asks_the_model_no_more(
    database, tmp_path, plugins, gate
):
    async with (
        UpstreamServer(Reply("bye"), Reply("ciao")) as server,
        cluster_of(database, tmp_path, plugins) as cluster,
    ):
        replica = await cluster.start(server.base_url, **LEASE)
        run_id = await replica.solve(**wish(gate, "fallback"))
        await kill_at(gate, replica)
        replica = await cluster.start(server.base_url, **LEASE)
        run, events = await finish(gate, replica, run_id)
    assert (run["state"], run["result"]["origin"]) == ("certified", "solver")
    assert len(server.seen) == run["usage"]["calls"] == 2
    assert (events.count("solver-started"), events.count("round-started")) == (1, 2)
