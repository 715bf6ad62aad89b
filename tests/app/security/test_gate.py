"""The gate: who is let in, who is not, and how each dialect is told."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.routing import Route

from app.security import access as access_module
from app.security.books import BooksAwayError
from app.security.file_books import FileBooks
from app.security.rates import Rates
from app.security.routes import is_listed, needed
from tests.app.conftest import REQUEST, client, make_app, served
from tests.app.proxy.chats import CHAT, MESSAGES_PATH, RESPONSES, chat, message, response

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHECK = {"domain": "word", "problem": {"word": "hello"}, "answer": "hello"}
POSTS = {
    "/solve": REQUEST,
    "/check": CHECK,
    CHAT: chat(),
    RESPONSES: response(),
    MESSAGES_PATH: message(),
    "/p/some/v1/chat/completions": chat(),
}


async def test_without_a_key_made_nobody_needs_one(pool, ring):
    app = make_app(pool, "hello", security={"keys_file": ring.path})
    async with client(app) as http:
        assert (await http.post("/solve", json=REQUEST)).status_code == 200
        ring.make()
        app.state.service.access._read_at = float("-inf")  # a second later
        assert (await http.post("/solve", json=REQUEST)).status_code == 401
        ring.path.unlink()
        app.state.service.access._read_at = float("-inf")
        assert (await http.post("/solve", json=REQUEST)).status_code == 401


@pytest.mark.parametrize("path", POSTS)
async def test_a_request_without_a_key_is_refused_in_its_dialect(pool, ring, path):
    login = ring.login("metrics")
    async with client(ring.serve(pool, "hello")) as http:
        missing = await http.post(path, json=POSTS[path])
        invalid = await http.post(path, json=POSTS[path], headers={"x-api-key": "mdl_no"})
        forbidden = await http.post(path, json=POSTS[path], headers=login)
    assert (missing.status_code, invalid.status_code, forbidden.status_code) == (401, 401, 403)
    assert missing.headers["www-authenticate"].startswith("Bearer")
    body = missing.json()
    if path == MESSAGES_PATH:
        assert (body["type"], body["error"]["type"]) == ("error", "authentication_error")
        assert forbidden.json()["error"]["type"] == "permission_error"
    elif "/v1" in path:
        assert (body["error"]["code"], body["error"]["type"]) == (
            "key_missing",
            "authentication_error",
        )
        assert forbidden.json()["error"]["code"] == "scope_missing"
    else:
        assert (body["code"], invalid.json()["code"]) == ("key-missing", "key-invalid")
        assert forbidden.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", POSTS)
async def test_a_key_is_taken_from_either_header(pool, ring, path):
    token = ring.make()
    plans = {"some": {"domain": "word"}}
    async with client(ring.serve(pool, "hello", profiles=plans)) as http:
        for headers in (
            {"authorization": f"Bearer {token}"},
            {"authorization": f"bearer  {token}"},
            {"x-api-key": token},
            {"authorization": "Bearer unused", "x-api-key": token},
        ):
            assert (await http.post(path, json=POSTS[path], headers=headers)).status_code == 200


@pytest.mark.parametrize("dead", [{"revoked_at": -1}, {"expires_at": -1}, {"expires_at": 60}])
async def test_a_revoked_or_expired_key_opens_nothing(pool, ring, dead):
    ((field, seconds),) = dead.items()
    login = ring.login(**{field: datetime.now(UTC) + timedelta(seconds=seconds)})
    async with client(ring.serve(pool, "hello")) as http:
        told = await http.post("/check", json=CHECK, headers=login)
    assert told.status_code == (200 if seconds > 0 else 401)


async def test_a_key_that_is_revoked_stops_working_within_a_second(pool, ring):
    token, now = ring.make(), [0.0]
    app = ring.serve(pool, "hello")
    app.state.service.access._clock = lambda: now[0]
    async with client(app) as http:
        headers = {"x-api-key": token}
        assert (await http.get("/runs", headers=headers)).status_code == 200
        books = FileBooks(ring.path)
        (key,) = books.read_keys(None)[1]
        books.put_key(key.model_copy(update={"revoked_at": datetime.now(UTC)}))
        now[0] = access_module.LOOK_S
        told = await http.get("/runs", headers=headers)
    assert (told.status_code, told.json()["detail"]) == (401, f"the key `{key.shown}` is revoked")


async def test_a_key_of_another_secret_is_no_key(pool, ring):
    token = ring.make()
    wrong = token[:-1] + ("0" if token[-1] != "0" else "1")
    odd = [wrong, token.upper(), token + "0", token[:-1], "mdl_", "\xff" * 80, "mdl_" + "a" * 12]
    async with client(ring.serve(pool, "hello")) as http:
        for shown in odd:
            headers = {"authorization": f"Bearer {shown}".encode("latin-1")}
            assert (await http.get("/runs", headers=headers)).status_code == 401
        assert (await http.get("/runs", headers={"x-api-key": token})).status_code == 200


async def test_where_keys_cannot_be_read_nobody_gets_in(pool, ring, monkeypatch):
    login, now = ring.login(), [0.0]
    app = ring.serve(pool, "hello")
    access = app.state.service.access
    access._clock = lambda: now[0]

    def away(_known):
        raise BooksAwayError("gone")

    async with client(app) as http:
        assert (await http.get("/runs", headers=login)).status_code == 200
        monkeypatch.setattr(access.books, "read_keys", away)
        now[0] = access_module.STALE_S - 1
        assert (await http.get("/runs", headers=login)).status_code == 200
        now[0] = access_module.STALE_S + 1
        told = await http.get("/runs", headers=login)
    assert (told.status_code, told.json()["code"]) == (503, "keys-away")


SCOPES = {
    "/check": {"check"},
    "/solve": {"solve"},
    "/formalize": {"solve"},
    CHAT: {"solve"},
    "/runs": {"solve"},
    "/certificates/x": {"solve", "check"},
    "/domains": {"solve", "check"},
    "/metrics": {"metrics"},
}


@pytest.mark.parametrize("scope", ["solve", "check", "metrics", "admin"])
async def test_each_scope_opens_its_own_routes_only(pool, ring, scope):
    login = ring.login(scope)
    gets = {"/runs", "/domains", "/metrics", "/certificates/x"}
    async with client(ring.serve(pool, "hello")) as http:
        for path, scopes in SCOPES.items():
            method, body = ("GET", None) if path in gets else ("POST", {})
            told = await http.request(method, path, json=body, headers=login)
            assert (told.status_code == 403) == (scope not in {*scopes, "admin"}), told.text


async def test_prose_is_translated_for_who_may_spend_only(pool, ring):
    asked = {"domain": "claim", "problem": {}, "answer": "So it is.", "translate": 2}
    async with client(ring.serve(pool, "hello")) as http:
        told = await http.post("/check", json=asked, headers=ring.login("check"))
    assert (told.status_code, told.json()["code"]) == (403, "scope-missing")


@pytest.mark.parametrize("path", ["/healthz", "/health", "/keys", "/errors/key-missing", "/docs"])
async def test_what_is_open_to_all_needs_no_key(pool, ring, path):
    async with client(ring.serve(pool, "hello")) as http:
        assert (await http.get(path)).status_code == 200


async def test_every_route_is_listed_with_its_scope(pool):
    app = make_app(pool, "hello")
    paths = {*app.openapi()["paths"], *(r.path for r in app.routes if isinstance(r, Route))}
    assert len(paths) > 40
    assert [path for path in paths if not is_listed(path)] == []


async def test_refusals_are_described_for_every_route(pool):
    app = make_app(pool, "hello")
    assert app.openapi() is app.openapi()
    document = app.openapi()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            told, keyed = set(operation["responses"]), bool(needed(path))
            assert {"421", "431"} <= told
            assert ({"401", "403", "429", "503"} <= told) or not keyed
            assert ("402" in told) == (method == "post" and path in SPENDING), path


SPENDING = {
    *("/solve", "/check", "/formalize", "/runs/{run_id}/fork", "/runs/{run_id}/answer"),
    *("/v1/chat/completions", "/v1/responses", "/v1/messages"),
}


@pytest.mark.parametrize("path", ["/nowhere", "/internal", "//solve", "/Solve", "/..%2fdocs"])
async def test_a_path_that_nobody_thought_of_is_for_administrators(pool, ring, path):
    login = ring.login()
    async with client(ring.serve(pool, "hello")) as http:
        url = f"http://service{path}"
        assert (await http.get(url)).status_code == 401
        assert (await http.get(url, headers=login)).status_code == 404
    assert "admin" in needed(path)


async def test_a_key_that_asks_too_often_waits_before_it_costs_anything(pool, ring):
    login, other = ring.login(per_minute=1), ring.login(name="bob")
    async with client(ring.serve(pool, "hello")) as http:
        told = [await http.post("/solve", json=REQUEST, headers=login) for _ in range(2)]
        free = await http.post("/solve", json=REQUEST, headers=other)
        runs = (await http.get("/runs", headers=other)).json()["runs"]
    assert [one.status_code for one in told] == [200, 429]
    assert 1 <= int(told[1].headers["retry-after"]) <= 60
    assert (told[1].json()["code"], free.status_code, len(runs)) == ("rate-limited", 200, 1)


async def test_a_bucket_holds_ten_seconds_worth_and_fills_steadily():
    rates = Rates()
    assert [rates.take("ann", 12, 0.0) for _ in range(3)] == [0.0, 0.0, pytest.approx(5.0)]
    assert rates.take("bob", 12, 0.0) == 0.0
    assert [rates.take("ann", 12, 5.0), rates.take("ann", 12, 9.0)] == [0.0, pytest.approx(1.0)]
    assert [rates.take("ann", 12, 1000.0) for _ in range(3)].count(0.0) == 2


async def test_only_so_many_streams_of_runs_are_open_for_a_key(pool, ring):
    app = ring.serve(pool, "hello", security={"streams": 1})
    login, other = ring.login(), ring.login(name="bob")
    streams = app.state.service.access.streams
    async with client(app) as http:
        run = (await http.post("/solve", json=REQUEST, headers=login)).json()["id"]
        (key, *_) = FileBooks(ring.path).read_keys(None)[1]
        with streams.take(key.id):
            told = await http.get(f"/runs/{run}/events", headers=login)
            assert (told.status_code, told.json()["code"]) == (429, "too-many-runs")
            assert (await http.post("/solve", json=REQUEST, headers=other)).status_code == 200
        assert (await http.get(f"/runs/{run}/events", headers=login)).status_code == 200
    assert not streams._open


async def test_a_body_that_comes_drop_by_drop_is_given_up(pool):
    app = make_app(pool, "hello", security={"body_seconds": 2})
    async with served(app) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        head = "POST /check HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        writer.write(f"{head}content-length: 100\r\n\r\n{{".encode())
        async with asyncio.timeout(60):
            told = (await reader.read()).decode()
        writer.close()
        async with httpx.AsyncClient(timeout=60) as http:
            assert (await http.post(f"http://{host}:{port}/check", json=CHECK)).status_code == 200
    assert told.startswith("HTTP/1.1 408")
    assert "body-too-slow" in told
