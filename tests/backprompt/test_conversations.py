"""Recorded conversations, replayed through the loop, give exactly the recorded curves."""

from collections import defaultdict
from datetime import UTC, datetime

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

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


async def replay(planbench: Recordings, row: dict) -> tuple[Status, str | None, int]:
    """Replay one conversation; say how it ended and after how many rounds."""
    problem = planbench.payload(row["problem_id"])
    kernel = DirectKernel.of_domain(
        find_domain("pddl"), problem, certificate_id="cert_test", issued_at=LONG_AGO
    )
    upstream = ReplayUpstream.from_texts(r["response"] for r in row["rounds"])
    outcome = await solve(
        Task(domain="pddl", problem=problem, prompt=row["rounds"][0]["prompt"]),
        strategy=Strategy(),
        budget=Budget(rounds=50),
        effects=LiveEffects(kernel, upstream),
        journal=Journal(),
    )
    return outcome.status, outcome.reason, outcome.usage.rounds


async def test_replayed_conversations_reproduce_the_recorded_curves(planbench: Recordings) -> None:
    won: dict[str, list[int]] = defaultdict(list)
    for row in planbench.rows("conversations"):
        status, reason, rounds = await replay(planbench, row)
        name = f"{row['family']} / {row['model']}"
        if status is Status.CERTIFIED:
            won[name].append(rounds)
            assert rounds == row["accepted_at"], row["id"]
        else:
            assert (status, reason) == (Status.EXHAUSTED, "recording-ended"), row["id"]
            assert row["accepted_at"] is None, row["id"]
            assert rounds == len(row["rounds"]), row["id"]
    for name, curve in planbench.meta["curves"].items():
        expected = curve["solved_after_round"]
        reached = [sum(r <= after for r in won[name]) for after in range(1, len(expected) + 1)]
        assert reached == expected, name
