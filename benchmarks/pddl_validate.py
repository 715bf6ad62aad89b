"""What validating a plan costs: our validator, unified-planning and VAL, side by side.

    python benchmarks/pddl_validate.py
    MODULO_TEST_DATA=DIR VAL_PATH=VALIDATE python benchmarks/pddl_validate.py --rows 200

Every number is CPU milliseconds for one problem and one plan, read and validated from text, all
engines on the same inputs in one run. VAL runs as a process of its own, so its column includes the
start of one; the import of unified-planning (1-3 s) is not counted. Compare the ratios:
the times depend on the machine. VAL and the recorded plans are left out where they are not at hand.
"""

import argparse
import gzip
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count, pairwise
from pathlib import Path

from critics import judge
from critics.pddl import PddlProblem, domain
from critics.pddl.engine import second_opinion

BLOCKS = (100, 250, 500)
RUNS = count(1)
BLOCKSWORLD = """(define (domain blocks)
 (:predicates (on ?x ?y) (ontable ?x) (clear ?x) (handempty) (holding ?x))
 (:action pick-up :parameters (?x)
  :precondition (and (clear ?x) (ontable ?x) (handempty))
  :effect (and (not (ontable ?x)) (not (clear ?x)) (not (handempty)) (holding ?x)))
 (:action put-down :parameters (?x) :precondition (holding ?x)
  :effect (and (not (holding ?x)) (clear ?x) (handempty) (ontable ?x)))
 (:action stack :parameters (?x ?y) :precondition (and (holding ?x) (clear ?y))
  :effect (and (not (holding ?x)) (not (clear ?y)) (clear ?x) (handempty) (on ?x ?y)))
 (:action unstack :parameters (?x ?y)
  :precondition (and (on ?x ?y) (clear ?x) (handempty))
  :effect (and (holding ?x) (clear ?y) (not (clear ?x)) (not (handempty)) (not (on ?x ?y)))))
"""


@dataclass(frozen=True)
class Case:
    """One problem with a plan that solves it."""

    domain: str
    problem: str
    plan: str

    @property
    def steps(self) -> int:
        """Count the plan's steps."""
        return self.plan.count("(")


def build_towers(blocks: list[str], rng: random.Random) -> list[list[str]]:
    """Deal blocks to towers, each from the table upwards."""
    towers: list[list[str]] = []
    for block in rng.sample(blocks, len(blocks)):
        if not towers or rng.random() < 0.2:  # noqa: PLR2004  # one tower for five blocks
            towers.append([])
        rng.choice(towers).append(block)
    return [tower for tower in towers if tower]


def state_towers(towers: list[list[str]]) -> Iterator[str]:
    """Describe towers as facts."""
    for tower in towers:
        yield f"(ontable {tower[0]})"
        yield f"(clear {tower[-1]})"
        yield from (f"(on {above} {below})" for below, above in pairwise(tower))


def make_blocksworld(size: int, seed: int) -> Case:
    """Make a Blocksworld problem and the plan that unstacks everything and builds anew."""
    rng = random.Random(seed)  # noqa: S311  # reproducible, and nothing secret
    blocks = [f"b{n}" for n in range(size)]
    start, goal = build_towers(blocks, rng), build_towers(blocks, rng)
    plan = [
        f"(unstack {above} {below})\n(put-down {above})"
        for tower in start
        for below, above in reversed(list(pairwise(tower)))
    ]
    plan += [
        f"(pick-up {above})\n(stack {above} {below})"
        for tower in goal
        for below, above in pairwise(tower)
    ]
    problem = (
        f"(define (problem towers) (:domain blocks)\n (:objects {' '.join(blocks)})\n"
        f" (:init (handempty) {' '.join(state_towers(start))})\n"
        f" (:goal (and {' '.join(state_towers(goal))})))\n"
    )
    return Case(BLOCKSWORLD, problem, "\n".join(plan))


def read_recorded(rows: int) -> list[Case]:
    """Take some recorded problems with their witness plans, if there are any."""
    file = Path(os.environ.get("MODULO_TEST_DATA", "")) / "planbench" / "problems.jsonl.gz"
    if not file.is_file():
        return []
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        found = [row for row in map(json.loads, lines) if row["witness_plan"]]
    chosen = random.Random(1).sample(found, min(rows, len(found)))  # noqa: S311  # reproducible
    return [
        Case(row["domain_pddl"], row["problem_pddl"], "\n".join(row["witness_plan"]))
        for row in chosen
    ]


def make_payload(case: Case, runs: Iterator[int] = RUNS) -> PddlProblem:
    """Make the texts new to every cache by a comment."""
    mark = f"\n; run {next(runs)}"
    return PddlProblem(domain=case.domain + mark, problem=case.problem + mark)


def run_ours(case: Case) -> float:
    """Read and validate with nothing cached."""
    payload = make_payload(case)
    started = time.process_time()
    verdict = judge(domain, payload, case.plan)
    spent = time.process_time() - started
    if verdict.verdict.value != "accepted":
        sys.exit(f"our validator says {verdict.verdict.value}: {verdict.codes}")
    return spent


def run_unified_planning(case: Case) -> float | None:
    """Read and validate with nothing cached; `None` where it has no opinion."""
    payload = make_payload(case)
    started = time.process_time()
    opinion = second_opinion(payload, case.plan)
    spent = time.process_time() - started
    return spent if opinion.verdict.value == "accepted" else None


def run_val(case: Case) -> float | None:
    """Run VAL's process; `None` where it gives no verdict."""
    with tempfile.TemporaryDirectory() as folder:
        names = [f"{folder}/{name}" for name in ("domain", "problem", "plan", "said")]
        for name, text in zip(names, (case.domain, case.problem, case.plan), strict=False):
            Path(name).write_text(f"{text}\n", encoding="utf-8")
        flags = os.O_WRONLY | os.O_CREAT
        child = os.posix_spawn(
            os.environ["VAL_PATH"],
            ["Validate", *names[:3]],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 1, names[3], flags, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
        )
        _, _, usage = os.wait4(child, 0)
        said = Path(names[3]).read_text(encoding="utf-8", errors="replace")
    return usage.ru_utime + usage.ru_stime if "Plan valid" in said else None


def list_engines() -> dict[str, Callable[[Case], float | None]]:
    """Say which engines are at hand."""
    engines: dict[str, Callable[[Case], float | None]] = {"ours": run_ours}
    if find_spec("unified_planning"):
        engines["unified-planning"] = run_unified_planning
    if os.environ.get("VAL_PATH"):
        engines["VAL"] = run_val
    return engines


def measure(name: str, cases: list[Case], repeat: int) -> None:
    """Run every engine on the same cases and print medians and ratios."""
    engines = list_engines()
    spent: dict[str, list[float]] = {engine_name: [] for engine_name in engines}
    ratios: dict[str, list[float]] = {engine_name: [] for engine_name in engines}
    for case in cases:
        best: dict[str, float] = {}
        for engine_name, run in engines.items():
            times = [run(case) for _ in range(repeat)]
            known = [t for t in times if t is not None]
            if known:
                best[engine_name] = statistics.median(known)
        for engine_name, seconds in best.items():
            spent[engine_name].append(seconds * 1000)
            ratios[engine_name].append(seconds / best["ours"])
    steps = statistics.median(case.steps for case in cases)
    print(f"\n{name}: {len(cases)} plans, {steps:g} steps (median)")
    for engine_name, times in spent.items():
        if times:
            tail = sorted(times)[int(len(times) * 0.95)]
            shown = f"{statistics.median(times):9.2f} ms  p95 {tail:9.2f} ms"
            ratio = f"x{statistics.median(ratios[engine_name]):8.2f}"
            print(f"  {engine_name:17}{shown}  {ratio}  ({len(times)} read)")


def main() -> None:
    """Measure recorded and generated problems."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=100, help="recorded problems")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each case")
    options = parser.parse_args()
    print("CPU time for reading and validating one plan; ratios are to ours, case by case")
    for run in list_engines().values():
        run(make_blocksworld(5, 0))
    recorded = read_recorded(options.rows)
    if recorded:
        measure("PlanBench", recorded, options.repeat)
    for size in BLOCKS:
        measure(f"Blocksworld, {size} blocks", [make_blocksworld(size, 1)], options.repeat)


if __name__ == "__main__":
    main()
