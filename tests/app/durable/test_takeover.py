"""Replicas of one database: the living go on with the runs of the dead, and of nobody else."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa

from app.durable.location import locate, open_database
from app.durable.members import NOW
from app.durable.tables import members
from tests.app.durable.conftest import NO_KEYS, SOON_S, Cluster, cluster_of
from tests.app.durable.test_recovery import BUDGET, ROUNDS, Model, ended
from tests.postgres_server import running_postgres
from tests.promptness import soonest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LEASE_S = 6.0

PROMISE_S = 2.0
"""Within which a run is cancelled, whoever executes it."""


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
    loop, long_s = asyncio.get_running_loop(), 12.0  # so that a slow process start does not count
    async with model.server as server, cluster_of(url, tmp_path, plugins) as cluster:
        first, second, run_id = await two_replicas(cluster, model, long_s)
        await first.end()
        died = loop.time()
        await asyncio.wait_for(server.arrived.wait(), SOON_S)
        taken_s = loop.time() - died
        run = await ended(second, run_id)
        events = await second.follow(run_id)
    assert run["state"] == "certified"
    assert len(server.seen) == ROUNDS + 1
    assert whole(events)
    assert taken_s <= 2 * long_s


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


async def test_a_client_goes_on_at_another_replica(url, model, tmp_path, plugins):
    model.hold_at = 1
    async with model.server as server, cluster_of(url, tmp_path, plugins) as cluster:
        first, second, run_id = await two_replicas(cluster, model)
        seen = await first.follow(run_id, until="call-finished")
        await first.end()
        rest = await second.follow(run_id, after=seen[-1][0])
        run = await ended(second, run_id)
    assert run["state"] == "certified"
    assert rest[-1][1] == "ended"
    assert whole(seen + rest)
    assert len(server.seen) == ROUNDS + 1


@asynccontextmanager
async def busy_cores():
    """Keep every core busier than it can be."""
    spin = [sys.executable, "-c", "while True: pass"]
    count = 2 * (os.cpu_count() or 1)
    spinning = [await asyncio.create_subprocess_exec(*spin) for _ in range(count)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            await process.wait()


async def pass_leases(url: str, leases: int) -> None:
    """Wait until every member has been seen so many leases later, by the database's clock."""
    database = open_database(locate(url))
    with database.connect() as connection:
        until = (
            connection.execute(sa.select(sa.cast(NOW, sa.Float))).scalar_one() + leases * LEASE_S
        )
        seen = 0.0
        async with asyncio.timeout(SOON_S):
            while seen < until:
                await asyncio.sleep(LEASE_S / 10)
                seen = connection.execute(sa.select(sa.func.min(members.c.seen))).scalar_one()
                connection.commit()
    database.dispose()


async def test_nobody_is_taken_for_dead_while_all_cores_are_busy(url, model, tmp_path, plugins):
    async with model.server as server, cluster_of(url, tmp_path, plugins) as cluster:
        lease = {"cluster__lease_s": str(LEASE_S)}
        first, second = [await cluster.start(server.base_url, **lease) for _ in range(2)]
        run_id = await first.solve(**BUDGET)
        await asyncio.wait_for(server.holding.wait(), SOON_S)
        async with busy_cores():
            await pass_leases(url, 2)
        model.release()
        run = await ended(second, run_id)
        events = await second.follow(run_id)
    assert run["state"] == "certified"
    assert whole(events)
    assert len(server.seen) == ROUNDS
    assert not any("took over" in line for line in (*first.said, *second.said))


async def test_a_run_is_cancelled_and_followed_from_another_replica(url, model, tmp_path, plugins):
    loop = asyncio.get_running_loop()
    async with model.server as server, cluster_of(url, tmp_path, plugins) as cluster:
        first, second, run_id = await two_replicas(cluster, model, 60.0)
        following = asyncio.create_task(second.follow(run_id, after=2))

        async def cancel(run_id: str) -> float:
            asked = loop.time()
            answer = await second.client.post(f"/runs/{run_id}/cancel")
            took_s = loop.time() - asked
            assert answer.json()["state"] == "cancelled"
            await asyncio.wait_for(server.gone.wait(), SOON_S)
            return took_s

        async def start_and_cancel() -> float:
            server.holding.clear()
            server.gone.clear()
            model.hold_at = 0
            run_id = await first.solve(**BUDGET)
            await asyncio.wait_for(server.holding.wait(), SOON_S)
            return await cancel(run_id)

        took_s = await cancel(run_id)
        if took_s > PROMISE_S:
            took_s = await soonest(start_and_cancel, PROMISE_S)
        events = await following
    assert events[0][0] == 3
    assert events[-1][1] == "ended"
    assert took_s <= PROMISE_S


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


async def test_an_answer_that_comes_while_the_database_is_away_is_kept(tmp_path, plugins):
    model = Model()
    model.hold_at = 3
    with running_postgres() as postgres:
        url = postgres.make_database()
        async with model.server as server, cluster_of(url, tmp_path, plugins) as cluster:
            replica = await cluster.start(server.base_url, **NO_KEYS)
            run_id = await replica.solve(**BUDGET)
            await asyncio.wait_for(server.holding.wait(), SOON_S)
            postgres.stop()
            model.release()
            away = await replica.client.get(f"/runs/{run_id}")
            postgres.start()
            run = await ended(replica, run_id)
            events = await replica.follow(run_id)
    assert away.json()["code"] == "database-away"
    assert run["state"] == "certified"
    assert whole(events)
    assert len(server.seen) == ROUNDS
