"""Log lines: who reads them may not read answers."""

import asyncio
import io
import json
import logging
import os
import sys

import pytest

from app.telemetry.logs import write_logs
from app.telemetry.settings import LoggingSettings
from tests.app.conftest import REQUEST, client, make_app
from tests.upstream_server import Reply, UpstreamServer

TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"
SECRET = "zebra"  # noqa: S105  # a word to look for


@pytest.fixture(autouse=True)
def _root():
    """Put back what is written where."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    named = {name: logging.getLogger(name).level for name in LOGGERS}
    yield
    logger.handlers[:], logger.level = handlers, level
    logging.getLogger().setLevel(level)
    for name, before in named.items():
        logging.getLogger(name).setLevel(before)


LOGGERS = ("llm_modulo.events", "llm_modulo.requests", "httpx", "httpx2", "opentelemetry")


@pytest.mark.asyncio(loop_scope="module")
async def test_a_run_is_told_in_json_without_a_word_of_it(pool):
    stream = io.StringIO()
    write_logs(LoggingSettings(format="json"), stream)
    async with UpstreamServer(Reply(SECRET), Reply("hello")) as server:
        app = make_app(pool, upstream={"base_url": server.base_url, "model": "mine"})
        async with client(app) as http:
            headers = {"traceparent": TRACEPARENT}
            run = (await http.post("/solve", json=REQUEST, headers=headers)).json()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    events = [line for line in lines if line["logger"] == "llm_modulo.events"]
    assert run["status"] == "certified"
    assert [line["seq"] for line in events] == list(range(len(events)))
    assert events[-1]["event"] == "ended"
    assert {line["run_id"] for line in events} == {run["id"]}
    assert {line["trace_id"] for line in events} == {TRACE}
    assert {line["round"] for line in events} >= {1, 2}
    request = next(line for line in lines if line["message"] == "request")
    assert (request["route"], request["status"]) == ("/solve", 200)
    assert request["request_id"].startswith("req_")
    assert SECRET not in stream.getvalue()
    assert "hello" not in stream.getvalue()


@pytest.mark.asyncio(loop_scope="module")
async def test_what_an_upstream_says_of_a_failure_is_not_in_json(pool):
    stream = io.StringIO()
    write_logs(LoggingSettings(format="json"), stream)
    refusal = json.dumps({"error": {"message": SECRET}}).encode()
    async with UpstreamServer(default=Reply(status=400, body=refusal)) as server:
        app = make_app(pool, upstream={"base_url": server.base_url, "model": "mine"})
        async with client(app) as http:
            await http.post("/solve", json=REQUEST)
    assert "the run failed: upstream-refused" in stream.getvalue()
    assert SECRET not in stream.getvalue()


def test_an_exception_is_told_by_its_type_and_place():
    stream = io.StringIO()
    write_logs(LoggingSettings(format="json"), stream)
    try:
        int(SECRET)
    except ValueError:
        logging.getLogger("any").exception("it failed")
    line = json.loads(stream.getvalue())
    assert (line["level"], line["message"], line["exception"]) == (
        "error",
        "it failed",
        "ValueError",
    )
    assert "test_logs.py" in line["stack"][-1]
    assert SECRET not in stream.getvalue()


def test_text_leaves_out_what_nobody_can_read_as_it_comes():
    stream = io.StringIO()
    write_logs(LoggingSettings(), stream)
    logging.getLogger("llm_modulo.events").info("judged")
    logging.getLogger("llm_modulo.runs").warning("something")
    assert stream.getvalue() == "WARNING something\n"


async def test_a_served_process_writes_nothing_but_json(tmp_path):
    environment = {
        "MODULO_LOGGING__FORMAT": "json",
        "MODULO_PORT": "0",
        "MODULO_DATABASE_URL": "memory:",
        "MODULO_UPSTREAM__DISCOVER": "false",
        "MODULO_UPSTREAM__EMBEDDED": "false",
        "XDG_DATA_HOME": str(tmp_path),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", "serve"),
        env={**os.environ, **environment},
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(150):
            first = json.loads(await process.stderr.readline())
            process.terminate()
            rest = [json.loads(line) async for line in process.stderr]
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    assert "listens on" in first["message"]
    assert all(line["logger"] for line in rest)
