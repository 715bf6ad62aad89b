"""The life and death of worker processes, seen from outside an event loop."""

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from critics.judge import Demand
from critics.types import Assurance, Verdict
from critics.workers.pool import Pool, with_pool
from tests.critics.processes import descendants, ended, open_files

ROOT = Path(__file__).parents[2]

SERVICE = """
import asyncio, sys
sys.path[:0] = {path!r}
from critics.workers.pool import Pool

async def main():
    pool = Pool(size=1)
    await pool.judge("hostile", {{}}, "fine")
    task = asyncio.create_task(pool.judge("hostile", {{}}, "loop", deadline_s=60))
    while pool._critics._spare:
        await asyncio.sleep(0)
    print("ready", flush=True)
    await task

asyncio.run(main())
"""


def test_workers_die_with_a_killed_service(toys: Path) -> None:
    code = SERVICE.format(path=[str(ROOT), str(toys)])
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as service:
        assert service.stdout.readline() == b"ready\n"
        below = descendants(service.pid)
        assert len(below) >= 2
        service.kill()
        service.wait()
        assert ended(below)


@pytest.mark.usefixtures("toys")
def test_lends_a_pool_to_code_without_an_event_loop() -> None:
    judgement = with_pool(lambda pool: pool.judge("toy", {"numbers": [3, 1, 2]}, "1,2,3"), size=1)
    assert judgement.verdict is Verdict.ACCEPTED


WORDS = ("fine", "wrong", "abort", "exit", "loop", "memory", "fail", "recurse", "leave", "doubt")
EXPECTED = {"fine": {"accepted", "unknown"}, "wrong": {"rejected", "unknown"}}


async def storm(pool: Pool, random: Random) -> None:
    word, patience = random.choice(WORDS), random.choice((None, 0.0, 0.01, 0.05, 0.2))
    problem = {"opinion": random.choice(("fine", "abort", "loop"))}
    demand = random.choice((Demand.SINGLE, Demand.SINGLE, Demand.AUTO))
    asked = pool.judge(
        "hostile", problem, word, demand=demand, deadline_s=0.3, opinion_deadline_s=0.3
    )
    with suppress(TimeoutError):
        judgement = await asyncio.wait_for(asked, patience)
        assert judgement.verdict.value in EXPECTED.get(word, {"unknown"})


@pytest.mark.slow
@pytest.mark.usefixtures("toys")
async def test_a_storm_of_failures_and_cancellations_leaks_nothing() -> None:
    random = Random(7)  # noqa: S311  # a storm that can be repeated
    before = descendants(os.getpid())  # a database of other tests, which forks as it likes
    async with Pool(size=2, recycle_after=10) as pool:
        await pool.start(engines_of=["hostile"])
        await pool.judge("hostile", {}, "fine")
        files, processes = open_files(), len(descendants(os.getpid(), besides=before))
        for _ in range(10):
            await asyncio.gather(*(storm(pool, random) for _ in range(30)))
        patient = {"deadline_s": 60.0, "opinion_deadline_s": 60.0}
        last = (pool.judge("hostile", {}, "fine", **patient) for _ in range(4))
        judged = await asyncio.gather(*last)
        assert {judgement.assurance for judgement in judged} == {Assurance.CROSS}
        async with asyncio.timeout(120):  # the last that were killed may still be ending
            while len(pids := descendants(os.getpid(), besides=before)) > processes + 1:  # noqa: ASYNC110  # of others
                await asyncio.sleep(0.01)
        assert open_files() <= files + 1
        assert len(asyncio.all_tasks()) == 1
    assert pids
    assert ended(pids)
