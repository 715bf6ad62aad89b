import asyncio
from collections.abc import Callable

import pytest

from backprompt.budget import Budget
from backprompt.effects import LiveEffects
from backprompt.events import Status
from backprompt.journal import Journal
from backprompt.loop import solve
from backprompt.outcome import Outcome
from backprompt.strategy import Strategy
from backprompt.upstream import ReplayUpstream, Request, ScriptedUpstream, Upstream
from critics.certificate import Provenance
from critics.types import Feasibility, Feasible
from tests.backprompt.toy import KERNEL, TASK, completion, kinds

NONE = Feasibility(status=Feasible.INFEASIBLE, conflict=("rule_a", "rule_b"))


async def play(
    upstream: Upstream,
    test: Callable,
    budget: Budget | None = None,
    certify: Callable | None = None,
) -> tuple[Outcome, Journal]:
    journal = Journal()
    effects = LiveEffects(KERNEL, upstream, feasibility=test, certify_infeasible=certify)
    outcome = await solve(
        TASK,
        strategy=Strategy(),
        budget=budget or Budget(),
        effects=effects,
        journal=journal,
    )
    return outcome, journal


async def test_an_infeasible_problem_costs_no_further_call() -> None:
    asked, cancelled = asyncio.Event(), asyncio.Event()

    async def respond(request: Request) -> str:
        if request.call == 0:
            return "1"
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return "never"

    async def test() -> Feasibility:
        await asked.wait()
        return NONE

    outcome, journal = await play(ScriptedUpstream(respond), test)
    assert (outcome.status, outcome.feasibility) == (Status.INFEASIBLE, NONE)
    assert outcome.answer is None
    assert outcome.usage.calls == 2
    assert cancelled.is_set()
    assert kinds(journal)[-3:] == ["feasibility-tested", "call-failed", "ended"]


async def test_a_budget_that_is_spent_waits_for_the_proof() -> None:
    proof = asyncio.Event()

    def respond(_: Request) -> str:
        proof.set()
        return "1"

    async def test() -> Feasibility:
        await proof.wait()
        for _ in range(20):
            await asyncio.sleep(0)
        return NONE

    outcome, _ = await play(ScriptedUpstream(respond), test, Budget(rounds=1))
    assert outcome.status is Status.INFEASIBLE
    outcome, _ = await play(ReplayUpstream.from_texts([]), lambda: asyncio.sleep(0, NONE))
    assert outcome.status is Status.INFEASIBLE


async def test_the_wait_for_a_proof_ends_with_the_budget() -> None:
    stopped = asyncio.Event()

    async def test() -> Feasibility:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return NONE

    upstream = ScriptedUpstream(lambda _: "1")
    outcome, _ = await play(upstream, test, Budget(rounds=1, seconds=0.05))
    assert (outcome.status, outcome.reason) == (Status.EXHAUSTED, "rounds")
    assert stopped.is_set()


async def test_a_certified_answer_does_not_wait_for_the_test() -> None:
    outcome, _ = await play(ScriptedUpstream(lambda _: "42"), asyncio.Event().wait)
    assert outcome.status is Status.CERTIFIED


async def test_an_answer_that_is_there_is_judged_before_the_proof_is_read() -> None:
    gate = asyncio.Event()

    async def respond(_: Request) -> str:
        gate.set()
        return "42"

    async def test() -> Feasibility:
        await gate.wait()
        return NONE

    outcome, _ = await play(ScriptedUpstream(respond), test)
    assert outcome.status is Status.CERTIFIED


async def test_what_is_feasible_or_unknown_changes_nothing_but_the_record() -> None:
    for status in (Feasible.FEASIBLE, Feasible.UNKNOWN):
        found = Feasibility(status=status)
        upstream = ReplayUpstream.from_texts(["1", "42"])
        outcome, journal = await play(upstream, lambda found=found: asyncio.sleep(0, found))
        assert outcome.status is Status.CERTIFIED
        assert outcome.feasibility == found
        assert kinds(journal).count("feasibility-tested") == 1


@pytest.mark.parametrize("made", [None, {"claim": "infeasible"}])
async def test_that_there_is_no_answer_is_certified_where_it_can_be(made: dict | None) -> None:
    asked: list[Provenance] = []

    async def test() -> Feasibility:
        return NONE

    async def certify(provenance: Provenance) -> dict | None:
        asked.append(provenance)
        return made

    outcome, journal = await play(ReplayUpstream([completion("1")]), test, certify=certify)
    assert (outcome.status, outcome.answer) == (Status.INFEASIBLE, None)
    assert outcome.certificate == made
    assert [provenance.origin for provenance in asked] == ["solver"]
    assert kinds(journal).count("infeasibility-certified") == (made is not None)
    assert kinds(journal)[-1] == "ended"


async def test_a_run_that_ends_otherwise_certifies_no_infeasibility() -> None:
    async def test() -> Feasibility:
        return Feasibility(status=Feasible.UNKNOWN)

    async def certify(_: Provenance) -> dict:
        raise AssertionError

    outcome, _ = await play(ReplayUpstream([completion("1")]), test, certify=certify)
    assert (outcome.status, outcome.certificate) == (Status.EXHAUSTED, None)
