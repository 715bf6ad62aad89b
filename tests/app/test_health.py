"""`/healthz` and `/readyz`."""

import asyncio

import pytest

from app.breaker import State
from tests.app.conftest import REQUEST, client, make_app
from tests.app.durable.conftest import NO_KEYS, SOON_S, cluster_of
from tests.postgres_server import running_postgres
from tests.upstream_server import Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_health_answers_get_and_head(pool):
    async with client(make_app(pool, "hello")) as http:
        for path in ("/healthz", "/readyz"):
            shown, head = await http.get(path), await http.head(path)
            assert (shown.status_code, head.status_code) == (200, 200)
            assert head.content == b""


async def test_readiness_says_which_part_is_missing(pool):
    app = make_app(pool, "hello")
    service = app.state.service
    async with client(app) as http:
        ready = (await http.get("/readyz")).json()
        breaker = service.breaker_of("configured", "scripted")
        for _ in range(5):
            breaker.note_failure()
        suspended = await http.get("/readyz")
        breaker.note_success()
        crew = service.pool.crews["critics"][0]
        crew.fault = "no process can be started"
        broken = await http.get("/readyz")
        await http.post("/check", json={**CHECK, "answer": "hello"})
        mended = await http.get("/readyz")
    parts = {"breaker": "closed", "store": "ok", "workers": "ok"}
    assert ready | parts == ready
    assert (suspended.status_code, suspended.json()["breaker"]) == (503, "open")
    assert (broken.status_code, broken.json()["workers"]) == (503, "failed")
    assert (mended.status_code, mended.json()["workers"]) == (200, "ok")


CHECK = {"domain": "word", "problem": {"word": "hello"}}


async def test_a_suspended_upstream_costs_nothing_and_says_when_to_come_back(pool):
    async with UpstreamServer(default=Reply(status=503, body=b"{}")) as server:
        upstream = {"base_url": server.base_url, "model": "mine", "retries": 0}
        app = make_app(pool, upstream=upstream, breaker={"failures": 2})
        async with client(app) as http:
            failed = [await http.post("/solve", json=REQUEST) for _ in range(2)]
            refused = await http.post("/solve", json=REQUEST)
            ready = await http.get("/readyz")
            checked = await http.post("/check", json={**CHECK, "answer": "hello"})
        asked = len(server.seen)
    assert [answer.json()["code"] for answer in failed] == ["upstream-failed"] * 2
    assert asked == 2
    assert (refused.status_code, refused.json()["code"]) == (503, "upstream-suspended")
    assert 1 <= int(refused.headers["retry-after"]) <= 15
    assert ready.status_code == 503
    assert checked.json()["verdict"] == "accepted"
    assert app.state.service.breaker_of(server.base_url, "mine").state is State.OPEN


@pytest.mark.slow
async def test_readiness_says_that_the_database_is_away_and_that_it_is_back(tmp_path, plugins):
    with running_postgres() as postgres:
        url = postgres.make_database()
        async with UpstreamServer() as server, cluster_of(url, tmp_path, plugins) as cluster:
            replica = await cluster.start(server.base_url, **NO_KEYS)
            first = await replica.client.get("/readyz")
            postgres.stop()
            away = await replica.client.get("/readyz")
            alive = await replica.client.get("/healthz")
            shown = await replica.client.get("/metrics")
            postgres.start()
            async with asyncio.timeout(SOON_S):
                while (await replica.client.get("/readyz")).status_code != 200:  # noqa: ASYNC110  # no event
                    await asyncio.sleep(0.1)
    assert first.json()["store"] == "ok"
    assert (away.status_code, away.json()["store"]) == (503, "away")
    assert (alive.status_code, shown.status_code) == (200, 200)
