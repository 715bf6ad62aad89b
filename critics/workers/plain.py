"""Plain: the pool's questions about problems in plain language, which are read in workers only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from critics.domain import find_domain
from critics.formalization import Made, Reading
from critics.types import Undecided
from critics.workers.crew import Crew
from critics.workers.reply import ask


@dataclass(frozen=True, slots=True)
class Plain:
    """A domain's parsers, and its reading of a model's formal problem; see `critics.formalizer`.

    Attributes:
        crew: The workers that judge.
    """

    crew: Crew

    async def read(
        self, domain_name: str, text: str, *, deadline_s: float = 10.0
    ) -> tuple[Made, tuple[Reading, ...]]:
        """Have a text read by the domain's exact parsers.

        Raises:
            DomainError: There is no such domain.
            Undecided: The domain formalises nothing, or a parser failed.
        """
        return await self._ask(domain_name, "read", {"text": text}, deadline_s)

    async def examine(
        self, domain_name: str, text: str, response: str, *, deadline_s: float = 10.0
    ) -> Made:
        """Read the formal problem in a model's response; what takes the worker down is a fault.

        Raises:
            DomainError: There is no such domain.
        """
        try:
            given = {"text": text, "response": response}
            return (await self._ask(domain_name, "examine", given, deadline_s))[0]
        except Undecided as error:
            return Made(faults=error.diagnostics)

    async def settle(
        self, domain_name: str, problem: Mapping[str, JsonValue], *, deadline_s: float = 10.0
    ) -> Made:
        """Validate a payload of the user's and put it into words.

        Raises:
            ProblemError: It is no problem of the domain.
            DomainError: There is no such domain.
            Undecided: It could not be read.
        """
        return (await self._ask(domain_name, "settle", {"problem": problem}, deadline_s))[0]

    async def _ask(
        self, domain_name: str, step: str, given: Mapping[str, Any], seconds: float
    ) -> tuple[Made, tuple[Reading, ...]]:
        find_domain(domain_name)
        job = {"kind": "formalize", "domain": domain_name, "step": step, "given": given}
        done, faults = await ask(self.crew, job, seconds)
        if faults:
            raise Undecided(faults)
        readings = tuple(Reading.model_validate(reading) for reading in done["readings"])
        return Made.model_validate(done["made"]), readings
