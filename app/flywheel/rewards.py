"""Rewards on the wire: what a trainer asks for, and what a completion is worth.

Invariants:
    * A reward is the weighted sum of parts that come from the verdict of `judge()`, each from 0 to
      1. An accepted completion gets the sum of the weights, and every other one less.
    * Nothing that is undecided, empty or no text is worth anything.
    * The second opinion of `holdout` is told and never counted: what is trained on cannot be
      learnt to please it, too.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator

from app.protocol import Wire
from app.samples import SWITCH
from critics.domain import find_domain
from critics.reward import Count, Outcome, RewardQuestion
from critics.types import Judgement, Verdict
from critics.workers.rewards import Prompted

MOST_HELD_OUT = 64
"""Completions of one request for which an independent engine is asked."""
TEXT_PARTS = frozenset({"text", "output_text"})


class Weights(Wire):
    """What each part of a reward counts. An accepted completion has 1 in every part."""

    verdict: float = Field(default=1.0, ge=0, le=1000)
    """Of being accepted: 1 or 0."""
    progress: float = Field(default=0.0, ge=0, le=1000)
    """Of how near a wrong answer is, as the domain scores it."""
    prefix: float = Field(default=0.0, ge=0, le=1000)
    """Of the share of its steps that are verified, where the domain has steps. It pays for steps
    that can be made, wherever they lead, so it should weigh little beside the verdict."""

    @model_validator(mode="after")
    def _weighs_something(self) -> Self:
        if not self.verdict + self.progress + self.prefix:
            raise ValueError("at least one weight must be above 0")
        return self

    def sum_up(self, outcome: Outcome) -> float:
        """Give the reward of a completion."""
        accepted = float(outcome.verdict is Verdict.ACCEPTED)
        prefix = outcome.prefix or accepted
        return self.verdict * accepted + self.progress * outcome.progress + self.prefix * prefix


class RewardOptions(Wire):
    """How completions are rewarded."""

    weights: Weights = Weights()
    """What each part counts."""
    answers: Count = Count.ALL
    """How several answers in one completion count: `all` must be right, or `any` one. With `any` a
    model is rewarded for naming every possible answer, so it is for measuring, not for training."""
    steps: bool = False
    """Whether to tell for each step of an answer if it is verified. A weight for `prefix` follows
    the steps, too."""
    holdout: bool = False
    """Whether to ask the domain's independent engine, where it has one, about what was decided,
    and to tell where the two disagree. Never part of the reward."""

    @property
    def question(self) -> RewardQuestion:
        """What the workers are to find out."""
        return RewardQuestion(
            count=self.answers,
            steps=self.steps or self.weights.prefix > 0,
            whole=self.holdout,
        )


class RewardItem(Wire):
    """A problem and what a model wrote about it."""

    domain: str = Field(min_length=1, max_length=80)
    """Name of an installed domain."""
    problem: dict[str, JsonValue]
    """The domain's problem payload."""
    completion: JsonValue = None
    """What the model wrote: a text, or chat messages, of which the last one counts if it is the
    assistant's. Anything else is worth nothing, and no error."""
    completions: tuple[JsonValue, ...] = Field(default=(), max_length=10_000)
    """Several of them, instead of one."""

    @model_validator(mode="after")
    def _has_one_or_many(self) -> Self:
        one = "completion" in self.model_fields_set
        if one == bool(self.completions):
            raise ValueError("an item has a `completion`, or `completions` with at least one")
        return self

    @property
    def written(self) -> tuple[JsonValue, ...]:
        """What the model wrote."""
        return self.completions or (self.completion,)

    @property
    def prompted(self) -> Prompted:
        """The item as workers know it."""
        texts = [read_completion(each) for each in self.written]
        return Prompted(domain=self.domain, problem=self.problem, completions=texts)


class RewardRequest(RewardOptions):
    """Completions to reward: of one problem, or a batch of problems with theirs."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "domain": "pddl",
                    "problem": SWITCH,
                    "completions": [
                        "(turn-on lamp)",
                        [{"role": "assistant", "content": "I cannot do that."}],
                    ],
                    "weights": {"verdict": 1.0, "progress": 0.2},
                },
                {
                    "items": [
                        {"domain": "pddl", "problem": SWITCH, "completion": "(turn-on lamp)"}
                    ],
                    "steps": True,
                },
            ]
        }
    )

    domain: str | None = Field(default=None, min_length=1, max_length=80)
    """Name of an installed domain, for completions of one problem."""
    problem: dict[str, JsonValue] = Field(default_factory=dict)
    """The domain's problem payload."""
    completions: tuple[JsonValue, ...] = Field(default=(), max_length=10_000)
    """What a model wrote about it."""
    items: tuple[RewardItem, ...] = Field(default=(), max_length=10_000)
    """Several problems, instead of `domain`, `problem` and `completions`."""

    @model_validator(mode="after")
    def _has_one_form(self) -> Self:
        alone = {"domain", "problem", "completions"}
        if self.items and alone & self.model_fields_set:
            raise ValueError("`items` stands instead of `domain`, `problem` and `completions`")
        if not self.items and not (alone <= self.model_fields_set and self.completions):
            raise ValueError("a request has `domain`, `problem` and `completions`, or `items`")
        if self.holdout and self.count > MOST_HELD_OUT:
            raise ValueError(f"`holdout` is for at most {MOST_HELD_OUT} completions at once")
        return self

    @property
    def count(self) -> int:
        """How many completions there are."""
        return len(self.completions) + sum(len(item.written) for item in self.items)

    def batch(self) -> list[Prompted]:
        """Give the completions by their problems."""
        if self.domain is None:
            return [item.prompted for item in self.items]
        texts = [read_completion(each) for each in self.completions]
        return [Prompted(domain=self.domain, problem=self.problem, completions=texts)]


class Holdout(Wire):
    """What an independent engine says of the answer that decided."""

    engine: str | None = None
    """Who was asked; nobody where the domain has no such engine, or there was no answer."""
    verdict: Verdict = Verdict.UNKNOWN
    """What it says; `unknown`: it is not available."""
    agrees: bool | None = None
    """Whether it agrees with the verdict; null where one of the two is `unknown`."""
    reason: str | None = None
    """Why it is not available, or what it objects to."""

    @classmethod
    def of(cls, own: Judgement, weighed: Judgement) -> Self:
        """Read what was said from the judgement that was weighed against it."""
        if not weighed.opinions:
            return cls(reason="no independent engine could be asked about this")
        said = weighed.opinions[-1]
        decided = Verdict.UNKNOWN not in {said.verdict, own.verdict}
        agrees = said.verdict is own.verdict if decided else None
        return cls(engine=said.engine, verdict=said.verdict, agrees=agrees, reason=said.reason)


class Reward(Wire):
    """What one completion is worth, and why."""

    reward: float
    """The weighted sum of the parts."""
    verdict: Verdict
    """What the critics say; what is `unknown` could not be decided, and is worth 0."""
    progress: float
    """How near the answer is, from 0 to 1."""
    prefix: float | None = None
    """Share of verified steps, from 0 to 1; null where it was not asked for, or the domain has no
    steps."""
    steps: tuple[int, ...] | None = None
    """With `steps` only: 1 for each verified step of the answer, else 0."""
    codes: tuple[str, ...] = ()
    """Why it is not accepted, as stable codes explained at `/errors/{code}`."""
    answers: int = 0
    """How many different answers the completion holds."""
    judged_by: str
    """The domain and its version; a verdict can change only with the version."""
    holdout: Holdout | None = None
    """With `holdout` only: what an independent engine says."""

    @classmethod
    def of(cls, outcome: Outcome, domain: str, options: RewardOptions) -> Self:
        """Weigh what the critics say of a completion."""
        return cls(
            reward=options.weights.sum_up(outcome),
            verdict=outcome.verdict,
            progress=outcome.progress,
            prefix=outcome.prefix,
            steps=outcome.steps if options.steps else None,
            codes=outcome.codes,
            answers=outcome.answers,
            judged_by=f"{domain} {find_domain(domain).version}",
        )


class Agreement(Wire):
    """How often an independent engine agrees with the verdicts."""

    agreed: int
    """Completions on which both say the same."""
    disagreed: int
    """Completions on which they do not: one of the two is wrong. Look at these first."""
    unavailable: int
    """Completions on which one of the two says nothing."""

    @classmethod
    def among(cls, rewards: Sequence[Reward]) -> Self:
        """Count."""
        said = [reward.holdout.agrees if reward.holdout else None for reward in rewards]
        return cls(
            agreed=said.count(True),
            disagreed=said.count(False),
            unavailable=said.count(None),
        )


class RewardResult(Wire):
    """What the completions are worth, in the order in which they were sent."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rewards": [1.2],
                    "results": [
                        {
                            "reward": 1.2,
                            "verdict": "accepted",
                            "progress": 1.0,
                            "answers": 1,
                            "judged_by": "pddl 1",
                        }
                    ],
                }
            ]
        }
    )

    rewards: tuple[float, ...]
    """The rewards alone."""
    results: tuple[Reward, ...]
    """The same with their reasons."""
    holdout: Agreement | None = None
    """With `holdout` only: how often the two opinions agree."""


def read_completion(value: Any) -> str | None:
    """Give the text of a completion: of chat messages the last, if it is the assistant's.

    Returns:
        `None` for whatever holds no text.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and value:
        value = value[-1]
    if not isinstance(value, dict) or value.get("role", "assistant") != "assistant":
        return None
    content = value.get("content")
    if isinstance(content, str):
        return content
    parts = list(_text_parts(content)) if isinstance(content, list | tuple) else []
    return "".join(parts) if parts else None


def _text_parts(content: Sequence[Any]) -> Iterator[str]:
    for part in content:
        if isinstance(part, dict) and part.get("type") in TEXT_PARTS:
            text = part.get("text")
            if isinstance(text, str):
                yield text
