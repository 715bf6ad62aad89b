"""Rewards: completions that are judged for a trainer, many at a time, in workers only.

Invariants:
    * There is one outcome per completion, in order, whatever the completions do: one that takes
      its worker down is `unknown`, and costs no other one its verdict.
    * Equal completions of one problem are judged once.
    * A batch never has more workers than there are, and its jobs are short: others come in between.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from critics.domain import find_domain
from critics.reward import MAX_COMPLETION_CHARS, Outcome, RewardQuestion, leave_open, refuse
from critics.types import Diagnostic, ProblemError
from critics.workers.crew import Crew
from critics.workers.frames import FrameError
from critics.workers.reply import loss, unsendable
from critics.workers.reply import refuse as refuse_problem
from critics.workers.worker import Lost

CHUNK_TEXTS = 16
"""Most completions that a worker gets at once."""
CHUNK_CHARS = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompted:
    """Completions of one problem.

    Attributes:
        domain: The domain's name.
        problem: The payload.
        completions: What a model wrote; `None` where that is no text.
    """

    domain: str
    problem: Mapping[str, JsonValue]
    completions: Sequence[str | None]


class RewardProblemError(ProblemError):
    """One problem of a batch is wrong.

    Attributes:
        index: Which one.
    """

    def __init__(self, index: int, error: ProblemError) -> None:
        """Keep the diagnostics of an error."""
        super().__init__(error.diagnostics)
        self.index = index


@dataclass(slots=True)
class Chunk:
    """Texts of one problem that a worker gets at once."""

    index: int
    texts: list[str] = field(default_factory=list)
    size: int = 0


@dataclass(frozen=True, slots=True)
class Rewards:
    """Judges completions; see `critics.reward`.

    Attributes:
        crew: The workers.
    """

    crew: Crew

    async def evaluate(
        self,
        batch: Sequence[Prompted],
        question: RewardQuestion,
        *,
        deadline_s: float = 10.0,
        seconds: float = 600.0,
    ) -> list[list[Outcome]]:
        """Judge every completion.

        Args:
            batch: Problems with their completions.
            question: What is to be found out.
            deadline_s: Seconds for each completion.
            seconds: Seconds for all; what is not judged by then is `unknown`.

        Raises:
            RewardProblemError: A problem is wrong.
            DomainError: There is no such domain.
        """
        for prompted in batch:
            find_domain(prompted.domain)
        known: list[dict[str | None, Outcome]] = [_refuse_unread(each) for each in batch]
        waiting = deque(_cut(batch, known, self.crew.size))
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds

        def time_left() -> float:
            return min(deadline_s, due - loop.time())

        async def work() -> None:
            while waiting:
                chunk = waiting.popleft()
                outcomes = self._judge(batch[chunk.index], chunk, question, time_left)
                known[chunk.index] |= dict(zip(chunk.texts, await outcomes, strict=True))

        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(min(self.crew.size, len(waiting))):
                    tasks.create_task(work())
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        return [
            [known[index][text] for text in prompted.completions]
            for index, prompted in enumerate(batch)
        ]

    async def _judge(
        self,
        prompted: Prompted,
        chunk: Chunk,
        question: RewardQuestion,
        time_left: Callable[[], float],
    ) -> list[Outcome]:
        """Judge a chunk; after a completion that took its worker down, another takes the rest."""
        outcomes: list[Outcome] = []
        while len(outcomes) < len(chunk.texts):
            if time_left() <= 0:
                outcomes.append(leave_open(loss(_out_of_time())))
                continue
            job = {
                "kind": "rewards",
                "domain": prompted.domain,
                "problem": prompted.problem,
                "texts": chunk.texts[len(outcomes) :],
                "question": question.model_dump(mode="json"),
            }
            try:
                async with self.crew.replies(job, time_left()) as receive:
                    while len(outcomes) < len(chunk.texts):
                        if time_left() <= 0:
                            raise _out_of_time()
                        outcomes.append(_read(chunk.index, await receive()))
            except Lost as lost:
                outcomes.append(leave_open(loss(lost)))
            except FrameError as error:
                raise RewardProblemError(chunk.index, ProblemError([unsendable(error)])) from error
        return outcomes


def _refuse_unread(prompted: Prompted) -> dict[str | None, Outcome]:
    """Refuse the completions that hold no text, or too much of it."""
    refused: dict[str | None, Outcome] = {}
    for text in prompted.completions:
        if text is None:
            refused[text] = refuse("completion-not-text")
        elif len(text) > MAX_COMPLETION_CHARS:
            refused[text] = refuse("completion-too-large")
    return refused


def _cut(
    batch: Sequence[Prompted], known: Sequence[Mapping[str | None, Outcome]], workers: int
) -> Iterator[Chunk]:
    """Cut what is to be judged into jobs, so that each worker gets its share."""
    distinct = [
        [text for text in dict.fromkeys(each.completions) if text is not None and text not in own]
        for each, own in zip(batch, known, strict=True)
    ]
    most = max(1, min(CHUNK_TEXTS, -(-sum(map(len, distinct)) // workers)))
    for index, texts in enumerate(distinct):
        chunk = Chunk(index)
        for text in texts:
            if len(chunk.texts) == most or (chunk.texts and chunk.size + len(text) > CHUNK_CHARS):
                yield chunk
                chunk = Chunk(index)
            chunk.texts.append(text)
            chunk.size += len(text)
        if chunk.texts:
            yield chunk


def _read(index: int, reply: Mapping[str, Any]) -> Outcome:
    if "refused" in reply:
        try:
            refuse_problem(reply["refused"])
        except ProblemError as error:
            raise RewardProblemError(index, error) from error
    if "failed" in reply:
        return leave_open(Diagnostic.model_validate(reply["failed"][0]))
    return Outcome.model_validate(reply["done"])


def _out_of_time() -> Lost:
    return Lost("critic-deadline", "the batch took too long")
