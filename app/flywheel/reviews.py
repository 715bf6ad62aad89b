"""Reviews: episodes whose every answer was judged anew.

A journal is a file that anybody may have written, so nothing it claims makes an answer right.

Invariants:
    * An answer is right only if its source has a certificate for it *and* `judge()` accepts it
      now, as an answer to the problem that the row shows.
    * An answer is wrong only if `judge()` rejects it now. Unknown is neither.
    * What is put to a model (the task, what is wrong with an answer) is written anew from the
      problem and the judgement; only `recorded` prompts take the journal's words.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import JsonValue

from app.flywheel.episodes import Attempt, Episode
from backprompt.task import Task
from critics.judge import Demand
from critics.types import Judgement, KernelError, Verdict
from critics.workers.pool import Pool

UNPROVED = "unproved"
"""Origin of an answer that does not stand in the response it is said to be taken from."""
KEYS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bmdl_[0-9a-f]{8,}_[0-9a-f]{16,}|\bsk-[\w-]{20,}"
)
"""Keys as they are written: a private key, one of ours, and one of a model's vendor."""
HALVES = re.compile("[\ud800-\udfff]")
"""Halves of surrogate pairs, which no file can hold."""
SPEAKERS = frozenset({"system", "user", "assistant"})


class Dropped(Exception):
    """An episode of which nothing can be used; its message is the reason, as the card counts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """An answer and what the critics say of it now."""

    attempt: Attempt
    judgement: Judgement

    @property
    def right(self) -> bool:
        """Say whether it was certified and is accepted."""
        return self.attempt.certified and self.judgement.verdict is Verdict.ACCEPTED

    @property
    def wrong(self) -> bool:
        """Say whether it is rejected."""
        return self.judgement.verdict is Verdict.REJECTED

    @property
    def refuted(self) -> bool:
        """Say whether its source calls it certified and the critics do not accept it."""
        return self.attempt.certified and self.judgement.verdict is not Verdict.ACCEPTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """An episode that can be used.

    Attributes:
        episode: What was tried.
        task: The problem as it is put to a model.
        identity: Equal for problems that are equal up to names and order.
        answers: Every attempt that was judged.
        dropped: Why each other attempt was left out.
    """

    episode: Episode
    task: Task
    identity: str
    answers: tuple[Reviewed, ...]
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """Judges episodes.

    Attributes:
        pool: The workers that read problems and answers.
        trusting: Take the verdicts that a source claims instead of judging.
        recorded: Keep the prompt that the model saw, with examples, instructions and chat.
        demand: How much assurance makes an answer right.
        deadline_s: Seconds for each question to a worker.
    """

    pool: Pool
    trusting: bool = False
    recorded: bool = False
    demand: Demand = Demand.SINGLE
    deadline_s: float = 10.0

    async def review(self, episode: Episode) -> Review:
        """Judge every answer of an episode.

        Raises:
            Dropped: The problem cannot be read or decided, or holds a key.
        """
        task = await self._write_task(episode)
        identity = await self.identify(episode.domain, episode.problem)
        asked = [self._judge(episode, attempt) for attempt in _distinct(episode.attempts)]
        found = await asyncio.gather(*asked)
        return Review(
            episode=episode,
            task=task,
            identity=identity,
            answers=tuple(one for one in found if isinstance(one, Reviewed)),
            dropped=tuple(one for one in found if isinstance(one, str)),
        )

    async def identify(self, domain: str, problem: Mapping[str, JsonValue]) -> str:
        """Name a problem by what it is up to names and order.

        Raises:
            Dropped: It cannot be read.
        """
        try:
            own = await self.pool.identify(domain, problem, deadline_s=self.deadline_s)
        except KernelError as error:
            raise Dropped("problem-unreadable") from error
        return f"{domain}:{own}"

    async def _write_task(self, episode: Episode) -> Task:
        try:
            prepared = await self.pool.prepare(
                episode.domain, episode.problem, deadline_s=self.deadline_s
            )
        except KernelError as error:
            raise Dropped("problem-unreadable") from error
        if prepared.undecided:
            raise Dropped("problem-not-covered")
        task = Task(
            domain=episode.domain,
            problem=episode.problem,
            prompt=prepared.prompt,
            answer_format=prepared.answer_format,
        )
        task = _as_recorded(episode.task, task) if self.recorded else task
        why = _unfit(task.model_dump())
        if why is not None:
            raise Dropped(why)
        return task

    async def _judge(self, episode: Episode, attempt: Attempt) -> Reviewed | str:
        """Judge one answer, or say why it is left out."""
        why = _unfit(attempt.text)
        if why is not None:
            return why
        if self.trusting:
            told = attempt.judgement
            return Reviewed(attempt=attempt, judgement=told) if told else "not-judged"
        judgement = await self.pool.judge(
            episode.domain,
            episode.problem,
            attempt.text,
            demand=self.demand,
            deadline_s=self.deadline_s,
        )
        attempt = await self._prove_origin(episode, attempt)
        return Reviewed(attempt=attempt, judgement=judgement)

    async def _prove_origin(self, episode: Episode, attempt: Attempt) -> Attempt:
        """Let an answer be a model's only if it stands in a response of the model."""
        if attempt.skill != "model":
            return attempt
        found = await self.pool.extract(
            episode.domain, episode.problem, attempt.response or "", deadline_s=self.deadline_s
        )
        return attempt if attempt.text in found else replace(attempt, origin=UNPROVED)


def _distinct(attempts: Iterable[Attempt]) -> Iterator[Attempt]:
    """Keep one attempt for each text: the one that was certified, else the first."""
    kept = dict[str, Attempt]()
    for attempt in attempts:
        known = kept.setdefault(attempt.text, attempt)
        if attempt.certified and not known.certified:
            kept[attempt.text] = attempt
    return iter(kept.values())


def _unfit(value: Any) -> str | None:
    """Say why a text, or what holds texts, must not be in any data."""
    for text in _texts(value):
        if KEYS.search(text):
            return "key-material"
        if not text.isascii() and HALVES.search(text):
            return "not-unicode"
    return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from (*_texts(key), *_texts(inner))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _as_recorded(told: Task, own: Task) -> Task:
    """Give a task as the model saw it.

    Raises:
        Dropped: The caller's own messages are more than text.
    """
    for message in told.conversation:
        spoken = message.get("role") in SPEAKERS and isinstance(message.get("content"), str)
        if not spoken:
            raise Dropped("conversation-not-text")
    return own.model_copy(
        update={
            "prompt": told.prompt,
            "answer_format": told.answer_format,
            "instructions": told.instructions,
            "examples": told.examples,
            "conversation": told.conversation,
        }
    )
