"""Runs of the real loop with scripted answers, as journals: what there is to export."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from backprompt.budget import Budget
from backprompt.effects import DirectKernel, LiveEffects
from backprompt.journal import Journal
from backprompt.loop import solve
from backprompt.strategy import Strategy
from backprompt.task import Task
from backprompt.upstream import ScriptedUpstream
from critics.domain import find_domain
from critics.judge import read_problem

EASY = ("calendar", "coloring", "countdown", "meeting")
"""Domains whose examples are judged at once."""


def play(
    domain_name: str, problem: dict, *answers: str, strategy: Strategy | None = None
) -> Journal:
    """Run the loop on a problem with these answers, one a round."""
    domain = find_domain(domain_name)
    task = Task(
        domain=domain_name,
        problem=problem,
        prompt=domain.prompt(domain.load(read_problem(domain, problem))),
        answer_format=domain.answer_format,
    )
    kernel = DirectKernel.of_domain(
        domain, problem, certificate_id="cert_test", issued_at=datetime.now(UTC)
    )
    journal = Journal()
    effects = LiveEffects(kernel, ScriptedUpstream(lambda request: answers[request.call]))
    running = solve(
        task,
        strategy=strategy or Strategy(restart_after=None),
        budget=Budget(rounds=len(answers)),
        effects=effects,
        journal=journal,
    )
    asyncio.run(running)
    return journal


def played_examples(*domains: str, wrong: int = 2) -> Iterator[tuple[str, Journal]]:
    """Play the domains' own examples: wrong answers first, then the right one."""
    for name in domains or EASY:
        for example in find_domain(name).examples:
            bad = [text for text in example.bad if text.strip()][:wrong]
            yield f"{name}-{example.name}", play(name, dict(example.problem), *bad, example.good[0])


def write_journal(journal: Journal, file: Path) -> Path:
    """Write a journal as `modulo solve --journal` does."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{line}\n" for line in journal.dump()), "utf-8")
    return file
