"""Replicas of one database: the living go on with the runs of the dead, and of nobody else."""

import asyncio
import signal

import pytest

from tests.app.durable.conftest import SOON_S, Cluster, cluster_of
from tests.app.durable.test_recovery import BUDGET, ROUNDS, Model, ended
from tests.postgres_server import running_postgres

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LEASE_S = 3.0


async def two_replicas(cluster: Cluster, model: Model, lease_s: float = LEASE_S):
    """Start a run on the first of two replicas, up to the answer that is held back."""
    lease = {"cluster__lease_s": str(lease_s)}
    url = model.server.base_url
    first = await cluster.start(url, **lease)
    run_id = await first.solve(**BUDGET)
    await asyncio.wait_for(model.server.holding.wait(), SOON_S)
    second = await cluster.start(url, **lease)
    model.hold_at = None
    model.server.arrived.clear()
    return first, second, run_id


def whole(events) -> bool:
    return [number for number, _ in events] == list(range(len(events)))


@pytest.fixture
def model() -> Model:
    model = Model()
    model.hold_at = 3
    return model


@pytest.fixture
def url(postgres) -> str:
    return postgres.make_database()


async def test_a_dead_replicas_run_is_taken_over_within_two_leases(url, model, tmp_path, plugins):
    loop = asyncio.get_running_loop()
    async with model.server as server, cluster_of(url, tmp_path, plugins) as cluster:
        first, second, run_id = await two_replicas(cluster, model)
        await first.end()
        died = loop.time()
        await asyncio.wait_for(server.arrived.wait(), SOON_S)
        taken_s = loop.time() - died
        run = await ended(second, run_id)
        events = await second.follow(run_id)
    assert run["state"] == "certified"
    assert len(server.seen) == ROUNDS + 1
    assert whole(events)
    assert taken_s <= 2 * LEASE_S


async def test_a_replica_that_is_told_to_stop_hands_over_at_once(url, model, tmp_path, plugins):
    long_s = 3600.0  # so that nobody can be taken for dead
    async with model.server as server, cluster_of(url, tmp_path, plugins) as cluster:
        first, second, run_id = await two_replicas(cluster, model, long_s)
        await first.end(signal.SIGTERM)
        await asyncio.wait_for(server.arrived.wait(), SOON_S)
        run = await ended(second, run_id)
    assert run["state"] == "certified"
    assert len(server.seen) == ROUNDS + 1


async def test_a_frozen_replica_wakes_up_and_writes_nothing_twice(url, model, tmp_path, plugins):
    async with model.server as server, cluster_of(url, tmp_path, plugins) as cluster:
        first, second, run_id = await two_replicas(cluster, model)
        first.send(signal.SIGSTOP)
        await asyncio.wait_for(server.arrived.wait(), SOON_S)
        first.send(signal.SIGCONT)
        run = await ended(second, run_id)
        here, there = await second.follow(run_id), await first.follow(run_id)
    assert run["state"] == "certified"
    assert whole(here)
    assert here == there
    assert len(server.seen) <= ROUNDS + 2


async def test_a_run_is_cancelled_and_followed_from_another_replica(url, model, tmp_path, plugins):
    loop = asyncio.get_running_loop()
    async with model.server as server, cluster_of(url, tmp_path, plugins) as cluster:
        _, second, run_id = await two_replicas(cluster, model, 30.0)
        following = asyncio.create_task(second.follow(run_id, after=2))
        asked = loop.time()
        answer = await second.client.post(f"/runs/{run_id}/cancel")
        took_s = loop.time() - asked
        await asyncio.wait_for(server.gone.wait(), SOON_S)
        events = await following
    assert answer.json()["state"] == "cancelled"
    assert events[0][0] == 3
    assert events[-1][1] == "ended"
    assert took_s <= 2.0


async def test_a_database_that_goes_and_comes_back_loses_nothing(tmp_path, plugins):
    model = Model()
    model.hold_at = 3
    with running_postgres() as postgres:
        url = postgres.make_database()
        async with model.server as server, cluster_of(url, tmp_path, plugins) as cluster:
            first, second, run_id = await two_replicas(cluster, model, 5.0)
            await first.end()
            postgres.stop()
            postgres.start()
            run = await ended(second, run_id)
            events = await second.follow(run_id)
    assert run["state"] == "certified"
    assert whole(events)
    assert len(server.seen) == ROUNDS + 1
