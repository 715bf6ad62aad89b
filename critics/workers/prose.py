"""Prose: the pool's questions about translating it. Prose is read in workers only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from critics.domain import find_domain
from critics.translation import Merged
from critics.types import Diagnostic, Undecided
from critics.workers.crew import Crew
from critics.workers.reply import ask

Payload = Mapping[str, JsonValue]

MAX_TRANSLATION_CHARS = 400_000
"""What is read of each translation."""


@dataclass(frozen=True, slots=True)
class Prose:
    """Prompts for, and results of, a model's translations; see `critics.translation`.

    Attributes:
        crew: The workers that judge.
    """

    crew: Crew

    async def write_prompt(
        self, domain_name: str, payload: Payload, prose: str, *, deadline_s: float = 10.0
    ) -> str:
        """Write what a model is asked, so that it translates prose into a formal answer.

        Raises:
            ProblemError: The problem is wrong.
            DomainError: There is no such domain.
            Undecided: The problem could not be read, or the domain translates nothing.
        """
        done, faults = await self._ask(domain_name, payload, prose, None, deadline_s)
        if faults:
            raise Undecided(faults)
        return str(done)

    async def merge(
        self,
        domain_name: str,
        payload: Payload,
        prose: str,
        responses: Sequence[str],
        *,
        deadline_s: float = 10.0,
    ) -> Merged:
        """Lay a model's translations side by side; what takes the worker down leaves all open.

        Raises:
            ProblemError: The problem is wrong.
            DomainError: There is no such domain.
        """
        cut = [response[:MAX_TRANSLATION_CHARS] for response in responses]
        done, faults = await self._ask(domain_name, payload, prose, cut, deadline_s)
        return Merged(open=faults) if faults else Merged.model_validate(done)

    async def _ask(
        self,
        domain_name: str,
        payload: Payload,
        prose: str,
        responses: Sequence[str] | None,
        seconds: float,
    ) -> tuple[Any, tuple[Diagnostic, ...]]:
        find_domain(domain_name)
        job = {"kind": "translate", "domain": domain_name, "problem": payload, "prose": prose}
        return await ask(self.crew, {**job, "responses": responses}, seconds)
