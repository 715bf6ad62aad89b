"""iterate: one round of expert iteration, with the critics as the expert.

`python -m examples.proposer.iterate CHECKPOINT CORPUS OUT` asks the model for training problems as
the service does, round after round. What it got right is kept as an answer. What it got wrong, with
what it was told, becomes a turn to be mended: by the model's own later answer where that was
accepted, else by the family's repair. The parts that it writes are trained on like a corpus, beside
some of the first one.
"""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import torch
from transformers import LlamaForCausalLM

from critics.types import Verdict
from examples.proposer.corpus import describe, encode, save_rows, start_afresh
from examples.proposer.evaluate import Attempt, solve
from examples.proposer.model import load_checkpoint
from examples.proposer.problems import KINDS, Instance, draw
from examples.proposer.vocabulary import Vocabulary

ROUNDS = 3
TEMPERATURE = 0.9
AT_ONCE = 64
"""Problems that are asked for together."""
EASY = 0.25
"""Share of the problems solved at once that are kept."""
PART = 500
OLD = 4000
"""New rows to one part of the first corpus that is trained on again."""
WEIGHTS = {"coloring": 2.0, "meeting": 2.0, "countdown": 0.7, "calendar": 0.7}
"""How often a kind is asked for, where it is not 1: more where answers go wrong in small ways."""


def draw_problems(random: Random, count: int) -> list[Instance]:
    """Draw training problems of all kinds and levels."""
    choices = [(kind, level) for kind in KINDS for level in kind.levels]
    weights = [kind.levels[level] * WEIGHTS.get(kind.name, 1) for kind, level in choices]
    drawn = random.choices(choices, weights, k=count)
    return [draw(random, kind, level, held_out=False) for kind, level in drawn]


def make_rows(
    model: LlamaForCausalLM, vocabulary: Vocabulary, random: Random, until: float
) -> Iterator[dict[str, Any]]:
    """Ask for problems, and make rows of what came of it, until the time is over."""
    while time.monotonic() < until:
        problems = draw_problems(random, AT_ONCE)
        for attempt in solve(
            model, vocabulary, problems, feedback=True, rounds=ROUNDS, temperature=TEMPERATURE
        ):
            if attempt.wrong or random.random() < EASY:
                row = learn_from(attempt, random)
                if row is not None:
                    yield row


def learn_from(attempt: Attempt, random: Random) -> dict[str, Any] | None:
    """Make a row of one attempt; nothing where there is nothing to learn."""
    instance = attempt.instance
    own = attempt.right if attempt.solved else None
    answer = own if attempt.solved == 1 else instance.answer()
    repairs = []
    for place, (wrong, told) in enumerate(attempt.wrong):
        latest = place == len(attempt.wrong) - 1
        right = own if own is not None and latest else instance.repair(wrong)
        if right is not None and instance.judge(right).verdict is Verdict.ACCEPTED:
            repairs.append([wrong, told, right])
    if answer is None or instance.judge(answer).verdict is not Verdict.ACCEPTED:
        return None
    beside = start_afresh(random, [wrong for wrong, _ in attempt.wrong])
    return describe(instance, answer, repairs, beside)


def link_old(corpus: Path, out: Path, rows: int, random: Random) -> None:
    """Put about as many rows of the first corpus beside the new ones."""
    old = sorted(corpus.glob("part-[0-9]*.npz"))
    for part in random.sample(old, min(max(1, round(rows / OLD)), len(old))):
        with suppress(FileExistsError):
            (out / f"part-9{part.name[5:]}").symlink_to(part.resolve())


def main() -> None:
    """Write what the model learnt by trying."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    given.out.mkdir(parents=True, exist_ok=True)
    model, vocabulary = load_checkpoint(given.checkpoint)
    vocabulary.save(given.out)
    until, random = time.monotonic() + 60 * given.minutes, Random(given.seed)
    made, part = make_rows(model, vocabulary, random, until), 0
    while rows := list(islice(made, PART)):
        path = given.out / f"part-{given.seed}{part:03}.npz"
        save_rows([encode(vocabulary, row) for row in rows], path)
        print(f"{path}: {len(rows)} rows", flush=True)
        part += 1
    link_old(given.corpus, given.out, part * PART, random)


if __name__ == "__main__":
    main()
