"""The whole OpenAPI document against the service: no 5xx, and nothing that it does not say."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup, ServerError
from schemathesis.openapi.checks import UndefinedContentType, UndefinedStatusCode
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from app.main import create_app
from app.settings import Settings

STREAMS = {"/runs/{run_id}/events"}
UNAVAILABLE = 503
LISTENS = re.compile(r"listens on (http://\S+)\s")
SCHEMA = schemathesis.openapi.from_dict(create_app(Settings()).openapi())


class Model(BaseHTTPRequestHandler):
    """A model that always says the same."""

    def do_POST(self) -> None:  # the library's name
        self.rfile.read(int(self.headers.get("content-length", 0)))
        message = {"role": "assistant", "content": "hello"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        said = {"id": "c", "object": "chat.completion", "created": 0, "model": "m"}
        body = json.dumps({**said, "choices": [choice], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Model) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, model: str) -> Iterator[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MODULO_")}
    folder = tmp_path_factory.mktemp("service")
    said = folder / "said"
    with said.open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve", "--port", "0"],
            cwd=folder,
            env=kept
            | {"MODULO_UPSTREAM__BASE_URL": model, "MODULO_UPSTREAM__MODEL": "m"}
            | {"XDG_DATA_HOME": str(folder / "data")},
            stdout=subprocess.DEVNULL,
            stderr=told,
        )
    yield find_url(said, process)
    process.terminate()
    process.wait(timeout=120)


def find_url(said: Path, process: subprocess.Popen[bytes]) -> str:
    """Wait until the service has said where it listens, which is once it does."""
    until = time.monotonic() + 120
    while not (found := LISTENS.search(said.read_text("utf-8"))):
        assert process.poll() is None, said.read_text("utf-8")
        assert time.monotonic() < until, "the service does not start"
        time.sleep(0.1)
    return found[1]


def no_failure(ctx, response, case) -> None:
    """A missing model or database is said with 503 before anything is spent; else no 5xx."""
    if response.status_code != UNAVAILABLE:
        not_a_server_error(ctx, response, case)


CHECKS = [no_failure, status_code_conformance, content_type_conformance]


class Liar(BaseHTTPRequestHandler):
    """A service that answers whatever it is told to, and not what the document says."""

    said = (200, "application/json")

    def do_GET(self) -> None:  # the library's name
        status, kind = self.said
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ((500, "application/json"), ServerError),
        ((418, "application/json"), UndefinedStatusCode),
        ((200, "text/plain"), UndefinedContentType),
        ((200, "application/json"), None),
        ((503, "application/json"), None),
    ],
)
def test_a_service_that_does_not_keep_its_word_is_found(said, fault) -> None:
    liar = type("Told", (Liar,), {"said": said})
    with ThreadingHTTPServer(("127.0.0.1", 0), liar) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        case = SCHEMA["/readyz"]["GET"].Case()
        url = f"http://127.0.0.1:{server.server_port}"
        found: set[type] = set()
        try:
            case.call_and_validate(base_url=url, timeout=60, checks=CHECKS)
        except FailureGroup as failures:
            found = {type(failure) for failure in failures.exceptions}
        finally:
            server.shutdown()
            thread.join()
    assert (fault in found) if fault else not found


@pytest.mark.slow
@SCHEMA.parametrize()
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation_keeps_its_word(case, service) -> None:
    if case.path in STREAMS:
        return
    case.call_and_validate(
        base_url=service,
        timeout=300,
        checks=CHECKS,
    )
