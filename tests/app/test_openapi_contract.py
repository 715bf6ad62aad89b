"""The whole OpenAPI document against the service: no 5xx, and nothing that it does not say."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from app.main import create_app
from app.settings import Settings

STREAMS = {"/runs/{run_id}/events"}
UNAVAILABLE = 503
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
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MODULO_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "serve", "--port", str(port)],
        cwd=tmp_path_factory.mktemp("service"),
        env=kept | {"MODULO_UPSTREAM__BASE_URL": model, "MODULO_UPSTREAM__MODEL": "m"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    wait_for(url, process)
    yield url
    process.terminate()
    process.wait(timeout=30)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None, "the service ended"
        try:
            httpx.get(f"{url}/healthz", timeout=30)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the service does not answer")


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
        timeout=60,
        checks=[no_failure, status_code_conformance, content_type_conformance],
    )
