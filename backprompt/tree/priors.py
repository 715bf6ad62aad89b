"""priors: asks a model which of a state's moves is best, and reads how sure it is.

Letters before a model are biased by their order, so each question is put in two orders and the
answers are averaged (docs/tree.md).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum
from string import ascii_uppercase
from types import MappingProxyType
from typing import Any

from pydantic import JsonValue

from backprompt.prompt import write_task
from backprompt.task import Task
from backprompt.tree.options import Prior
from backprompt.upstream import Completion, Message
from critics.rollout import Expanded
from critics.thoughts import leave_out_thoughts

COVERED = 0.5
"""Least probability that the letters together must have."""
SMOOTHED = 0.5
"""Added to the count of every move that was sampled."""
MOVE_TOKENS = 40
"""Most tokens of a move that a model goes on with."""
MOST_TOLD = 20
"""Moves so far that a question repeats, the last ones."""

_LETTER = re.compile(r"(?<![A-Za-z])[A-Z](?![A-Za-z])")
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,3}[.):]|[A-Z][.)])\s+")

BEST = "Which of them is the best next move? Answer with its letter and nothing else."
NAMED = "Which of them is the best next move? Answer with one line that repeats it, word for word."
LISTED = "List their letters on one line, the best next move first, and nothing else."
PROPOSE = (
    "Propose up to {count} different next moves, one on each line, the best one first, and "
    "nothing else. A move is one step of the answer, in the answer's own form."
)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One call's prompt.

    Attributes:
        messages: The prompt.
        order: The options in the order of the prompt.
        top_logprobs: How many alternatives are wanted.
        max_tokens: Most tokens of the answer; `None` leaves the caller's cap.
        schema: JSON Schema of the answer.
    """

    messages: tuple[Message, ...]
    order: tuple[str, ...]
    top_logprobs: int | None = None
    max_tokens: int | None = None
    schema: dict[str, JsonValue] | None = None


def inquire(
    task: Task,
    prior: Prior,
    state: Expanded,
    options: tuple[str, ...],
    samples: int,
) -> list[Inquiry]:
    """Write the calls that ask for a state's prior."""
    if prior is Prior.UNIFORM:
        return []
    if prior is Prior.CONTINUED:
        return [Inquiry(_begin(task, state), options, max_tokens=MOVE_TOKENS)] * samples

    def put(question: str, order: tuple[str, ...]) -> tuple[Message, ...]:
        return _write(task, state, f"{_list(order)}\n\n{question}")

    if prior is Prior.LETTERS:
        orders = (options, options[::-1])
        return [Inquiry(put(BEST, o), o, top_logprobs=20, max_tokens=1) for o in orders]
    if prior is Prior.RANKED:
        return [Inquiry(put(LISTED, options), options)]
    schema: dict[str, JsonValue] = {
        "type": "object",
        "properties": {"move": {"type": "string", "enum": list(options)}},
        "required": ["move"],
        "additionalProperties": False,
    }
    return [Inquiry(put(NAMED, options), options, schema=schema)] * samples


def propose(task: Task, state: Expanded, count: int) -> Inquiry:
    """Write the call that asks for moves where nobody can list them."""
    return Inquiry(_write(task, state, PROPOSE.format(count=count)), ())


def read_prior(
    prior: Prior, asked: Sequence[Inquiry], answers: Sequence[Completion]
) -> dict[str, float] | None:
    """Read the probability of every option; `None` if the answers do not give them."""
    read = READERS[prior]
    found = [read(inquiry.order, answer) for inquiry, answer in zip(asked, answers, strict=True)]
    if prior in {Prior.SAMPLES, Prior.CONTINUED}:
        kept = [one for one in found if one is not None]
        if not kept:
            return None
        total = sum(map(fsum, (one.values() for one in kept))) + SMOOTHED * len(asked[0].order)
        return {
            move: (sum(one[move] for one in kept) + SMOOTHED) / total for move in asked[0].order
        }
    whole = [one for one in found if one is not None]
    if len(whole) < len(found) or not whole:
        return None
    return {move: sum(one[move] for one in whole) / len(whole) for move in asked[0].order}


def read_moves(answer: Completion, count: int) -> tuple[str, ...]:
    """Read the moves that a model proposes."""
    lines = (_BULLET.sub("", line).strip() for line in _read_answer(answer).splitlines())
    return tuple(dict.fromkeys(line for line in lines if line and not line.startswith("```")))[
        :count
    ]


def _read_answer(answer: Completion) -> str:
    return leave_out_thoughts(answer.text, cut_off=True)


def _read_letters(order: tuple[str, ...], answer: Completion) -> dict[str, float] | None:
    masses = dict.fromkeys(order, 0.0)
    for alternative in answer.first_token or ():
        label = alternative.token.strip()
        if len(label) == 1 and label in ascii_uppercase[: len(order)]:
            masses[order[ascii_uppercase.index(label)]] += exp(alternative.logprob)
    covered = sum(masses.values())
    return {move: mass / covered for move, mass in masses.items()} if covered >= COVERED else None


def _read_sample(order: tuple[str, ...], answer: Completion) -> dict[str, float] | None:
    said = _read_answer(answer).strip().strip("\"'`")
    lines = [_BULLET.sub("", line).strip().strip("\"'`") for line in said.splitlines()]
    named = [move for move in order if move in lines] or [move for move in order if move in said]
    if not named:
        return None
    chosen = max(named, key=len)
    return {move: float(move == chosen) for move in order}


def _read_continued(order: tuple[str, ...], answer: Completion) -> dict[str, float] | None:
    lines = [line.strip() for line in _read_answer(answer).splitlines() if line.strip()]
    # A move that cannot be made, or leads back, speaks for none of the others.
    return {move: float(move == lines[0]) for move in order} if lines else None


def _read_ranks(order: tuple[str, ...], answer: Completion) -> dict[str, float] | None:
    labels = ascii_uppercase[: len(order)]
    said = dict.fromkeys(_LETTER.findall(_read_answer(answer)))
    ranked = [label for label in said if label in labels]
    if not ranked:
        return None
    ranked += [label for label in labels if label not in ranked]
    weights = {order[labels.index(label)]: 1 / (at + 1) for at, label in enumerate(ranked)}
    total = sum(weights.values())
    return {move: weights[move] / total for move in order}


READERS: Mapping[Prior, Callable[[tuple[str, ...], Completion], dict[str, float] | None]] = (
    MappingProxyType(
        {
            Prior.CONTINUED: _read_continued,
            Prior.LETTERS: _read_letters,
            Prior.SAMPLES: _read_sample,
            Prior.RANKED: _read_ranks,
        }
    )
)


def _list(order: Sequence[str]) -> str:
    lines = [f"{ascii_uppercase[at]}. {move}" for at, move in enumerate(order)]
    return "Possible next moves:\n" + "\n".join(lines)


def _begin(task: Task, state: Expanded) -> tuple[Message, ...]:
    """Put the task, and the moves so far as the beginning of the answer."""
    asked = Message(role="user", content=write_task(task))
    if not state.moves:
        return (asked,)
    begun = "".join(f"{move}\n" for move in state.moves)
    return (asked, Message(role="assistant", content=begun))


def _write(task: Task, state: Expanded, rest: str) -> tuple[Message, ...]:
    """Put the task first and what differs last, so that a server can reuse what it has read."""
    made = "\n".join(state.moves[-MOST_TOLD:]) or "(none yet)"
    parts: list[Any] = [
        write_task(task),
        "The answer is found move by move.",
        f"Moves so far:\n{made}",
        f"The state now:\n{state.told}",
        rest,
    ]
    text = "\n\n".join(part for part in parts if part)
    return (Message(role="user", content=text),)
