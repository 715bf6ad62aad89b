"""A disk that is full: runs wait for room, nothing is lost and nothing is paid twice."""

import asyncio
import resource
from pathlib import Path

import pytest

from tests.app.durable.conftest import SOON_S, cluster_of
from tests.upstream_server import Reply, UpstreamServer

NO_MORE = 4096
"""Bytes beyond which no file can be written: so a full disk looks to a process."""


def fill_disk(pid: int, limit: int) -> None:
    """Let a process write no file beyond a size; `RLIM_INFINITY` makes room again."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, hard))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="prlimit is Linux's own")
async def test_a_full_disk_holds_runs_up_and_loses_none(tmp_path: Path, plugins: Path):
    held = asyncio.Event()
    server = UpstreamServer(Reply("hello", wait=held), default=Reply("hello"))
    url = f"sqlite:///{tmp_path}/runs.db"
    async with server, cluster_of(url, tmp_path, plugins) as cluster:
        replica = await cluster.start(server.base_url)
        assert replica.process is not None
        run_id = await replica.solve()
        async with asyncio.timeout(SOON_S):
            await server.holding.wait()
            fill_disk(replica.process.pid, NO_MORE)
            held.set()
            refused = await replica.client.post(
                "/solve",
                json={"domain": "word", "problem": {"word": "hello"}},
                headers={"prefer": "respond-async"},
            )
            alive = await replica.client.get("/healthz")
            waiting = await replica.show(run_id)
            asked = len(server.seen)
            fill_disk(replica.process.pid, resource.RLIM_INFINITY)
            await replica.follow(run_id)
            run = await replica.show(run_id)
        failures = (await replica.client.get("/metrics")).text
        again = await replica.client.post(
            "/solve", json={"domain": "word", "problem": {"word": "hello"}}
        )
    assert (refused.status_code, refused.json()["code"]) == (503, "database-away")
    assert refused.headers["retry-after"]
    assert alive.status_code == 200
    assert waiting["state"] == "running"
    assert run["state"] == "certified"
    assert asked == 1
    assert "llm_modulo_store_failures_total{" in failures
    assert again.json()["status"] == "certified"
