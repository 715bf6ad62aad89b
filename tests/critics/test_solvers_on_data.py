"""Recorded problems that have a solution are solved, through real workers.

`-s` prints the table of what was certified, and how fast.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

import pytest

from critics.judge import Demand
from critics.types import Feasible, Verdict
from critics.workers.pool import Pool
from tests.conftest import Recordings
from tests.critics.scheduling.recorded import payload_of

DEADLINE_S = 120.0
"""Many times what an idle machine may need: a test asserts no speed, and prints it."""
LARGE = 60
"""Of sets with more problems every fourth one is solved."""


@dataclass
class Row:
    """What became of one set of problems."""

    certified: int = 0
    infeasible: int = 0
    left: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"n={len(self.seconds)} certified={self.certified} infeasible={self.infeasible} "
            f"open={len(self.left)} median={median(self.seconds):.2f}s "
            f"slowest={max(self.seconds):.2f}s"
        )


def problems(planbench: Recordings, natural_plan: Recordings) -> Iterator[tuple[str, str, dict]]:
    """Give each problem's set, domain, id and payload; not where nobody knows of a solution."""
    for row in planbench.problems.values():
        if row["family"] == "sokoban" and row["solvable"] is None:
            continue
        yield row["family"], "pddl", {"id": row["id"], "payload": planbench.payload(row["id"])}
    for row in natural_plan.problems.values():
        yield row["task"], row["task"], {"id": row["id"], "payload": payload_of(row)}


async def solve_all(pool: Pool, chosen: list[tuple[str, str, dict]]) -> dict[str, Row]:
    table: dict[str, Row] = {}
    for name, domain, problem in chosen:
        row, payload = table.setdefault(name, Row()), problem["payload"]
        started = perf_counter()
        found = await pool.engines.solve(domain, payload, deadline_s=DEADLINE_S)
        row.seconds.append(perf_counter() - started)
        if found.answer is not None:
            judged = await pool.judge(domain, payload, found.answer, demand=Demand.SINGLE)
            assert judged.verdict is Verdict.ACCEPTED, problem["id"]
            row.certified += 1
            continue
        tested = await pool.engines.feasibility(domain, payload)
        if tested.status is Feasible.INFEASIBLE:
            row.infeasible += 1
        else:
            row.left.append(problem["id"])
    return table


def examine(table: dict[str, Row]) -> None:
    for name, row in table.items():
        print(f"{name:50} {row}")  # noqa: T201  # the table
        assert row.left == [], name
        if name.startswith("unsolvable"):
            assert row.infeasible == len(row.seconds), name
        else:
            assert row.infeasible == 0, name


async def test_a_sample_of_every_set_is_solved(planbench, natural_plan):
    first: dict[str, tuple[str, str, dict]] = {}
    for problem in problems(planbench, natural_plan):
        first.setdefault(problem[0], problem)
    async with Pool(size=1) as pool:
        examine(await solve_all(pool, list(first.values())))


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_the_recorded_problems_are_solved(planbench, natural_plan):
    sets: dict[str, list[tuple[str, str, dict]]] = {}
    for problem in problems(planbench, natural_plan):
        sets.setdefault(problem[0], []).append(problem)
    chosen = [p for found in sets.values() for p in found[:: 4 if len(found) > LARGE else 1]]
    async with Pool(size=1) as pool:
        examine(await solve_all(pool, chosen))
