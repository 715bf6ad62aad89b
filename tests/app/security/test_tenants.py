"""Tenants: nobody finds out what others have asked, nor that they have."""

import json

import pytest

from tests.app.conftest import REQUEST, client
from tests.app.proxy.chats import RESPONSES, chat, response
from tests.upstream_server import Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

BY_RUN = (
    ("GET", "/runs/{}"),
    ("GET", "/runs/{}/events"),
    ("GET", "/runs/{}/certificate"),
    ("POST", "/runs/{}/cancel"),
    ("POST", "/runs/{}/fork"),
    ("POST", "/runs/{}/answer"),
    ("DELETE", "/runs/{}"),
    ("GET", "/v1/responses/resp_{}"),
    ("POST", "/v1/responses/resp_{}/cancel"),
    ("DELETE", "/v1/responses/resp_{}"),
)
BODIES = {"fork": {}, "answer": {"confirm": True}}


async def ask(http, method, path, login):
    body = BODIES.get(path.rpartition("/")[2])
    return await http.request(method, path, json=body, headers=login)


@pytest.mark.parametrize(("method", "path"), BY_RUN)
async def test_another_tenants_run_is_not_there(pool, ring, method, path):
    ann, bob = ring.login(), ring.login(name="bob")
    async with client(ring.serve(pool, "hello")) as http:
        made = (await http.post("/solve", json=REQUEST, headers=ann)).json()
        refused = await ask(http, method, path.format(made["id"]), bob)
        nothing = await ask(http, method, path.format("run_0"), bob)
        mine = await http.get(f"/runs/{made['id']}", headers=ann)
    assert (refused.status_code, nothing.status_code, mine.status_code) == (404, 404, 200)
    codes = [json.dumps(one.json()).count("unknown") for one in (refused, nothing)]
    assert codes[0] == codes[1] > 0


async def test_lists_show_a_tenants_own_runs_and_administrators_all(pool, ring):
    ann, also = ring.login(), ring.login(name="ann2", tenant="ann")
    bob, admin = ring.login(name="bob"), ring.login("admin", name="root")
    async with client(ring.serve(pool, "hello")) as http:
        for login in (ann, also, bob):
            await http.post("/solve", json=REQUEST, headers=login)
        listed = {
            name: len((await http.get("/runs", headers=login)).json()["runs"])
            for name, login in {"ann": ann, "also": also, "bob": bob, "root": admin}.items()
        }
        (run,) = (await http.get("/runs", headers=bob)).json()["runs"]
        assert (await http.get(f"/runs/{run['id']}", headers=admin)).status_code == 200
        assert (await http.delete(f"/runs/{run['id']}", headers=admin)).status_code == 204
    assert listed == {"ann": 2, "also": 2, "bob": 1, "root": 3}


async def test_a_certificate_is_found_by_its_own_tenant_only(pool, ring):
    ann, bob, admin = ring.login(), ring.login(name="bob"), ring.login("admin", name="root")
    app = ring.serve(pool, "hello")
    async with client(app) as http:
        await http.post("/solve", json=REQUEST, headers=ann)
        (name,) = app.state.service.issuer._recent
        found = [
            (await http.get(f"/certificates/{name}", headers=login)).status_code
            for login in (ann, bob, admin)
        ]
        unknown = await http.get("/certificates/cert_0", headers=bob)
    assert (found, unknown.json()["code"]) == ([200, 404, 200], "certificate-unknown")


async def test_an_idempotency_key_is_a_tenants_own(pool, ring):
    ann, bob = ring.login(), ring.login(name="bob")
    once = {"idempotency-key": "k"}
    async with client(ring.serve(pool, "hello")) as http:
        runs = [
            (await http.post("/solve", json=REQUEST, headers={**login, **once})).json()["id"]
            for login in (ann, bob, ann)
        ]
        chats = [
            (await http.post(path, json=body, headers={**login, **once})).json()["id"]
            for path, body in (("/v1/chat/completions", chat()), (RESPONSES, response()))
            for login in (ann, bob)
        ]
    assert runs[0] == runs[2] != runs[1]
    assert len(set(chats)) == 4


async def test_tenants_share_no_cache(pool, ring):
    ann, bob = ring.login(), ring.login(name="bob")
    async with UpstreamServer(default=Reply("hello")) as upstream:
        app = ring.serve(
            pool,
            upstream={"base_url": upstream.base_url, "model": "m"},
            caches={"answers": True, "responses": True},
        )
        async with client(app) as http:
            results = [
                (await http.post("/solve", json=REQUEST, headers=login)).json()
                for login in (ann, bob, ann)
            ]
    assert [result["certified"] for result in results] == [True] * 3
    assert [bool(result["cached"]) for result in results] == [False, False, True]
    assert len(upstream.seen) == 2


async def test_a_fork_belongs_to_who_makes_it(pool, ring):
    ann, admin = ring.login(), ring.login("admin", name="root")
    app = ring.serve(pool, "hello")
    async with client(app) as http:
        run = (await http.post("/solve", json=REQUEST, headers=ann)).json()["id"]
        forked = (await http.post(f"/runs/{run}/fork", json={}, headers=admin)).json()["id"]
        await app.state.service.engine.wait(forked)
        seen = await http.get(f"/runs/{forked}", headers=ann)
    assert seen.status_code == 404
    assert (await app.state.service.engine.get(run)).spec.tenant == "ann"


async def test_a_run_stands_in_line_as_its_tenants_and_within_its_keys_priority(pool, ring):
    low, high = ring.login(priority=3), ring.login(name="bob", priority=10)
    app = ring.serve(pool, "hello")
    async with client(app) as http:
        asked = {**REQUEST, "priority": 5}
        refused = await http.post("/solve", json=asked, headers=low)
        run = (await http.post("/solve", json=asked, headers=high)).json()["id"]
        lower = await http.post("/solve", json={**REQUEST, "priority": -5}, headers=low)
    spec = (await app.state.service.engine.get(run)).spec
    assert (spec.tenant, spec.priority, lower.status_code) == ("bob", 5, 200)
    assert refused.status_code == 403
    assert refused.json()["errors"][0]["pointer"] == "#/priority"


async def test_what_runs_have_taught_stays_with_their_tenant(pool, ring):
    ann, also = ring.login(), ring.login(name="ann2", tenant="ann")
    bob, admin = ring.login(name="bob"), ring.login("admin", "solve", name="root")
    wish = {"strategy": {"auto": True, "memory": 4}, "trace": True}
    app = ring.serve(pool, "hello")
    async with client(app) as http:
        await http.post("/solve", json={**REQUEST, **wish}, headers=ann)
        app.state.service.experience._read.clear()  # as after a while
        begun = {}
        for name, login in {"also": also, "bob": bob, "root": admin}.items():
            body = {**REQUEST, **wish, "problem": {"word": "hullo"}}
            done = (await http.post("/solve", json=body, headers=login)).json()
            begun[name] = done["trace"][0]["task"]
    tried = {
        name: (
            [shot["answer"] for shot in task["examples"]],
            sum(tally["runs"] for tally in task["chosen"]["tallies"].values()),
        )
        for name, task in begun.items()
    }
    assert tried == {"also": (["hello"], 1), "bob": ([], 0), "root": ([], 0)}
