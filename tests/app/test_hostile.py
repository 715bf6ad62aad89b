"""What strangers send: always a 4xx in the form of problem details, and the next one is served."""

import asyncio
import json

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.app.conftest import REQUEST, client, make_app, served
from tests.upstream_server import Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON = {"content-type": "application/json"}
OK = {"domain": "word", "problem": {"word": "hello"}, "answer": "hello"}

BODIES = {
    "nothing": (b"", 400),
    "no JSON": (b"{", 400),
    "not UTF-8": (b'{"domain": "\xff"}', 400),
    "half a surrogate": (b'{"domain": "\\ud800"}', 400),
    "NaN": (b'{"budget": {"seconds": NaN}}', 400),
    "Infinity": (b'{"budget": {"seconds": Infinity}}', 400),
    "1e999": (b'{"budget": {"seconds": 1e999}}', 400),
    "a number of 10000 digits": (b"1" * 10_000, 400),
    "a key twice": (b'{"domain": "a", "domain": "b"}', 400),
    "10^6 brackets": (b"[" * 1_000_000, 400),
    "700,000 nested objects": (b'{"a":' * 700_000, 400),
    "brackets in a string": (b'"' + b"[" * 1_000 + b'"', 422),
    "an unclosed string": (b'{"a": "' + b"\\" * 100_001, 400),
    "a list": (b"[]", 422),
    "null": (b"null", 422),
    "a NUL in a name": (json.dumps({**OK, "domain": "wo\0rd"}).encode(), 422),
    "5 MB": (b" " * 5_000_000, 413),
}


@pytest.mark.parametrize("path", ["/check", "/solve"])
@pytest.mark.parametrize("name", BODIES)
async def test_a_hostile_body_is_refused(pool, name, path):
    body, status = BODIES[name]
    async with client(make_app(pool, "hello")) as http:
        response = await http.post(path, content=body, headers=JSON)
        next_one = await http.post("/check", json=OK)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] in {
        "invalid-json",
        "invalid-request",
        "domain-unknown",
        "body-too-large",
    }
    assert next_one.status_code == 200


@pytest.mark.parametrize(
    "flood",
    [
        {f"k{number}": 1 for number in range(20_000)},
        {"examples": [1] * 20_000},
        {"sampling": {"stop": [[1]] * 9_000}},
    ],
)
async def test_a_flood_of_faults_is_not_searched(pool, flood):
    async with client(make_app(pool, "hello")) as http:
        refused = await http.post("/solve", json={**REQUEST, **flood})
        numbers = {"word": "hello", "more": [0] * 20_000}
        wide = await http.post("/check", json={**OK, "problem": numbers})
    assert refused.status_code == 422
    assert "more than 10,000 values" in refused.json()["detail"]
    assert "values" not in wide.json().get("detail", "")


@pytest.mark.parametrize(
    ("body", "pointer", "said"),
    [
        ({"domian": "word"}, "#/domian", "did you mean `domain`?"),
        ({"budget": {"round": 3}}, "#/budget/round", "did you mean `rounds`?"),
        ({"strategy": {"feedbak": "all"}}, "#/strategy/feedbak", "did you mean `feedback`?"),
        ({"sampling": {"temprature": 1}}, "#/sampling/temprature", "did you mean `temperature`?"),
        ({"budget": {"rounds": 0}}, "#/budget/rounds", "greater than or equal to 1"),
        ({"budget": {"rounds": "many"}}, "#/budget/rounds", "integer"),
        ({"strategy": {"n": 3}}, "#/strategy", "search: parallel"),
        ({"assurance": "total"}, "#/assurance", "'cross'"),
        ({"examples": [{"prompt": "x"}]}, "#/examples/0/answer", "missing"),
        ({"on_fail": "anything"}, "#/on_fail", "'best_effort'"),
        (
            {"sampling": {"temperature": 0}, "strategy": {"feedback": "none"}},
            "#/sampling/temperature",
            "above 0",
        ),
    ],
)
async def test_a_wrong_field_is_pointed_at(pool, body, pointer, said):
    async with client(make_app(pool, "hello")) as http:
        response = await http.post("/solve", json={**REQUEST, **body})
    assert response.status_code == 422
    faults = {fault["pointer"]: fault["detail"] for fault in response.json()["errors"]}
    assert said in faults[pointer]


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
async def test_only_json_is_taken(pool, kind):
    async with client(make_app(pool, "hello")) as http:
        response = await http.post("/check", content=json.dumps(OK), headers={"content-type": kind})
    assert (response.status_code, response.json()["code"]) == (415, "media-type-unsupported")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/check", 405, "method-not-allowed"),
        ("DELETE", "/solve", 405, "method-not-allowed"),
        ("GET", "/errors/" + "x" * 5_000, 404, "code-unknown"),
        ("GET", "/domains/%00%ff", 404, "not-found"),
    ],
)
async def test_unknown_paths_and_methods_are_problem_details_too(pool, method, path, status, code):
    async with client(make_app(pool, "hello")) as http:
        response = await http.request(method, path)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json()["type"] == f"/errors/{code}"
    assert response.json()["instance"] == response.headers["x-request-id"]


@pytest.mark.parametrize("chunked", [True, False])
async def test_50_megabytes_are_refused_and_the_next_request_is_served(pool, chunked):
    chunk, count = b" " * 1_000_000, 50

    async def chunks():
        for _ in range(count):
            yield chunk

    headers = JSON if chunked else {**JSON, "content-length": str(len(chunk) * count)}
    async with (
        served(make_app(pool, "hello")) as (host, port),
        httpx.AsyncClient(timeout=60) as http,
    ):
        url = f"http://{host}:{port}"
        response = await http.post(f"{url}/check", content=chunks(), headers=headers)
        next_one = await http.post(f"{url}/check", json=OK)
    assert (response.status_code, response.json()["code"]) == (413, "body-too-large")
    assert next_one.json()["verdict"] == "accepted"


@pytest.mark.parametrize(
    "junk", [b"\0\1\2\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"POST /check\r\n" * 3]
)
async def test_what_is_not_http_harms_nobody(pool, junk):
    async with served(make_app(pool, "hello")) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(junk)
        writer.write_eof()
        async with asyncio.timeout(60):
            await reader.read()
        writer.close()
        async with httpx.AsyncClient(timeout=60) as http:
            response = await http.get(f"http://{host}:{port}/healthz")
    assert response.json()["status"] == "ok"


async def test_a_client_that_hangs_up_within_its_request_is_no_incident(pool, caplog):
    async with served(make_app(pool, "hello")) as (host, port):
        _, writer = await asyncio.open_connection(host, port)
        head = "POST /check HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        writer.write(f"{head}content-length: 100\r\n\r\n{{".encode())
        await writer.drain()
        writer.transport.abort()
        async with httpx.AsyncClient(timeout=60) as http:
            response = await http.post(f"http://{host}:{port}/check", json=OK)
    assert response.json()["verdict"] == "accepted"
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "WARNING"}]


async def test_an_error_nobody_foresaw_is_told_by_its_incident_only(pool, monkeypatch, caplog):
    app = make_app(pool, "hello")

    async def fail(_request):
        raise ZeroDivisionError("the secret cause")

    monkeypatch.setattr(app.state.service, "check", fail)
    async with client(app) as http:
        response = await http.post("/check", json=OK)
        next_one = await http.get("/healthz")
    assert (response.status_code, response.json()["code"]) == (500, "internal-error")
    assert "secret" not in response.text
    assert response.json()["instance"] in caplog.text
    assert "the secret cause" in caplog.text
    assert next_one.status_code == 200


async def test_an_error_nobody_foresaw_ends_a_stream_with_an_error_frame(pool, monkeypatch):
    app = make_app(pool, "hello")

    async def fail(*_):
        raise ZeroDivisionError("the secret cause")

    monkeypatch.setattr("app.runs.solve", fail)
    async with client(app) as http:
        headers = {"accept": "text/event-stream"}
        response = await http.post("/solve", json=REQUEST, headers=headers)
    assert response.status_code == 200
    last = response.text.strip().split("\n\n")[-1]
    assert last.startswith("event: error\ndata: {")
    assert json.loads(last.split("data: ")[1])["code"] == "internal-error"
    assert "secret" not in response.text


SCRAPS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    [
        "domain",
        "problem",
        "budget",
        "strategy",
        "sampling",
        "examples",
        "start_from",
        "trace",
        "model",
    ]
)


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=st.dictionaries(FIELDS, SCRAPS, max_size=4))
async def test_no_request_makes_a_5xx(pool, body):
    asked = {**REQUEST, "budget": {"rounds": 1}, **body}
    async with client(make_app(pool, "hello")) as http:
        response = await http.post("/solve", content=json.dumps(asked), headers=JSON)
    assert response.status_code in {200, 400, 422}
    if response.status_code != 200:
        assert all(fault["pointer"].startswith("#") for fault in response.json()["errors"])


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
@pytest.mark.parametrize("asked", [{}, {"trace": True}, {"on_fail": "best_effort"}])
async def test_a_model_that_writes_no_characters_harms_nobody(pool, accept, asked):
    weird = "\ud800 \0 \u2028 \u202e \x1b[31m " + "x" * 100_000
    async with UpstreamServer(default=Reply(weird, model="\ud800\n")) as upstream:
        settings = {"base_url": upstream.base_url, "model": "m"}
        async with client(make_app(pool, upstream=settings)) as http:
            headers = {"accept": accept}
            response = await http.post("/solve", json={**REQUEST, **asked}, headers=headers)
    assert response.status_code == 200
    text = response.text.strip().split("data: ")[-1]
    assert json.loads(text)["status"] == "exhausted"
