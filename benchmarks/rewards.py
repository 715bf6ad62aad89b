"""How many rewards a second a trainer gets for Blocksworld.

    python benchmarks/rewards.py
    python benchmarks/rewards.py --problems 128 --completions 16 --workers 2

A batch is one step of a GRPO trainer: so many problems with so many completions each, half of them
right, all different, each a plan within a few words. It is rewarded through the Python function
(`ModuloReward`, workers of its own) and over HTTP (`POST /reward` of a service on 127.0.0.1). The
best of several passes is printed beside their median, since other work on the machine only ever
slows them down; `cpu` is the processor time of everything, in ms for each reward.
"""

import argparse
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import time

import httpx
from pddl_validate import make_blocksworld

from app.flywheel.trl_reward import ModuloReward


def make_rows(problems: int, completions: int, blocks: int) -> dict[str, list[str]]:
    """Make the columns of a batch."""
    rows: dict[str, list[str]] = {"problem": [], "domain": [], "completions": []}
    for seed in range(problems):
        case = make_blocksworld(blocks, seed)
        problem = json.dumps({"domain": case.domain, "problem": case.problem})
        plan = case.plan.splitlines()
        for number in range(completions):
            steps = plan if number % 2 else plan[: -1 - number % 5]
            text = f"Attempt {number}. This is my plan:\n```\n" + "\n".join(steps) + "\n```\n"
            rows["problem"].append(problem)
            rows["domain"].append("pddl")
            rows["completions"].append(text)
    return rows


def measure(name: str, reward: ModuloReward, rows: dict[str, list[str]], passes: int) -> None:
    """Print the rates of some passes over the same batch."""
    expected = None
    rates = []
    reward(**rows)  # starts the workers
    for _ in range(passes):
        began = time.perf_counter()
        found = reward(**rows)
        rates.append(len(found) / (time.perf_counter() - began))
        expected = expected or found
        if found != expected or sum(map(bool, found)) * 2 != len(found):
            sys.exit(f"{name}: not the rewards that were expected")
    print(
        f"{name:16} best {max(rates):7.0f}/s   median {statistics.median(rates):7.0f}/s   "
        f"({len(rows['problem'])} completions a pass)"
    )


def serve(port: int, workers: int) -> subprocess.Popen[bytes]:
    """Start a service and wait until it answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "serve", "--port", str(port)],
        env=os.environ | {"MODULO_WORKER__SIZE": str(workers), "MODULO_DATABASE_URL": "memory:"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(1200):
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=10)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return process
    sys.exit("the service does not start")


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def spent() -> float:
    """Give the processor seconds of ended children and this process."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(who) for who in whose]
    return sum(each.ru_utime + each.ru_stime for each in used)


def main() -> None:
    """Measure both ways."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--problems", type=int, default=64)
    parser.add_argument("--completions", type=int, default=16)
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--passes", type=int, default=5)
    options = parser.parse_args()
    rows = make_rows(options.problems, options.completions, options.blocks)
    before = spent()
    with ModuloReward(workers=options.workers) as reward:
        measure("Python function", reward, rows, options.passes)
    count = (options.passes + 1) * len(rows["problem"])
    print(f"{'':16} cpu {1000 * (spent() - before) / count:.2f} ms (starting included)")
    port = free_port()
    service = serve(port, options.workers)
    try:
        remote = ModuloReward(url=f"http://127.0.0.1:{port}")
        measure("POST /reward", remote, rows, options.passes)
    finally:
        service.terminate()
        service.wait(timeout=60)


if __name__ == "__main__":
    main()
