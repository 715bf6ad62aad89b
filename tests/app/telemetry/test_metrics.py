"""What `/metrics` counts, of real runs."""

import time
from pathlib import Path

import pytest

from app.telemetry.levels import Circuit, Levels, Workers
from app.telemetry.metrics import Metrics
from backprompt.budget import Usage
from tests.app.conftest import REQUEST, client, make_app
from tests.app.telemetry.scrape import scrape
from tests.upstream_server import Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOT = Path(__file__).parents[3]
SECRET = "zebra-in-the-prompt"  # noqa: S105  # a word to look for


def levels() -> Levels:
    return Levels(
        inflight={"runs": 1},
        queued=0,
        workers={"critics": Workers(1, 1, {"critic-deadline": 2})},
        circuits={"m": Circuit(2, 1, 1, 1)},
        lag_s=0.0,
    )


async def test_a_run_is_counted_with_its_rounds_verdicts_calls_and_tokens(pool):
    async with UpstreamServer(Reply("bye"), Reply("hello")) as server:
        app = make_app(pool, upstream={"base_url": server.base_url, "model": "mine"})
        async with client(app) as http:
            before = await scrape(http)
            result = (await http.post("/solve", json=REQUEST)).json()
            after = await scrape(http)
    assert result["status"] == "certified"
    assert before.value("llm_modulo_runs_total") == 0
    assert after.value("llm_modulo_runs_total", domain="word", status="certified") == 1
    assert after.value("llm_modulo_runs_total") == 1
    assert after.value("llm_modulo_rounds_sum", domain="word") == 2
    verdicts = {"domain": "word", "origin": "model"}
    assert after.value("llm_modulo_verdicts_total", verdict="rejected", **verdicts) == 1
    assert after.value("llm_modulo_verdicts_total", verdict="accepted", **verdicts) == 1
    assert after.value("llm_modulo_certificates_total", domain="word", claim="answer") == 1
    assert after.value("llm_modulo_critic_seconds_count", verdict="rejected") >= 1
    assert after.value("llm_modulo_upstream_seconds_count", model="mine", outcome="ok") == 2
    assert after.value("llm_modulo_tokens_total", model="mine", kind="prompt") == 20
    assert after.value("llm_modulo_tokens_total", model="mine", kind="completion") == 10
    assert after.value("gen_ai_client_operation_duration_seconds_count") == 2
    output = {"gen_ai_token_type": "output"}
    assert after.value("gen_ai_client_token_usage_sum", **output) == 10
    http_labels = {"route": "/solve", "method": "POST", "status": "200"}
    assert after.value("llm_modulo_http_requests_total", **http_labels) == 1
    assert after.value("llm_modulo_workers", pool="critics") >= 1


async def test_what_strangers_write_is_no_label(pool):
    said = Reply("bye", model=SECRET, finish_reason=SECRET)
    async with UpstreamServer(default=said) as server:
        app = make_app(pool, upstream={"base_url": server.base_url, "model": "mine"})
        async with client(app) as http:
            run = (await http.post("/solve", json={**REQUEST, "model": SECRET})).json()
            await http.get(f"/{SECRET}")
            await http.request("ZEBRA", "/solve")
            await http.get(f"/runs/{run['id']}")
            chat = {"model": SECRET, "messages": [{"role": "user", "content": SECRET}]}
            passed = await http.post("/v1/chat/completions", json=chat)
            shown = await scrape(http)
    assert passed.status_code == 200
    assert shown.value("llm_modulo_upstream_seconds_count", model="other") == 3
    values = " ".join(shown.labels(""))
    assert SECRET not in values
    assert "ZEBRA" not in values
    assert run["id"] not in values
    assert {"unmatched", "other", "/runs/{run_id}", "/v1/chat/completions"} <= shown.labels("")


async def test_a_failed_call_is_counted_by_its_code_and_so_is_the_run(pool):
    async with UpstreamServer(default=Reply(status=400, body=b"{}")) as server:
        upstream = {"base_url": server.base_url, "model": "mine", "retries": 0}
        async with client(make_app(pool, upstream=upstream)) as http:
            response = await http.post("/solve", json=REQUEST)
            shown = await scrape(http)
    assert response.json()["code"] == "upstream-refused"
    assert shown.value("llm_modulo_upstream_seconds_count", outcome="upstream-refused") == 1
    assert shown.value("llm_modulo_runs_total", status="failed") == 1
    assert shown.value("llm_modulo_http_requests_total", route="/solve", status="502") == 1


async def test_metrics_can_be_switched_off(pool):
    async with client(make_app(pool, "hello", metrics={"enabled": False})) as http:
        solved = await http.post("/solve", json=REQUEST)
        shown = await http.get("/metrics")
    assert solved.json()["status"] == "certified"
    assert (shown.status_code, shown.json()["code"]) == (404, "not-found")


async def test_every_metric_is_documented():
    page = (ROOT / "docs" / "operate.md").read_text("utf-8")
    metrics = Metrics(levels)
    metrics.run_ended("d", "certified", 1, 1.0)
    names = {family.name for family in metrics.registry.collect()}
    families = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in metrics.registry.collect()
        if family.name.startswith(("llm_modulo_", "gen_ai_"))
    }
    assert len(families) >= 25
    assert [name for name in sorted(families) if f"`{name}" not in page] == []
    assert "process_resident_memory_bytes" in names


async def test_an_event_costs_little():
    """A bound ten times above what it takes, so that a loaded machine passes."""
    metrics, count = Metrics(levels), 2000
    began = time.thread_time()
    for _ in range(count):
        metrics.called("mine", "ok", 1.0, Usage(prompt_tokens=3, completion_tokens=4))
    assert (time.thread_time() - began) / count < 500e-6
