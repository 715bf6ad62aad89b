"""Faults around the service: no false certificate, no 5xx where a result exists, a clear end."""

import asyncio
import itertools
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from app.engine import RunRecord
from app.memory_engine import MemoryEngine
from app.settings import Settings
from app.telemetry.telemetry import Telemetry
from backprompt.upstream import Request
from critics.verification import Outcome, verify
from critics.workers.pool import Pool
from tests.app.conftest import REQUEST, client, make_app
from tests.app.telemetry.scrape import Scraped, scrape
from tests.app.test_engine import engine_over
from tests.upstream_server import HANG, RESET, Behaviour, Reply, UpstreamServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOON_S = 60.0
HUGE = 10_000_000
LIES = [
    {"prompt_tokens": -1, "completion_tokens": 10**40},
    {"prompt_tokens": "NaN", "completion_tokens": {"a": []}},
    {"total_tokens": True},
]
FAULTS: dict[str, tuple[Behaviour, set[str]]] = {
    "hangs": (HANG, {"upstream-timeout"}),
    "resets": (RESET, {"upstream-unreachable"}),
    "breaks off": (Reply("hello", cut=40), {"upstream-unreachable"}),
    "fails": (Reply(status=500, body=b"oops"), {"upstream-failed"}),
    "is busy": (Reply(status=429, body=b"{}"), {"upstream-busy"}),
    "sends no JSON": (Reply(body=b"\xff\xfe{{{"), {"upstream-invalid"}),
    "sends events": (
        Reply(body=b'data: {"hello"\n\n', headers={"content-type": "text/event-stream"}),
        {"upstream-invalid"},
    ),
    "sends another shape": (
        Reply(body=b'{"choices": [{"message": "hello"}]}'),
        {"upstream-invalid"},
    ),
    "claims a status": (Reply(status=299, body=b"{}"), {"upstream-invalid"}),
}


@asynccontextmanager
async def asking(
    pool: Pool, *behaviours: Behaviour, timeout_s: float = SOON_S
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service whose model behaves like this, and then says the right word."""
    async with UpstreamServer(*behaviours, default=Reply("hello")) as server:
        upstream = {"base_url": server.base_url, "model": "mine", "retries": 0}
        async with client(make_app(pool, upstream={**upstream, "timeout_s": timeout_s})) as http:
            yield http


def patience(behaviour: Behaviour) -> float:
    """Seconds for a call: few only where a test is to see them pass."""
    return 3.0 if behaviour == HANG else SOON_S


@pytest.mark.parametrize("name", FAULTS)
async def test_a_call_that_fails_ends_the_run_clearly_and_harms_no_other(pool, name):
    behaviour, codes = FAULTS[name]
    async with asking(pool, behaviour, timeout_s=patience(behaviour)) as http:
        failed = await http.post("/solve", json=REQUEST)
        solved = await http.post("/solve", json=REQUEST)
        run = await http.get(f"/runs/{failed.json()['run']}")
    assert failed.status_code == 502
    assert failed.json()["code"] in codes
    assert "certificate" not in failed.text
    assert run.json()["state"] == "failed"
    assert solved.json()["status"] == "certified"
    assert verify(solved.json()["certificate"]).outcome is Outcome.VERIFIED


@pytest.mark.parametrize("name", FAULTS)
async def test_where_one_call_of_a_round_brings_a_result_the_others_may_fail(pool, name):
    """Both orders of the two calls: the result is the run's in either."""
    behaviour, _ = FAULTS[name]
    body = {**REQUEST, "strategy": {"search": "parallel", "n": 2}, "sampling": {"temperature": 1}}
    for pair in ((behaviour, Reply("hello")), (Reply("hello"), behaviour)):
        async with asking(pool, *pair, timeout_s=patience(behaviour)) as http:
            answer = await http.post("/solve", json=body)
        assert (answer.status_code, answer.json()["status"]) == (200, "certified")


@pytest.mark.parametrize("lie", LIES)
async def test_lies_about_usage_spoil_no_account(pool, lie):
    async with asking(pool, Reply("hello", usage=lie)) as http:
        result = (await http.post("/solve", json=REQUEST)).json()
        shown = await scrape(http)
    assert result["status"] == "certified"
    assert 0 <= result["usage"]["prompt_tokens"] < 10_000
    assert 0 <= result["usage"]["completion_tokens"] < 10_000
    assert 0 <= shown.value("llm_modulo_tokens_total", kind="completion") < 10_000


async def test_ten_megabytes_are_judged_or_refused_and_then_forgotten(pool):
    async with asking(pool, Reply("x" * HUGE), Reply("( " * (HUGE // 2))) as http:
        result = (await http.post("/solve", json=REQUEST, timeout=SOON_S)).json()
    assert result["status"] in {"certified", "exhausted"}
    if result["certificate"] is not None:
        assert verify(result["certificate"]).outcome is Outcome.VERIFIED


async def test_a_critic_without_end_is_killed_counted_and_decides_nothing(pool):
    settings = {"worker": {"deadline_s": 3}}
    async with client(make_app(pool, "!loop", "hello", **settings)) as http:
        before = await scrape(http)
        result = (await http.post("/solve", json=REQUEST, timeout=SOON_S)).json()
        after = await scrape(http)
    assert result["status"] == "certified"
    assert result["answer"] == "hello"
    assert killed(after, "critic-deadline") == killed(before, "critic-deadline") + 1
    assert after.value("llm_modulo_verdicts_total", verdict="unknown") == 1


def killed(shown: Scraped, reason: str) -> float:
    return shown.value("llm_modulo_worker_kills_total", pool="critics", reason=reason)


def children(pid: int) -> list[int]:
    """List the processes that a process has forked."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    return [int(number) for number in text.split()]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="there is no /proc to look into")
async def test_a_worker_that_the_kernel_kills_takes_one_verdict_with_it(word):
    """As the kernel does to whoever uses up a machine's memory."""
    check = {"domain": word, "problem": {"word": "hello"}, "exact": True}
    async with Pool(size=2) as own:
        await own.start()
        app = make_app(own, "hello", worker={"deadline_s": 60})
        zygote = own.crews["critics"][0]._zygote
        async with client(app) as http:
            looping = asyncio.create_task(
                http.post("/check", json={**check, "answer": "!loop"}, timeout=SOON_S)
            )
            async with asyncio.timeout(SOON_S):
                while not (workers := children(zygote._process.pid)):  # noqa: ASYNC110  # no event
                    await asyncio.sleep(0.01)
            for worker in workers:
                os.kill(worker, signal.SIGKILL)
            lost = (await looping).json()
            then = (await http.post("/check", json={**check, "answer": "hello"})).json()
            solved = (await http.post("/solve", json=REQUEST)).json()
            shown = await scrape(http)
            ready = await http.get("/readyz")
    assert (lost["verdict"], lost["codes"]) == ("unknown", ["critic-crashed"])
    assert then["verdict"] == "accepted"
    assert solved["status"] == "certified"
    assert killed(shown, "critic-crashed") == 1
    assert ready.json()["workers"] == "ok"


async def test_a_clock_that_jumps_ends_no_run_and_breaks_no_count(pool):
    """Wall time leaps to and fro by days; budgets and deadlines are measured otherwise."""
    leaps = itertools.cycle([timedelta(days=2), timedelta(days=-400), timedelta(0)])
    clock = lambda: datetime.now(UTC) + next(leaps)  # noqa: E731  # short
    telemetry = Telemetry(Settings())

    def make(make_run) -> MemoryEngine:
        return MemoryEngine(make_run, clock=clock, observer=telemetry)

    def answer(request: Request) -> str:
        return "hello" if request.call else "bye"

    async with engine_over(pool, make, answer) as (
        engine,
        specify,
    ):
        ended: list[RunRecord] = []
        for _ in range(3):
            spec = await specify()
            await engine.start(spec)
            ended.append(await engine.wait(spec.id))
    assert [record.state for record in ended] == ["certified"] * 3
    assert telemetry.metrics is not None
    shown = Scraped(telemetry.metrics.render("")[0].decode())
    assert shown.value("llm_modulo_runs_total", status="certified") == 3
    assert shown.value("llm_modulo_run_seconds_sum") >= 0
