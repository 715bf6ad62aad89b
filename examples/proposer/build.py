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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from examples.proposer.corpus import PART
from examples.proposer.iterate import START
from examples.proposer.model import PRESETS

SAMPLING, AGAIN = 0.15, 0.2
"""Shares of the minutes of training for trying, and for learning from it."""
AGAIN_RATE = 0.3
"""Learning rates of the second training, as a share of the first one's."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is built.

    Attributes:
        minutes: Of the first training.
        workers: That share the training.
    """

    out: Path
    preset: str
    minutes: float
    workers: int
    threads: int
    seed: int


def list_steps(plan: Plan) -> Iterator[list[str]]:
    """Give the commands, in order."""
    preset, out = PRESETS[plan.preset], plan.out
    corpus, tried, first, second = (
        str(out / name) for name in ("corpus", "tried", "first", "second")
    )
    rows = min(PART, preset.rows)
    parts = ["--parts", "0", str(preset.rows // rows), "--rows", str(rows)]
    yield ["corpus", corpus, *parts]
    common = ["--preset", plan.preset, "--threads", str(plan.threads)]
    common += ["--workers", str(plan.workers)]
    minutes = str(plan.minutes)
    yield ["train", corpus, first, *common, "--minutes", minutes, "--seed", str(plan.seed)]
    trying = ["--minutes", str(plan.minutes * SAMPLING), "--seed", str(plan.seed)]
    yield ["iterate", f"{first}/final", corpus, tried, *trying]
    again = ["--minutes", str(plan.minutes * AGAIN), "--scale", str(AGAIN_RATE)]
    start = ["--start", f"{tried}/{START}", "--seed", str(plan.seed + 1)]
    yield ["train", tried, second, *common, *again, *start]
    yield ["gguf_file", f"{second}/final", str(out / "proposer.gguf")]


def main() -> None:
    """Build a proposer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--preset", choices=PRESETS, default="cpu")
    parser.add_argument("--minutes", type=float, help="of the first training")
    parser.add_argument("--workers", type=int, default=1, help="processes that share the training")
    parser.add_argument("--threads", type=int, default=1, help="of each of them")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    minutes = given.minutes or PRESETS[given.preset].minutes
    plan = Plan(given.out, given.preset, minutes, given.workers, given.threads, given.seed)
    for name, *rest in list_steps(plan):
        print(f"python -m examples.proposer.{name} {' '.join(rest)}", flush=True)
        subprocess.run([sys.executable, "-m", f"examples.proposer.{name}", *rest], check=True)


if __name__ == "__main__":
    main()
