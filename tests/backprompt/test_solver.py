"""A solver beside the model, after it, or instead of it."""

import asyncio

import pytest

from backprompt.budget import Budget
from backprompt.disclosure import public
from backprompt.effects import LiveEffects
from backprompt.events import (
    CallFailed,
    CandidateFound,
    Decided,
    Origin,
    RoundStarted,
    SolverFinished,
    SolverStarted,
    Status,
)
from backprompt.journal import Journal
from backprompt.loop import solve
from backprompt.nobody import Nobody
from backprompt.strategy import Feedback, Strategy
from backprompt.upstream import Request, Role, ScriptedUpstream, UpstreamError
from critics.types import Feasibility, Feasible, Solved
from tests.backprompt.toy import KERNEL, TASK, kinds, run

RIGHT = Solved(answer="42", engine="toy search")
WRONG = Solved(answer="7", engine="toy search")
NOTHING = Solved(answer=None, engine="toy search", reason="given up at `node 9`")


def finished(journal: Journal) -> list[SolverFinished]:
    return [event for event in journal.events if isinstance(event, SolverFinished)]


async def test_a_fallback_answers_when_the_rounds_are_spent():
    fallback = Strategy(solver="fallback")
    outcome, journal, effects = await run(
        "1", "2", "3", strategy=fallback, budget=Budget(rounds=3), solved=RIGHT
    )
    assert (outcome.status, outcome.answer) == (Status.CERTIFIED, "42")
    assert (outcome.origin, outcome.usage.calls) == (Origin.SOLVER, 3)
    assert outcome.certificate == {"answer": "42", "origin": "solver"}
    assert len(effects.requests) == 3
    assert kinds(journal).index("solver-started") > kinds(journal).index("judged")


async def test_a_fallback_is_not_asked_while_the_model_may_yet_answer():
    outcome, journal, effects = await run(
        "1", "42", strategy=Strategy(solver="fallback"), solved=RIGHT
    )
    assert (outcome.origin, effects.allowed) == (Origin.MODEL, [])
    assert not finished(journal)


async def test_a_fallback_answers_where_the_upstream_fails():
    down = UpstreamError("upstream-unreachable", "nobody there")
    outcome, _, _ = await run(down, strategy=Strategy(solver="fallback"), solved=RIGHT)
    assert (outcome.status, outcome.origin) == (Status.CERTIFIED, Origin.SOLVER)
    outcome, _, _ = await run(down, strategy=Strategy(solver="fallback"), solved=NOTHING)
    assert (outcome.status, outcome.reason) == (Status.FAILED, "upstream-unreachable")


async def test_a_fallback_keeps_seconds_for_itself():
    slow = [30.0] * 9
    outcome, _, effects = await run(
        *("1" for _ in slow),
        strategy=Strategy(solver="fallback"),
        budget=Budget(seconds=20),
        seconds=slow,
        solved=RIGHT,
    )
    assert [request.timeout_s for request in effects.requests] == [15.0]
    assert effects.allowed == [5.0]
    assert outcome.origin is Origin.SOLVER


async def test_a_fallback_is_asked_before_the_model_goes_in_circles():
    strategy = Strategy(solver="fallback", restart_after=1, diversify=("warmer",))
    outcome, journal, effects = await run(
        *("7" for _ in range(9)), strategy=strategy, budget=Budget(rounds=9), solved=RIGHT
    )
    assert outcome.origin is Origin.SOLVER
    assert len(effects.requests) == 3
    restarts = [event for event in journal.events if isinstance(event, Decided)]
    assert [event.decision for event in restarts] == ["restart", "restart"]


async def test_a_fallback_without_an_answer_leaves_the_rest_to_the_model():
    strategy = Strategy(solver="fallback", restart_after=1, diversify=())
    outcome, journal, effects = await run("7", "7", "7", "42", strategy=strategy, solved=NOTHING)
    assert (outcome.origin, len(effects.allowed)) == (Origin.MODEL, 1)
    assert [event.reason for event in finished(journal)] == [NOTHING.reason]


@pytest.mark.parametrize("solved", [WRONG, NOTHING, None])
async def test_a_solver_that_is_wrong_changes_nothing(solved):
    outcome, journal, _ = await run(
        "1", "2", strategy=Strategy(solver="fallback"), budget=Budget(rounds=2), solved=solved
    )
    assert (outcome.status, outcome.reason, outcome.answer) == (Status.EXHAUSTED, "rounds", None)
    assert len(finished(journal)) == (solved is not None)


async def test_the_model_hears_nothing_of_a_wrong_solver():
    told: list[str] = []

    async def respond(request: Request) -> str:
        told.append(request.messages[-1].content)
        await asyncio.sleep(0)
        return "1" if len(told) < 3 else "42"

    outcome, journal = await race(ScriptedUpstream(respond), solved=WRONG)
    assert outcome.origin is Origin.MODEL
    assert "`7`" not in "\n".join(told)
    assert len(finished(journal)) == 1


async def test_only_asks_no_model_and_needs_none():
    for budget in (Budget(), Budget(rounds=1, candidates=1)):
        outcome, journal, effects = await run(
            strategy=Strategy(solver="only"), budget=budget, solved=RIGHT
        )
        assert (outcome.origin, outcome.usage.calls, outcome.usage.rounds) == ("solver", 0, 0)
        assert effects.requests == []
        assert "round-started" not in kinds(journal)


async def test_only_ends_without_an_answer_where_the_solver_gives_up():
    outcome, _, _ = await run(strategy=Strategy(solver="only"), solved=NOTHING)
    assert (outcome.status, outcome.reason) == (Status.EXHAUSTED, "solver-gave-up")


async def test_only_judges_the_users_own_answer_first():
    task = TASK.model_copy(update={"start_from": "42"})
    outcome, _, effects = await run(task=task, strategy=Strategy(solver="only"), solved=RIGHT)
    assert (outcome.origin, effects.allowed) == (Origin.USER, [])


async def test_of_several_candidates_one_is_kept_for_the_solver():
    budget = Budget(candidates=3)
    outcome, _, effects = await run(
        "1", "2", "3", strategy=Strategy(solver="fallback"), budget=budget, solved=RIGHT
    )
    assert (outcome.origin, outcome.usage.candidates) == (Origin.SOLVER, 3)
    assert effects.judged == ["1", "2", "42"]


def test_hint_means_constructive_feedback_whatever_else_is_said():
    assert Strategy(solver="hint", feedback="binary").told is Feedback.CONSTRUCTIVE
    assert Strategy(feedback="binary").told is Feedback.BINARY


async def test_hint_asks_for_hints_and_for_no_answer():
    _, _, effects = await run(
        *("1", "2", "3", "4"), strategy=Strategy(solver="hint"), budget=Budget(rounds=4)
    )
    assert effects.allowed == []
    assert [level.value for level in effects.hinted] == ["core", "repair_count"]


# Races, over a clock that runs.


async def race(
    upstream, *, solved=RIGHT, gate=None, mode="race", seconds=30.0, feasible=None, **more
):
    async def engine(_timeout_s: float) -> Solved:
        if gate is not None:
            await gate.wait()
        return solved

    journal = Journal()
    effects = LiveEffects(KERNEL, upstream, solver=engine, feasibility=feasible)
    outcome = await solve(
        TASK,
        strategy=Strategy(solver=mode, **more),
        budget=Budget(seconds=seconds),
        effects=effects,
        journal=journal,
    )
    return outcome, journal


async def test_a_solver_wins_the_race_and_the_call_is_broken_off():
    cancelled = asyncio.Event()

    async def never(_request: Request) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        raise AssertionError

    outcome, journal = await race(ScriptedUpstream(never))
    assert (outcome.origin, outcome.usage.calls) == (Origin.SOLVER, 1)
    assert outcome.usage.prompt_tokens > 0
    assert cancelled.is_set()
    assert kinds(journal)[-2:] == ["call-failed", "ended"]


async def test_the_model_wins_the_race_and_the_solver_is_stopped():
    stopped = asyncio.Event()

    class Gate:
        async def wait(self) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()

    outcome, journal = await race(ScriptedUpstream(lambda _request: "42"), gate=Gate())
    assert (outcome.origin, outcome.usage.calls) == (Origin.MODEL, 1)
    assert stopped.is_set()
    assert not finished(journal)


async def test_a_race_is_waited_for_when_the_rounds_are_spent():
    gate = asyncio.Event()

    def respond(request: Request) -> str:
        if request.call == 9:
            gate.set()
        return "1"

    outcome, _ = await race(ScriptedUpstream(respond), gate=gate)
    assert (outcome.origin, outcome.usage.rounds) == (Origin.SOLVER, 10)


async def test_nobody_to_ask_is_no_hindrance():
    outcome, journal = await race(Nobody(), mode="fallback")
    assert (outcome.origin, outcome.usage.rounds) == (Origin.SOLVER, 0)
    assert "call-failed" in kinds(journal)


async def test_a_solver_that_never_ends_is_cut_off_with_the_budget():
    outcome, journal = await race(Nobody(), mode="only", gate=asyncio.Event(), seconds=0.05)
    assert (outcome.status, outcome.reason) == (Status.EXHAUSTED, "solver-gave-up")
    assert [event.answered for event in finished(journal)] == [False]


async def test_a_problem_without_an_answer_ends_the_wait_for_the_solver():
    async def refuted() -> Feasibility:
        return Feasibility(status=Feasible.INFEASIBLE)

    outcome, journal = await race(Nobody(), mode="only", gate=asyncio.Event(), feasible=refuted)
    assert outcome.status is Status.INFEASIBLE
    assert not finished(journal)


async def test_a_run_that_is_cancelled_stops_its_solver():
    started, stopped = asyncio.Event(), asyncio.Event()

    class Gate:
        async def wait(self) -> None:
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()

    running = asyncio.create_task(race(Nobody(), mode="only", gate=Gate()))
    await started.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert stopped.is_set()


async def test_what_the_engine_says_stays_out_of_sight():
    _, journal = await race(Nobody(), mode="only", solved=NOTHING)
    shown = [public(event) for event in journal.events]
    assert "node 9" not in repr(shown)
    assert {"event": "solver-finished", "answered": False}.items() <= next(
        event.items() for event in shown if event["event"] == "solver-finished"
    )
    assert any(isinstance(event, SolverStarted) for event in journal.events)
    assert not any(isinstance(event, CandidateFound | RoundStarted) for event in journal.events)


# Calls beside a round's own keep neither a solver's answer nor a proof waiting.


def beside(role: Role, called: asyncio.Event, ended: asyncio.Event) -> ScriptedUpstream:
    """A model that answers nothing that can be read, and hangs where it is asked as `role`."""

    async def respond(request: Request) -> str:
        if request.role is not role:
            return "no number" if role is Role.REFORMATTER else "1"
        called.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    return ScriptedUpstream(respond)


ASIDES = [
    (Role.REFORMATTER, {"reformat": True}),
    (Role.SUMMARISER, {"history": "summary"}),
]


@pytest.mark.parametrize(("role", "more"), ASIDES)
async def test_a_solvers_answer_does_not_wait_for_a_call_aside(role, more):
    called, ended = asyncio.Event(), asyncio.Event()
    outcome, journal = await race(beside(role, called, ended), gate=called, **more)
    assert (outcome.origin, ended.is_set()) == (Origin.SOLVER, True)
    assert [event.code for event in journal.events if isinstance(event, CallFailed)] == [
        "cancelled"
    ]


@pytest.mark.parametrize(("role", "more"), ASIDES)
async def test_a_proof_that_there_is_no_answer_does_not_wait_either(role, more):
    called, ended = asyncio.Event(), asyncio.Event()

    async def refuted() -> Feasibility:
        await called.wait()
        return Feasibility(status=Feasible.INFEASIBLE)

    upstream = beside(role, called, ended)
    outcome, _ = await race(upstream, mode="off", feasible=refuted, **more)
    assert (outcome.status, ended.is_set()) == (Status.INFEASIBLE, True)


async def test_a_solver_without_an_answer_leaves_a_call_aside_alone():
    called = asyncio.Event()

    async def respond(request: Request) -> str:
        if request.role is Role.SUMMARISER:
            called.set()
            for _ in range(20):
                await asyncio.sleep(0)
            return "nothing helped"
        return "42" if "nothing helped" in request.messages[-1].content else "1"

    upstream = ScriptedUpstream(respond)
    outcome, journal = await race(upstream, gate=called, solved=NOTHING, history="summary")
    assert outcome.origin is Origin.MODEL
    assert "call-failed" not in kinds(journal)
