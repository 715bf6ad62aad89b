"""Whom the service calls on a client's word: public addresses, and what the operator wrote down."""

import asyncio
import base64
import ipaddress
import socket
from contextlib import asynccontextmanager

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.security import addresses
from app.security.addresses import RefusedAddressError, find_destination, may_call
from app.setting_groups import WebhookSettings
from app.webhooks import is_below
from tests.app.conftest import REQUEST, client, make_app

SECRET = "whsec_" + base64.b64encode(b"a key of 24 random bytes").decode()
INSIDE = [
    "127.0.0.1",
    "10.0.0.7",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "0.0.0.0",  # noqa: S104  # refused, not bound
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::1",
    "192.0.0.192",
    "168.63.129.16",
    "fec0::1",
]


def leading_to(*found):
    async def ask(_name, _port):
        return found

    return ask


@pytest.mark.parametrize("inside", INSIDE)
async def test_a_name_that_leads_inside_is_not_called(inside):
    for found in ([inside], ["93.184.215.14", inside]):
        with pytest.raises(RefusedAddressError, match="not public"):
            await find_destination("https://hooks.example/x", (), ask=leading_to(*found))


async def test_the_address_that_was_looked_at_is_the_one_that_is_called():
    ask = leading_to("93.184.215.14", "2606:2800:21f:cb07::1")
    first = await find_destination("https://hooks.example:8443/x?y=1", (), ask=ask)
    assert first.url == "https://93.184.215.14:8443/x?y=1"
    assert (first.host, first.name) == ("hooks.example:8443", "hooks.example")
    second = await find_destination("http://u:p@hooks.example/x", (), turn=1, ask=ask)
    assert second.url == "http://u:p@[2606:2800:21f:cb07::1]/x"
    assert second.host == "hooks.example"


async def test_a_network_can_be_named_and_an_address_needs_no_name():
    networks = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))
    for inside in ("10.1.2.3", "fd00::7", "::ffff:a01:203"):
        to = await find_destination("http://hooks.lan/", networks, ask=leading_to(inside))
        assert inside in to.url
    with pytest.raises(RefusedAddressError):
        await find_destination("http://hooks.lan/", networks, ask=leading_to("192.168.0.1"))
    for written in ("http://127.0.0.1:9/x", "http://[::1]/x", "http://localhost/x"):
        assert (await find_destination(written, (), ask=leading_to())).url == written


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://x/", "http://", "http://[", "x"])
async def test_odd_schemes_are_not_called(url):
    with pytest.raises(RefusedAddressError):
        await find_destination(url, (), ask=leading_to("93.184.215.14"))


async def test_a_name_without_an_address_is_not_called():
    async def ask(_name, _port):
        raise socket.gaierror

    for resolver in (ask, leading_to(), leading_to("no address")):
        with pytest.raises(RefusedAddressError, match="has no address"):
            await find_destination("http://hooks.example/", (), ask=resolver)


@given(st.ip_addresses())
def test_only_public_addresses_are_called(address):
    if may_call(address, ()):
        inside = ("private", "link_local", "loopback", "multicast", "unspecified")
        assert address.is_global
        assert [one for one in inside if getattr(address, f"is_{one}")] == []


HOSTS = ["http://", "https://", "hooks.example", "evil.example", "u", "in", "80", ".", ".."]
MARKS = ["@", "\\", "/", "//", ":", "#", "?", "%2e", "[", "]", "\u3002", ";", " ", "\t", "\0"]
PIECES = st.sampled_from([*HOSTS, *MARKS])


@given(st.lists(PIECES, max_size=9).map("".join))
def test_two_readers_of_an_allowed_address_see_the_same_host(rest):
    for url in (rest, f"https://hooks.example{rest}", f"https://hooks.example/in{rest}"):
        if is_below(url, "https://hooks.example/in"):
            seen = httpx.URL(url)
            assert (seen.scheme, seen.host, seen.userinfo) == ("https", "hooks.example", b"")
            assert seen.path.startswith("/in")


@asynccontextmanager
async def listening(answer: bytes):
    heard = []

    async def serve(reader, writer):
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        try:
            await writer.drain()
            while True:  # more than anybody should read
                writer.write(b"x" * 65_536)
                await writer.drain()
        except ConnectionError:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield heard, server.sockets[0].getsockname()[1]


@pytest.mark.asyncio(loop_scope="module")
async def test_of_a_receivers_answer_the_status_is_read_and_no_redirect_followed(pool):
    async with listening(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n") as (
        heard,
        port,
    ):
        hooks = {"secret": SECRET, "url": f"http://127.0.0.1:{port}/hook", "attempts": 1}
        app = make_app(pool, "hello", webhooks=hooks)
        async with client(app) as http:
            run = (await http.post("/solve", json=REQUEST)).json()["id"]
            record = await app.state.service.engine.get(run)
            async with asyncio.timeout(60):
                assert await app.state.service.courier.deliver(record)
            assert f"host: 127.0.0.1:{port}".encode() in heard[0].lower()
    done = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    async with listening(done) as (followed, other):
        there = f"location: http://127.0.0.1:{other}/\r\n".encode()
        moved = b"HTTP/1.1 302 Found\r\n" + there + b"content-length: 0\r\n\r\n"
        async with listening(moved) as (heard, port):
            hooks["url"] = f"http://127.0.0.1:{port}/hook"
            app = make_app(pool, "hello", webhooks=hooks)
            async with client(app):
                assert not await app.state.service.courier.deliver(record)
    assert followed == []
    assert len(heard) == 1


@pytest.mark.asyncio(loop_scope="module")
async def test_a_webhook_whose_name_leads_inside_is_not_sent(pool, monkeypatch, caplog):
    async def ask(_name, _port):
        return ["127.0.0.1"]

    monkeypatch.setattr(addresses.find_destination, "__kwdefaults__", {"turn": 0, "ask": ask})
    async with listening(b"HTTP/1.1 204 No\r\n\r\n") as (heard, port):
        hooks = {"secret": SECRET, "url": f"http://hooks.example:{port}/", "attempts": 1}
        app = make_app(pool, "hello", webhooks=hooks)
        async with client(app) as http:
            run = (await http.post("/solve", json=REQUEST)).json()["id"]
            record = await app.state.service.engine.get(run)
            assert not await app.state.service.courier.deliver(record)
        assert not heard
        hooks["networks"] = ["127.0.0.0/8"]
        app = make_app(pool, "hello", webhooks=hooks)
        async with client(app):
            assert await app.state.service.courier.deliver(record)
        assert f"host: hooks.example:{port}".encode() in heard[0].lower()
    assert "is not public" in caplog.text


def test_the_default_lets_no_request_name_an_address():
    assert WebhookSettings().allowed == ()
    assert WebhookSettings().networks == ()
