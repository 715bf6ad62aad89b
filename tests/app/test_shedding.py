"""Load shedding: what is refused has cost nothing; a loaded service can be seen and relieved."""

import pytest

from app.setting_groups import SheddingSettings
from app.shedding import MIB, Load, is_new_work, resident_bytes
from tests.app.conftest import REQUEST, client, make_app
from tests.app.telemetry.scrape import scrape
from tests.upstream_server import UpstreamServer


async def nobody() -> int:
    return 0


def test_one_stall_is_no_load_but_three_are():
    load = Load(SheddingSettings(lag_s=1.0), nobody)
    load.look(30.0)
    load.look(30.0)
    assert load.reason is None
    load.look(1.5)
    assert (load.reason, load.lag_s) == ("lag", 1.5)
    load.look(0.0)
    assert load.reason is None


def test_memory_is_looked_at_only_where_it_is_bounded():
    seen = []

    def read() -> int:
        seen.append(1)
        return 201 * MIB

    free, bounded = Load(SheddingSettings(), nobody, read_memory=read), None
    free.look(0.0)
    assert (free.reason, seen) == (None, [])
    bounded = Load(SheddingSettings(memory_mb=200), nobody, read_memory=read)
    assert bounded.reason is None
    bounded.look(0.0)
    assert bounded.reason == "memory"


def test_memory_is_read_from_the_process_itself():
    found = resident_bytes()
    assert found is None or 10 * MIB < found < 100_000 * MIB


def test_everything_can_be_switched_off():
    load = Load(SheddingSettings(lag_s=None), nobody)
    for _ in range(5):
        load.look(1000.0)
    assert load.reason is None


@pytest.mark.parametrize(
    ("method", "path", "new"),
    [
        ("POST", "/solve", True),
        ("POST", "/v1/chat/completions", True),
        ("POST", "/runs/x/fork", True),
        ("POST", "/runs/x/cancel", False),
        ("POST", "/v1/responses/x/cancel", False),
        ("GET", "/runs/x/events", False),
        ("GET", "/healthz", False),
        ("DELETE", "/runs/x", False),
    ],
)
def test_only_new_work_is_refused(method, path, new):
    assert is_new_work(method, path) is new


@pytest.mark.asyncio(loop_scope="module")
async def test_a_loaded_service_refuses_work_before_it_costs_anything_and_answers_the_rest(pool):
    async with UpstreamServer() as server:
        upstream = {"base_url": server.base_url, "model": "mine"}
        app = make_app(pool, upstream=upstream, shedding={"memory_mb": 64})
        load = app.state.service.load
        chat = {"messages": [{"role": "user", "content": "hi"}]}
        async with client(app) as http:
            load._read_memory = lambda: 65 * MIB
            load.look(0.0)
            solve = await http.post("/solve", json=REQUEST)
            talk = await http.post("/v1/chat/completions", json=chat)
            read = [await http.get(path) for path in ("/healthz", "/runs", "/domains")]
            shown = await scrape(http)
            load._read_memory = lambda: 63 * MIB
            load.look(0.0)
            passed = await http.post("/v1/chat/completions", json=chat)
        asked = len(server.seen)
    assert (solve.status_code, solve.json()["code"]) == (429, "overloaded")
    assert solve.headers["retry-after"]
    assert (talk.status_code, talk.json()["error"]["code"]) == (429, "overloaded")
    assert talk.headers.get("x-should-retry") != "false"
    assert [answer.status_code for answer in read] == [200, 200, 200]
    assert shown.value("llm_modulo_shed_total", reason="memory") == 2
    assert passed.status_code == 200
    assert asked == 1


@pytest.mark.asyncio(loop_scope="module")
async def test_a_long_queue_is_load(pool):
    async def many() -> int:
        return 5

    load = Load(SheddingSettings(queued=5), many)
    async with load.watching():
        load._queued = await many()
    assert load.reason == "queue"
    del pool
