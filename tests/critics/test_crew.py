"""The life and death of worker processes, seen from outside an event loop."""

import subprocess
import sys
from pathlib import Path

import pytest

from critics.types import Verdict
from critics.worker import with_pool
from tests.critics.processes import descendants, ended

ROOT = Path(__file__).parents[2]

SERVICE = """
import asyncio, sys
sys.path[:0] = {path!r}
from critics.worker import Pool

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
