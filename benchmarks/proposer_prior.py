"""How good is the proposer's next move? Its first choice against all moves that are optimal.

    python -m benchmarks.proposer_prior /tmp/proposer/trained.jsonl --group blocksworld-4

In states that random moves from the start reach, and in those that a systematic plan passes, the
model goes on with the moves so far, as `search: tree` asks it with `prior: continued`. What is
optimal is known from a search of all states. States with one move, and those where every move is
optimal, are left out.
"""

import argparse
import asyncio
import json
import random
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.bench.statistics import Rate
from app.embedded import embedded_upstream, serve_file
from backprompt.prompt import write_task
from backprompt.task import Task
from backprompt.upstream import Message, Request, Sampling, Upstream
from critics import find_domain
from critics.judge import read_problem
from critics.prefix import Prefix, State
from examples.proposer.problems import KINDS, find_family

WALK = 6
"""Most random moves to a state."""
MOST_STATES = 20_000


@dataclass(frozen=True)
class Place:
    """A state in which the model is asked.

    Attributes:
        prompt: The task.
        begun: Moves so far.
        moves: What can be done.
        optimal: What of it is on a shortest way to a goal.
    """

    prompt: str
    begun: Sequence[str]
    moves: Sequence[str]
    optimal: frozenset[str]

    @property
    def chance(self) -> float:
        """How often a random move is optimal."""
        return len(self.optimal) / len(self.moves)


def find_places(
    row: Mapping[str, Any], draw: random.Random, count: int
) -> Iterator[tuple[str, Place]]:
    """Choose states of a problem, each with how it was reached."""
    domain = find_domain(row["domain"])
    problem = read_problem(domain, row["problem"])
    instance = domain.load(problem)
    if domain.prefix is None:
        raise SystemExit(f"the domain `{domain.name}` has no moves")
    prefix = domain.prefix(instance)
    near = measure(prefix)
    prompt = write_task(
        Task(domain=domain.name, prompt=domain.prompt(instance), answer_format=domain.answer_format)
    )
    kind = next(kind for kind in KINDS if kind.domain == row["domain"])
    family = find_family(kind)
    plan = list(prefix.split(family.answer(problem) or "")) if family.answer else []
    walks = [walk(prefix, draw, draw.randint(0, WALK)) for _ in range(count)]
    paths = [("walk", begun) for begun in walks]
    paths += [
        ("plan", plan[:length]) for length in draw.sample(range(len(plan)), min(count, len(plan)))
    ]
    for how, begun in paths:
        state, _ = prefix.follow(begun)
        place = look(prefix, near, state, prompt, begun)
        if place is not None:
            yield how, place


def walk(prefix: Prefix, draw: random.Random, length: int) -> list[str]:
    """Go at random, never back to where it was."""
    state, begun, seen = prefix.start, list[str](), {prefix.key(prefix.start)}
    while len(begun) < length and prefix.moves is not None:
        new = [
            (m, s)
            for m, s in prefix.moves(state)
            if prefix.key(s) not in seen and not prefix.is_goal(s)
        ]
        if not new:
            break
        move, state = draw.choice(new)
        begun.append(move)
        seen.add(prefix.key(state))
    return begun


def measure(prefix: Prefix) -> Mapping[str, int]:
    """Give every state's distance from a goal, by its key."""
    states: dict[str, State] = {prefix.key(prefix.start): prefix.start}
    before: dict[str, list[str]] = {}
    todo = deque(states)
    while todo and len(states) < MOST_STATES:
        key = todo.popleft()
        for _, after in prefix.moves(states[key]) if prefix.moves else ():
            reached = prefix.key(after)
            before.setdefault(reached, []).append(key)
            if reached not in states:
                states[reached] = after
                todo.append(reached)
    near = {key: 0 for key, state in states.items() if prefix.is_goal(state)}
    todo = deque(near)
    while todo:
        key = todo.popleft()
        for earlier in before.get(key, ()):
            if earlier not in near:
                near[earlier] = near[key] + 1
                todo.append(earlier)
    return near


def look(
    prefix: Prefix, near: Mapping[str, int], state: State, prompt: str, begun: Sequence[str]
) -> Place | None:
    """See which moves of a state are optimal; nothing where there is no real choice."""
    if prefix.moves is None or prefix.is_goal(state):
        return None
    reached = {
        move: near.get(prefix.key(after), MOST_STATES) for move, after in prefix.moves(state)
    }
    best = min(reached.values())
    optimal = frozenset(move for move, far in reached.items() if far == best)
    if len(optimal) == len(reached):
        return None
    return Place(prompt, begun, tuple(reached), optimal)


async def ask(upstream: Upstream, place: Place, number: int) -> str:
    """Let the model go on once, without chance."""
    messages = [Message(role="user", content=place.prompt)]
    if place.begun:
        text = "".join(f"{move}\n" for move in place.begun)
        messages.append(Message(role="assistant", content=text))
    sampling = Sampling(temperature=0, max_tokens=40)
    request = Request(messages=tuple(messages), sampling=sampling, timeout_s=120, call=number)
    said = (await upstream.generate(request)).text.strip().splitlines()
    return said[0].strip() if said else ""


async def run(options: argparse.Namespace) -> None:
    """Ask in all states and print the table."""
    rows = [json.loads(line) for line in options.problems.read_text("utf-8").splitlines()]
    draw = random.Random(options.seed)  # noqa: S311  # a yardstick, no secret
    found = [
        place
        for row in rows
        if row["group"] == options.group
        for place in find_places(row, draw, options.states)
    ]
    own = (
        serve_file(options.gguf, threads=1)
        if options.gguf
        else embedded_upstream("proposer", threads=1)
    )
    hits, made, total = Counter[str](), Counter[str](), Counter[str]()
    chance: Counter[str] = Counter()
    try:
        for number, (how, place) in enumerate(found):
            move = await ask(own, place, number)
            total[how] += 1
            made[how] += move in place.moves
            hits[how] += move in place.optimal
            chance[how] += place.chance
    finally:
        await own.aclose()
    print("| states | n | can be made | optimal | by chance |\n|---|---|---|---|---|")
    for how in total:
        of = total[how]
        low, high = Rate(hits[how], of).interval
        optimal = f"{hits[how] / of:.0%} ({low * 100:.0f}-{high:.0%})"
        cells = (f"{options.group}, {how}", str(of), f"{made[how] / of:.0%}", optimal)
        print(f"| {' | '.join(cells)} | {chance[how] / of:.0%} |")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problems", type=Path, help="as benchmarks.proposer_problems wrote them")
    parser.add_argument("--group", default="blocksworld-4")
    parser.add_argument("--states", type=int, default=4, help="of each problem and way")
    parser.add_argument("--gguf", type=Path, help="weights; by default those that are built in")
    parser.add_argument("--seed", type=int, default=1)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
