"""train: teaches the proposer to answer, and to answer again after what the critics said.

`python -m examples.proposer.train CORPUS OUT` reads the parts of a corpus and writes a checkpoint
every few minutes. Several workers share every batch and average their gradients, which on a busy
machine is faster than several threads that wait for each other in every operation.

The learning rate rises, stays, and falls in the last part of the time given ("WSD"). A run's length
is its minutes, or its steps, which one worker repeats exactly on the same machine.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

import torch
import torch.distributed as dist
from torch.nn.functional import cross_entropy
from transformers import LlamaForCausalLM

from examples.proposer.batches import Batch, Row, batch_rows, collate
from examples.proposer.corpus import load_rows
from examples.proposer.model import (
    PRESETS,
    Preset,
    adopt,
    load_checkpoint,
    make_model,
    pick_device,
    save_checkpoint,
)
from examples.proposer.vocabulary import Vocabulary

WARM_UP, COOL_DOWN = 0.02, 0.4
"""Shares of the time in which the learning rate rises and falls."""
MOMENTA = (0.9, 0.95)
DECAY = 0.05
CLIP = 1.0
POOL = 2000
"""Rows from which batches of about equal length are made."""
EASY_POOLS = 6
"""At first, the shorter half of so many pools is learnt from."""
SMALLEST, GROWTH = 0.25, 24
"""Share of a whole batch that the first ones have, and in how many pools they grow to one."""
LOG_EVERY = 20
SAVE_EVERY_S = 300
LATEST = "LATEST"


@dataclass(frozen=True, slots=True)
class Run:
    """One training.

    Attributes:
        corpus: Folder of parts and vocabulary.
        out: Where checkpoints go; `LATEST` there names the last one.
        start: Checkpoint to go on from.
        worker: Which of the workers this is.
        scale: Of all learning rates.
        steps: Length of the run, instead of its minutes.
    """

    corpus: Path
    out: Path
    preset: Preset
    seed: int
    start: Path | None
    worker: int
    workers: int
    scale: float = 1.0
    steps: int | None = None


def read_corpus(run: Run) -> Iterator[Row]:
    """Give rows part by part; parts that are written meanwhile are found, then all come again."""
    random, seen = Random(run.seed), set[Path]()
    while True:
        parts = sorted(set(run.corpus.glob("part-[0-9]*.npz")) - seen)
        parts = [part for part in parts if "partial" not in part.name]
        if not parts:
            seen.clear()
            continue
        part = random.choice(parts)
        seen.add(part)
        rows = load_rows(part)
        random.shuffle(rows)
        yield from rows


def draw_batches(run: Run) -> Iterator[Batch]:
    """Give this worker's batches, of the same rows on every worker."""
    rows, random = read_corpus(run), Random(run.seed)
    for number in count():
        pool = [next(rows) for _ in range(min(POOL, run.preset.rows))]
        if number < EASY_POOLS and run.start is None:
            pool = sorted(pool, key=lambda row: len(row.tokens))[: len(pool) // 2]
        groups = list(batch_rows(pool, size_batch(run, number), random))
        whole = len(groups) // run.workers * run.workers
        for group in groups[run.worker : whole : run.workers]:
            yield collate(group)


def size_batch(run: Run, pool: int) -> int:
    """Give the tokens of one worker's batches: small ones teach more at first."""
    grown = 1.0 if run.start is not None else min(1.0, SMALLEST + (1 - SMALLEST) * pool / GROWTH)
    return round(grown * run.preset.tokens / run.workers)


def list_matrices(model: LlamaForCausalLM) -> list[torch.nn.Parameter]:
    """Give the weights that Muon trains."""
    return [weight for weight in model.model.layers.parameters() if weight.ndim > 1]


def make_optimizers(model: LlamaForCausalLM, run: Run) -> list[torch.optim.Optimizer]:
    """Train matrices by Muon, a share on each worker, and embeddings and norms by AdamW."""
    embeddings, matrices = [model.model.embed_tokens.weight], list_matrices(model)
    ids = {id(weight) for weight in (*embeddings, *matrices)}
    others = [weight for weight in model.parameters() if id(weight) not in ids]
    adam = partial(torch.optim.AdamW, betas=MOMENTA, weight_decay=0.0)
    mine = matrices[run.worker :: run.workers]
    return [
        torch.optim.Muon(mine, lr=run.preset.rate, weight_decay=DECAY),
        adam(embeddings, lr=run.preset.embed_rate),
        adam(others, lr=run.preset.flat_rate),
    ]


def rate_at(done: float) -> float:
    """Give the learning rate, as a share of the highest, when so much of the time is over."""
    return max(min(1.0, done / WARM_UP, (1 - done) / COOL_DOWN), 0.0)


def compute_loss(model: LlamaForCausalLM, batch: Batch) -> tuple[torch.Tensor, float]:
    """Sum the loss over the tokens that are learnt, by weight, and sum the weights."""
    learnt = batch.weight > 0
    with torch.autocast(batch.tokens.device.type, dtype=torch.bfloat16):
        hidden = model.model(
            input_ids=batch.tokens,
            attention_mask=batch.mask,
            position_ids=batch.place,
            use_cache=False,
        ).last_hidden_state[learnt]
        logits = model.lm_head(hidden)
    losses = cross_entropy(logits.float(), batch.target[learnt], reduction="none")
    weight = batch.weight[learnt]
    return (losses * weight).sum(), weight.sum().item()


def average(model: LlamaForCausalLM, total: torch.Tensor, count: float, run: Run) -> float:
    """Divide gradients by the tokens of all workers; give the mean loss."""
    parts = [p.grad for p in model.parameters() if p.grad is not None]
    sums = torch.tensor([float(total), count], device=total.device)
    flat = torch.cat([sums, *(part.reshape(-1) for part in parts)])
    if run.workers > 1:
        dist.all_reduce(flat)
    loss, tokens = flat[0].item(), max(flat[1].item(), 1)
    place = 2
    for part in parts:
        part.copy_(flat[place : place + part.numel()].view_as(part) / tokens)
        place += part.numel()
    return loss / tokens


def exchange(model: LlamaForCausalLM, run: Run) -> None:
    """Give the other workers the matrices that this one has trained, and take theirs."""
    for worker in range(run.workers if run.workers > 1 else 0):
        theirs = list_matrices(model)[worker :: run.workers]
        flat = torch.cat([weight.data.reshape(-1) for weight in theirs])
        dist.broadcast(flat, worker)
        sizes = [weight.numel() for weight in theirs]
        for weight, part in zip(theirs, flat.split(sizes), strict=True):
            weight.data.copy_(part.view_as(weight))


def train(run: Run) -> Path:
    """Train, and give the last checkpoint."""
    torch.manual_seed(run.seed)
    device = pick_device()
    vocabulary = Vocabulary.load(run.corpus)
    if run.start is not None:
        model, before = load_checkpoint(run.start)
        if before.texts != vocabulary.texts:
            adopt(model, before, vocabulary)
    else:
        model = make_model(run.preset, vocabulary)
    model.to(device).train()
    optimizers = make_optimizers(model, run)
    rates = [optimizer.param_groups[0]["lr"] for optimizer in optimizers]
    began, saved, seen, losses = time.monotonic(), 0.0, 0, list[float]()
    for step, batch in enumerate(draw_batches(run), 1):
        spent = share_clock(time.monotonic() - began, run)
        done = (step - 1) / run.steps if run.steps else spent / (60 * run.preset.minutes)
        if done >= 1:
            break
        for optimizer, rate in zip(optimizers, rates, strict=True):
            optimizer.param_groups[0]["lr"] = rate * rate_at(done) * run.scale
        total, weight = compute_loss(model, batch.to(device))
        total.backward()
        losses.append(average(model, total.detach(), weight, run))
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        for optimizer in optimizers:
            optimizer.step()
        exchange(model, run)
        model.zero_grad(set_to_none=True)
        seen += batch.tokens.numel() * run.workers
        if run.worker == 0 and step % LOG_EVERY == 0:
            report(step, spent, seen, losses)
        if run.worker == 0 and spent - saved > SAVE_EVERY_S:
            saved = spent
            keep(model, vocabulary, run.out / f"step-{step:05}")
    last = run.out / "final"
    if run.worker == 0:
        keep(model, vocabulary, last)
    return last


def share_clock(seconds: float, run: Run) -> float:
    """Agree on the time with the other workers, so that all stop at the same step."""
    if run.workers == 1:
        return seconds
    clock = torch.tensor([seconds])
    dist.broadcast(clock, 0)
    return clock.item()


def report(step: int, spent: float, seen: int, losses: list[float]) -> None:
    """Print a line of JSON."""
    loss = sum(losses[-LOG_EVERY:]) / len(losses[-LOG_EVERY:])
    line = {"step": step, "minutes": round(spent / 60, 2), "loss": round(loss, 4)}
    print(json.dumps({**line, "tokens": seen, "per_s": round(seen / spent)}), flush=True)


def keep(model: LlamaForCausalLM, vocabulary: Vocabulary, folder: Path) -> None:
    """Save a checkpoint, and say which is the latest."""
    save_checkpoint(model, vocabulary, folder)
    (folder.parent / LATEST).write_text(f"{folder}\n", encoding="utf-8")


def work(worker: int, run: Run) -> None:
    """Run one worker of several."""
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    dist.init_process_group(
        "gloo", init_method=f"file://{run.out}/rendezvous", rank=worker, world_size=run.workers
    )
    torch.set_num_threads(1)
    train(replace(run, worker=worker))
    dist.destroy_process_group()


def start(run: Run) -> Path:
    """Train with all workers."""
    run.out.mkdir(parents=True, exist_ok=True)
    if run.workers == 1:
        return train(run)
    (run.out / "rendezvous").unlink(missing_ok=True)
    torch.multiprocessing.spawn(work, (run,), nprocs=run.workers)
    return run.out / "final"


def main() -> None:
    """Train a proposer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--preset", choices=PRESETS, default="cpu")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--steps", type=int, help="instead of minutes")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1, help="of each worker")
    parser.add_argument("--scale", type=float, default=1, help="of the learning rates")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="checkpoint to go on from")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    preset = PRESETS[given.preset]
    preset = replace(preset, minutes=given.minutes or preset.minutes)
    run = Run(given.corpus, given.out, preset, given.seed, given.start, 0, given.workers)
    print(start(replace(run, scale=given.scale, steps=given.steps)))


if __name__ == "__main__":
    main()
