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


@pytest.mark.slow
@SCHEMA.parametrize()
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation_keeps_its_word(case, service) -> None:
    if case.path in STREAMS:
        return
    case.call_and_validate(
        base_url=service,
        timeout=300,
        checks=[no_failure, status_code_conformance, content_type_conformance],
    )
