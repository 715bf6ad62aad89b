"""Telling another service that a run is over, over a real connection."""

import asyncio
import base64
import hashlib
import hmac
import json
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.failures import ServiceError
from app.setting_groups import WebhookSettings
from app.webhooks import is_below, require_allowed, sign
from tests.app.conftest import REQUEST, client, make_app

SOON_S = 60.0
SECRET = "whsec_" + base64.b64encode(b"a key of 24 random bytes").decode()


class Receiver:
    """A server that notes what it is told and answers with these statuses, then with 204."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.heard: list[tuple[str, dict[str, str], bytes]] = []
        self.grown = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        status = self.statuses.pop(0) if self.statuses else 204
        writer.write(
            f"HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".encode()
        )
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        self.heard.append((first, headers, body))
        self.grown.set()

    async def wait(self, count: int) -> None:
        async with asyncio.timeout(SOON_S):
            while len(self.heard) < count:
                self.grown.clear()
                await self.grown.wait()


@asynccontextmanager
async def listening(*statuses: int):
    receiver = Receiver(*statuses)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    async with server:
        yield receiver, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def settings(**wishes) -> dict:
    return {"webhooks": {"secret": SECRET, **wishes}}


def quick(app) -> list[float]:
    """Let a service's pauses pass at once, and note them."""
    pauses: list[float] = []

    async def pass_by(seconds: float) -> None:
        pauses.append(seconds)

    app.state.service.courier._pause = pass_by
    return pauses


@pytest.mark.asyncio(loop_scope="module")
async def test_the_end_of_a_run_is_told_and_signed(pool):
    async with (
        listening() as (receiver, url),
        client(make_app(pool, "hello", **settings(url=f"{url}/hook"))) as http,
    ):
        run = (await http.post("/solve", json=REQUEST)).json()
        await receiver.wait(1)
    first, headers, body = receiver.heard[0]
    told = json.loads(body)
    signed = f"{run['id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    code = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert first == "POST /hook HTTP/1.1"
    assert headers["webhook-id"] == run["id"]
    assert headers["webhook-signature"] == f"v1,{code}"
    assert (told["type"], told["data"]["result"]["answer"]) == ("run.certified", "hello")


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_not_certified_is_not_told(pool):
    async with (
        listening() as (receiver, url),
        client(make_app(pool, "the-canary", **settings(url=url))) as http,
    ):
        await http.post("/solve", json=REQUEST)
        await receiver.wait(1)
    assert b"run.exhausted" in receiver.heard[0][2]
    assert b"the-canary" not in receiver.heard[0][2]


@pytest.mark.asyncio(loop_scope="module")
async def test_it_is_told_again_until_it_is_heard(pool):
    async with listening(500, 302, 429) as (receiver, url):
        app = make_app(pool, "hello", **settings(allowed=[url]))
        pauses = quick(app)
        async with client(app) as http:
            await http.post("/solve", json={**REQUEST, "webhook": f"{url}/mine"})
            await receiver.wait(4)
    assert [first for first, *_ in receiver.heard] == ["POST /mine HTTP/1.1"] * 4
    assert pauses == [1, 4, 16]


@pytest.mark.asyncio(loop_scope="module")
async def test_who_wants_no_more_is_left_alone(pool):
    async with listening(410) as (receiver, url):
        app = make_app(pool, "hello", **settings(url=url))
        pauses = quick(app)
        async with client(app) as http:
            await http.post("/solve", json=REQUEST)
            await receiver.wait(1)
            await asyncio.gather(*app.state.service.engine._telling)
    assert (len(receiver.heard), pauses) == (1, [])


@pytest.mark.asyncio(loop_scope="module")
async def test_a_request_may_only_name_what_is_allowed(pool):
    app = make_app(pool, "hello", **settings(allowed=["https://hooks.example/a"]))
    async with client(app) as http:
        refused = await http.post("/solve", json={**REQUEST, "webhook": "http://127.0.0.1/x"})
    assert (refused.status_code, refused.json()["code"]) == (422, "webhook-not-allowed")
    assert refused.json()["errors"][0]["pointer"] == "#/webhook"


@pytest.mark.parametrize(
    ("url", "below"),
    [
        ("https://hooks.example/a", True),
        ("https://hooks.example/a/b?c=d", True),
        ("https://hooks.example/ab", False),
        ("https://hooks.example/a/../b", False),
        ("https://hooks.example/a/%2e%2e/b", False),
        ("http://hooks.example/a", False),
        ("https://hooks.example:444/a", False),
        ("https://hooks.example.evil/a", False),
        ("https://hooks.example@evil/a", False),
        ("https://user@hooks.example/a", False),
        ("https://hooks.example:x/a", False),
    ],
)
def test_below_means_origin_and_path(url, below):
    assert is_below(url, "https://hooks.example/a") is below


@given(st.text(max_size=40))
def test_nothing_is_allowed_where_nothing_is_configured(tail):
    with pytest.raises(ServiceError):
        require_allowed(f"https://example/{tail}", WebhookSettings())


def test_a_webhook_needs_a_secret():
    with pytest.raises(ValueError, match="secret"):
        WebhookSettings(url="https://example/x")


@given(st.text(min_size=1, max_size=20).filter(lambda s: not s.startswith("whsec_")))
def test_any_text_may_be_the_secret(secret):
    assert sign(secret, "i", 1, b"x") != sign(secret + "y", "i", 1, b"x")
