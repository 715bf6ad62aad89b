"""Rollouts: the pool's questions about a problem's moves, which are tried in workers only."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from critics.domain import find_domain
from critics.rollout import Expanded, Question, Reply, Searched, SearchQuestion, Unanswered
from critics.workers.crew import Crew
from critics.workers.reply import ask


@dataclass(frozen=True, slots=True)
class Rollouts:
    """A domain's moves; see `critics.rollout`.

    Attributes:
        crew: The workers that judge.
    """

    crew: Crew

    async def ask(
        self,
        domain_name: str,
        payload: Mapping[str, JsonValue],
        question: Question,
        *,
        deadline_s: float = 10.0,
    ) -> Reply:
        """Answer a question; what takes the worker down, or is undecided, leaves it unanswered.

        Raises:
            ProblemError: The problem is wrong.
            DomainError: There is no such domain.
        """
        find_domain(domain_name)
        job = {
            "kind": "rollout",
            "domain": domain_name,
            "problem": payload,
            "question": question.model_dump(mode="json"),
        }
        done, faults = await ask(self.crew, job, deadline_s)
        if faults:
            return Unanswered(diagnostics=faults)
        kind = Searched if isinstance(question, SearchQuestion) else Expanded
        return kind.model_validate(done)
