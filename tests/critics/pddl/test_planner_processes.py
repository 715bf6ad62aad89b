"""Planner processes end with their job: at the deadline, on cancellation, with the service."""

import asyncio
from pathlib import Path

import pytest

from critics.pddl.fast_downward import name_planner
from critics.types import HintLevel, Solved
from critics.workers.pool import Pool
from tests.critics.processes import descendants, ended

pytestmark = pytest.mark.skipif(name_planner() is None, reason="Fast Downward is not installed")

# Towers of Hanoi with 24 discs: a plan has millions of steps, and both programs start at once.
GAME = {"numbers": [3, 3, 8, 8], "target": 24}
DISCS = [f"d{n:02}" for n in range(24)]
HANOI = """
(define (domain hanoi) (:predicates (clear ?x) (on ?x ?y) (smaller ?x ?y))
 (:action move :parameters (?d ?f ?t)
  :precondition (and (smaller ?t ?d) (on ?d ?f) (clear ?d) (clear ?t))
  :effect (and (clear ?f) (on ?d ?t) (not (on ?d ?f)) (not (clear ?t)))))
"""


def tower() -> dict[str, str]:
    on = " ".join(f"(on {a} {b})" for a, b in zip(DISCS, [*DISCS[1:], "p1"], strict=True))
    goal = on.replace("p1", "p3")
    smaller = " ".join(
        f"(smaller {big} {disc})"
        for n, disc in enumerate(DISCS)
        for big in (*DISCS[n + 1 :], "p1", "p2", "p3")
    )
    return {
        "domain": HANOI,
        "problem": f"(define (problem p) (:domain hanoi) (:objects {' '.join(DISCS)} p1 p2 p3)"
        f" (:init {on} {smaller} (clear d00) (clear p2) (clear p3)) (:goal (and {goal})))",
    }


async def wait_for_planner(root: int) -> set[int]:
    """Wait until the search program runs; give every process below the service."""
    while True:  # a process tells nobody that it has started
        found = descendants(root)
        for pid in found:
            if program(pid) == "downward":
                return found
        await asyncio.sleep(0.05)


def program(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/exe").readlink().name
    except OSError:
        return ""


def running(pids: set[int]) -> set[int]:
    return {pid for pid in pids if program(pid) == "downward"}


@pytest.fixture
async def pool():
    async with Pool(size=1) as pool:
        yield pool


async def start(pool: Pool, deadline_s: float) -> tuple[asyncio.Task, int]:
    job = asyncio.create_task(pool.engines.solve("pddl", tower(), deadline_s=deadline_s))
    async with asyncio.timeout(120):
        while not (pool.engines.crews and pool.engines.crews[-1]._zygote):  # noqa: ASYNC110  # it has no event
            await asyncio.sleep(0.02)
    return job, pool.engines.crews[-1]._zygote._process.pid


async def test_a_cancelled_run_takes_its_planner_with_it(pool: Pool) -> None:
    job, zygote = await start(pool, 300.0)
    async with asyncio.timeout(120):
        planners = running(await wait_for_planner(zygote))
    assert planners
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert await asyncio.to_thread(ended, planners)


async def search(pool: Pool, deadline_s: float) -> tuple[Solved, set[int]]:
    """Search to the deadline; gives what was found, and the planners that ran."""
    job, zygote = await start(pool, deadline_s)
    looking = asyncio.create_task(wait_for_planner(zygote))
    async with asyncio.timeout(120):
        await asyncio.wait({looking, job}, return_when=asyncio.FIRST_COMPLETED)
        planners = running(looking.result()) if looking.done() else set()
        looking.cancel()
        return await job, planners


@pytest.mark.slow
async def test_the_deadline_ends_the_planner_and_leaves_a_reason(pool: Pool) -> None:
    for deadline_s in (9.0, 30.0, 90.0):  # a slow machine needs long to start a planner
        solved, planners = await search(pool, deadline_s)
        if planners:
            break
    assert planners
    assert solved.answer is None
    assert solved.reason
    assert await asyncio.to_thread(ended, planners)


@pytest.mark.slow
async def test_opinions_do_not_wait_for_a_search(pool: Pool) -> None:
    job, zygote = await start(pool, 300.0)
    async with asyncio.timeout(120):
        await wait_for_planner(zygote)
        hints = await pool.engines.hints(
            "countdown", GAME, "3 + 3", HintLevel.VALUES, deadline_s=60
        )
    assert hints
    assert not job.done()
    job.cancel()


@pytest.mark.slow
async def test_no_planner_outlives_the_service() -> None:
    async with Pool(size=1) as pool:
        job, zygote = await start(pool, 300.0)
        async with asyncio.timeout(120):
            planners = running(await wait_for_planner(zygote))
        assert planners
    assert await asyncio.to_thread(ended, planners)
    assert (await job).answer is None
