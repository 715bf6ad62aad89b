"""prompt: turns the task and what happened so far into the messages of the next call.

A caller's own conversation stands before these messages and is not touched here; where it says
everything, the first prompt adds nothing to it.
"""

from dataclasses import dataclass

from backprompt.strategy import Strategy
from backprompt.task import Task
from backprompt.upstream import Message

ANSWER_CHARS = 20_000
"""Longest earlier answer that is repeated to the model."""
HISTORY_CHARS = 200_000
"""Most characters of earlier answers and findings; the oldest are left out first."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier answer and what the model is told about it."""

    answer: str
    told: str


SUMMARISED = "Earlier attempts, as a model sums them up; only what follows was checked:"


def write_messages(
    task: Task, strategy: Strategy, turns: list[Turn], summary: str = ""
) -> tuple[Message, ...]:
    """Write the next prompt: worked examples, the task, and the turns the history keeps."""
    messages = [
        message
        for shot in task.examples
        for message in (_user(shot.prompt), _assistant(shot.answer))
    ]
    words = write_task(task)
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
