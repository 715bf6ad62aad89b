"""Whether earlier answers help: `search: evolve` beside best-of-n, at equal calls.

    python benchmarks/evolve_shots.py --seeds 5 --calls 40
    python benchmarks/evolve_shots.py --proposers embedded --problems 4 --seeds 1 --calls 8

Best-of-n is the same loop with `shots: 0` and `feedback: none`: it keeps the best certified answer
and shows the proposer nothing. Proposers:

* `blind` never reads its prompt: colours drawn at random, or a random walk to the goal.
* `listener` changes the best answer that it is shown in one random place, and else guesses blindly.
  It is what a model would do that does as it is told.
* `embedded` is the embedded model.
"""

import argparse
import asyncio
import json
import random
import re
import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any

from app.embedded import embedded_upstream
from backprompt.budget import Budget
from backprompt.effects import DirectKernel, LiveEffects
from backprompt.evolve.options import EvolveOptions
from backprompt.journal import Journal
from backprompt.loop import solve
from backprompt.strategy import Feedback, Search, Strategy
from backprompt.task import Task
from backprompt.upstream import Request, Sampling, ScriptedUpstream, Upstream
from critics.domain import Domain, find_domain
from critics.measurement import measure
from critics.rollout import open_prefix

COLORS = ["red", "green", "blue", "gold", "grey", "pink", "teal"]
DENSITY = 0.4
STEPS = 60
"""Longest random walk."""
LAST = re.compile(r"Answer with [^\n]*:\n(.*?)\n\n(?=Answer with|Give a different)", re.DOTALL)
BLOCKS = """(define (domain blocks) (:predicates (on ?a ?b) (table ?a) (clear ?a))
 (:action lift :parameters (?a ?b) :precondition (and (on ?a ?b) (clear ?a))
  :effect (and (table ?a) (clear ?b) (not (on ?a ?b))))
 (:action stack :parameters (?a ?b)
  :precondition (and (table ?a) (clear ?a) (clear ?b) (not (= ?a ?b)))
  :effect (and (on ?a ?b) (not (table ?a)) (not (clear ?b)))))"""
Propose = Callable[[str | None, random.Random], str]
"""The best answer that is shown, if any, to another answer."""


@dataclass(frozen=True)
class Case:
    """A problem, and how answers to it are made without a model."""

    name: str
    domain: Domain
    payload: Mapping[str, Any]
    propose: Propose


def seeded(key: str) -> random.Random:
    """Make a generator that gives the same on every machine."""
    return random.Random(key)  # noqa: S311  # a yardstick, no secret


def color_graph(number: int) -> Case:
    """Make a random graph of 8 vertices; as few as possible of seven colours are wanted."""
    chance = seeded(f"graph {number}")
    vertices = list("abcdefgh")
    edges = [list(pair) for pair in combinations(vertices, 2) if chance.random() < DENSITY]
    payload = {"vertices": vertices, "edges": edges, "colors": COLORS}

    def propose(shown: str | None, draw: random.Random) -> str:
        colors = json.loads(shown) if shown else {v: draw.choice(COLORS) for v in vertices}
        if shown:
            colors[draw.choice(vertices)] = draw.choice(COLORS)
        return json.dumps(colors)

    return Case(f"graph {number}", find_domain("coloring"), payload, propose)


def stack_blocks(number: int) -> Case:
    """Make a tower of four blocks to be built in another order; the shortest plan is wanted."""
    chance = seeded(f"blocks {number}")
    first, second = chance.sample("abcd", 4), chance.sample("abcd", 4)
    payload = {"domain": BLOCKS, "problem": _write_towers(first, second)}
    domain = find_domain("pddl")
    prefix = open_prefix(domain, payload)

    def propose(shown: str | None, draw: random.Random) -> str:
        steps = list(prefix.split(shown)) if shown else []
        state, made = prefix.follow(steps[: draw.randrange(len(steps))] if steps else [])
        while not prefix.is_goal(state) and len(made) < STEPS and prefix.moves:
            move, state = draw.choice(list(prefix.moves(state)))
            made.append(move)
        return prefix.join(made)

    return Case(f"blocks {number}", domain, payload, propose)


def _write_towers(first: list[str], second: list[str]) -> str:
    def write(order: list[str]) -> str:
        on = " ".join(f"(on {a} {b})" for a, b in pairwise(order))
        return f"{on} (table {order[-1]})"

    return (
        f"(define (problem tower) (:domain blocks) (:objects a b c d) (:init {write(first)} "
        f"(clear {first[0]})) (:goal (and {write(second)})))"
    )


def scripted(case: Case, *, listens: bool) -> ScriptedUpstream:
    """Make a proposer; what it answers depends on the seed, the call and what it listens to."""

    def respond(request: Request) -> str:
        found = LAST.findall(request.messages[0].content) if listens else []
        draw = seeded(f"{request.sampling.seed} {request.call}")
        return case.propose(found[-1] if found else None, draw)

    return ScriptedUpstream(respond, name="listener" if listens else "blind")


def make_strategies() -> Mapping[str, Strategy]:
    """Say what is compared."""
    alone = EvolveOptions(islands=1, shots=0)
    return {
        "best-of-n": Strategy(search=Search.EVOLVE, feedback=Feedback.NONE, evolve=alone),
        "evolve": Strategy(search=Search.EVOLVE),
        "evolve, 1 island": Strategy(search=Search.EVOLVE, evolve=EvolveOptions(islands=1)),
    }


async def run(case: Case, upstream: Upstream, strategy: Strategy, seed: int, calls: int) -> Any:
    """Run the loop once; gives the value of its answer, `None` without one."""
    domain, payload = case.domain, case.payload
    kernel = DirectKernel.of_domain(
        domain, payload, certificate_id="cert_bench", issued_at=datetime.now(UTC)
    )

    async def weigh(text: str) -> Fraction | None:
        return measure(domain, payload, text)

    instance = domain.load(domain.problem.model_validate(payload))
    objective = domain.objective(instance) if domain.objective else None
    outcome = await solve(
        Task(
            domain=domain.name,
            problem=dict(payload),
            prompt=domain.prompt(instance),
            answer_format=domain.answer_format,
            objective=objective.aim if objective else None,
            sampling=Sampling(temperature=0.8, seed=1_000 * seed, max_tokens=300),
        ),
        strategy=strategy,
        budget=Budget(rounds=calls, seconds=86_400),
        effects=LiveEffects(kernel, upstream, measure=weigh),
        journal=Journal(),
    )
    return None if outcome.answer is None else measure(domain, payload, outcome.answer)


async def compare(options: argparse.Namespace) -> None:
    """Run everything and print a table."""
    makers = {"coloring": color_graph, "blocks": stack_blocks}
    embedded = embedded_upstream("small") if "embedded" in options.proposers else None
    for kind in options.kinds:
        cases = [makers[kind](number) for number in range(options.problems)]
        for name in options.proposers:
            rows: dict[str, list[Any]] = {}
            for arm, strategy in make_strategies().items():
                rows[arm] = [
                    await run(
                        case,
                        embedded or scripted(case, listens=name == "listener"),
                        strategy,
                        seed,
                        options.calls,
                    )
                    for case in cases
                    for seed in range(options.seeds)
                ]
                print("  ".join(tell(kind, name, arm, rows)), flush=True)
    if embedded is not None:
        await embedded.aclose()


def tell(kind: str, name: str, arm: str, rows: Mapping[str, list[Any]]) -> Iterator[str]:
    """Say what came of one row, and how it compares with the first, run by run."""
    found, base = rows[arm], next(iter(rows.values()))
    certified = [float(value) for value in found if value is not None]
    yield f"{kind:<8} {name:<9} {arm:<17} certified {len(certified)}/{len(found)}"
    if certified:
        yield f"mean {statistics.mean(certified):.2f}"
    pairs = [(a, b) for a, b in zip(found, base, strict=True) if None not in (a, b)]
    better, worse = sum(a < b for a, b in pairs), sum(a > b for a, b in pairs)
    yield f"better {better}, worse {worse}, equal {len(pairs) - better - worse}"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", nargs="+", default=["coloring", "blocks"])
    parser.add_argument("--proposers", nargs="+", default=["blind", "listener"])
    parser.add_argument("--problems", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--calls", type=int, default=30)
    asyncio.run(compare(parser.parse_args()))


if __name__ == "__main__":
    main()
