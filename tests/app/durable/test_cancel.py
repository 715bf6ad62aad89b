"""What a cancelled run had kept busy is free again."""

import asyncio

import pytest

from tests.app.durable.conftest import SOON_S, cluster_of
from tests.critics.processes import cpu_s, descendants, ended
from tests.promptness import soonest
from tests.upstream_server import Reply, UpstreamServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PROMISE_S = 2.0
"""Within which a critic that is at it ends with its run."""
DEADLINES = {"worker__deadline_s": "3600", "worker__opinion_deadline_s": "3600"}


async def one_is_busy(pids: set[int]) -> None:
    """Wait until one of these processes computes without a pause: the critic that loops."""
    at_first = {pid: cpu_s(pid) for pid in pids}
    async with asyncio.timeout(SOON_S):
        while all(cpu_s(pid) < spent + 0.2 for pid, spent in at_first.items()):  # noqa: ASYNC110  # as below
            await asyncio.sleep(0.05)


async def test_a_critic_that_is_at_it_ends_with_its_run(database, tmp_path, plugins):
    loop = asyncio.get_running_loop()
    async with (
        UpstreamServer(default=Reply("hello")) as server,
        cluster_of(database, tmp_path, plugins) as cluster,
    ):
        replica = await cluster.start(server.base_url, **DEADLINES)
        most = 0

        async def cancel_a_loop() -> float:
            nonlocal most
            server.behaviours.append(Reply("!loop"))
            run_id = await replica.solve()
            await replica.follow(run_id, until="call-finished")
            before = descendants(replica.process.pid)
            await one_is_busy(before)
            most = max(most, len(before))
            asked = loop.time()
            answer = await replica.client.post(f"/runs/{run_id}/cancel")
            async with asyncio.timeout(SOON_S):
                while not (gone := before - descendants(replica.process.pid)):  # noqa: ASYNC110  # processes of others
                    await asyncio.sleep(0.05)
            took_s = loop.time() - asked
            assert answer.json()["state"] == "cancelled"
            assert ended(gone)
            return took_s

        took_s = await soonest(cancel_a_loop, PROMISE_S)
        other = await replica.solve()  # needs the only worker
        events = await asyncio.wait_for(replica.follow(other), SOON_S)
        run = await replica.show(other)
        async with asyncio.timeout(SOON_S):
            while len(descendants(replica.process.pid)) > most:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.05)
    assert took_s <= PROMISE_S
    assert (run["state"], events[-1][1]) == ("certified", "ended")
