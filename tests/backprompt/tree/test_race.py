"""A solver beside a tree: its answer is judged as soon as it is there."""

import asyncio
from datetime import UTC, datetime

import pytest

from backprompt.budget import Budget
from backprompt.effects import DirectKernel, LiveEffects
from backprompt.events import Origin, Status
from backprompt.journal import Journal
from backprompt.loop import solve
from backprompt.strategy import Strategy
from backprompt.task import Task
from backprompt.upstream import Request, Sampling, ScriptedUpstream
from critics.domain import find_domain
from critics.rollout import Question, Reply, SearchQuestion, answer
from critics.types import Solved
from tests.backprompt.toy import kinds
from tests.backprompt.tree.forest import LIBRARY, prefer

DOMAIN = find_domain("pddl")
WRONG = "(take b1)"


def plan() -> str:
    found = answer(DOMAIN, LIBRARY, SearchQuestion(nodes=10_000, ms=5_000, estimate="goals"))
    assert found.answer is not None
    return found.answer


class Asked:
    """A model that says when it was asked, and then hangs or answers."""

    def __init__(self, *, hangs: bool) -> None:
        self.hangs = hangs
        self.reached, self.ended = asyncio.Event(), asyncio.Event()

    async def __call__(self, request: Request):
        self.reached.set()
        try:
            if self.hangs:
                await asyncio.Event().wait()
        finally:
            self.ended.set()
        return prefer(lambda _move: 1.0)(request)


async def race(model: Asked, found: str, *, solver: str = "race", **tree: object):
    kernel = DirectKernel.of_domain(
        DOMAIN, LIBRARY, certificate_id="cert_1", issued_at=datetime(2026, 1, 1, tzinfo=UTC)
    )

    async def engine(_timeout_s: float) -> Solved:
        if solver == "race" and tree.get("prior") != "uniform":
            await model.reached.wait()
        return Solved(answer=found, engine="toy search")

    async def try_moves(question: Question) -> Reply:
        await asyncio.sleep(0)
        return answer(DOMAIN, LIBRARY, question)

    journal = Journal()
    async with asyncio.timeout(60):
        outcome = await solve(
            Task(domain="pddl", problem=LIBRARY, prompt="Go.", sampling=Sampling(temperature=1)),
            strategy=Strategy(search="tree", solver=solver, tree={"free": False, **tree}),
            budget=Budget(seconds=50, rounds=50),
            effects=LiveEffects(kernel, ScriptedUpstream(model), rollout=try_moves, solver=engine),
            journal=journal,
        )
    return outcome, journal


async def test_a_solver_wins_the_race_against_a_tree_whose_model_hangs():
    model = Asked(hangs=True)
    outcome, journal = await race(model, plan())
    assert (outcome.status, outcome.origin) == (Status.CERTIFIED, Origin.SOLVER)
    assert model.ended.is_set()
    assert "prior-changed" not in kinds(journal)


async def test_a_wrong_solver_leaves_the_tree_and_its_calls_alone():
    outcome, journal = await race(Asked(hangs=False), WRONG)
    assert (outcome.status, outcome.origin) == (Status.CERTIFIED, Origin.MODEL_GUIDED_SEARCH)
    assert kinds(journal).count("solver-finished") == 1
    assert "call-failed" not in kinds(journal)


async def test_a_solver_wins_against_a_tree_that_asks_nobody():
    outcome, journal = await race(Asked(hangs=True), plan(), prior="uniform", estimate="none")
    assert (outcome.origin, outcome.usage.calls) == (Origin.SOLVER, 0)
    assert kinds(journal).count("node-expanded") <= 1


@pytest.mark.parametrize("free", [True, False])
async def test_a_solver_that_is_asked_alone_has_no_tree_beside_it(free):
    model = Asked(hangs=True)
    outcome, journal = await race(model, plan(), solver="only", free=free)
    assert (outcome.origin, outcome.usage.calls) == (Origin.SOLVER, 0)
    assert not {"tree-asked", "tree-searched"} & set(kinds(journal))
