"""Ladders of models: which one a run climbs, and over HTTP that it does."""

import pytest

from app.ladders import find_ladder, price_ladder, price_roles
from app.settings import Settings
from app.upstreams import Choice
from backprompt.rung import Rung as PricedRung
from backprompt.upstream import Role
from tests.app.conftest import REQUEST, client, make_app
from tests.app.plain_language import RIGHT, TEXT, WRONG, said
from tests.app.proxy.chats import CHAT, chat
from tests.upstream_server import Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

SMALL, BIG = {"model": "small", "rounds": 1}, {"model": "big", "cost_usd": 0.5}
PRICED = {"prices": {"big": {"input": 1, "output": 4}}}
SETTINGS = Settings(
    ladder=[SMALL, BIG],
    profiles={"own": {"models": [{"model": "mine"}, BIG]}, "plain": {"domain": "word"}},
    upstream=PRICED,
)


@pytest.mark.parametrize(
    ("model", "profile", "found"),
    [
        (None, None, ["small", "big"]),
        ("big", None, ["big"]),
        ("other", None, []),
        (None, "plain", ["small", "big"]),
        (None, "own", ["mine", "big"]),
        ("big", "own", ["big"]),
        (None, "gone", ["small", "big"]),
    ],
)
async def test_a_profiles_ladder_comes_before_the_servers(model, profile, found):
    assert [rung.model for rung in find_ladder(model, profile, SETTINGS)] == found


async def test_what_is_recorded_of_a_rung_is_what_it_may_spend_and_costs():
    choice = Choice("configured", "other", "there")
    small, big = price_ladder(choice, None, None, SETTINGS)
    assert (small.model, small.rounds, small.price_output) == ("small", 1, 0.0)
    assert (big.cost_usd, big.price_input, big.price_output) == (0.5, 1.0, 4.0)
    (alone,) = price_ladder(choice, "other", None, SETTINGS)
    assert (alone.model, alone.rounds) == ("other", None)


def behind(upstream: UpstreamServer, **settings) -> dict:
    own = {"base_url": upstream.base_url, "model": "small", "retries": 0}
    return {"upstream": own, **settings}


async def test_a_server_that_is_down_is_left_for_the_next_model(pool):
    async with (
        UpstreamServer(default=Reply(status=500, body=b"{}")) as down,
        UpstreamServer(Reply("bye"), Reply("hello")) as up,
    ):
        ladder = [{"model": "small"}, {"model": "big", "base_url": up.base_url}]
        async with client(make_app(pool, **behind(down, ladder=ladder))) as http:
            result = (await http.post("/solve", json={**REQUEST, "trace": True})).json()
    assert (result["status"], result["origin"]) == ("certified", "model")
    steps = [event for event in result["trace"] if event.get("decision") == "escalate"]
    assert [(step["rung"], step["why"]) for step in steps] == [(1, "upstream-failed")]
    assert [call.body["model"] for call in down.seen] == ["small"]
    assert [call.body["model"] for call in up.seen] == ["big", "big"]


async def test_a_rungs_cap_is_sent_with_its_calls(pool):
    async with UpstreamServer(Reply("bye"), Reply("hello")) as server:
        ladder = [{"model": "small", "rounds": 1, "max_tokens": 7}, {"model": "big"}]
        async with client(make_app(pool, **behind(server, ladder=ladder))) as http:
            result = (await http.post("/solve", json=REQUEST)).json()
    assert result["rounds"] == 2
    asked = [(call.body["model"], call.body.get("max_tokens")) for call in server.seen]
    assert asked == [("small", 7), ("big", None)]


async def test_a_text_that_is_formalised_climbs_the_same_ladder(pool):
    async with UpstreamServer(Reply(said()), Reply(WRONG), Reply(RIGHT)) as server:
        ladder = [{"model": "small", "rounds": 1}, {"model": "big"}]
        async with client(make_app(pool, **behind(server, ladder=ladder))) as http:
            done = await http.post("/solve", json={"domain": "calendar", "text": TEXT})
    assert (done.json()["status"], done.json()["rounds"]) == ("certified", 2)
    assert [call.body["model"] for call in server.seen] == ["small", "small", "big"]


async def test_no_call_is_made_whose_prompt_alone_costs_more_than_is_left(pool):
    prices = {"small": {"input": 1000, "output": 1}}
    budget = {"cost_usd": 0.01}
    own = {"base_url": "http://127.0.0.1:9", "model": "small", "retries": 0, "prices": prices}
    text = {"domain": "calendar", "text": TEXT, "budget": budget}
    async with client(make_app(pool, upstream=own)) as http:
        made = (await http.post("/formalize", json=text)).json()
        run = (await http.post("/solve", json=text)).json()
    assert (made["short"], made["usage"]["calls"]) == ("cost_usd", 0)
    assert (run["usage"]["calls"], run["formalization"]["short"]) == (0, "cost_usd")
    assert price_roles(Settings(roles={"summariser": {"model": "big"}}, upstream=PRICED)) == {
        Role.SUMMARISER: PricedRung(model="big", price_input=1, price_output=4)
    }


async def test_a_chat_climbs_the_ladder_of_its_profile(pool):
    async with UpstreamServer(Reply("bye"), Reply("hello")) as server:
        profiles = {"mine": {"models": [{"model": "small", "rounds": 1}, {"model": "big"}]}}
        async with client(make_app(pool, **behind(server, profiles=profiles))) as http:
            said = await http.post(CHAT, json=chat({"profile": "mine"}, model="mine/small"))
    assert said.json()["llm_modulo"]["origin"] == "model"
    assert [call.body["model"] for call in server.seen] == ["small", "big"]
