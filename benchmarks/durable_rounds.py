"""What durability costs: rounds per second and CPU per round, per back end and process.

Every round is a model call that answers at once and a judgement in this process, so all that is
measured is the loop and the storing of it. Runs are started side by side.

    python benchmarks/durable_rounds.py sqlite
    python benchmarks/durable_rounds.py postgresql://… --processes 2
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from app.durable.engine import DurableEngine, Room
from app.durable.location import locate
from app.engine import Executable, RunSpec
from app.ids import new_id
from app.memory_engine import MemoryEngine
from app.protocol import SolveRequest, SolveResult
from app.setting_groups import ClusterSettings
from backprompt.budget import Budget, Usage
from backprompt.effects import DirectKernel, Effects, LiveEffects
from backprompt.journal import Journal
from backprompt.loop import solve
from backprompt.outcome import Outcome
from backprompt.strategy import Strategy
from backprompt.task import Task
from backprompt.upstream import Completion, Request, ScriptedUpstream
from critics.types import Coverage, Judgement, Verdict

ANSWER_CHARS = 4_000


def judge(text: str) -> Judgement:
    """Accept `done`."""
    verdict = Verdict.ACCEPTED if text == "done" else Verdict.REJECTED
    coverage = Coverage(decided=("the word",), undecided=())
    return Judgement(
        domain="bench",
        domain_version="1",
        verdict=verdict,
        candidate=text,
        score=float(verdict is Verdict.ACCEPTED),
        coverage=coverage,
    )


class BenchRun:
    """A run of so many rounds."""

    def __init__(self, spec: RunSpec, journal: Journal, rounds: int) -> None:
        """Run nothing yet."""
        self.spec, self.journal, self._rounds = spec, journal, rounds

    async def execute(self, record: Callable[[LiveEffects], Effects] = lambda e: e) -> SolveResult:
        """Run the loop."""
        kernel = DirectKernel(
            extract=lambda text: [text.split()[0]],
            judge=judge,
            certify=lambda _judged, _provenance: {"made": True},
        )
        effects = LiveEffects(kernel, ScriptedUpstream(self._respond))
        strategy = Strategy(restart_after=None)
        outcome = await solve(
            self.spec.task,
            strategy=strategy,
            budget=self.spec.budget,
            effects=record(effects),
            journal=self.journal,
        )
        return self._result(outcome)

    def _respond(self, request: Request) -> Completion:
        word = "done" if request.call + 1 == self._rounds else f"try{request.call}"
        text = f"{word} " + "x" * ANSWER_CHARS
        return Completion(text=text, model="bench", usage=Usage(calls=1))

    def _result(self, outcome: Outcome) -> SolveResult:
        return SolveResult(
            id=self.spec.id,
            status=outcome.status.value,
            certified=outcome.answer is not None,
            rounds=outcome.usage.rounds,
            usage=outcome.usage,
            budget=self.spec.budget,
            upstream="configured",
            elapsed_s=0.0,
        )

    def cancelled(self) -> SolveResult:
        """Never happens here."""
        raise NotImplementedError

    def explain_failure(self) -> str:
        """Never happens here."""
        raise NotImplementedError


def specify(rounds: int) -> RunSpec:
    """Specify a run."""
    request = SolveRequest(domain="bench", problem={})
    return RunSpec(
        id=new_id("run"),
        request=request,
        task=Task(domain="bench", prompt="Say the word."),
        strategy=Strategy(restart_after=None),
        budget=Budget(rounds=rounds),
        created_at=datetime.now(UTC),
        attended=True,
    )


async def measure(url: str, runs: int, rounds: int, synchronous: str) -> None:
    """Run so many runs at once, and print what they took."""

    async def make_run(spec: RunSpec, journal: Journal) -> Executable:
        return BenchRun(spec, journal, rounds)

    if url == "memory":
        engine: MemoryEngine | DurableEngine = MemoryEngine(make_run, concurrent=runs)
    else:
        cluster = ClusterSettings(synchronous="FULL" if synchronous == "FULL" else "NORMAL")
        engine = DurableEngine(make_run, locate(url), Room(concurrent=runs), cluster)
    await engine.recover()
    wall, cpu = time.perf_counter(), time.process_time()
    specs = [specify(rounds) for _ in range(runs)]
    await asyncio.gather(*(engine.start(spec) for spec in specs))
    for spec in specs:
        over = await engine.wait(spec.id)
        if over.state != "certified":
            raise SystemExit(f"{over.state}: {over.failure}")
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    done = runs * rounds
    peak_mb = read_peak_mb()
    print(
        f"{runs} runs, {done} rounds: {done / wall:.0f} rounds/s, "
        f"{cpu / done * 1000:.1f} ms CPU a round, at most {peak_mb:.0f} MB"
    )
    await engine.aclose()


def read_peak_mb() -> float:
    """Read the most memory this program ever held.

    `getrusage` will not do: a spawned process starts with the peak of whoever started it.
    """
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("where", help="`memory`, `sqlite` or a database URL")
    parser.add_argument("--runs", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--synchronous", default="FULL")
    given = parser.parse_args()
    if given.processes > 1:
        again = [sys.executable, __file__, given.where, "--runs", str(given.runs)]
        again += ["--rounds", str(given.rounds)]
        begun = [subprocess.Popen(again) for _ in range(given.processes)]
        sys.exit(max(process.wait() for process in begun))
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/runs.db" if given.where == "sqlite" else given.where
        asyncio.run(measure(url, given.runs, given.rounds, given.synchronous))


if __name__ == "__main__":
    main()
