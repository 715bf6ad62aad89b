"""Whom we ask: configured, found on loopback, embedded, none. Never a fake."""

import json
from pathlib import Path

import httpx
import pytest

from app import embedded, upstreams
from app.embedded import Embedded
from app.failures import ServiceError
from app.settings import Settings
from app.upstreams import choose_upstream, for_model, replay_choice, require_usable
from backprompt.openai_upstream import make_client
from backprompt.upstream import ScriptedUpstream
from tests.app.conftest import port_of
from tests.upstream_server import UpstreamServer


@pytest.fixture
async def http():
    async with make_client() as client:
        yield client


@pytest.fixture
def recording():
    path = Path("run.jsonl")
    path.write_text(json.dumps({"response": "hello"}))
    return path


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch):
    """No server and no weights of whoever runs the tests."""
    monkeypatch.setattr(upstreams, "PORTS", (1,))
    monkeypatch.setattr(embedded, "runtime_installed", lambda: False)


@pytest.mark.parametrize(
    ("wanted", "kind"), [(None, "embedded"), ("weights", "embedded"), ("other", "none")]
)
async def test_the_embedded_model_stands_in_only_for_itself(http, monkeypatch, wanted, kind):
    model = ScriptedUpstream(lambda _request: "", name="weights")
    monkeypatch.setattr(Embedded, "first", lambda _: "small")
    monkeypatch.setattr(Embedded, "open", lambda _, _name: model)
    choice = await choose_upstream(Settings(upstream={"model": wanted}), http)
    assert choice.kind == kind
    if kind == "none":
        with pytest.raises(ServiceError, match="`other`"):
            for_model(choice, None, Settings(upstream={"model": wanted}), http)


async def test_an_embedded_model_that_is_not_installed_is_not_replaced_by_another(http):
    choice = await choose_upstream(Settings(upstream={"model": "tiny"}), http)
    assert choice.kind == "none"


async def test_nobody_is_a_choice_with_a_remedy(http):
    choice = await choose_upstream(Settings(), http)
    assert (choice.kind, choice.upstream) == ("none", None)
    assert "modulo models pull" in (choice.help or "")
    with pytest.raises(ServiceError) as caught:
        for_model(choice, None, Settings(), http)
    assert caught.value.status == 503


async def test_what_is_configured_wins_over_what_is_found(http, monkeypatch):
    async with UpstreamServer() as server:
        monkeypatch.setattr(upstreams, "PORTS", (port_of(server),))
        found = await choose_upstream(Settings(), http)
        told = Settings(upstream={"base_url": "http://127.0.0.1:9/v1", "model": "mine"})
        configured = await choose_upstream(told, http)
    assert (found.kind, found.model, found.base_url) == ("local", "served-model", server.base_url)
    assert (configured.kind, configured.model) == ("configured", "mine")


async def test_our_own_port_and_other_models_are_not_taken(http, monkeypatch):
    async with UpstreamServer() as server:
        port = port_of(server)
        monkeypatch.setattr(upstreams, "PORTS", (port,))
        own = await choose_upstream(Settings(port=port), http)
        other = await choose_upstream(Settings(upstream={"model": "absent"}), http)
        off = await choose_upstream(Settings(upstream={"discover": False}), http)
    assert own.kind == other.kind == off.kind == "none"


async def test_another_model_of_the_same_endpoint_can_be_asked(http):
    settings = Settings(upstream={"base_url": "http://127.0.0.1:9/v1", "model": "mine"})
    choice = await choose_upstream(settings, http)
    assert for_model(choice, None, settings, http).name == "mine"
    assert for_model(choice, "theirs", settings, http).name == "theirs"


async def test_a_recording_has_one_model(http, recording):
    settings = Settings(upstream={"replay": recording, "base_url": "http://127.0.0.1:9"})
    choice = await choose_upstream(settings, http)
    assert choice.kind == "replay"
    with pytest.raises(ServiceError, match="has only the model"):
        for_model(choice, "another", settings, http)


@pytest.mark.parametrize("text", ["{", "[]", '{"answer": 1}', "\0"])
def test_a_file_that_is_no_recording_is_told(text):
    Path("run.jsonl").write_text(text)
    settings = Settings(upstream={"replay": "run.jsonl"}).upstream
    with pytest.raises(ServiceError, match=r"run\.jsonl"):
        replay_choice(settings)


@pytest.mark.parametrize(
    ("upstream", "said"),
    [
        ({"base_url": "http://127.0.0.1:9"}, "`upstream.model` is not"),
        ({"replay": "missing.jsonl"}, r"missing\.jsonl"),
        ({"base_url": "http://127.0.0.1:9", "model": "m", "api_key": "a\nb"}, "characters"),
    ],
)
def test_an_unusable_upstream_is_found_at_start_up(upstream, said):
    with pytest.raises(ServiceError, match=said):
        require_usable(Settings(upstream=upstream).upstream)


@pytest.mark.parametrize(
    ("body", "models"),
    [
        (b'{"data": [{"id": "nomic-embed"}, {"id": "a"}, {"id": 1}, {}, 5]}', ["a"]),
        (b'{"data": {"id": "a"}}', []),
        (b"[]", []),
        (b"null", []),
        (b"<html>", []),
        (b"[" * 100_000, []),
        (b"\xff", []),
    ],
)
def test_only_a_list_of_models_is_a_model_server(body, models):
    assert upstreams._models(httpx.Response(200, content=body)) == models
    assert upstreams._models(httpx.Response(500, content=body)) == []
