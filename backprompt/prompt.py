"""prompt: turns the task and what happened so far into the messages of the next call.

A caller's own conversation stands before these messages and is not touched here; where it says
everything, the first prompt adds nothing to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from backprompt.strategy import Strategy
from backprompt.task import Task
from backprompt.upstream import Message

ANSWER_CHARS = 20_000
"""Longest earlier answer that is repeated to the model."""
FORBIDDEN, FORBIDDEN_CHARS = 8, 1_000
"""Most rejected answers that a fresh start names, and the longest of them."""
KNOWN_WRONG = "These answers were checked and are wrong. Give none of them again:"
WORDINGS = (
    "Before you answer, go through the requirements one by one and keep each of them.",
    "Begin at the end: find out what must hold last, and work backwards from there.",
    "The first idea is probably wrong here. Think of two different ways, and take the better one.",
)
"""What further starts ask for in other words; nothing in them is about any problem."""
HISTORY_CHARS = 200_000
"""Most characters of earlier answers and findings; the oldest are left out first."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier answer and what the model is told about it."""

    answer: str
    told: str


SUMMARISED = "Earlier attempts, as a model sums them up; only what follows was checked:"


def write_messages(
    task: Task, strategy: Strategy, turns: list[Turn], summary: str = "", beside: str = ""
) -> tuple[Message, ...]:
    """Write the next prompt: worked examples, the task, and the turns the history keeps.

    Args:
        task: What is to be solved.
        strategy: Says which turns are kept.
        turns: Earlier answers, with what is told of each.
        summary: Of the attempts that are not repeated.
        beside: What else is said after the task.
    """
    messages = [
        message
        for shot in task.examples
        for message in (_user(shot.prompt), _assistant(shot.answer))
    ]
    words = "\n\n".join(part for part in (write_task(task), beside) if part)
    if words or not task.conversation:
        messages.append(_user(words))
    for turn in keep_turns(strategy, turns):
        messages += [_assistant(_cut(turn.answer)), _user(turn.told)]
    if summary:
        last = messages.pop()
        messages.append(_user(f"{SUMMARISED}\n{summary}\n\n{last.content}"))
    return tuple(messages)


def write_task(task: Task) -> str:
    """Put the task, the answer's format and the caller's instructions into one message."""
    parts = (task.prompt, task.answer_format, task.instructions)
    return "\n\n".join(part.strip() for part in parts if part.strip())


def put_differently(forbidden: Sequence[str], wording: int | None) -> str:
    """Say what sets a fresh start apart: the answers that are known to be wrong, or other words.

    Args:
        forbidden: Rejected answers; the latest short ones are named.
        wording: Which of the wordings to use; `None` for none.
    """
    parts = [] if wording is None else [WORDINGS[wording % len(WORDINGS)]]
    short = [text for text in forbidden if text.strip() and len(text) <= FORBIDDEN_CHARS]
    if short:
        listed = "\n\n".join(text.strip() for text in short[-FORBIDDEN:])
        parts.append(f"{KNOWN_WRONG}\n\n{listed}")
    return "\n\n".join(parts)


def keep_turns(strategy: Strategy, turns: list[Turn]) -> list[Turn]:
    """Choose the earlier turns that the history policy repeats, within the cap in characters."""
    limit = strategy.turns
    wanted = turns if limit is None else turns[len(turns) - min(limit, len(turns)) :]
    kept: list[Turn] = []
    room = HISTORY_CHARS
    for turn in reversed(wanted):
        room -= len(_cut(turn.answer)) + len(turn.told)
        if room < 0 and kept:
            break
        kept.append(turn)
    return kept[::-1]


def _cut(answer: str) -> str:
    if len(answer) <= ANSWER_CHARS:
        return answer or "(no answer)"
    return f"{answer[:ANSWER_CHARS]}\n(cut: {len(answer) - ANSWER_CHARS} more characters)"


def _user(content: str) -> Message:
    return Message(role="user", content=content)


def _assistant(content: str) -> Message:
    return Message(role="assistant", content=content)
