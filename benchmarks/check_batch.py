"""How many answers `modulo check --jsonl` judges in a second.

    python benchmarks/check_batch.py
    MODULO_TEST_DATA=DIR python benchmarks/check_batch.py --lines 3000 --assurance single

The lines are recorded PlanBench answers where they are at hand, each with its whole problem, once
as the model wrote them and once as bare plans; else generated Blocksworld plans of like size. The
command runs as a user runs it, so the first figure, one line alone, is what starting up costs; the
rate is over the rest of the time.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from collections import Counter
from itertools import cycle, islice
from pathlib import Path

from pddl_validate import make_blocksworld

GENERATED_BLOCKS = 6
GENERATED_PROBLEMS = 300


def read_recorded() -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Read recorded answers as responses and as plans; empty if they are not at hand."""
    folder = Path(os.environ.get("MODULO_TEST_DATA", "")) / "planbench"
    if not folder.is_dir():
        return [], []
    rows: dict[str, list[dict[str, str]]] = {}
    for name in ("problems", "answers"):
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows[name] = [json.loads(line) for line in lines]
    problems = {
        row["id"]: {"domain": row["domain_pddl"], "problem": row["problem_pddl"]}
        for row in rows["problems"]
    }
    responses, plans = [], []
    for row in rows["answers"]:
        problem = problems[row["problem_id"]]
        responses.append(make_line(row["id"], problem, row["response"], exact=False))
        plans.append(make_line(row["id"], problem, row["extracted_plan"], exact=True))
    return responses, plans


def make_generated() -> list[dict[str, object]]:
    """Generate problems with plans."""
    cases = [make_blocksworld(GENERATED_BLOCKS, seed) for seed in range(GENERATED_PROBLEMS)]
    return [
        make_line(str(n), {"domain": case.domain, "problem": case.problem}, case.plan, exact=True)
        for n, case in enumerate(cases)
    ]


def make_line(name: str, problem: object, answer: str, *, exact: bool) -> dict[str, object]:
    """Make one line of the batch."""
    return {"id": name, "domain": "pddl", "problem": problem, "answer": answer, "exact": exact}


def run_batch(lines: list[str], assurance: str) -> tuple[float, Counter[str]]:
    """Run the command on lines and count the verdicts."""
    started = time.perf_counter()
    ran = subprocess.run(
        [sys.executable, "-m", "app", "check", "--jsonl", "--assurance", assurance],
        input="".join(lines),
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    verdicts = Counter(json.loads(line).get("verdict", "error") for line in ran.stdout.splitlines())
    if verdicts.total() != len(lines):
        sys.exit(f"{len(lines)} lines in, {verdicts.total()} out: {ran.stderr[-500:]}")
    return seconds, verdicts


def measure(name: str, rows: list[dict[str, object]], options: argparse.Namespace) -> None:
    """Print start-up and rate for one kind of lines."""
    lines = [f"{json.dumps(row)}\n" for row in islice(cycle(rows), options.lines)]
    alone, _ = run_batch(lines[:1], options.assurance)
    whole, verdicts = run_batch(lines, options.assurance)
    rate = (len(lines) - 1) / max(whole - alone, 1e-9)
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
    print(f"{name:22} start {alone:5.2f} s   {rate:8.0f} answers/s   ({told})")


def main() -> None:
    """Measure recorded responses and plans, or generated plans."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lines", type=int, default=3000)
    parser.add_argument("--assurance", default="single", choices=("single", "auto", "cross"))
    options = parser.parse_args()
    responses, plans = read_recorded()
    if responses:
        measure("recorded responses", responses, options)
        measure("recorded plans", plans, options)
    else:
        measure("generated plans", make_generated(), options)


if __name__ == "__main__":
    main()
