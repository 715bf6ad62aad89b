"""Recorded runs, played again by the present program, take the same steps in the same order."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from app.durable.recorder import Recorder
from app.durable.sequencer import Stored
from backprompt.budget import Budget
from backprompt.effects import DirectKernel, LiveEffects
from backprompt.journal import Journal
from backprompt.loop import solve
from backprompt.strategy import Strategy
from backprompt.task import Task
from backprompt.upstream import ReplayUpstream
from critics.domain import find_domain
from tests.app.durable.test_recorder import NoWorld
from tests.conftest import Recordings

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class Memory:
    """Steps that are stored in memory."""

    def __init__(self) -> None:
        self.stored: dict[int, Stored] = {}
        self.asked: list[int] = []
        self._next = 0

    def reserve(self) -> int:
        self._next += 1
        return self._next

    async def perform(
        self, position: int, kind: str, work: Callable[[], Awaitable[Stored]]
    ) -> Stored:
        assert kind
        self.asked.append(position)
        self.stored[position] = await work()
        return self.stored[position]


async def execute(row: dict, problem: dict, effects, steps: Memory, past: dict) -> list[str]:
    """Execute a run, or play it; gives its events."""
    recorder = Recorder(
        effects,
        steps,
        past,
        clock=time.monotonic,
        pay=lambda _position, request: effects.generate(request),
        upstream_name="replay",
    )
    journal = Journal()
    try:
        await solve(
            Task(domain="pddl", problem=problem, prompt=row["rounds"][0]["prompt"]),
            strategy=Strategy(),
            budget=Budget(rounds=50),
            effects=recorder,
            journal=journal,
        )
    finally:
        await recorder.aclose()
    return [event.model_dump_json() for event in journal.events]


async def play_twice(planbench: Recordings, row: dict) -> None:
    """Execute a recorded conversation, and play what was stored, whole and up to its middle."""
    problem = planbench.payload(row["problem_id"])
    kernel = DirectKernel.of_domain(
        find_domain("pddl"), problem, certificate_id="cert_test", issued_at=LONG_AGO
    )

    def live() -> LiveEffects:
        return LiveEffects(kernel, ReplayUpstream.from_texts(r["response"] for r in row["rounds"]))

    first, again, half = Memory(), Memory(), Memory()
    story = await execute(row, problem, live(), first, {})
    quiet = NoWorld()
    quiet.extract = kernel.extract
    played = await execute(row, problem, quiet, again, first.stored)
    assert played == story, row["id"]
    assert again.asked == []
    past = dict(list(first.stored.items())[: len(first.stored) // 2])
    await execute(row, problem, live(), half, past)
    steps = [(position, stored["kind"], stored["n"]) for position, stored in first.stored.items()]
    later = {**past, **half.stored}
    assert [(at, stored["kind"], stored["n"]) for at, stored in later.items()] == steps, row["id"]


async def test_one_recorded_run_of_each_model_is_played_again(planbench: Recordings) -> None:
    rows = {(row["family"], row["model"]): row for row in planbench.rows("conversations")}
    async with asyncio.timeout(150):
        for row in rows.values():
            await play_twice(planbench, row)


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_every_recorded_run_is_played_again(planbench: Recordings) -> None:
    for row in planbench.rows("conversations"):
        await play_twice(planbench, row)
