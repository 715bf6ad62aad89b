import asyncio
import signal
import sys
from asyncio.subprocess import PIPE
from dataclasses import replace

import pytest

from critics.domain import DomainError, find_domain
from critics.types import Feasible, HintLevel, Optimality, ProblemError
from critics.workers.engines import MAX_AWAKE
from critics.workers.pool import Pool

pytestmark = [pytest.mark.usefixtures("toys"), pytest.mark.asyncio(loop_scope="module")]


async def test_asks_the_hooks_of_a_domain(pool: Pool) -> None:
    feasibility = await pool.engines.feasibility("hostile", {})
    assert (feasibility.status, feasibility.conflict) == (Feasible.INFEASIBLE, ("a", "b"))
    solved = await pool.engines.solve("hostile", {})
    assert (solved.answer, solved.engine) == ("fine", "other 1.0")
    comparison = await pool.engines.compare("hostile", {}, "fine")
    assert (comparison.status, comparison.objective) == (Optimality.OPTIMAL, "fine")
    (hint,) = await pool.engines.hints("hostile", {}, "wrong", HintLevel.PLACES)
    assert hint.headline == "PLACES wrong"


async def test_a_domain_without_hooks_leaves_everything_open(pool: Pool) -> None:
    problem = {"numbers": [2, 1]}
    assert (await pool.engines.feasibility("toy", problem)).status is Feasible.UNKNOWN
    assert (await pool.engines.solve("toy", problem)).answer is None
    assert (await pool.engines.compare("toy", problem, "1,2")).status is Optimality.UNKNOWN
    assert await pool.engines.hints("toy", problem, "2,1", HintLevel.CORE) == ()


@pytest.mark.parametrize("word", ["abort", "exit", "fail", "loop", "memory"])
async def test_an_engine_that_fails_leaves_everything_open(pool: Pool, word: str) -> None:
    problem = {"opinion": word}
    feasibility = await pool.engines.feasibility("hostile", problem, deadline_s=0.5)
    assert feasibility.status is Feasible.UNKNOWN
    assert feasibility.diagnostics[0].code.startswith("critic-")
    solved = await pool.engines.solve("hostile", problem, deadline_s=0.5)
    assert (solved.answer, bool(solved.reason)) == (None, True)
    comparison = await pool.engines.compare("hostile", problem, "fine", deadline_s=0.5)
    assert comparison.status is Optimality.UNKNOWN
    assert await pool.engines.hints("hostile", problem, "x", HintLevel.CORE, deadline_s=0.5) == ()


async def test_a_solver_does_not_wait_behind_a_hard_problem() -> None:
    async with Pool(size=1, solver_size=3) as pool:
        hard = [
            asyncio.create_task(pool.engines.solve("hostile", {"opinion": "loop"}, deadline_s=600))
            for _ in range(2)
        ]
        async with asyncio.timeout(150):
            assert (await pool.engines.solve("hostile", {})).answer == "fine"
        assert not any(search.done() for search in hard)
        for search in hard:
            search.cancel()
        await asyncio.wait(hard)


async def test_of_many_solvers_few_are_kept_without_a_job() -> None:
    async with Pool(size=1, solver_size=5) as pool:
        found = await asyncio.gather(*[pool.engines.solve("hostile", {}) for _ in range(8)])
        (crew,) = pool.engines.crews
        assert [solved.answer for solved in found] == ["fine"] * 8
        assert (crew.size, crew.busy) == (7, 0)
        assert crew.idle <= 3


async def test_the_users_errors_are_raised(pool: Pool) -> None:
    with pytest.raises(ProblemError):
        await pool.engines.feasibility("hostile", {"path": 1})
    with pytest.raises(DomainError):
        await pool.engines.solve("none", {})


async def test_engines_can_be_warmed_in_the_background() -> None:
    async with Pool(size=1, idle_s=0.05) as pool:
        pool.engines.warm("toy")
        assert pool.engines.crews == ()
        pool.engines.warm("hostile")
        pool.engines.warm("hostile")
        (crew,) = pool.engines.crews
        assert crew._warming is not None
        await crew._warming
        zygote = crew._zygote
        assert zygote is not None
        assert zygote.alive
        feasibility = await pool.engines.feasibility("hostile", {})
        assert feasibility.status is Feasible.INFEASIBLE


async def test_a_pool_that_is_still_warming_can_be_closed() -> None:
    pool = Pool(size=1)
    pool.engines.warm("hostile")
    await asyncio.sleep(0)
    await pool.aclose()
    pool.engines.warm("hostile")
    (crew,) = pool.engines.crews
    assert crew._zygote is None


async def test_closing_does_not_wait_for_imports() -> None:
    pool = Pool(size=1)
    pool.engines.warm("pddl")
    (crew,) = pool.engines.crews
    await asyncio.sleep(0)
    assert crew._zygote is not None
    process = crew._zygote._process
    await pool.aclose()
    assert process.returncode == -signal.SIGKILL


async def test_each_set_of_engines_has_a_crew_of_its_own() -> None:
    async with Pool(size=1) as pool:
        planning, solving = (pool.engines.crew_of(find_domain(name)) for name in ("pddl", "smt"))
        assert planning is not solving
        assert pool.engines.crew_of(replace(find_domain("pddl"), version="2")) is planning
        assert pool.engines.crews == (solving, planning)
        assert pool.engines.crew_of(find_domain("pddl"), "feasibility") is planning
    with pytest.raises(RuntimeError):
        pool.engines.crew_of(find_domain("pddl"))


async def test_a_solver_waits_for_no_import_of_engines() -> None:
    async with Pool(size=1) as pool:
        plain = pool.engines.crew_of(find_domain("pddl"), "solver")
        assert plain is pool.engines.crew_of(find_domain("smt"), "solver")
        assert plain._preload == ()


@pytest.mark.parametrize(("name", "others"), [("pddl", "z3"), ("smt", "unified_planning")])
async def test_a_crew_imports_no_other_engine(name: str, others: str) -> None:
    code = (
        "import sys; from critics.workers.zygote import warm; "
        f"warm({find_domain(name).opinion_modules!r}); print({others!r} in sys.modules)"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=PIPE)
    assert await process.communicate() == (b"False\n", None)


async def test_crews_that_were_not_asked_for_long_are_given_back() -> None:
    domains = [
        replace(find_domain("hostile"), opinion_modules=(module,))
        for module in ("json", "html", "csv", "cmd", "bdb")[: MAX_AWAKE + 1]
    ]
    async with Pool(size=1) as pool:
        for domain in domains:
            await pool.engines.crew_of(domain).start()
        awake = [crew._zygote is not None for crew in pool.engines.crews]
        assert awake == [False] + [True] * MAX_AWAKE
