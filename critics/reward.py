"""Reward: what one completion of a model is worth, as a trainer asks for it. Runs in workers.

The verdict is `judge()`'s own and nothing else's; extraction is that of the loop. What is added
here says how several answers in one completion count, and how far a wrong one gets.

Invariants:
    * A completion is accepted only if judged text is: all of its answers, or (`any`) one of them.
    * An accepted completion has 1 in every part, and no other has 1 in any.
    * Whatever is undecided has 0 in every part.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from math import isfinite
from typing import Any

from pydantic import Field, JsonValue

from critics.denial import is_denial, judge_claim
from critics.domain import Domain
from critics.guard import guard
from critics.judge import BELOW_ONE, read_problem
from critics.line import find_candidates, without_candidate
from critics.prefix import Prefix, choose_estimate
from critics.rollout import MOST_PATH, open_prefix
from critics.types import Diagnostic, Frozen, Judgement, Problem, Verdict

MAX_COMPLETION_CHARS = 1_000_000
"""A longer completion is rejected unread, not cut off: what is left of it could be right."""


class Count(StrEnum):
    """How several answers in one completion count."""

    ALL = "all"
    """Every one must be right, so that naming all possible answers earns nothing."""
    ANY = "any"
    """One right answer is enough, as in the loop, where a certificate names the one that is."""


class RewardQuestion(Frozen):
    """What is to be found out about each completion."""

    count: Count = Count.ALL
    steps: bool = False
    """Whether to follow the answer step by step, where the domain has steps."""
    whole: bool = False
    """Whether the judgement behind the verdict is to be given back."""


class Outcome(Frozen):
    """What the critics say of one completion."""

    verdict: Verdict
    progress: float = Field(default=0.0, ge=0, le=1)
    """How near the answer is, as the domain scores it: of several the least (`any`: the best)."""
    prefix: float | None = Field(default=None, ge=0, le=1)
    """Share of the answer's steps that are verified; nothing where the domain has no steps."""
    steps: tuple[int, ...] | None = None
    """For each step of a wrong answer, 1 if it can be made there and leads somewhere new, else 0;
    none after the first that cannot be made counts. Every step of a right answer has 1."""
    codes: tuple[str, ...] = ()
    """Why, as stable codes."""
    answers: int = 0
    """How many different answers were found and judged."""
    judgement: Judgement | None = None
    """Of the answer that decided, where it was asked for."""


def open_reward(
    domain: Domain, payload: Mapping[str, JsonValue], question: RewardQuestion
) -> Callable[[str], Outcome]:
    """Read a problem once and give what judges its completions, one after the other.

    Raises:
        ProblemError: The problem is wrong. What is given may raise it, too.
    """
    shared = replace(domain, load=_once(domain.load))
    problem = read_problem(domain, payload)
    return lambda text: _evaluate(shared, problem, payload, text, question)


def refuse(code: str) -> Outcome:
    """Reject a completion in which there is no text to judge."""
    return Outcome(verdict=Verdict.REJECTED, codes=(code,))


def leave_open(loss: Diagnostic) -> Outcome:
    """Say `unknown` of a completion that could not be judged, and why."""
    return Outcome(verdict=Verdict.UNKNOWN, codes=(loss.code,))


def _evaluate(
    domain: Domain,
    problem: Problem,
    payload: Mapping[str, JsonValue],
    text: str,
    question: RewardQuestion,
) -> Outcome:
    found = [judge_claim(domain, problem, each) for each in _answers(domain, problem, text)]
    judgements = found or [without_candidate(domain, text)]
    deciding = (min if question.count is Count.ALL else max)(judgements, key=_rank)
    undecided = deciding.verdict is not Verdict.ACCEPTED and any(
        each.verdict is Verdict.UNKNOWN for each in judgements
    )
    outcome = Outcome(
        verdict=_settle(deciding.verdict, question.count, undecided=undecided),
        progress=0.0 if undecided else deciding.score,
        codes=_gather(deciding, judgements),
        answers=len(found),
        judgement=deciding if question.whole else None,
    )
    if undecided or not question.steps:
        return outcome
    return outcome.model_copy(update=_follow(domain, payload, deciding))


def _answers(domain: Domain, problem: Problem, text: str) -> list[str]:
    """Find the answers; a denial counts only where nothing else is answered.

    So nobody gains by denying that there is an answer and giving one all the same.
    """
    found = find_candidates(domain, problem, text)
    return [each for each in found if not is_denial(each)] or found


def _rank(judgement: Judgement) -> tuple[int, float]:
    order = (Verdict.REJECTED, Verdict.UNKNOWN, Verdict.ACCEPTED)
    return order.index(judgement.verdict), judgement.score


def _settle(verdict: Verdict, count: Count, *, undecided: bool) -> Verdict:
    """Where any answer will do, one that is undecided could have been the right one."""
    return Verdict.UNKNOWN if undecided and count is Count.ANY else verdict


def _gather(deciding: Judgement, judgements: Iterable[Judgement]) -> tuple[str, ...]:
    if deciding.verdict is Verdict.ACCEPTED:
        return ()
    return tuple(dict.fromkeys(code for each in (deciding, *judgements) for code in each.codes))


def _follow(
    domain: Domain, payload: Mapping[str, JsonValue], deciding: Judgement
) -> dict[str, Any]:
    """Follow an answer's steps; one that brings the domain down here has none verified."""
    accepted = deciding.verdict is Verdict.ACCEPTED
    if domain.prefix is None:
        return {"prefix": 1.0 if accepted else None}
    told, _ = guard("prefix", lambda: _verify(open_prefix(domain, payload), deciding.candidate))
    if told is None:
        return {"prefix": 1.0 if accepted else None}
    steps, share = told
    if accepted:
        return {"steps": (1,) * len(steps), "prefix": 1.0}
    return {"steps": steps, "prefix": min(share, BELOW_ONE)}


def _verify(prefix: Prefix, text: str) -> tuple[tuple[int, ...], float]:
    """Say which steps are verified, and their share of the answer or of the way, if that is longer.

    Steps that lead back earn nothing, nor do answers that stop early.
    """
    moves = list(prefix.split(text))[:MOST_PATH]
    steps, state, seen = [0] * len(moves), prefix.start, {prefix.key(prefix.start)}
    for place, move in enumerate(moves):
        after = prefix.apply(state, move)
        if after is None:
            break
        state, key = after, prefix.key(after)
        steps[place] = int(key not in seen)
        seen.add(key)
    estimate = choose_estimate(prefix, None)
    way = 0.0 if estimate is None else estimate(prefix.start)
    whole = max(len(moves), way if isfinite(way) else 0.0)
    return tuple(steps), sum(steps) / whole if whole else 0.0


def _once(load: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Load one problem once; all callables of a domain are pure, so its instance can be shared."""
    known: list[tuple[Any, Any]] = []

    def shared(problem: Any) -> Any:
        if not (known and known[0][0] is problem):
            known[:] = [(problem, load(problem))]
        return known[0][1]

    return shared
