"""Scoring: completions to rewards, in workers; the same for HTTP, trainers and environments."""

import asyncio
from collections.abc import Sequence

from app.flywheel.rewards import Holdout, Reward, RewardOptions
from critics.domain import find_domain
from critics.judge import Demand
from critics.reward import Outcome
from critics.types import Judgement, Verdict
from critics.workers.pool import Pool
from critics.workers.rewards import Prompted


async def score(
    pool: Pool,
    batch: Sequence[Prompted],
    options: RewardOptions,
    *,
    deadline_s: float = 4.5,
    opinion_deadline_s: float = 3.0,
    seconds: float = 600.0,
) -> list[list[Reward]]:
    """Reward every completion.

    Args:
        pool: The workers.
        batch: Problems with their completions.
        options: What counts how much, and what else is to be told.
        deadline_s: Seconds for each completion.
        opinion_deadline_s: Seconds for each second opinion.
        seconds: Seconds for all; what is not judged by then is `unknown`.

    Raises:
        RewardProblemError: A problem is wrong.
        DomainError: There is no such domain.
    """
    outcomes = await pool.rewards.evaluate(
        batch, options.question, deadline_s=deadline_s, seconds=seconds
    )
    rewards = [
        [Reward.of(outcome, each.domain, options) for outcome in own]
        for each, own in zip(batch, outcomes, strict=True)
    ]
    if not options.holdout:
        return rewards
    return [
        await _hold_out(pool, each, own, judged, opinion_deadline_s)
        for each, own, judged in zip(batch, rewards, outcomes, strict=True)
    ]


async def _hold_out(
    pool: Pool,
    prompted: Prompted,
    rewards: Sequence[Reward],
    outcomes: Sequence[Outcome],
    seconds: float,
) -> list[Reward]:
    """Ask an independent engine about each answer that decided, once."""
    decided = {
        outcome.judgement.candidate: outcome.judgement
        for outcome in outcomes
        if outcome.judgement is not None
    }
    told = await asyncio.gather(
        *(_compare(pool, prompted, judgement, seconds) for judgement in decided.values())
    )
    said = dict(zip(decided, told, strict=True))
    nobody = Holdout(reason="no answer was judged")
    return [
        reward.model_copy(
            update={"holdout": said[outcome.judgement.candidate] if outcome.judgement else nobody}
        )
        for reward, outcome in zip(rewards, outcomes, strict=True)
    ]


async def _compare(pool: Pool, prompted: Prompted, judgement: Judgement, seconds: float) -> Holdout:
    if judgement.verdict is Verdict.UNKNOWN:
        return Holdout(reason="the verdict is unknown, so there is nothing to compare")
    weighed = await pool.engines.weigh_in(
        find_domain(prompted.domain), prompted.problem, judgement, Demand.CROSS, seconds
    )
    return Holdout.of(judgement, weighed)
