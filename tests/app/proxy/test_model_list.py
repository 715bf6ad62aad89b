"""`GET /v1/models`, and what another llm-modulo on this machine makes of it."""

import httpx
import pytest

from app import upstreams
from app.proxy.model_list import read_models
from app.settings import Settings
from app.upstreams import choose_upstream
from tests.app.conftest import client, make_app, port_of, served
from tests.upstream_server import UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROFILES = {
    "plans": {"domain": "pddl"},
    "climb": {"models": [{"model": "small", "rounds": 1}, {"model": "big/one"}]},
}


def asks(upstream: UpstreamServer) -> dict:
    return {"upstream": {"base_url": upstream.base_url, "model": "served-model"}}


async def test_models_are_listed_plain_and_behind_profiles(pool):
    async with (
        UpstreamServer() as upstream,
        client(make_app(pool, **asks(upstream), profiles=PROFILES)) as http,
    ):
        listed = (await http.get("/v1/models")).json()
        below = (await http.get("/p/plans/v1/models")).json()
        one = await http.get("/v1/models/climb/big/one")
        none = await http.get("/v1/models/climb/bigone")
    assert [row["id"] for row in listed["data"]] == [
        "served-model",
        "plans/served-model",
        "climb/small",
        "climb/big/one",
    ]
    assert listed["object"] == "list"
    assert below == listed
    assert one.json() == {
        "id": "climb/big/one",
        "object": "model",
        "created": 0,
        "owned_by": "llm-modulo",
    }
    assert (none.status_code, none.json()["error"]["code"]) == (404, "model_unknown")
    assert "did you mean `climb/big/one`?" in none.json()["error"]["message"]


async def test_an_upstream_that_lists_nothing_has_the_model_that_is_configured(pool):
    async with UpstreamServer() as upstream:
        settings = asks(upstream)
    async with client(make_app(pool, **settings)) as http:
        listed = (await http.get("/v1/models")).json()
    assert [row["id"] for row in listed["data"]] == ["served-model"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"data": 7}', b'{"data": [7, {"id": 7}, {}]}', b"[" * 100_000],
)
async def test_whatever_an_upstream_lists_is_a_list(body):
    assert read_models(body) == []


async def test_a_list_keeps_what_clients_know():
    body = b'{"data": [{"id": "a", "created": true}]}'
    (row,) = read_models(body)
    assert row == {"id": "a", "object": "model", "created": 0, "owned_by": "upstream"}


async def test_without_an_upstream_there_are_no_models(pool):
    async with client(make_app(pool)) as http:
        assert (await http.get("/v1/models")).json() == {"object": "list", "data": []}


async def test_another_llm_modulo_is_not_taken_for_a_model_server(pool, monkeypatch):
    settings = Settings(upstream={"embedded": False}, port=1)
    async with (
        served(make_app(pool, "hello")) as (_, port),
        UpstreamServer() as upstream,
        httpx.AsyncClient(trust_env=False, timeout=60) as http,
    ):
        monkeypatch.setattr(upstreams, "PORTS", (port,))
        alone = await choose_upstream(settings, http)
        monkeypatch.setattr(upstreams, "PORTS", (port, port_of(upstream)))
        beside = await choose_upstream(settings, http)
    assert alone.kind == "none"
    assert beside.base_url == upstream.base_url


@pytest.mark.parametrize("path", ["/health", "/health/liveliness", "/health/liveness"])
async def test_gateways_find_health_where_they_look(pool, path):
    async with client(make_app(pool)) as http:
        assert (await http.get(path)).json() == {"status": "ok"}


async def test_readiness_says_whether_a_model_can_be_asked(pool):
    async with client(make_app(pool)) as http:
        assert (await http.get("/health/readiness")).status_code == 503
    async with client(make_app(pool, "hello")) as http:
        assert (await http.get("/health/readiness")).json()["ready"] is True
