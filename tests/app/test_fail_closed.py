"""No certificate, no answer: not a word of a rejected candidate reaches the client."""

import json

import pytest

from app import runs
from tests.app.conftest import REQUEST, client, make_app
from tests.upstream_server import Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

CANARY = "kanarienvogel-7f3a"
"""The model says nothing else."""


async def told(pool, body: dict, accept: str, **upstream) -> str:
    """Everything that a client is sent: headers and body."""
    async with client(make_app(pool, CANARY, **upstream)) as http:
        response = await http.post("/solve", json=body, headers={"accept": accept})
    return f"{response.headers}\n{response.text}"


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
@pytest.mark.parametrize("change", [{}, {"strategy": {"search": "parallel", "n": 3}}])
async def test_a_rejected_candidate_stays_inside(pool, accept, change):
    sent = await told(pool, {**REQUEST, **change}, accept)
    assert "exhausted" in sent
    assert CANARY not in sent


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_an_undecided_candidate_stays_inside(pool, accept):
    async with client(make_app(pool, f"? {CANARY}")) as http:
        body = {**REQUEST, "budget": {"rounds": 1}}
        response = await http.post("/solve", json=body, headers={"accept": accept})
    assert "exhausted" in response.text
    assert CANARY not in response.text


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_what_an_upstream_echoes_of_the_prompt_stays_inside(pool, accept):
    def refuse(body: dict) -> Reply:
        echo = {"error": {"message": f"cannot read {json.dumps(body['messages'])}"}}
        return Reply(status=400, body=json.dumps(echo).encode())

    async with UpstreamServer(Reply(CANARY), default=refuse) as upstream:
        app = make_app(pool, upstream={"base_url": upstream.base_url, "model": "m"})
        async with client(app) as http:
            response = await http.post("/solve", json=REQUEST, headers={"accept": accept})
        assert CANARY in json.dumps(upstream.seen[-1].body)
    assert "upstream-refused" in response.text
    assert CANARY not in response.text


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
@pytest.mark.parametrize("status", [200, 500, 502])
async def test_what_a_failing_upstream_quotes_of_the_model_stays_inside(pool, accept, status):
    quote = json.dumps({"error": {"message": f"cannot parse output: {CANARY}"}}).encode()
    async with UpstreamServer(default=Reply(status=status, body=quote)) as upstream:
        settings = {"base_url": upstream.base_url, "model": "m", "retries": 0}
        async with client(make_app(pool, upstream=settings)) as http:
            response = await http.post("/solve", json=REQUEST, headers={"accept": accept})
    assert "upstream-" in response.text
    assert CANARY not in response.text


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_a_refusal_before_any_answer_is_told_in_the_upstreams_words(pool, accept):
    refusal = json.dumps({"error": {"message": "no such model"}}).encode()
    async with UpstreamServer(default=Reply(status=404, body=refusal)) as upstream:
        app = make_app(pool, upstream={"base_url": upstream.base_url, "model": "m"})
        async with client(app) as http:
            response = await http.post("/solve", json=REQUEST, headers={"accept": accept})
    assert "no such model" in response.text


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
@pytest.mark.parametrize("asked", [{"trace": True}, {"on_fail": "best_effort"}])
async def test_who_asks_for_it_sees_it_marked(pool, accept, asked):
    sent = await told(pool, {**REQUEST, **asked}, accept)
    assert CANARY in sent
    for line in sent.splitlines():
        if CANARY in line:
            assert '"certified":false' in line


async def test_a_service_that_forwarded_events_would_be_caught(pool, monkeypatch):
    """The tests above can fail: with the stripping function replaced, the canary arrives."""
    monkeypatch.setattr(runs, "public", runs.traced)
    assert CANARY in await told(pool, REQUEST, "text/event-stream")


async def test_a_service_that_forwarded_the_best_would_be_caught(pool, monkeypatch):
    monkeypatch.setattr(runs.PublicJudgement, "of", lambda judgement: judgement)
    assert CANARY in await told(pool, REQUEST, "application/json")
