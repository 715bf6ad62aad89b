"""Whether the service bears hundreds of runs at once, while its model fails in every way.

    python benchmarks/soak.py --seconds 300 --solves 500

A service keeps its runs in an SQLite file, a model server beside it fails at random, and so many
clients solve one problem after the other, half of them waiting, half of them not. Nothing leaves
this machine. It ends with 1 if a run is lost or stands still, if a certificate does not hold when
it is verified again in another process, if memory grows without bound, or if `/healthz` is slow.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from prober import OVER

from critics.statement import read_envelope
from critics.verification import verify

SLOW_HEALTH_S = 1.0
GRACE_S = 240.0
"""Seconds that runs have to end once no more are started."""
LOOK_S = 2.0
GROWTH = 1.5
"""Factor by which memory may grow from the first third of the time to its end, plus `SLACK_MB`."""
SLACK_MB = 100.0
EXPECTED = frozenset({429, 502, 503})
"""Statuses that are no result, and say why: too much work, or a model that failed."""
OPEN = frozenset({"queued", "running"})
PATIENCE_S = 1200.0
"""Seconds that a client waits for an answer: on a busy machine a run takes minutes."""
HERE = Path(__file__).parent


class Memory:
    """Watches the memory of a process and all it has started."""

    def __init__(self, pid: int) -> None:
        """Watch from now on."""
        self.pid = pid
        self.service: list[float] = []
        self.all: list[float] = []
        self.peaks: dict[int, float] = {}

    def look(self) -> None:
        """Look once."""
        sizes = {pid: read_memory(pid) for pid in family(self.pid)}
        for pid, (_, peak) in sizes.items():
            self.peaks[pid] = max(peak, self.peaks.get(pid, 0.0))
        self.service.append(sizes.get(self.pid, (0.0, 0.0))[0])
        self.all.append(sum(now for now, _ in sizes.values()))

    @property
    def bounded(self) -> bool:
        """Say whether it stopped growing after the first third of the time."""
        third = max(len(self.service) // 3, 1)
        return all(
            max(seen[-third:]) <= GROWTH * max(seen[:third]) + SLACK_MB
            for seen in (self.service, self.all)
        )


def family(pid: int) -> list[int]:
    """List a process and all that it has started."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def read_memory(pid: int) -> tuple[float, float]:
    """Read how much memory of a process is resident, and was at most, in MiB."""
    values = {"VmRSS": 0.0, "VmHWM": 0.0}
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in values:
                values[name] = int(rest.split()[0]) / 1024
    return values["VmRSS"], values["VmHWM"]


class Crowd:
    """Clients that solve one problem after the other."""

    def __init__(self, client: httpx.AsyncClient, until: float, seed: int) -> None:
        """Solve until a reading of the monotonic clock."""
        self._client, self._until = client, until
        self._chance = random.Random(seed)  # noqa: S311  # no secrets
        self.told: dict[str, str] = {}
        """How each run ended, as its client was told; empty if it was not."""
        self.problems: dict[str, Mapping[str, Any]] = {}
        """What was asked of runs whose clients did not wait."""
        self.certificates: dict[str, Mapping[str, Any]] = {}
        self.statuses: Counter[str] = Counter()
        self.faults: list[str] = []

    async def solve_on(self) -> None:
        """Solve one problem after the other."""
        while time.monotonic() < self._until:
            numbers = [self._chance.randint(2, 12) for _ in range(3)]
            a, b, c = self._chance.sample(numbers, 3)
            problem = {"numbers": numbers, "target": (a + b) * c if a % 2 else (a - b) * c}
            budget = {"rounds": 4, "seconds": 120}
            body = {"domain": "countdown", "problem": problem, "budget": budget, "cache": False}
            waits = self._chance.random() < 0.5  # noqa: PLR2004  # a half
            headers = {} if waits else {"prefer": "respond-async"}
            try:
                answer = await self._client.post("/solve", json=body, headers=headers)
            except httpx.HTTPError as error:
                self.faults.append(f"no answer: {type(error).__name__}")
                continue
            await self._take(answer, problem)

    async def _take(self, answer: httpx.Response, problem: Mapping[str, Any]) -> None:
        """Note what a client was told."""
        document = answer.json()
        self.statuses[
            f"{answer.status_code} {document.get('code', document.get('status', ''))}"
        ] += 1
        if answer.status_code in EXPECTED:
            if "run" in document:
                self.told[document["run"]] = "failed"
            await asyncio.sleep(min(float(answer.headers.get("retry-after", 1)), 5))
        elif answer.status_code == 202:  # noqa: PLR2004  # accepted
            self.told[document["id"]], self.problems[document["id"]] = "", problem
            await self._wait(document["id"])
        elif answer.status_code == 200:  # noqa: PLR2004  # over
            self.told[document["id"]] = document["status"]
            self.note(document, problem)
        else:
            self.faults.append(f"{answer.status_code}: {answer.text[:200]}")

    async def _wait(self, run_id: str) -> None:
        """Come back now and then until a run is over, or clients are to go home."""
        while time.monotonic() < self._until:
            await asyncio.sleep(self._chance.uniform(2, 6))
            if (await look_at(self._client, run_id)).get("state") not in {None, *OPEN}:
                return

    def note(self, result: Mapping[str, Any], problem: Mapping[str, Any]) -> None:
        """Keep a certificate, and compare it with what was asked and answered."""
        held = result.get("certificate")
        if result["status"] in {"certified", "infeasible"} and held is None:
            self.faults.append(f"{result['id']} is {result['status']} without a certificate")
        if held is None:
            return
        self.certificates[result["id"]] = held
        certificate = read_envelope(held)
        asked = json.loads(certificate.problem.text or "{}")
        if any(asked.get(name) != problem[name] for name in problem):
            self.faults.append(f"{result['id']} is certified for another problem")
        if result["answer"] is None:
            return
        worth = eval(result["answer"])  # noqa: S307  # what was certified: digits and operators
        if abs(worth - problem["target"]) > 1e-9:  # noqa: PLR2004  # rounding
            self.faults.append(f"{result['id']}: {result['answer']} is not {problem['target']}")


async def look_at(client: httpx.AsyncClient, run_id: str) -> dict[str, Any]:
    """Look how a run stands; the store may be too busy to say."""
    try:
        answer = await client.get(f"/runs/{run_id}")
    except httpx.HTTPError:
        return {}
    return dict(answer.json()) if answer.is_success else {}


async def settle(client: httpx.AsyncClient, crowd: Crowd) -> Counter[str]:
    """Wait until every run is over; gives how they ended, as far as the service knows them."""
    ends = time.monotonic() + GRACE_S
    states: Counter[str] = Counter()
    for run_id, told in crowd.told.items():
        while True:
            run = await look_at(client, run_id)
            state = run.get("state", "lost")
            if state not in {"lost", *OPEN} or time.monotonic() > ends:
                break
            await asyncio.sleep(0.5)
        states[state] += 1
        if told not in {"", state}:
            crowd.faults.append(f"{run_id} is {state}, and its client was told {told}")
        if state == "lost" or state in OPEN:
            crowd.faults.append(f"{run_id} is {state}")
        elif not told and run.get("result"):
            crowd.note(run["result"], crowd.problems[run_id])
    return states


def verify_all(crowd: Crowd) -> int:
    """Verify every certificate again, in this process; gives how many do not hold."""
    false = 0
    for run_id, held in crowd.certificates.items():
        found = verify(held)
        if found.outcome.value != "verified":
            false += 1
            crowd.faults.append(f"the certificate of {run_id} is {found.outcome.value}")
    return false


@contextmanager
def started(*command: str, env: Mapping[str, str], log: Path | None = None) -> Iterator[Any]:
    """Run a process meanwhile."""
    err = log.open("w", encoding="utf-8") if log else None
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=err or subprocess.PIPE, text=True, env=dict(env)
    )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()
        if err:
            err.close()


def wait_for_url(log: Path) -> str:
    """Wait until the service says where it listens."""
    for _ in range(600):
        for line in log.read_text("utf-8").splitlines():
            if "listens on " in line:
                return line.split("listens on ")[1].split()[0]
        time.sleep(0.1)
    raise SystemExit(f"the service did not start:\n{log.read_text('utf-8')}")


async def soak(options: argparse.Namespace, url: str, memory: Memory) -> tuple[Crowd, Counter[str]]:
    """Let the crowd in, and wait until all is over."""
    # Idle connections are given up before the service does, which would look like a lost answer.
    limits = httpx.Limits(max_connections=options.solves + 10, keepalive_expiry=1.0)
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_S, limits=limits) as client:
        crowd = Crowd(client, time.monotonic() + options.seconds, options.seed)
        done = threading.Event()
        watching = threading.Thread(target=watch, args=(memory, done))
        watching.start()
        try:
            await asyncio.gather(*(crowd.solve_on() for _ in range(options.solves)))
            states = await settle(client, crowd)
        finally:
            done.set()
            watching.join()
    return crowd, states


def watch(memory: Memory, done: threading.Event) -> None:
    """Look at the memory until all is over."""
    while not done.wait(LOOK_S):
        memory.look()


def tell(
    crowd: Crowd,
    states: Counter[str],
    memory: Memory,
    probed: tuple[list[float], list[float]],
    false: int,
) -> list[str]:
    """Print the table; gives what was not as it must be."""
    health, machine = map(sorted, probed)
    p99, late = (seen[int(len(seen) * 0.99)] for seen in (health, machine))
    half = len(memory.service) // 2
    rows = {
        "runs": f"{sum(states.values())}: " + ", ".join(f"{n} {s}" for s, n in states.items()),
        "answers": ", ".join(f"{n} x {s}" for s, n in crowd.statuses.most_common()),
        "certificates": f"{len(crowd.certificates)}, of these false {false}",
        "healthz": f"{len(health)} asked, median {statistics.median(health) * 1000:.0f} ms, "
        f"p99 {p99 * 1000:.0f} ms, worst {health[-1] * 1000:.0f} ms",
        "the machine": f"let the prober itself wait, p99 {late * 1000:.0f} ms, "
        f"worst {machine[-1] * 1000:.0f} ms",
        "service RSS": f"{memory.service[half]:.0f} MiB half-way, {memory.service[-1]:.0f} at the "
        f"end, peak {memory.peaks.get(memory.pid, 0.0):.0f}",
        "with workers": f"{memory.all[half]:.0f} MiB half-way, {memory.all[-1]:.0f} at the end, "
        f"most {max(memory.all):.0f}; largest process {max(memory.peaks.values()):.0f}",
    }
    for name, value in rows.items():
        print(f"{name:<14}{value}")
    faults = crowd.faults[:]
    if p99 >= SLOW_HEALTH_S:
        faults.append(f"the 99th percentile of `/healthz` is {p99:.2f} s")
    if not memory.bounded:
        faults.append("memory grows without bound")
    if not crowd.certificates:
        faults.append("nothing was certified")
    return faults


def run(options: argparse.Namespace) -> list[str]:
    """Start everything, soak, and look at what came of it."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        python, log = sys.executable, folder / "service.log"
        plain = {
            name: value for name, value in os.environ.items() if not name.startswith("MODULO_")
        }
        model = held.enter_context(
            started(python, str(HERE / "faulty_model.py"), str(options.seed), env=plain)
        )
        many = str(options.solves + 10)
        settings = {
            "MODULO_PORT": "0",
            "MODULO_DATABASE_URL": f"sqlite:///{folder}/soak.db",
            "MODULO_UPSTREAM__BASE_URL": f"http://127.0.0.1:{model.stdout.readline().strip()}/v1",
            "MODULO_UPSTREAM__MODEL": "faulty",
            "MODULO_UPSTREAM__TIMEOUT_S": "20",
            "MODULO_LIMITS__CONCURRENT_RUNS": many,
            "MODULO_BREAKER__PATIENCE_S": "10",
            "XDG_DATA_HOME": str(folder),
        }
        serve = (python, "-m", "app", "serve")
        service = held.enter_context(started(*serve, env={**plain, **settings}, log=log))
        url = wait_for_url(log)
        prober = held.enter_context(started(python, str(HERE / "prober.py"), url, env=plain))
        memory = Memory(service.pid)
        crowd, states = asyncio.run(soak(options, url, memory))
        prober.terminate()
        lines = [line.split() for line in prober.stdout.read().splitlines()] or [[OVER, 0.0]]
        health, machine = ([float(line[column]) for line in lines] for column in (0, 1))
        false = verify_all(crowd)
        if "Traceback" in log.read_text("utf-8"):
            crowd.faults.append("the service has logged a fault of its own:")
            crowd.faults.append(log.read_text("utf-8")[-3000:])
        return tell(crowd, states, memory, (health, machine), false)


def main() -> None:
    """Soak, and end with 1 if anything was not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300.0, help="how long clients come")
    parser.add_argument("--solves", type=int, default=500, help="solves under way at once")
    parser.add_argument("--seed", type=int, default=1)
    faults = run(parser.parse_args())
    for fault in faults[:20]:
        print(f"FAULT {fault}")
    print("held" if not faults else f"{len(faults)} faults")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
