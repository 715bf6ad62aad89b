"""prior: how often the move that the model likes best is an optimal one.

`python -m examples.proposer.prior CHECKPOINT` walks at random through held-out Blocksworld problems
and asks, in every state with a real choice, how likely each possible move is as the next line of
the plan so far. What is optimal is found by searching all states.
"""

import argparse
import json
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import mean
from typing import Any

import torch
from torch.nn.functional import log_softmax
from transformers import LlamaForCausalLM

from critics.prefix import Prefix
from examples.proposer.evaluate import SEED
from examples.proposer.model import load_checkpoint
from examples.proposer.problems import KINDS, draw_measured
from examples.proposer.sampling import write_conversation
from examples.proposer.vocabulary import Vocabulary

STEPS = 8
"""Moves of a walk at most."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A state with a real choice.

    Attributes:
        path: The moves so far.
        optimal: The best of the moves.
    """

    prompt: str
    path: tuple[str, ...]
    moves: tuple[str, ...]
    optimal: frozenset[str]


def measure_distances(prefix: Prefix) -> dict[Any, int]:
    """Give every reachable state's distance from a goal."""
    before: dict[Any, list[Any]] = {prefix.start: []}
    waiting = deque([prefix.start])
    while waiting:
        state = waiting.popleft()
        for _, after in prefix.moves(state) if prefix.moves else ():
            if after not in before:
                before[after] = []
                waiting.append(after)
            before[after].append(state)
    distances = {state: 0 for state in before if prefix.is_goal(state)}
    waiting = deque(distances)
    while waiting:
        state = waiting.popleft()
        for earlier in before[state]:
            if earlier not in distances:
                distances[earlier] = distances[state] + 1
                waiting.append(earlier)
    return distances


def walk(random: Random, prompt: str, prefix: Prefix) -> Iterator[Choice]:
    """Give the choices on a random way."""
    distances, state, path = measure_distances(prefix), prefix.start, list[str]()
    for _ in range(STEPS):
        moves = dict(prefix.moves(state)) if prefix.moves else {}
        if prefix.is_goal(state) or not moves:
            return
        best = min(distances[after] for after in moves.values())
        optimal = frozenset(m for m, after in moves.items() if distances[after] == best)
        if len(optimal) < len(moves):
            yield Choice(prompt, tuple(path), tuple(moves), optimal)
        move = random.choice(list(moves))
        path.append(move)
        state = moves[move]


@torch.inference_mode()
def weigh_moves(model: LlamaForCausalLM, vocabulary: Vocabulary, choice: Choice) -> Sequence[float]:
    """Give the log-probability of every move as the next line."""
    asked = write_conversation(vocabulary, [choice.prompt])
    lines = [vocabulary.encode("\n".join((*choice.path, move))) for move in choice.moves]
    size = max(map(len, lines))
    rows = [asked + line + [0] * (size - len(line)) for line in lines]
    logits = log_softmax(model(input_ids=torch.tensor(rows)).logits.float(), -1)
    begin = len(asked)
    return [
        sum(row[begin + at - 1, token].item() for at, token in enumerate(line))
        for row, line in zip(logits, lines, strict=True)
    ]


def measure(
    model: LlamaForCausalLM, vocabulary: Vocabulary, level: int, count: int
) -> dict[str, float]:
    """Measure the prior on walks through held-out problems."""
    random, tops, masses, uniform = Random(SEED), list[float](), list[float](), list[float]()
    for instance in draw_measured(SEED, KINDS[0], level, count):
        if instance.domain.prefix is None:
            break
        prefix = instance.domain.prefix(instance.domain.load(instance.problem))
        for choice in walk(random, instance.prompt, prefix):
            weights = torch.tensor(weigh_moves(model, vocabulary, choice)).softmax(0).tolist()
            top = max(zip(weights, choice.moves, strict=True))[1]
            tops.append(top in choice.optimal)
            weighted = zip(weights, choice.moves, strict=True)
            masses.append(sum(weight for weight, move in weighted if move in choice.optimal))
            uniform.append(len(choice.optimal) / len(choice.moves))
    found = {"top1": mean(tops), "mass": mean(masses), "uniform": mean(uniform)}
    return {"level": level, "states": len(tops)} | {k: round(v, 3) for k, v in found.items()}


def main() -> None:
    """Measure a checkpoint as a prior."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--count", type=int, default=30, help="problems of each level")
    given = parser.parse_args()
    torch.set_num_threads(1)
    model, vocabulary = load_checkpoint(given.checkpoint)
    model.eval()
    for level in (1, 2, 3):
        print(json.dumps(measure(model, vocabulary, level, given.count)), flush=True)


if __name__ == "__main__":
    main()
