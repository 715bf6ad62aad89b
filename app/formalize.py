"""Problems in plain language: `POST /formalize`, and what a run does before it has a problem.

A text goes to the domain's exact parsers first, which cost nothing, and to a model only where
none of them reads all of it. What a model made is compared with the text, and whoever sent it is
asked about every difference.

Invariant: a problem that a model made is solved only as the request's `confirm` allows, and its
certificate says who made it and whether anybody has confirmed it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Body, Request
from pydantic import ConfigDict, Field, JsonValue
from starlette.responses import Response

from app.admission import settle_budget, settle_sampling
from app.failures import Fault, ServiceError, from_kernel
from app.intake import StrictRoute
from app.openapi import FORMALIZE_RESPONSES
from app.protocol import Wire
from app.runs import PoolKernel
from app.stream import ClientGoneError, attend
from app.upstreams import for_profile
from backprompt.budget import Budget, Usage
from backprompt.effects import LiveEffects
from backprompt.formalize import Asks, Brief, Drafting, Formalization, Listener
from backprompt.strategy import Strategy
from backprompt.upstream import Completion, Sampling, UpstreamError
from backprompt.upstream import Request as Call
from critics.domain import Domain, DomainError, find_domain
from critics.formalization import Made, Reading
from critics.judge import Demand
from critics.statement import Formalized
from critics.types import Diagnostic, Feasibility, KernelError, Undecided
from critics.workers.pool import Pool

if TYPE_CHECKING:
    from app.service import Service
    from app.settings import WorkerSettings

MAX_TEXT_CHARS = 50_000
"""Longest text that is formalised."""
MAX_ANSWERS = 100
CLIENT_GONE = 499
TEXT = (
    "Schedule a meeting of Ann and Bob for half an hour on Monday between 9:00 and 17:00. Ann is "
    "busy from 9:00 to 12:00. They want to meet as early as possible."
)
"""A text, as an example."""

router = APIRouter(route_class=StrictRoute, tags=["solve"])


class FormalizeRequest(Wire):
    """A problem in plain language."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"domain": "calendar", "text": TEXT}]}
    )

    domain: str = Field(min_length=1, max_length=80)
    """Name of an installed domain that reads plain language, such as `calendar`."""
    text: str = Field(max_length=MAX_TEXT_CHARS)
    """The problem, as people write it."""
    answers: dict[str, JsonValue] = Field(default_factory=dict, max_length=MAX_ANSWERS)
    """Answers to questions that were asked before (`missing`), by field."""
    budget: Budget | None = None
    """What a model may spend on it; fields left out take the server's defaults."""


class FormalizeResult(Formalization):
    """The problem that was made of the text, and what is to be known about it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "domain": "calendar",
                    "problem": {"participants": ["Ann", "Bob"], "days": ["Monday"]},
                    "made_by": "model:some-model",
                    "paraphrase": "Find one time of 30 minutes for a meeting of Ann and Bob. ...",
                    "usage": Usage(calls=1).model_dump(),
                }
            ]
        }
    )


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
    worker: "WorkerSettings"

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
        listener: Listener,
    ) -> tuple[Formalization, Drafting]:
        """Have a model formalise a text.

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
        )
        made = await drafting.run()
        name = drafting.model or effects.upstream_name
        done = self.write_down(made, f"model:{name}"[:400])
        return done.model_copy(update={"usage": drafting.usage, "short": drafting.short}), drafting

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


def formalizing(pool: Pool, name: str, worker: "WorkerSettings") -> Formalizing:
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


async def formalize(service: "Service", request: FormalizeRequest) -> FormalizeResult:
    """Turn a text into a problem: by a parser, or else by a model.

    Raises:
        ServiceError: The request or its domain is wrong, nobody can be asked, or the upstream
            failed.
    """
    require_text(request.text)
    worker = service.settings.worker
    work = formalizing(service.pool, request.domain, worker)
    budget = settle_budget(request.budget, service.settings)
    sampling = settle_sampling(None, service.settings, Strategy())
    with service.runs.take():
        made, stops = (None, ()) if request.answers else await work.parse(request.text)
        if made is None:
            choice = await service.choice()
            upstream = for_profile(choice, None, None, service.settings, service.client)
            effects = LiveEffects(
                PoolKernel(service.pool, request.domain, {}, Demand.SINGLE, worker), upstream
            )
            try:
                made, _ = await work.draft(
                    request.text,
                    request.answers,
                    effects=effects,
                    budget=budget,
                    sampling=sampling,
                    listener=ignore,
                )
            except UpstreamError as error:
                raise _failed(service, error) from error
            made = made.model_copy(update={"unread": (*stops, *made.unread)})
    return FormalizeResult(**{name: getattr(made, name) for name in made.model_fields_set})


def ignore(_call: Call, _end: Completion | UpstreamError, _spent: Usage) -> None:
    """Keep no record of a call."""


def require_text(text: str, pointer: str = "#/text") -> None:
    """Refuse a text with nothing in it.

    Raises:
        ServiceError: `invalid-request`.
    """
    if not text.strip():
        detail = "`text` is empty, so there is nothing to formalise"
        fault = Fault(pointer=pointer, code="invalid-request", detail=detail)
        raise ServiceError("invalid-request", detail, faults=[fault])


def _failed(service: "Service", error: UpstreamError) -> ServiceError:
    """Tell a failure with what was spent; after that a client must not retry by itself."""
    if error.code == "upstream-unreachable":
        service.look_again()
    return ServiceError(
        error.code,
        str(error)[:500],
        headers={"x-should-retry": "false"} if error.usage.calls else {},
        extra={"usage": error.usage.model_dump()},
    )


@router.post(
    "/formalize",
    summary="Turn a problem in plain language into a typed one; nothing is solved",
    response_model=FormalizeResult,
    responses=FORMALIZE_RESPONSES,
)
async def formalize_text(request: Request, body: Annotated[FormalizeRequest, Body()]) -> Response:
    """Read a text by an exact parser or a model; say what is missing and what is doubtful."""
    service: Service = request.app.state.service
    try:
        result = await attend(request, service.attend_to(formalize(service, body)))
    except ClientGoneError:
        return Response(status_code=CLIENT_GONE)
    return Response(result.model_dump_json(), media_type="application/json")
