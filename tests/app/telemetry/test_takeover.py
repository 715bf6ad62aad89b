"""A run that another process goes on with is counted once."""

import asyncio

from tests.app.durable.conftest import SOON_S, cluster_of
from tests.app.telemetry.scrape import scrape
from tests.upstream_server import Reply, UpstreamServer

TRACE = "0af7651916cd43dd8448eb211c80319c"


async def test_what_is_played_again_is_not_counted_again(tmp_path, plugins):
    held = asyncio.Event()
    replies = [Reply("bye"), Reply("ciao", wait=held), Reply("adieu"), Reply("hello")]
    url, body = f"sqlite:///{tmp_path}/runs.db", {"domain": "word", "problem": {"word": "hello"}}
    async with UpstreamServer(*replies) as server, cluster_of(url, tmp_path, plugins) as cluster:
        replica = await cluster.start(server.base_url)
        headers = {"prefer": "respond-async", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
        run_id = (await replica.client.post("/solve", json=body, headers=headers)).json()["id"]
        async with asyncio.timeout(SOON_S):
            await server.holding.wait()
            first = await scrape(replica.client)
            await replica.end()
            second = await cluster.start(server.base_url)
            await second.follow(run_id)
        run, shown = await second.show(run_id), await scrape(second.client)
        sent = {seen.headers["traceparent"].split("-")[1] for seen in server.seen}
    assert (run["state"], len(server.seen)) == ("certified", 4)
    rejected = {"origin": "model", "verdict": "rejected"}
    assert first.value("llm_modulo_verdicts_total", **rejected) == 1
    assert shown.value("llm_modulo_verdicts_total", **rejected) == 1
    assert shown.value("llm_modulo_verdicts_total", verdict="accepted") == 1
    assert shown.value("llm_modulo_runs_total", status="certified") == 1
    assert shown.value("llm_modulo_rounds_sum") == run["usage"]["rounds"] == 3
    assert first.value("llm_modulo_upstream_seconds_count") == 1
    assert shown.value("llm_modulo_upstream_seconds_count") == 2
    assert shown.value("llm_modulo_store_seconds_count") > 0
    assert sent == {TRACE}
