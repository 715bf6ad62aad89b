"""A reward function for TRL's `GRPOTrainer` and whatever calls reward functions in the same way.

    from app.flywheel.trl_reward import ModuloReward

    trainer = GRPOTrainer(model=..., reward_funcs=ModuloReward(), train_dataset=rows, args=...)

The rows are those of `modulo export --format rl`: a `prompt`, a `domain` and a `problem`. Nothing
of TRL is imported here; its contract is that of TRL 1.16 (`GRPOTrainer`, `reward_funcs`): called
with `prompts`, `completions` and every further column as lists of equal length, and with extras
such as `trainer_state`; it returns a number per completion, or `None` where it has no say.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from app.flywheel.rewards import Reward, RewardOptions, Weights, read_completion
from app.flywheel.scorers import LocalScorer, Scorer, ServiceScorer
from critics.reward import Count
from critics.types import Verdict
from critics.workers.rewards import Prompted


class ModuloReward:
    """Rewards completions by what the critics say of them.

    A row whose `domain` is `None` gets `None`: another function rewards it. A problem that is
    wrong, or a service that does not answer, is an error: a trainer that took 0 for it would learn
    from noise.
    """

    def __init__(
        self,
        *,
        domain: str | None = None,
        weights: Weights | Mapping[str, float] | None = None,
        answers: Count | str = Count.ALL,
        url: str | None = None,
        api_key: str | None = None,
        workers: int | None = None,
        deadline_s: float = 4.5,
        name: str = "modulo_reward",
    ) -> None:
        """Start nothing yet.

        Args:
            domain: The domain of all rows, where they have no such column.
            weights: What verdict, progress and prefix count; the verdict alone by default.
            answers: How several answers in one completion count; see `RewardOptions`.
            url: A service that is asked; without it, workers of this process's own judge.
            api_key: Of the service.
            workers: How many of our own; one per core by default.
            deadline_s: Seconds that our own give each completion.
            name: What the trainer logs it under.

        Raises:
            ValueError: A weight is negative, or all are 0.
        """
        self.__name__ = name
        self.domain = domain
        self.options = RewardOptions(
            weights=Weights.model_validate(weights or {}), answers=Count(answers)
        )
        self._scorer: Scorer = (
            LocalScorer(workers=workers, deadline_s=deadline_s)
            if url is None
            else ServiceScorer(url, api_key=api_key)
        )

    def __call__(
        self,
        prompts: Sequence[Any] | None = None,
        completions: Sequence[Any] = (),
        *,
        problem: Sequence[Any],
        domain: Sequence[str | None] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        **_: Any,
    ) -> list[float | None]:
        """Reward completions.

        Args:
            prompts: Not read: what is judged is the problem.
            completions: Texts, or conversations that end with the assistant's message.
            problem: The column with each row's payload, as JSON text or as an object.
            domain: The column with each row's domain.
            log_metric: TRL's; is told the shares that were accepted and undecided.

        Raises:
            ProblemError: A problem is wrong.
            DomainError: There is no such domain.
            ScorerError: The service gives no rewards.
            ValueError: A row has no domain, or a problem that is no JSON object.
        """
        del prompts
        rewards = self.judge(completions, problem=problem, domain=domain)
        known = [reward for reward in rewards if reward is not None]
        if log_metric is not None and known:
            for verdict in (Verdict.ACCEPTED, Verdict.UNKNOWN):
                share = sum(reward.verdict is verdict for reward in known) / len(known)
                log_metric(f"{self.__name__}/{verdict.value}", share)
        return [None if reward is None else reward.reward for reward in rewards]

    def judge(
        self,
        completions: Sequence[Any],
        *,
        problem: Sequence[Any],
        domain: Sequence[str | None] | None = None,
    ) -> list[Reward | None]:
        """Reward completions, with the reasons; see `__call__`."""
        domains = domain if domain is not None else [self._named()] * len(completions)
        texts: dict[tuple[str, str], list[str | None]] = {}
        places: list[tuple[tuple[str, str], int] | None] = []
        for name, payload, completion in zip(domains, problem, completions, strict=True):
            if name is None:
                places.append(None)
                continue
            key = (name, payload if isinstance(payload, str) else json.dumps(payload))
            own = texts.setdefault(key, [])
            places.append((key, len(own)))
            own.append(read_completion(completion))
        batch = [
            Prompted(domain=name, problem=_read(written), completions=own)
            for (name, written), own in texts.items()
        ]
        scored = self._scorer.score(batch, self.options) if batch else []
        found = dict(zip(texts, scored, strict=True))
        return [None if at is None else found[at[0]][at[1]] for at in places]

    def close(self) -> None:
        """End the workers."""
        self._scorer.close()

    def __enter__(self) -> Self:
        """Use it as a context."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the workers."""
        self.close()

    def _named(self) -> str:
        if self.domain is None:
            raise ValueError("the rows have no column `domain`, and `ModuloReward` names none")
        return self.domain


def _read(problem: str) -> Mapping[str, Any]:
    try:
        payload = json.loads(problem)
    except (RecursionError, ValueError) as error:
        raise ValueError(f"a `problem` of the rows is no JSON: {error}") from error
    if not isinstance(payload, dict):
        raise ValueError("a `problem` of the rows is no JSON object")  # noqa: TRY004  # of a row
    return payload
