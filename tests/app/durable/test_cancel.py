"""What a cancelled run had kept busy is free again."""

import asyncio

import pytest

from tests.app.durable.conftest import SOON_S, cluster_of
from tests.critics.processes import descendants, ended
from tests.upstream_server import Reply, UpstreamServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DEADLINES = {"worker__deadline_s": "3600", "worker__opinion_deadline_s": "3600"}


async def test_a_critic_that_is_at_it_ends_with_its_run(database, tmp_path, plugins):
    loop = asyncio.get_running_loop()
    async with (
        UpstreamServer(Reply("!loop"), default=Reply("hello")) as server,
        cluster_of(database, tmp_path, plugins) as cluster,
    ):
        replica = await cluster.start(server.base_url, **DEADLINES)
        run_id = await replica.solve()
        await replica.follow(run_id, until="call-finished")
        before = descendants(replica.process.pid)
        asked = loop.time()
        answer = await replica.client.post(f"/runs/{run_id}/cancel")
        async with asyncio.timeout(SOON_S):
            while not (gone := before - descendants(replica.process.pid)):  # noqa: ASYNC110  # processes of others
                await asyncio.sleep(0.05)
        took_s = loop.time() - asked
        other = await replica.solve()  # needs the only worker
        events = await asyncio.wait_for(replica.follow(other), SOON_S)
        run = await replica.show(other)
        after = descendants(replica.process.pid)
    assert answer.json()["state"] == "cancelled"
    assert ended(gone)
    assert took_s <= 2.0
    assert (run["state"], events[-1][1]) == ("certified", "ended")
    assert len(after) <= len(before)
