"""build: makes a proposer from nothing, by one command.

`python -m examples.proposer.build OUT` makes a corpus and a vocabulary, trains, lets the model try
and learn from what the critics said, and writes a GGUF file. `--preset smoke` takes a minute or two
and makes a model that is good for nothing; `--preset gpu` is a larger one, which nobody has built
yet. The same arguments make the same corpus; how far training gets depends on the machine, since
its length is given in minutes.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from examples.proposer.corpus import PART
from examples.proposer.model import PRESETS

SAMPLING, AGAIN = 0.17, 0.4
"""Shares of the minutes of training for trying, and for learning from it."""
AGAIN_RATE = 0.4
"""Learning rates of the second training, as a share of the first one's."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is built.

    Attributes:
        minutes: Of the first training.
        workers: Processes that share the work.
    """

    out: Path
    preset: str
    minutes: float
    workers: int
    threads: int
    seed: int


def list_steps(plan: Plan) -> Iterator[list[list[str]]]:
    """Give the commands, in order; those of one step run side by side."""
    out, common = plan.out, ["--preset", plan.preset, "--threads", str(plan.threads)]
    common += ["--workers", str(plan.workers)]
    corpus, tried, first, second = (
        str(out / name) for name in ("corpus", "tried", "first", "second")
    )
    yield from list_corpus(plan, corpus)
    minutes, seed = str(plan.minutes), str(plan.seed)
    yield [["train", corpus, first, *common, "--minutes", minutes, "--seed", seed]]
    trying = ["--minutes", str(plan.minutes * SAMPLING), "--threads", str(plan.threads)]
    seeds = [str(plan.seed + worker) for worker in range(plan.workers)]
    yield [["iterate", f"{first}/final", corpus, tried, *trying, "--seed", s] for s in seeds]
    again = ["--minutes", str(plan.minutes * AGAIN), "--scale", str(AGAIN_RATE)]
    start = ["--start", f"{first}/final", "--seed", str(plan.seed + 1)]
    yield [["train", tried, second, *common, *again, *start]]
    yield [["gguf_file", f"{second}/final", str(out / "proposer.gguf")]]


def list_corpus(plan: Plan, corpus: str) -> Iterator[list[list[str]]]:
    """Give the commands for the corpus; its first part chooses the vocabulary."""
    wanted = PRESETS[plan.preset].rows
    rows = min(PART, wanted)
    parts = wanted // rows
    cuts = [1 + (parts - 1) * worker // plan.workers for worker in range(plan.workers + 1)]
    make = ["corpus", corpus, "--rows", str(rows), "--parts"]
    yield [[*make, "0", "1"]]
    yield [[*make, str(a), str(b)] for a, b in pairwise(cuts) if a < b]


def run(commands: Sequence[Sequence[str]]) -> None:
    """Run commands side by side, and stop if one fails."""
    started = []
    for name, *rest in commands:
        print(f"python -m examples.proposer.{name} {' '.join(rest)}", flush=True)
        started.append(subprocess.Popen([sys.executable, "-m", f"examples.proposer.{name}", *rest]))
    ends = [process.wait() for process in started]
    if any(ends):
        raise SystemExit(1)


def main() -> None:
    """Build a proposer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--preset", choices=PRESETS, default="cpu")
    parser.add_argument("--minutes", type=float, help="of the first training")
    parser.add_argument("--workers", type=int, default=1, help="processes that share the work")
    parser.add_argument("--threads", type=int, default=1, help="of each of them")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    minutes = given.minutes or PRESETS[given.preset].minutes
    plan = Plan(given.out, given.preset, minutes, given.workers, given.threads, given.seed)
    for commands in list_steps(plan):
        run(commands)


if __name__ == "__main__":
    main()
