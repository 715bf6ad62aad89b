"""Spans that are sent to a collector, over a real connection."""

import asyncio
import sys

import pytest

from app.failures import ServiceError
from app.settings import Settings
from app.telemetry.settings import TracingSettings
from app.telemetry.spans import Spans
from app.telemetry.telemetry import Telemetry


async def test_a_collector_gets_what_was_made_at_the_latest_when_the_service_ends():
    arrived: asyncio.Queue[bytes] = asyncio.Queue()

    async def collect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        arrived.put_nowait(head)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(collect, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        endpoint = f"http://127.0.0.1:{port}/v1/traces"
        telemetry = Telemetry(Settings(tracing={"endpoint": endpoint}))
        telemetry.spans._tracer.start_span("a span").end()
        await asyncio.to_thread(telemetry.close)
        async with asyncio.timeout(150):
            head = await arrived.get()
    assert head.startswith(b"POST /v1/traces HTTP/1.1")


async def test_without_the_extra_a_collector_is_refused_at_start_up(monkeypatch):
    monkeypatch.delitem(sys.modules, "app.telemetry.exporting", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(ServiceError, match=r"tracing\.endpoint") as caught:
        Spans(TracingSettings(endpoint="http://127.0.0.1:1/v1/traces"))
    assert caught.value.code == "settings-invalid"
    assert "llm-modulo[otel]" in caught.value.help[0]


def test_without_an_endpoint_nothing_of_the_sdk_is_needed(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    Spans(TracingSettings()).close()
