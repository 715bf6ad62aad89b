"""Runs that are kept, over HTTP."""

import asyncio

import pytest

from app.engine import Engine, RunQuery
from tests.app.conftest import REQUEST, client, make_app, served
from tests.app.test_stream import SOON_S, frames, read_until, send, upstream_settings
from tests.upstream_server import HANG, Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def over(http, where: str) -> dict:
    """Follow a run to its end."""
    async with asyncio.timeout(SOON_S):
        await http.get(f"{where}/events")
    return (await http.get(where)).json()


async def test_a_run_that_nobody_waits_for_is_found_at_its_location(pool):
    async with client(make_app(pool, "bye", "hello")) as http:
        accepted = await http.post("/solve", json=REQUEST, headers={"prefer": "respond-async"})
        where = accepted.headers["location"]
        found = await over(http, where)
    assert accepted.status_code == 202
    assert accepted.headers["preference-applied"] == "respond-async"
    assert accepted.json()["state"] in {"queued", "running"}
    assert found["state"] == "certified"
    assert found["result"]["answer"] == "hello"
    assert where == f"/runs/{found['id']}"


async def test_a_result_names_the_run_it_can_be_found_at(pool):
    async with client(make_app(pool, "hello")) as http:
        solved = await http.post("/solve", json=REQUEST)
        found = (await http.get(solved.headers["content-location"])).json()
    assert found["result"] == solved.json()


async def test_events_go_on_after_the_last_one_that_was_seen(pool):
    async with client(make_app(pool, "bye", "hello")) as http:
        run = (await http.post("/solve", json=REQUEST)).json()["id"]
        whole = frames((await http.get(f"/runs/{run}/events")).text)
        headers = {"last-event-id": "2"}
        rest = frames((await http.get(f"/runs/{run}/events", headers=headers)).text)
        odd = await http.get(f"/runs/{run}/events", headers={"last-event-id": "x"})
        late = [
            frames((await http.get(f"/runs/{run}/events", headers={"last-event-id": number})).text)
            for number in ("2147483648", "9" * 30)
        ]
    assert rest == whole[3:]
    assert late == [whole[-1:]] * 2
    assert whole[-1][0] == "result"
    assert odd.status_code == 422


async def test_what_was_not_certified_is_shown_nowhere(pool):
    async with client(make_app(pool, "the-canary")) as http:
        run = (await http.post("/solve", json=REQUEST)).json()["id"]
        shown = [
            (await http.get(path)).text for path in (f"/runs/{run}", f"/runs/{run}/events", "/runs")
        ]
    assert all(run in text or "ended" in text for text in shown)
    assert "the-canary" not in "".join(shown)


async def test_the_same_key_is_the_same_run(pool):
    async with client(make_app(pool, "hello")) as http:
        headers = {"idempotency-key": "k-1"}
        first = await http.post("/solve", json=REQUEST, headers=headers)
        again = await http.post("/solve", json=REQUEST, headers=headers)
        later = await http.post(
            "/solve", json=REQUEST, headers={**headers, "prefer": "respond-async"}
        )
        other = await http.post("/solve", json={**REQUEST, "trace": True}, headers=headers)
        odd = await http.post("/solve", json=REQUEST, headers={"idempotency-key": "x" * 256})
        listed = (await http.get("/runs")).json()["runs"]
    assert first.json() == again.json()
    assert later.json()["result"] == first.json()
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-conflict")
    assert odd.status_code == 422
    assert len(listed) == 1


async def test_requests_of_one_key_that_come_together_are_one_run_and_take_one_slot(pool):
    with_key = {"idempotency-key": "together"}
    app = make_app(pool, "hello", limits={"concurrent_runs": 1})
    async with client(app) as http:
        posts = [http.post("/solve", json=REQUEST, headers=with_key) for _ in range(20)]
        answers = await asyncio.gather(*posts)
        listed = (await http.get("/runs")).json()["runs"]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == len(listed) == 1


async def test_a_keyed_run_outlives_its_client(pool):
    held = asyncio.Event()
    async with (
        UpstreamServer(Reply("hello", wait=held)) as upstream,
        served(app := make_app(pool, **upstream_settings(upstream))) as (_, port),
    ):
        reader, writer = await send(port, "/solve", REQUEST, key="k-2")
        await read_until(reader, b"event: round-started")
        writer.close()
        await writer.wait_closed()
        engine: Engine = app.state.service.engine
        held.set()
        reader, writer = await send(port, "/solve", REQUEST, "application/json", key="k-2")
        body = await asyncio.wait_for(reader.readuntil(b'"certified":true'), SOON_S)
        writer.close()
        page = await engine.list(RunQuery())
    assert b'"certified":true' in body
    assert [run.state for run in page.runs] == ["certified"]
    assert len(upstream.seen) == 1


async def test_cancelling_closes_the_call_under_way(pool):
    async with (
        UpstreamServer(HANG) as upstream,
        client(make_app(pool, **upstream_settings(upstream))) as http,
    ):
        accepted = await http.post("/solve", json=REQUEST, headers={"prefer": "respond-async"})
        where = accepted.headers["location"]
        async with asyncio.timeout(SOON_S):
            await upstream.arrived.wait()
            unfinished = await http.delete(where)
            cancelled = await http.post(f"{where}/cancel")
            await upstream.gone.wait()
        again = await http.post(f"{where}/cancel")
        deleted = await http.delete(where)
        gone = await http.get(where)
    assert (unfinished.status_code, unfinished.json()["code"]) == (409, "run-unfinished")
    assert cancelled.json()["state"] == again.json()["state"] == "cancelled"
    assert deleted.status_code == 204
    assert (gone.status_code, gone.json()["code"]) == (404, "run-unknown")


async def test_a_run_goes_on_from_a_round_without_paying_again(pool):
    async with (
        UpstreamServer(Reply("bye"), Reply("no"), Reply("hello")) as upstream,
        client(make_app(pool, **upstream_settings(upstream))) as http,
    ):
        budget = {"rounds": 2}
        first = (await http.post("/solve", json={**REQUEST, "budget": budget})).json()
        forked = await http.post(
            f"/runs/{first['id']}/fork",
            json={"from_round": 2, "model": "other", "budget": {"rounds": 3}},
        )
        found = await over(http, forked.headers["location"])
        unknown = await http.post("/runs/run_x/fork", json={})
    told = [message["content"] for message in upstream.seen[2].body["messages"]]
    assert (first["status"], first["usage"]["calls"]) == ("exhausted", 2)
    assert (found["state"], found["continues"]) == ("certified", first["id"])
    assert found["usage"]["calls"] == 1
    assert found["usage"]["rounds"] == 2
    assert upstream.seen[2].body["model"] == "other"
    assert "bye" in told
    assert unknown.status_code == 404


async def test_a_run_goes_on_after_its_last_round(pool):
    async with client(make_app(pool, "bye", "hello")) as http:
        first = (await http.post("/solve", json={**REQUEST, "budget": {"rounds": 1}})).json()
        budget = {"rounds": 3}
        forked = await http.post(f"/runs/{first['id']}/fork", json={"budget": budget})
        found = await over(http, forked.headers["location"])
    assert first["status"] == "exhausted"
    assert (found["state"], found["usage"]["calls"]) == ("certified", 1)


async def test_runs_are_listed_in_pages_by_what_they_are(pool):
    async with client(make_app(pool, "hello")) as http:
        for _ in range(3):
            await http.post("/solve", json=REQUEST)
        first = (await http.get("/runs", params={"limit": 2})).json()
        rest = (await http.get("/runs", params={"limit": 2, "before": first["next"]})).json()
        none = (await http.get("/runs", params={"state": "failed"})).json()
        odd = await http.get("/runs", params={"state": "lost"})
    ids = [run["id"] for run in first["runs"] + rest["runs"]]
    assert len(ids) == 3
    assert ids == sorted(ids, reverse=True)
    assert (rest["next"], none["runs"], odd.status_code) == (None, [], 422)
