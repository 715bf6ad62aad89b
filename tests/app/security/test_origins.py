"""Foreign web pages, large heads and the headers of every response."""

import base64
import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.failures import ServiceError
from app.security.headers import NOTHING
from app.security.origins import host_name, is_local_name, require_host
from tests.app.conftest import REQUEST, client, make_app
from tests.app.proxy.chats import CHAT, MESSAGES_PATH, plain

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8080", 200),
        ("localhost", 200),
        ("localhost.:8080", 200),
        ("a.localhost:8080", 200),
        ("[::1]:8080", 200),
        ("192.168.1.7", 200),
        ("api:8080", 200),
        ("evil.example:8080", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example", 421),
        ("evil.example.", 421),
        ("", 421),
    ],
)
async def test_a_name_that_somebody_made_to_lead_here_is_refused(pool, host, status):
    async with client(make_app(pool, "hello")) as http:
        for path in ("/runs", "/healthz", "/v1/models"):
            assert (await http.get(path, headers={"host": host})).status_code == status


async def test_names_of_ones_own_can_be_allowed(pool, ring):
    hosts = {"allowed_hosts": ("modulo.example", "*.lan.example")}
    async with client(make_app(pool, "hello", security=hosts)) as http:
        allowed = ["Modulo.example", "a.lan.example:80", "a.b.lan.example", "localhost"]
        refused = ["lan.example", "xlan.example", "evil.example", "modulo.example.evil"]
        for host in allowed:
            assert (await http.get("/healthz", headers={"host": host})).status_code == 200
        for host in refused:
            assert (await http.get("/healthz", headers={"host": host})).status_code == 421
    async with client(ring.serve(pool, "hello", security=hosts)) as http:
        for host in [*allowed, "10.1.2.3:8080", "[fd00::7]:8080", "api:8080"]:
            for path in ("/healthz", "/readyz", "/metrics", "/runs"):
                told = await http.get(path, headers={"host": host})
                assert told.status_code == (401 if path in {"/metrics", "/runs"} else 200), host
        for host in refused:
            assert (await http.get("/healthz", headers={"host": host})).status_code == 421
    async with client(ring.serve(pool, "hello")) as http:
        assert (await http.get("/healthz", headers={"host": "any.example"})).status_code == 200


@given(st.text(st.characters(max_codepoint=255), max_size=40))
async def test_only_what_no_stranger_can_own_is_a_local_name(text):
    name = host_name(text)
    try:
        require_host(text.encode("latin-1"), (), keyed=False)
        let_in = True
    except ServiceError:
        let_in = False
    labels = name.split(".")
    owned = len(labels) > 1 and labels[-1] != "localhost" and not labels[-1].isdigit()
    assert let_in == is_local_name(name)
    assert not let_in or not owned or ":" in name


FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://service.evil.example"},
    {"origin": "http://service:81"},
    {"origin": "file://"},
    {"origin": "http://["},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
]


async def test_a_foreign_page_changes_nothing(pool):
    async with client(make_app(pool, "hello")) as http:
        run = (await http.post("/solve", json=REQUEST)).json()["id"]
        for headers in FOREIGN:
            told = [
                await http.post("/solve", json=REQUEST, headers=headers),
                await http.post(f"/runs/{run}/cancel", headers=headers),
                await http.delete(f"/runs/{run}", headers=headers),
                await http.post(CHAT, json=plain(), headers=headers),
                await http.post(MESSAGES_PATH, json=plain(), headers=headers),
            ]
            assert [one.status_code for one in told] == [403] * 5, headers
            assert all("access-control-allow-origin" not in one.headers for one in told)
            assert (await http.get(f"/runs/{run}", headers=headers)).status_code == 200
        assert len((await http.get("/runs")).json()["runs"]) == 1


@pytest.mark.parametrize(
    "headers",
    [{"origin": "http://service"}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}],
)
async def test_ones_own_pages_may_ask(pool, headers):
    async with client(make_app(pool, "hello")) as http:
        assert (await http.post("/solve", json=REQUEST, headers=headers)).status_code == 200


async def test_cors_is_off_unless_an_origin_is_named(pool):
    page = {"origin": "https://app.example"}
    wish = {**page, "access-control-request-method": "POST"}
    async with client(make_app(pool, "hello")) as http:
        closed = await http.options("/solve", headers=wish)
    named = {"cors_origins": ("https://app.example",)}
    async with client(make_app(pool, "hello", security=named)) as http:
        asked = await http.options("/solve", headers=wish)
        done = await http.post("/solve", json=REQUEST, headers=page)
        other = await http.options("/solve", headers={**wish, "origin": "https://b.example"})
        refused = await http.post("/solve", json={}, headers=page)
    assert "access-control-allow-origin" not in closed.headers
    assert asked.headers["access-control-allow-origin"] == "https://app.example"
    assert done.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-credentials" not in done.headers
    assert "access-control-allow-origin" not in other.headers
    assert refused.headers["access-control-allow-origin"] == "https://app.example"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/runs", {f"x-{number}": "1" for number in range(120)}),
        ("/runs", {"x-long": "1" * 40_000}),
        ("/runs?model=" + "m" * 9000, {}),
        ("/" + "x" * 9000, {}),
        ("/v1/models?" + "a=b&" * 3000, {}),
    ],
)
async def test_a_head_that_is_too_large_is_refused(pool, path, headers):
    async with client(make_app(pool, "hello")) as http:
        told = await http.get(path, headers=headers)
    assert told.status_code == 431
    assert "head" in told.text
    assert "too-large" in told.text.replace("_", "-")


PATHS = ["/healthz", "/runs", "/solve", "/nowhere", "/v1/models", "/openapi.json", "/keys", "/docs"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_response_says_what_browsers_and_caches_may_do(pool, ring, path):
    async with client(make_app(pool, "hello")) as http:
        told = await http.get(path)
    async with client(ring.serve(pool, "hello")) as http:
        refused = await http.get("/runs")
    for one in (told, refused):
        assert one.headers["x-content-type-options"] == "nosniff"
        assert one.headers["referrer-policy"] == "no-referrer"
    assert (told.headers["content-security-policy"] == NOTHING.decode()) == (path != "/docs")
    opened = path in {"/healthz", "/openapi.json", "/keys", "/docs"}
    assert (told.headers.get("cache-control") == "no-store") != opened


async def test_answers_are_kept_by_no_cache(pool):
    async with client(make_app(pool, "hello")) as http:
        solved = await http.post("/solve", json=REQUEST)
        streamed = await http.post("/solve", json=REQUEST, headers={"accept": "text/event-stream"})
    assert solved.headers["cache-control"] == "no-store"
    assert "no-cache" in streamed.headers["cache-control"]


async def test_the_page_of_documentation_runs_its_own_script_only(pool):
    async with client(make_app(pool, "hello")) as http:
        page = await http.get("/docs")
    policy = page.headers["content-security-policy"]
    scripts = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    assert len(scripts) == 1
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    sources = policy.split("script-src ")[1].split(";")[0]
    assert "unsafe" not in sources
    for loaded in re.findall(r'<script src="([^"]+)"', page.text):
        assert loaded.startswith(sources.split()[-1])
