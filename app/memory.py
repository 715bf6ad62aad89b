"""Memory: certified solutions of similar problems, shown to the model as worked examples.

Retrieval is by the words of the problem as it is put to the model. What is shown was certified, and
shows nothing but how such problems are solved: the answer to this one is judged like any other.

Invariant: the same problem is never its own example; where it was solved before, an experiment
would otherwise measure nothing, and the cache of answers is there to be switched on.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from app.engine import RunRecord
from backprompt.task import Shot, Task
from critics.statement import canonical

PROMPT_CHARS = 8_000
"""Longer problems are no examples."""
ALL_CHARS = 32_000
"""Characters of all examples together."""

_WORD = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
Words = Counter[str]


def recall_examples(runs: Iterable[RunRecord], task: Task, most: int) -> tuple[Shot, ...]:
    """Find the certified solutions of the problems most like a task's, the nearest one last.

    Args:
        runs: Earlier runs, newest first.
        task: What is to be solved.
        most: How many examples at most.
    """
    own, seen = count_words(task.prompt), {_name(task)}
    found = list[tuple[float, Shot]]()
    for record in runs:
        earlier, name = record.spec.task, _name(record.spec.task)
        answer = record.result.answer if record.result else None
        if name in seen or answer is None or not earlier.prompt:
            continue
        seen.add(name)
        if len(earlier.prompt) + len(answer) <= PROMPT_CHARS:
            shot = Shot(prompt=earlier.prompt, answer=answer, run=record.spec.id)
            found.append((compare_words(own, count_words(earlier.prompt)), shot))
    nearest = sorted(found, key=lambda pair: pair[0], reverse=True)[:most]
    return tuple(reversed(_within([shot for _, shot in nearest])))


def count_words(text: str) -> Words:
    """Count the words of a text; a word that comes often counts less each time."""
    counted = Counter(_WORD.findall(text.casefold()))
    return Counter({word: 1 + math.log(count) for word, count in counted.items()})


def compare_words(one: Words, other: Words) -> float:
    """Give the cosine of two texts' words, in [0, 1]."""
    common = sum(weight * other[word] for word, weight in one.items() if word in other)
    lengths = math.sqrt(_square(one) * _square(other))
    return common / lengths if lengths else 0.0


def _square(words: Words) -> float:
    return sum(weight * weight for weight in words.values())


def _name(task: Task) -> bytes:
    return canonical(task.problem)


def _within(shots: Sequence[Shot]) -> list[Shot]:
    kept, room = list[Shot](), ALL_CHARS
    for shot in shots:
        room -= len(shot.prompt) + len(shot.answer)
        if room >= 0:
            kept.append(shot)
    return kept
