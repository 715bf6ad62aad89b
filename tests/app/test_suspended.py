"""Suspended models: ladders pass them over, chats that are passed through are refused in time."""

import pytest

from app.breaker import State
from tests.app.conftest import REQUEST, client, make_app
from tests.app.telemetry.scrape import scrape
from tests.upstream_server import RESET, Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHAT = {"model": "mine", "messages": [{"role": "user", "content": "hi"}]}


async def test_a_ladder_passes_a_suspended_model_over(pool):
    async with UpstreamServer(default=Reply("hello")) as server:
        upstream = {"base_url": server.base_url, "model": "small", "retries": 0}
        ladder = [{"model": "small"}, {"model": "large"}]
        app = make_app(pool, upstream=upstream, ladder=ladder, breaker={"failures": 1})
        app.state.service.breaker_of(server.base_url, "small").note_failure()
        async with client(app) as http:
            result = (await http.post("/solve", json=REQUEST)).json()
            shown = await scrape(http)
        asked = [seen.body["model"] for seen in server.seen]
    assert result["status"] == "certified", result
    assert asked == ["large"]
    assert shown.value("llm_modulo_breaker_state", model="small") == 2
    assert shown.value("llm_modulo_suspended_calls_total", model="small") == 1
    assert shown.value("llm_modulo_breaker_state", model="large") == 0


async def test_a_run_is_refused_where_the_whole_ladder_is_suspended(pool):
    async with UpstreamServer() as server:
        upstream = {"base_url": server.base_url, "model": "small"}
        ladder = [{"model": "small"}, {"model": "large"}]
        app = make_app(pool, upstream=upstream, ladder=ladder, breaker={"failures": 1})
        for model in ("small", "large"):
            app.state.service.breaker_of(server.base_url, model).note_failure()
        async with client(app) as http:
            refused = await http.post("/solve", json=REQUEST)
            listed = (await http.get("/runs")).json()
        asked = len(server.seen)
    assert (refused.status_code, refused.json()["code"]) == (503, "upstream-suspended")
    assert listed["runs"] == []
    assert asked == 0


@pytest.mark.parametrize("behaviour", [RESET, Reply(status=500, body=b"{}")])
async def test_passed_through_chats_open_the_breaker_and_stop_at_it(pool, behaviour):
    async with UpstreamServer(default=behaviour) as server:
        upstream = {"base_url": server.base_url, "model": "mine"}
        app = make_app(pool, upstream=upstream, breaker={"failures": 2})
        async with client(app) as http:
            failed = [await http.post("/v1/chat/completions", json=CHAT) for _ in range(2)]
            refused = await http.post("/v1/chat/completions", json=CHAT)
            solving = await http.post("/solve", json=REQUEST)
        asked = len(server.seen)
    assert all(answer.status_code >= 500 for answer in failed)
    assert refused.status_code == 503
    assert refused.json()["error"]["code"] in {"upstream-suspended", "upstream_suspended"}
    assert refused.headers["retry-after"]
    assert refused.headers.get("x-should-retry") != "false"
    assert solving.json()["code"] == "upstream-suspended"
    assert asked == 2


async def test_a_client_that_asks_for_nonsense_suspends_nobody(pool):
    refusal = Reply(status=404, body=b'{"error": {"message": "no such model"}}')
    async with UpstreamServer(default=refusal) as server:
        upstream = {"base_url": server.base_url, "model": "mine"}
        app = make_app(pool, upstream=upstream, breaker={"failures": 1})
        async with client(app) as http:
            for number in range(5):
                await http.post("/solve", json={**REQUEST, "model": f"none-{number}"})
                await http.post("/v1/chat/completions", json=CHAT)
    service = app.state.service
    assert service.breaker_of(server.base_url, "mine").state is State.CLOSED
    assert set(service.breakers.circuits) <= {"mine", "other"}
