"""Recorded conversations, replayed through the loop, give exactly the recorded curves."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest

from backprompt.budget import Budget
from backprompt.effects import DirectKernel, LiveEffects
from backprompt.events import Status
from backprompt.journal import Journal
from backprompt.loop import solve
from backprompt.strategy import Strategy
from backprompt.task import Task
from backprompt.upstream import ReplayUpstream
from critics.domain import find_domain
from tests.conftest import Recordings
from tests.critics.scheduling.recorded import TASKS, payload_of

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


async def replay(task: str, problem: dict[str, Any], row: dict[str, Any]) -> tuple[Status, int]:
    """Replay one conversation; say how it ended and after how many rounds."""
    kernel = DirectKernel.of_domain(
        find_domain(task), problem, certificate_id="cert_test", issued_at=LONG_AGO
    )
    outcome = await solve(
        Task(domain=task, problem=problem, prompt=row["rounds"][0]["prompt"]),
        strategy=Strategy(),
        budget=Budget(rounds=50),
        effects=LiveEffects(
            kernel, ReplayUpstream.from_texts(r["response"] for r in row["rounds"])
        ),
        journal=Journal(),
    )
    return outcome.status, outcome.usage.rounds


@pytest.mark.parametrize("task", TASKS)
async def test_replayed_conversations_reproduce_the_recorded_curves(
    natural_plan: Recordings, task: str
) -> None:
    won: dict[str, list[int]] = defaultdict(list)
    for row in natural_plan.rows("conversations"):
        if row["task"] != task:
            continue
        problem = payload_of(natural_plan.problems[row["problem_id"]])
        status, rounds = await replay(task, problem, row)
        assert status in (Status.CERTIFIED, Status.EXHAUSTED), row["id"]
        if status is Status.CERTIFIED:
            won[f"{task} / {row['model']} / {row['run']}"].append(rounds)
        assert (rounds if status is Status.CERTIFIED else None) == row["accepted_at"], row["id"]
    curves = {n: c for n, c in natural_plan.meta["curves"].items() if n.startswith(f"{task} /")}
    assert curves
    for name, curve in curves.items():
        expected = curve["any_candidate"]
        reached = [sum(r <= after for r in won[name]) for after in range(1, len(expected) + 1)]
        assert reached == expected, name
