"""What is only passed on: bytes as they came, and never by a detour on this machine."""

import asyncio

import pytest

from app.relay_client import BrokenOffError, NotReachedError, RelayClient, find_proxy
from tests.upstream_server import RESET, Reply, UpstreamServer

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
async def relay():
    client = RelayClient()
    yield client
    await client.aclose()


async def read(relay: RelayClient, url: str) -> tuple[int, bytes]:
    response = await relay.post(url, b"{}", {"content-type": "application/json"})
    try:
        return response.status, b"".join([chunk async for chunk in response.chunks()])
    finally:
        response.close()


async def test_bytes_come_as_they_were_sent(relay):
    body = b"\x1f\x8b is no gzip"
    packed = Reply(body=body, headers={"content-encoding": "gzip"})
    async with UpstreamServer(packed) as upstream:
        assert await read(relay, f"{upstream.base_url}/chat") == (200, body)


async def test_a_redirect_is_not_followed(relay):
    async with UpstreamServer(Reply(status=302, headers={"location": "/v1/other"})) as upstream:
        status, _ = await read(relay, f"{upstream.base_url}/chat")
        assert (status, len(upstream.seen)) == (302, 1)


async def test_a_connection_is_used_again(relay):
    async with UpstreamServer() as upstream:
        for _ in range(3):
            await read(relay, f"{upstream.base_url}/chat")
        assert upstream.connections == 1


async def test_nobody_there_is_told_from_a_broken_connection(relay):
    with pytest.raises(NotReachedError):
        await read(relay, "http://127.0.0.1:1/chat")
    async with UpstreamServer(RESET, Reply(cut=5)) as upstream:
        for _ in range(2):
            with pytest.raises(BrokenOffError):
                await read(relay, f"{upstream.base_url}/chat")


async def test_closing_in_the_middle_closes_the_connection(relay):
    held = Reply("one two", wait=asyncio.Event(), hold_after=1)
    async with UpstreamServer(held) as upstream:
        response = await relay.post(f"{upstream.base_url}/chat", b'{"stream":true}', {})
        async for _ in response.chunks():
            break
        response.close()
        async with asyncio.timeout(60):
            await upstream.gone.wait()


async def test_a_proxy_of_the_environment_is_asked_for_other_machines_only(relay, monkeypatch):
    async with UpstreamServer() as proxy, UpstreamServer() as near:
        monkeypatch.setenv("http_proxy", proxy.base_url.removesuffix("/v1"))
        await read(relay, "http://model.invalid/v1/chat")
        await read(relay, f"{near.base_url}/chat")
        assert [seen.path for seen in proxy.seen] == ["http://model.invalid/v1/chat"]
        assert len(near.seen) == 1


@pytest.mark.parametrize(
    ("variable", "url", "expected"),
    [
        ("https_proxy", "https://model.example/v1", "http://gate:3128"),
        ("all_proxy", "https://model.example/v1", "http://gate:3128"),
        ("http_proxy", "https://model.example/v1", None),
        ("all_proxy", "http://localhost:11434/v1", None),
        ("all_proxy", "http://[::1]:11434/v1", None),
    ],
)
def test_which_proxy_is_used(monkeypatch, variable, url, expected):
    monkeypatch.setenv(variable, "http://gate:3128")
    assert find_proxy(url) == expected


def test_a_host_can_be_taken_out(monkeypatch):
    monkeypatch.setenv("all_proxy", "http://gate:3128")
    monkeypatch.setenv("no_proxy", "model.example")
    assert find_proxy("https://model.example/v1") is None
