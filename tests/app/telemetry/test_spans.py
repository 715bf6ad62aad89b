"""Spans of runs, calls and critics, as an exporter gets them."""

import json

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from app.main import create_app
from app.settings import Settings
from critics.statement import read_envelope
from tests.app.conftest import REQUEST, client, make_app
from tests.upstream_server import Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"
HEADERS = {"traceparent": f"00-{TRACE}-{CALLER}-01"}


class Collected:
    """A tracer that keeps what it made."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))

    def named(self, start: str) -> list[ReadableSpan]:
        return [span for span in self.exporter.get_finished_spans() if span.name.startswith(start)]


def traced_app(pool, server, collected, **settings):
    upstream = {"base_url": server.base_url, "model": "mine", "retries": 0}
    return create_app(
        Settings(upstream=upstream, **settings), pool=pool, tracers=collected.provider
    )


async def test_a_run_its_calls_and_its_critics_are_one_trace_with_the_clients(pool):
    collected = Collected()
    async with UpstreamServer(Reply("bye"), Reply("hello")) as server:
        async with client(traced_app(pool, server, collected)) as http:
            result = (await http.post("/solve", json=REQUEST, headers=HEADERS)).json()
        sent = [seen.headers["traceparent"] for seen in server.seen]
    (run,) = collected.named("invoke_workflow word")
    calls, critics = collected.named("chat mine"), collected.named("critic ")
    spans = [run, *calls, *critics]
    assert {f"{span.context.trace_id:032x}" for span in spans} == {TRACE}
    assert f"{run.parent.span_id:016x}" == CALLER
    assert {span.parent.span_id for span in (*calls, *critics)} == {run.context.span_id}
    assert run.attributes["gen_ai.workflow.name"] == "word"
    assert run.attributes["llm_modulo.status"] == "certified"
    assert run.attributes["llm_modulo.rounds"] == 2
    certificate = read_envelope(result["certificate"])
    assert run.attributes["llm_modulo.certificate.id"] == certificate.id
    assert len(calls) == 2
    assert {call.kind for call in calls} == {SpanKind.CLIENT}
    assert calls[0].attributes["gen_ai.response.model"] == "served-model"
    assert calls[0].attributes["gen_ai.usage.input_tokens"] == 10
    assert calls[0].attributes["server.address"] == "127.0.0.1"
    assert sent == [f"00-{TRACE}-{call.context.span_id:016x}-01" for call in calls]
    told = [span.events[0].attributes["gen_ai.evaluation.score.label"] for span in critics]
    assert {"accepted", "rejected"} <= set(told)


async def test_prompts_and_answers_are_in_spans_only_when_asked_for(pool):
    for content in (False, True):
        collected = Collected()
        async with UpstreamServer(Reply("zebra"), Reply("hello")) as server:
            app = traced_app(pool, server, collected, tracing={"content": content})
            async with client(app) as http:
                await http.post("/solve", json=REQUEST)
        shown = json.dumps([dict(span.attributes or {}) for span in collected.named("")])
        assert ("zebra" in shown) is content
        assert ("gen_ai.input.messages" in shown) is content


async def test_a_failed_call_is_an_error_without_the_upstreams_words(pool):
    collected = Collected()
    refusal = json.dumps({"error": {"message": "zebra"}}).encode()
    server = UpstreamServer(default=Reply(status=400, body=refusal))
    async with server, client(traced_app(pool, server, collected)) as http:
        await http.post("/solve", json=REQUEST)
    (call,) = collected.named("chat")
    assert call.attributes["error.type"] == "upstream-refused"
    assert not call.status.is_ok
    assert "zebra" not in call.to_json()
    (run,) = collected.named("invoke_workflow")
    assert run.attributes["llm_modulo.status"] == "failed"


async def test_without_a_tracer_the_clients_trace_is_passed_on_all_the_same(pool):
    async with UpstreamServer(Reply("hello")) as server:
        app = make_app(pool, upstream={"base_url": server.base_url, "model": "mine"})
        async with client(app) as http:
            result = (await http.post("/solve", json=REQUEST, headers=HEADERS)).json()
            chat = {"model": "mine", "messages": [{"role": "user", "content": "hi"}]}
            await http.post("/v1/chat/completions", json=chat, headers=HEADERS)
            await http.post("/solve", json={**REQUEST, "cache": False})
        sent = [seen.headers.get("traceparent") for seen in server.seen]
    assert result["status"] == "certified"
    assert sent == [HEADERS["traceparent"], HEADERS["traceparent"], None, None, None][: len(sent)]


async def test_a_broken_trace_header_harms_nothing(pool):
    async with client(make_app(pool, "hello")) as http:
        for value in ("", "00-zz", "\u00ff" * 300, "00-" + "0" * 32 + "-" + "0" * 16 + "-01"):
            headers = [(b"traceparent", value.encode("latin-1"))]
            answer = await http.post("/solve", json=REQUEST, headers=headers)
            assert answer.status_code == 200
