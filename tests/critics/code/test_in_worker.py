"""In a worker, which may write no file and has little address space, the sandboxes work, too."""

import pytest

from critics.code.guests import find_sandbox
from critics.line import Check
from critics.types import Verdict
from critics.workers.pool import Pool

PROBLEM = {"task": "Square.", "tests": "assert f(3) == 9"}


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("def f(x): return x * x", Verdict.ACCEPTED),
        ("def f(x): return x", Verdict.REJECTED),
        ("import os\ndef f(x): os.kill(os.getppid(), 9)\n", Verdict.REJECTED),
    ],
)
@pytest.mark.usefixtures("one_kind")
async def test_a_worker_runs_programs(answer: str, verdict: Verdict) -> None:
    if find_sandbox() is None:
        pytest.skip("no sandbox is prepared on this machine (`modulo sandbox`)")
    async with Pool(size=1) as pool:
        check = Check(domain="python-tests", problem=PROBLEM, answer=answer, exact=True)
        judgement = await pool.check(check, deadline_s=60)
    assert judgement.verdict is verdict, judgement.diagnostics
    assert judgement.assurance.value == "tested"
