"""A critic behind HTTP: only an answer that keeps the whole contract decides anything."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from critics import Code, Domain, Problem, Verdict, judge
from critics.critic import critic
from critics.remote import Service, http_domain

CODES = {"too-short": Code("Too short", "It has too few letters.", "Write more.")}
ACCEPTED = {"contract": 1, "service": "counter", "version": "2.1", "verdict": "accepted"}
REJECTED = {
    **ACCEPTED,
    "verdict": "rejected",
    "diagnostics": [{"code": "too-short", "headline": "it has 2 letters", "pointer": "/a"}],
}


class Words(Problem):
    length: int


class Handler(BaseHTTPRequestHandler):
    """Answers what the test says, and remembers what it was asked."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, json.loads(body)))
        status, headers, answer = self.server.reply
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments: object) -> None:
        pass


class Server(HTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list = []
        self.answer(ACCEPTED)

    def answer(self, told: object, status: int = 200, **headers: str) -> None:
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        kind = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        self.reply = (status, {**kind, **headers}, body)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/judge?x=1"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def make(url: str, **changes: object) -> Domain:
    service = Service(name="counter", version="2.1", url=url, codes=CODES, **changes)
    return http_domain(
        name="words",
        summary="words",
        problem=Words,
        service=service,
        decides="the length",
        sound=True,
        prompt=lambda _problem: "write",
        answer_format="a word",
    )


def verdict(domain: Domain, text: str = "ab") -> Verdict:
    judgement = judge(domain, {"length": 3}, text)
    if judgement.verdict is Verdict.UNKNOWN:
        assert set(judgement.codes) == {"critic-remote"}
    return judgement.verdict


def test_its_word_decides_and_its_version_is_named(server: Server) -> None:
    domain = make(server.url)
    accepted = judge(domain, {"length": 3}, "abc")
    assert accepted.verdict is Verdict.ACCEPTED
    assert (domain.version, accepted.critics[-1].version) == ("2.1", "2.1")
    assert accepted.coverage.decided == ("the length (as the service counter 2.1 says)",)
    assert "127.0.0.1" not in accepted.model_dump_json()
    asked = {"contract": 1, "domain": "words", "problem": {"length": 3}, "candidate": "abc"}
    assert server.asked == [("/judge?x=1", asked)]


def test_its_objections_are_told(server: Server) -> None:
    server.answer(REJECTED)
    judgement = judge(make(server.url), {"length": 3}, "ab")
    assert judgement.verdict is Verdict.REJECTED
    assert judgement.diagnostics[0].headline == "it has 2 letters"
    assert judgement.diagnostics[0].at.pointer == "/a"


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"accepted",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        json.dumps(ACCEPTED).encode()[:-1],
        b'{"verdict": "rejected", ' + json.dumps(ACCEPTED).encode()[1:],
        {**ACCEPTED, "contract": 2},
        {**ACCEPTED, "contract": True},
        {**ACCEPTED, "version": "2.2"},
        {**ACCEPTED, "service": "other"},
        {**ACCEPTED, "verdict": "fine"},
        {**ACCEPTED, "verdict": "ACCEPTED"},
        {**ACCEPTED, "verdict": True},
        {**ACCEPTED, "score": 1},
        {**ACCEPTED, "undecided": ["the rest"]},
        {**ACCEPTED, "diagnostics": REJECTED["diagnostics"]},
        {**ACCEPTED, "verdict": "unknown"},
        {**ACCEPTED, "verdict": "unknown", "undecided": ["long words"]},
        {k: v for k, v in ACCEPTED.items() if k != "verdict"},
        {k: v for k, v in ACCEPTED.items() if k != "version"},
        {**REJECTED, "diagnostics": []},
        {**REJECTED, "diagnostics": [{"code": "made-up", "headline": "no"}]},
        {**REJECTED, "diagnostics": [{"code": "too-short"}]},
        {
            **REJECTED,
            "diagnostics": [{"code": "too-short", "headline": "x", "severity": "warning"}],
        },
        {**REJECTED, "diagnostics": REJECTED["diagnostics"] * 1_000},
        b'{"contract": NaN}',
    ],
    ids=lambda told: str(told)[:60],
)
def test_whatever_breaks_the_contract_decides_nothing(server: Server, told: object) -> None:
    server.answer(told)
    assert verdict(make(server.url)) is Verdict.UNKNOWN


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 308, 400, 404, 500, 503])
def test_another_status_decides_nothing_and_no_redirect_is_followed(
    server: Server, status: int
) -> None:
    server.answer(ACCEPTED, status, Location=server.url)
    assert verdict(make(server.url)) is Verdict.UNKNOWN
    assert len(server.asked) == 1


def test_another_type_decides_nothing(server: Server) -> None:
    server.answer(ACCEPTED, **{"Content-Type": "text/plain"})
    assert verdict(make(server.url)) is Verdict.UNKNOWN


def test_an_answer_that_is_too_long_is_not_read(server: Server) -> None:
    server.answer(json.dumps(ACCEPTED).encode() + b" " * 2_000)
    assert verdict(make(server.url, max_bytes=3_000)) is Verdict.ACCEPTED
    assert verdict(make(server.url, max_bytes=2_000)) is Verdict.UNKNOWN


def test_a_service_that_keeps_silent_decides_nothing() -> None:
    with HTTPServer(("127.0.0.1", 0), Handler) as silent:  # listens, and never answers
        url = f"http://127.0.0.1:{silent.server_port}/"
        assert verdict(make(url, timeout_s=0.2)) is Verdict.UNKNOWN


def test_a_service_that_is_not_there_decides_nothing() -> None:
    assert verdict(make("http://127.0.0.1:1/")) is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "url", ["ftp://host/", "file:///etc/passwd", "http://", "http://a:b@host/", "http://host/#x"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        Service(name="counter", version="1", url=url, codes=CODES)


def build(*critics: object, sound: bool) -> Callable[[], Domain]:
    service = Service(name="counter", version="2.1", url="http://127.0.0.1:1/", codes=CODES)
    return lambda: http_domain(
        name="words",
        summary="words",
        problem=Words,
        service=service,
        decides="the length",
        sound=sound,
        prompt=lambda _problem: "write",
        answer_format="a word",
        critics=critics,
    )


@critic(decides="that there is a text")
def something(_problem: object, asked: object) -> Iterator:
    assert asked.text
    yield from ()


def test_an_unsound_service_only_advises() -> None:
    with pytest.raises(ValueError, match="no hard critic"):
        build(sound=False)()
    judgement = judge(build(something, sound=False)(), {"length": 3}, "ab")
    assert judgement.verdict is Verdict.ACCEPTED
    assert [d.code for d in judgement.diagnostics] == ["critic-remote"]
    assert judgement.coverage.decided == ("that there is a text",)
