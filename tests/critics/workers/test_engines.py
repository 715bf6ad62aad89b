import asyncio

import pytest

from critics.domain import DomainError
from critics.types import Feasible, HintLevel, Optimality, ProblemError
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


async def test_the_users_errors_are_raised(pool: Pool) -> None:
    with pytest.raises(ProblemError):
        await pool.engines.feasibility("hostile", {"path": 1})
    with pytest.raises(DomainError):
        await pool.engines.solve("none", {})


async def test_engines_can_be_warmed_in_the_background() -> None:
    async with Pool(size=1, idle_s=0.05) as pool:
        pool.engines.warm("toy")
        assert pool.engines.crew._warming is None
        pool.engines.warm("hostile")
        pool.engines.warm("hostile")
        warming = pool.engines.crew._warming
        assert warming is not None
        await warming
        zygote = pool.engines.crew._zygote
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
    assert pool.engines.crew._zygote is None
