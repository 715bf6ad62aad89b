"""Formalizing: how texts of one domain become problems; parsers and models, all in workers.

Invariant: nothing here believes a model. What it made is written down with its doubts.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from app.failures import Fault, ServiceError, from_kernel
from app.setting_groups import WorkerSettings
from backprompt.budget import Budget, Usage
from backprompt.formalize import Asks, Brief, Drafting, Formalization, Listener
from backprompt.rung import Rung
from backprompt.upstream import Completion, Sampling, UpstreamError
from backprompt.upstream import Request as Call
from critics.domain import Domain, DomainError, find_domain
from critics.formalization import Made, Reading
from critics.statement import Formalized
from critics.types import Diagnostic, Feasibility, KernelError, Undecided
from critics.workers.pool import Pool


def ignore(_call: Call, _end: Completion | UpstreamError, _spent: Usage) -> None:
    """Keep no record of a call."""


@dataclass(frozen=True, slots=True)
class Formalizing:
    """Turns texts of one domain into problems.

    Attributes:
        pool: Where texts, responses and problems are read.
        domain: The domain.
        worker: Deadlines.
    """

    pool: Pool
    domain: Domain
    worker: WorkerSettings

    async def parse(self, text: str) -> tuple[Formalization | None, tuple[Diagnostic, ...]]:
        """Have the exact parsers read a text.

        Returns:
            What one of them made of it, or else where they stopped.

        Raises:
            ServiceError: The text could not be read within the limits.
        """
        made, readings = await self._read(text)
        parsers = [reading.parser for reading in readings if reading.problem is not None]
        if made.problem is None:
            stops = (stop for reading in readings for stop in reading.unread)
            return None, (*stops, *made.faults)
        return self.write_down(made, f"parser:{parsers[0]}"), ()

    async def draft(  # what a run has, in its parts
        self,
        text: str,
        answers: Mapping[str, JsonValue],
        *,
        effects: Asks,
        budget: Budget,
        sampling: Sampling,
        listener: Listener = ignore,
        spent: Usage | None = None,
        price: Rung | None = None,
    ) -> tuple[Formalization, int]:
        """Have a model formalise a text.

        Args:
            text: The text.
            answers: What its author has answered to questions, by field.
            effects: How the model is asked.
            budget: What may be spent in all.
            sampling: How the model is to sample.
            listener: Told of every call.
            spent: What was spent before.
            price: What the model costs; nothing by default.

        Returns:
            What was made, and the number of the next call.

        Raises:
            UpstreamError: The model could not be asked; its usage is that of all calls.
        """
        brief = self._brief(text, answers)
        drafting = Drafting(
            brief,
            effects,
            budget,
            sampling,
            examine=lambda response: self._examine(brief.full_text, response),
            test=self._test,
            listener=listener,
            usage=spent or Usage(),
            price=price or Rung(),
        )
        made = await drafting.run()
        name = drafting.model or effects.upstream_name
        done = self.write_down(made, f"model:{name}"[:400])
        return done.model_copy(
            update={"usage": drafting.usage, "short": drafting.short}
        ), drafting.calls

    async def adopt(self, problem: Mapping[str, JsonValue]) -> Formalization:
        """Take a problem that the user sent, and put it into words.

        Raises:
            ServiceError: It is no problem of the domain.
        """
        try:
            made = await self.pool.plain.settle(
                self.domain.name, problem, deadline_s=self.worker.deadline_s
            )
        except Undecided as error:
            raise ServiceError("problem-not-read", str(error)) from error
        except KernelError as error:
            raise from_kernel(error, self.domain.name) from error
        if made.problem is None:
            raise ServiceError("problem-not-read", made.faults[0].headline)
        return self.write_down(made, "user").model_copy(update={"confirmed": True})

    def write_down(self, made: Made, made_by: str) -> Formalization:
        """Write down what was made and by whom."""
        return Formalization(
            domain=self.domain.name,
            problem=made.problem,
            made_by=made_by,
            paraphrase=made.paraphrase,
            missing=made.missing,
            doubts=made.doubts,
            unread=made.faults,
        )

    def _brief(self, text: str, answers: Mapping[str, JsonValue]) -> Brief:
        hook = self.domain.formalization
        schema = self.domain.problem.model_json_schema(by_alias=True)
        return Brief(text, schema, hook.instruction if hook else "", answers)

    async def _read(self, text: str) -> tuple[Made, tuple[Reading, ...]]:
        try:
            return await self.pool.plain.read(
                self.domain.name, text, deadline_s=self.worker.deadline_s
            )
        except Undecided as error:
            raise ServiceError("problem-not-read", str(error)) from error
        except KernelError as error:
            raise from_kernel(error, self.domain.name) from error

    async def _examine(self, text: str, response: str) -> Made:
        return await self.pool.plain.examine(
            self.domain.name, text, response, deadline_s=self.worker.deadline_s
        )

    async def _test(self, problem: Mapping[str, JsonValue]) -> Feasibility | None:
        if self.domain.feasibility is None:
            return None
        return await self.pool.engines.feasibility(
            self.domain.name, dict(problem), deadline_s=self.worker.feasibility_deadline_s
        )


def formalizing(pool: Pool, name: str, worker: WorkerSettings) -> Formalizing:
    """Find out how a domain formalises.

    Raises:
        ServiceError: There is no such domain, or it reads no plain language.
    """
    try:
        domain = find_domain(name)
    except DomainError as error:
        raise from_kernel(error, name) from error
    if domain.formalization is None:
        detail = f"domain `{name}` reads no problems in plain language"
        fault = Fault(pointer="#/text", code="formalization-unsupported", detail=detail)
        raise ServiceError("formalization-unsupported", detail, faults=[fault])
    return Formalizing(pool, domain, worker)


def recorded_as(made: Formalization, text: str) -> Formalized:
    """Say what a certificate is to record of a formalisation."""
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return Formalized(made_by=made.made_by, confirmed=made.confirmed, text_sha256=digest)


def require_text(text: str, pointer: str = "#/text") -> None:
    """Refuse a text with nothing in it.

    Raises:
        ServiceError: `invalid-request`.
    """
    if not text.strip():
        detail = "`text` is empty, so there is nothing to formalise"
        fault = Fault(pointer=pointer, code="invalid-request", detail=detail)
        raise ServiceError("invalid-request", detail, faults=[fault])
