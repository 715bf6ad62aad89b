"""What the embedded models can do: the example problems, many seeds, several feedback levels.

    python benchmarks/local_model.py --model small --seeds 10 --out /tmp/rows.jsonl
    python benchmarks/local_model.py --table /tmp/rows.jsonl

Each run goes through the service's own code (real workers, real loop). A row that is already in
the file is not run again, so an interrupted benchmark goes on where it stopped. `--random` adds
the yardstick: plans drawn blindly from the well-typed actions, judged by the same critics.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "examples"))

from record import PROBLEMS, open_service, read_example, run_example, save_journal

from app.embedded import embedded_upstream
from app.service import Service
from backprompt.strategy import Feedback, Strategy
from critics import Problem, Verdict, find_domain, judge
from critics.judge import read_problem

Row = dict[str, str | int | float | None]
KEY = ("model", "example", "feedback", "temperature", "seed")
RANDOM_TRIES = 300
LONGEST_GUESS = 8


def plan_work(options: argparse.Namespace) -> Iterator[tuple[str, str, int]]:
    """List the runs: example, feedback level, seed."""
    names = options.examples or sorted(p.name for p in PROBLEMS.iterdir())
    seeds = range(1, options.seeds + 1)
    for seed, name, feedback in product(seeds, names, options.feedback):
        yield name, feedback, seed


async def run_all(options: argparse.Namespace) -> None:
    """Do every run that is not yet in the file."""
    done = {tuple(row[k] for k in KEY) for row in read_rows(options.out)}
    service = open_service(embedded_upstream(options.model, threads=options.threads))
    try:
        for name, feedback, seed in plan_work(options):
            if (options.model, name, feedback, options.temperature, seed) in done:
                continue
            row = await run_one(service, options, name, feedback, seed)
            with options.out.open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps(row)}\n")
            print(name, feedback, seed, row["status"], row["rounds"], f"{row['seconds']} s")
    finally:
        await service.aclose()


async def run_one(
    service: Service, options: argparse.Namespace, name: str, feedback: str, seed: int
) -> Row:
    """Run once and describe the result."""
    started = time.monotonic()
    run = await run_example(
        service,
        name,
        seed=1000 * seed,
        strategy=Strategy(feedback=Feedback(feedback)),
        rounds=options.rounds,
        temperature=options.temperature,
    )
    if options.journals:
        name_of_run = f"{options.model}-{name}-{feedback}-{seed}.jsonl"
        save_journal(run, options.journals / name_of_run)
    if run.result is None:
        raise RuntimeError("the run has no result")
    return {
        "model": options.model,
        "example": name,
        "feedback": feedback,
        "temperature": options.temperature,
        "seed": seed,
        "status": run.result.status,
        "reason": run.result.reason,
        "rounds": run.result.rounds,
        "prompt_tokens": run.result.usage.prompt_tokens,
        "completion_tokens": run.result.usage.completion_tokens,
        "seconds": round(time.monotonic() - started, 1),
    }


def guess_blindly(name: str, rounds: int) -> float:
    """Give the share of blind guessers that hit within `rounds` plans of random length."""
    domain = find_domain("pddl")
    payload = read_problem(domain, dict(read_example(name)))
    actions = list(well_typed(payload))
    draw = random.Random(1)  # noqa: S311  # a yardstick, no secret
    hits = 0
    for _ in range(RANDOM_TRIES):
        for _ in range(rounds):
            steps = draw.choices(actions, k=draw.randint(1, LONGEST_GUESS))
            if judge(domain, payload, "\n".join(steps)).verdict is Verdict.ACCEPTED:
                hits += 1
                break
    return hits / RANDOM_TRIES


def well_typed(payload: Problem) -> Iterator[str]:
    """List every step that is well-formed: each action with each fitting choice of objects."""
    domain = find_domain("pddl")
    task = domain.load(payload)
    for action in task.actions.values():
        for objects in product(task.vocabulary.objects, repeat=len(action.parameters)):
            step = f"({' '.join((action.name, *objects))})"
            refused = [critic.critic for critic in judge(domain, payload, step).critics]
            if refused != ["syntax"]:
                yield step


def read_rows(path: Path) -> list[Row]:
    """Read what was measured so far."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def print_table(rows: Iterable[Row]) -> None:
    """Print one line per model, example and feedback level."""
    groups: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[k] for k in KEY[:-1])].append(row)
    print("| model | example | feedback | T | runs | certified | first try | rounds | tokens | s |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for key, group in sorted(groups.items(), key=str):
        print(f"| {' | '.join(map(str, key))} | {describe(group)} |")


def describe(group: list[Row]) -> str:
    """Give the columns of one line; rounds are those of the certified runs."""
    certified = [row for row in group if row["status"] == "certified"]
    rounds = sorted(int(row["rounds"] or 0) for row in certified)
    tokens = statistics.mean(
        int(row["prompt_tokens"] or 0) + int(row["completion_tokens"] or 0) for row in group
    )
    seconds = statistics.median(float(row["seconds"] or 0) for row in group)
    return (
        f"{len(group)} | {len(certified)} | {rounds.count(1)} | "
        f"{', '.join(map(str, rounds)) or '-'} | {tokens:.0f} | {seconds:.0f}"
    )


def main() -> None:
    """Read the command line, then run or print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="small")
    parser.add_argument("--examples", nargs="*")
    parser.add_argument("--feedback", nargs="*", default=["none", "first", "explain"])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--temperature", type=float, default=0.7)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--out", type=Path, default=Path("rows.jsonl"))
    parser.add_argument("--journals", type=Path, help="folder for the runs' journals")
    parser.add_argument("--table", type=Path, help="only print the table of this file")
    parser.add_argument("--random", action="store_true", help="measure the blind guesser")
    options = parser.parse_args()
    if options.table:
        print_table(read_rows(options.table))
    elif options.random:
        for name in options.examples or sorted(p.name for p in PROBLEMS.iterdir()):
            print(name, f"{guess_blindly(name, options.rounds):.3f}")
    else:
        asyncio.run(run_all(options))


if __name__ == "__main__":
    main()
