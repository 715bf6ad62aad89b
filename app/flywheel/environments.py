"""Environments: what the adapters to RL libraries (`verifiers`, OpenEnv) have in common.

An environment puts a problem to a model and talks with it about its replies. Which problem, how
many rounds, and how that travels is each library's own.

Invariants:
    * A reply is judged as in `POST /reward`; model text is read in worker processes only.
    * A wrong reply is told what the loop would tell about it, in the same words.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from app.flywheel.rewards import RewardOptions
from app.flywheel.scorers import LocalScorer
from backprompt.prompt import write_task
from backprompt.render import tell_missing, tell_model
from backprompt.strategy import Feedback
from backprompt.task import Task
from critics.domain import find_domain
from critics.judge import read_problem
from critics.reward import Outcome
from critics.types import Judgement, Verdict
from critics.workers.rewards import Prompted


@dataclass(frozen=True, slots=True, kw_only=True)
class PosedProblem:
    """A problem as it is put to a model.

    Attributes:
        domain: Its domain.
        problem: The payload.
        messages: The prompt.
    """

    domain: str
    problem: Mapping[str, Any]
    messages: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Read a row of `modulo export --format rl` or `modulo synth`.

        A row that has no prompt gets the loop's own.
        """
        name, problem = row["domain"], row["problem"]
        problem = json.loads(problem) if isinstance(problem, str) else problem
        prompt = row.get("prompt") or _write_prompt(name, problem)
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        return cls(domain=name, problem=problem, messages=tuple(messages))


def read_problems(file: Path) -> Iterator[PosedProblem]:
    """Read a file of JSON lines, in its order."""
    with file.open(encoding="utf-8") as lines:
        yield from map(PosedProblem.of, map(json.loads, filter(str.strip, lines)))


def lend_examples(domain: str) -> Iterator[PosedProblem]:
    """Put a domain's examples."""
    for example in find_domain(domain).examples:
        yield PosedProblem.of({"domain": domain, "problem": dict(example.problem)})


async def examine(
    scorer: LocalScorer, posed: PosedProblem, reply: str | None, options: RewardOptions
) -> Outcome:
    """Judge a reply, and give the judgement that decided, too.

    Raises:
        ProblemError: The problem is wrong.
        DomainError: There is no such domain.
    """
    prompted = Prompted(domain=posed.domain, problem=posed.problem, completions=[reply])
    question = options.question.model_copy(update={"whole": True})
    ((outcome,),) = await scorer.examine([prompted], question)
    return outcome


@dataclass(slots=True)
class Dialogue:
    """What was said about a model's replies to one problem.

    Attributes:
        feedback: How much a wrong reply is told.
    """

    feedback: Feedback = Feedback.EXPLAIN
    _before: Judgement | None = None
    _seen: set[str] = field(default_factory=set)

    def tell(self, reply: str, outcome: Outcome) -> str:
        """Write the back-prompt to a reply that was not accepted, and remember its answer."""
        judgement = outcome.judgement
        if judgement is None and outcome.verdict is Verdict.UNKNOWN:
            return tell_model(_undecided(), self.feedback)
        if judgement is None or not outcome.answers:
            told = tell_missing(reply, None, self.feedback)
        else:
            repeated = judgement.candidate in self._seen
            told = tell_model(judgement, self.feedback, repeated=repeated, before=self._before)
        if judgement is not None:
            self._before = judgement
            self._seen.add(judgement.candidate)
        return told


def _undecided() -> Judgement:
    """Stand for a judgement that was lost with its worker, whose answer nobody knows."""
    return Judgement(domain="", domain_version="", verdict=Verdict.UNKNOWN, candidate="", score=0.0)


def _write_prompt(name: str, problem: Mapping[str, Any]) -> str:
    """Put a problem to a model as the loop does first."""
    domain = find_domain(name)
    prompt = domain.prompt(domain.load(read_problem(domain, problem)))
    return write_task(Task(domain=name, prompt=prompt, answer_format=domain.answer_format))
