"""evaluate: how many held-out problems the model solves, with feedback and without.

`python -m examples.proposer.evaluate CHECKPOINT` asks as the service does by default: the problem,
and then the latest answer with what the critics said of it. Beside it stand as many fresh answers
to the bare problem. Every answer is judged; nothing else counts.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch
from transformers import LlamaForCausalLM

from critics.types import Judgement, Verdict
from examples.proposer.model import load_checkpoint
from examples.proposer.problems import KINDS, Instance, Kind, draw_measured, tell
from examples.proposer.sampling import TEMPERATURE, sample
from examples.proposer.vocabulary import Vocabulary

SEED = 2026
ROUNDS = 5
OPTIONS = ("count", "rounds", "temperature", "seed")


@dataclass(slots=True)
class Attempt:
    """A problem that is being solved.

    Attributes:
        solved: In which round, 0 if not yet.
        turns: Latest answer, and what was told of it.
        wrong: Every rejected answer of the loop, with what was told.
    """

    instance: Instance
    solved: int = 0
    turns: list[str] = field(default_factory=list)
    before: Judgement | None = None
    given: set[str] = field(default_factory=set)
    wrong: list[tuple[str, str]] = field(default_factory=list)
    right: str | None = None

    def take(self, response: str, number: int) -> None:
        """Judge a response, and keep what the model is told next."""
        judged = [self.instance.judge(text) for text in self.instance.find(response)]
        accepted = next((j for j in judged if j.verdict is Verdict.ACCEPTED), None)
        if accepted is not None:
            self.solved, self.right = number, accepted.candidate
            return
        if not judged:
            self.turns = []
            return
        best = max(judged, key=lambda judgement: judgement.score)
        repeated = best.candidate in self.given
        told = tell(best, self.before, repeated=repeated)
        self.turns, self.before = [best.candidate, told], best
        self.given.add(best.candidate)
        self.wrong.append((best.candidate, told))


def solve(
    model: LlamaForCausalLM,
    vocabulary: Vocabulary,
    instances: Sequence[Instance],
    *,
    feedback: bool,
    rounds: int = ROUNDS,
    temperature: float = TEMPERATURE,
) -> list[Attempt]:
    """Ask for every problem until it is solved or the rounds are over."""
    attempts = [Attempt(instance) for instance in instances]
    for number in range(1, rounds + 1):
        left = [attempt for attempt in attempts if not attempt.solved]
        asked = [[a.instance.prompt, *(a.turns if feedback else ())] for a in left]
        answers = sample(model, vocabulary, asked, temperature=temperature)
        for attempt, answer in zip(left, answers, strict=True):
            attempt.take(answer, number)
    return attempts


def measure(
    model: LlamaForCausalLM,
    vocabulary: Vocabulary,
    kind: Kind,
    level: int,
    *,
    count: int,
    rounds: int,
    temperature: float = TEMPERATURE,
    seed: int = SEED,
) -> dict[str, object]:
    """Measure one level: solved by the likeliest answer, and in so many rounds or fewer."""
    instances = list(draw_measured(seed + level, kind, level, count))
    torch.manual_seed(seed)
    ask = partial(solve, model, vocabulary, instances)
    greedy = ask(feedback=False, rounds=1, temperature=0)
    loop = ask(feedback=True, rounds=rounds, temperature=temperature)
    fresh = ask(feedback=False, rounds=rounds, temperature=temperature)
    counted = {"loop": loop, "fresh": fresh}
    return {
        "kind": kind.name,
        "level": level,
        "problems": len(instances),
        "temperature": temperature,
        "greedy": sum(bool(a.solved) for a in greedy),
    } | {
        name: [sum(0 < a.solved <= n for a in attempts) for n in range(1, rounds + 1)]
        for name, attempts in counted.items()
    }


def main() -> None:
    """Measure a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--count", type=int, default=50, help="problems of each level")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--temperature", type=float, default=TEMPERATURE)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", default=[kind.name for kind in KINDS])
    parser.add_argument("--extra", action="store_true", help="also one level that was not trained")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    model, vocabulary = load_checkpoint(given.checkpoint)
    kinds = [kind for kind in KINDS if kind.name in given.kinds]
    for kind in kinds:
        levels = (*kind.levels, *((kind.extra,) if given.extra else ()))
        for level in levels:
            line = measure(
                *(model, vocabulary, kind, level),
                **{name: getattr(given, name) for name in OPTIONS},
            )
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
