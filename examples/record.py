"""Record one real run of the embedded model on an example problem, as a journal.

    python examples/record.py tea --seed 3 --out examples/recordings/tea.jsonl

The journal replays with `ReplayUpstream.from_journal`: the same answers meet the same critics.
Nothing is written unless `--out` is given; the rounds are printed either way.
"""

import argparse
import asyncio
from pathlib import Path

from app.embedded import embedded_upstream
from app.protocol import SolveRequest
from app.runs import Run
from app.service import Service
from app.settings import Settings
from backprompt.budget import Budget
from backprompt.disclosure import first_headline
from backprompt.events import Judged, NoCandidate
from backprompt.strategy import Strategy
from backprompt.upstream import Sampling, Upstream

PROBLEMS = Path(__file__).parent / "pddl"
BRIEFLY = "Answer with the plan only, without explanations or comments."
"""A small model that explains itself takes four times as long and is not better for it."""


def read_example(name: str) -> dict[str, str]:
    """Read an example problem as the payload of the `pddl` domain."""
    folder = PROBLEMS / name
    return {part: (folder / f"{part}.pddl").read_text("utf-8") for part in ("domain", "problem")}


async def run_example(
    service: Service, name: str, *, seed: int, strategy: Strategy, rounds: int, temperature: float
) -> Run:
    """Solve one example through the service's own code, and give the finished run."""
    request = SolveRequest(
        domain="pddl",
        problem=dict(read_example(name)),
        budget=Budget(rounds=rounds, seconds=900),
        strategy=strategy,
        sampling=Sampling(seed=seed, temperature=temperature, max_tokens=256),
        instructions=BRIEFLY,
    )
    async with service.open_run(request) as run:
        await run.execute()
        return run


def save_journal(run: Run, path: Path) -> None:
    """Write a run's events as JSON lines."""
    path.write_text("".join(f"{line}\n" for line in run.journal.dump()), "utf-8")


def open_service(upstream: Upstream) -> Service:
    """Open a service that asks this model and looks for no other."""
    return Service(Settings(), upstream=upstream)


async def record(options: argparse.Namespace) -> None:
    """Run, print the rounds, and write the journal."""
    upstream = embedded_upstream(options.model, threads=options.threads)
    service = open_service(upstream)
    try:
        run = await run_example(
            service,
            options.example,
            seed=options.seed,
            strategy=Strategy(feedback=options.feedback),
            rounds=options.rounds,
            temperature=options.temperature,
        )
    finally:
        await service.aclose()
    for event in run.journal.events:
        if isinstance(event, Judged):
            verdict = event.judgement.verdict.value
            print(f"round {event.round}: {verdict}: {first_headline(event.judgement) or '-'}")
        if isinstance(event, NoCandidate):
            print(f"round {event.round}: no answer found")
    print(f"{run.result.status if run.result else '?'}")
    if options.out:
        save_journal(run, options.out)
        print(f"written: {options.out} ({options.out.stat().st_size} bytes)")


def main() -> None:
    """Read the command line and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("example", choices=sorted(p.name for p in PROBLEMS.iterdir()))
    parser.add_argument("--model", default="small")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--temperature", type=float, default=0.7)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--feedback", default="explain")
    parser.add_argument("--out", type=Path)
    asyncio.run(record(parser.parse_args()))


if __name__ == "__main__":
    main()
