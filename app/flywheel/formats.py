"""Formats: the rows that trainers read, with the columns of TRL's dataset formats.

    sft         prompt, completion                  what is right
    preference  prompt, chosen, rejected            right against wrong, for the same prompt
    kto         prompt, completion, label           each answer, and whether it is right
    repair      prompt, completion                  the task, a wrong answer and what is wrong with
                                                    it as prompt, a right answer as completion
    rl          prompt, domain, problem             what is to be solved; a reward judges it

Prompts and completions are conversational: lists of `{"role", "content"}`. Source:
https://huggingface.co/docs/trl/dataset_formats.

Invariants:
    * What stands as right was certified and is accepted; what stands as wrong is rejected.
    * Every column of a row is text, a whole number, a truth value or a conversation, and never
      null, so that every file of a data set has the same types.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeAlias

from app.flywheel.reviews import Review, Reviewed
from backprompt.prompt import Turn, write_messages
from backprompt.render import tell_model
from backprompt.strategy import Feedback, History, Strategy
from critics.types import Judgement

Row: TypeAlias = dict[str, Any]
Message: TypeAlias = dict[str, str]
WHOLE = Strategy(history=History.FULL)
"""A conversation keeps every turn that is put into it."""


class Format(StrEnum):
    """What a row is for."""

    SFT = "sft"
    PREFERENCE = "preference"
    KTO = "kto"
    REPAIR = "repair"
    RL = "rl"


class Skill(StrEnum):
    """Whose answers count as right ones to learn from."""

    ANY = "any"
    MODEL = "model"
    SEARCH = "search"
    SOLVER = "solver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which answers become rows.

    Attributes:
        skill: Whose right answers are wanted.
        model: Only what this model wrote, as far as models wrote it.
        max_rounds: Only right answers of so many rounds; `None` for all.
        feedback: How much a repair row tells of what is wrong.
        turns: Most wrong answers that a repair row shows.
    """

    skill: Skill = Skill.ANY
    model: str | None = None
    max_rounds: int | None = None
    feedback: Feedback = Feedback.EXPLAIN
    turns: int = 1

    def positives(self, review: Review) -> list[Reviewed]:
        """Give the right answers to learn from."""
        return [one for one in self.corrections(review) if not one.attempt.aside]

    def corrections(self, review: Review) -> list[Reviewed]:
        """Give the right answers, those that only correct another one, too."""
        return [one for one in self._of_model(review) if one.right and self._wants(one)]

    def negatives(self, review: Review) -> list[Reviewed]:
        """Give the wrong answers."""
        return [one for one in self._of_model(review) if one.wrong]

    def _of_model(self, review: Review) -> Iterator[Reviewed]:
        for one in review.answers:
            if self.model is None or one.attempt.model in {"", self.model}:
                yield one

    def _wants(self, one: Reviewed) -> bool:
        late = self.max_rounds is not None and one.attempt.round > self.max_rounds
        return not late and self.skill in {Skill.ANY, one.attempt.skill}


def write_rows(kind: Format, review: Review, selection: Selection) -> Iterator[Row]:
    """Write the rows that an episode gives.

    Args:
        kind: What they are for.
        review: The episode.
        selection: Which of its answers are wanted.
    """
    return WRITERS[kind](review, selection)


def _sft(review: Review, selection: Selection) -> Iterator[Row]:
    for right in selection.positives(review):
        yield {
            "prompt": write_prompt(review),
            "completion": _said(right),
            **_about(review),
            **_by(right),
        }


def _preference(review: Review, selection: Selection) -> Iterator[Row]:
    for right in selection.positives(review):
        for wrong in selection.negatives(review):
            yield {
                "prompt": write_prompt(review),
                "chosen": _said(right),
                "rejected": _said(wrong),
                **_about(review),
                **_by(right),
                "rejected_origin": wrong.attempt.origin,
                "rejected_codes": " ".join(wrong.judgement.codes),
            }


def _kto(review: Review, selection: Selection) -> Iterator[Row]:
    positives = {id(one) for one in selection.positives(review)}
    negatives = {id(one) for one in selection.negatives(review)}
    for one in review.answers:
        if id(one) in positives or id(one) in negatives:
            yield {
                "prompt": write_prompt(review),
                "completion": _said(one),
                "label": id(one) in positives,
                **_about(review),
                **_by(one),
                "codes": " ".join(one.judgement.codes),
            }


def _repair(review: Review, selection: Selection) -> Iterator[Row]:
    wrong = selection.negatives(review)
    for right in selection.corrections(review):
        for window in _corrected(right, wrong, selection.turns):
            yield {
                "prompt": _write_repair(review, window, selection.feedback),
                "completion": _said(right),
                **_about(review),
                **_by(right),
                "turns": len(window),
                "rejected_origin": window[-1].attempt.origin,
                "rejected_codes": " ".join(window[-1].judgement.codes),
            }


def _rl(review: Review, selection: Selection) -> Iterator[Row]:
    del selection  # every problem will do
    yield {"prompt": write_prompt(review), **_about(review)}


def write_prompt(review: Review, turns: Sequence[Turn] = ()) -> list[Message]:
    """Write the task as it is put to a model, and earlier answers with what is wrong with them."""
    before = [
        {"role": str(message["role"]), "content": str(message["content"])}
        for message in review.task.conversation
    ]
    asked = write_messages(review.task, WHOLE, list(turns))
    return [*before, *(message.model_dump() for message in asked)]


def _write_repair(review: Review, wrong: Sequence[Reviewed], feedback: Feedback) -> list[Message]:
    turns = list[Turn]()
    before: Judgement | None = None
    for one in wrong:
        told = tell_model(one.judgement, feedback, before=before)
        turns.append(Turn(one.attempt.text, told))
        before = one.judgement
    return write_prompt(review, turns)


def _corrected(
    right: Reviewed, wrong: Sequence[Reviewed], turns: int
) -> Iterator[Sequence[Reviewed]]:
    """Give the wrong answers that a right one corrects, as they stand in conversations."""
    mends = right.attempt.mends
    if mends is None:
        before = [one for one in wrong if one.attempt.round < right.attempt.round]
        yield from _windows(_best_of_rounds(before), turns)
    else:
        yield from ([one] for one in wrong if one.attempt.text in mends)


def _best_of_rounds(wrong: Sequence[Reviewed]) -> list[Reviewed]:
    """Keep the best answer of each round, the later of equals, as a back-prompt does."""
    best = dict[int, Reviewed]()
    for one in wrong:
        known = best.get(one.attempt.round)
        if known is None or known.judgement.score <= one.judgement.score:
            best[one.attempt.round] = one
    return [best[number] for number in sorted(best)]


def _windows(wrong: Sequence[Reviewed], size: int) -> Iterator[Sequence[Reviewed]]:
    """Give every run of so many answers one after the other, or all of them if they are fewer."""
    width = min(size, len(wrong))
    for end in range(width, len(wrong) + 1) if width else ():
        yield wrong[end - width : end]


def _said(one: Reviewed) -> list[Message]:
    return [{"role": "assistant", "content": one.attempt.text}]


def _about(review: Review) -> Row:
    """Tell of the problem; `problem` is JSON text, since problems differ in their fields."""
    episode = review.episode
    return {
        "domain": episode.domain,
        "problem": json.dumps(episode.problem, ensure_ascii=False, sort_keys=True),
        "identity": review.identity,
        "family": episode.family,
        "level": episode.level,
        "source": episode.source,
        "run": episode.name.encode("utf-8", "replace").decode(),
    }


def _by(one: Reviewed) -> Row:
    """Tell who found an answer, and what its verdict is worth."""
    return {
        "origin": one.attempt.origin,
        "model": one.attempt.model,
        "round": one.attempt.round,
        "claim": one.judgement.claim.value,
        "domain_version": one.judgement.domain_version,
        "assurance": one.judgement.assurance.value,
    }


Writer: TypeAlias = Callable[[Review, Selection], Iterator[Row]]
WRITERS: Mapping[Format, Writer] = MappingProxyType(
    {
        Format.SFT: _sft,
        Format.PREFERENCE: _preference,
        Format.KTO: _kto,
        Format.REPAIR: _repair,
        Format.RL: _rl,
    }
)
