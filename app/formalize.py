"""Problems in plain language: `POST /formalize`.

A text goes to the domain's exact parsers first, which cost nothing, and to a model only where
none of them reads all of it. What a model made is compared with the text, and whoever sent it is
asked about every difference. Nothing is solved here.
"""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Body, Request
from pydantic import ConfigDict, Field, JsonValue
from starlette.responses import Response

from app.admission import settle_budget, settle_sampling
from app.failures import ServiceError
from app.formalizing import formalizing, require_text
from app.intake import StrictRoute
from app.kernel import PoolKernel
from app.ladders import price_call
from app.openapi import FORMALIZE_RESPONSES
from app.protocol import Wire
from app.security.permission import require_models
from app.stream import ClientGoneError, attend
from app.upstreams import for_profile, with_roles
from backprompt.budget import Budget, Usage
from backprompt.effects import LiveEffects
from backprompt.formalize import Formalization
from backprompt.strategy import Strategy
from backprompt.upstream import Role, UpstreamError
from critics.judge import Demand

if TYPE_CHECKING:
    from app.service import Service

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
            require_models(choice, None, None, service.settings)
            asked = for_profile(choice, None, None, service.settings, service.client)
            upstream = with_roles(asked, choice, service.settings, service.client)
            kernel = PoolKernel(service.pool, request.domain, {}, Demand.SINGLE, worker)
            try:
                async with service.access.spending(budget, len(request.text)) as meter:
                    made, _ = await work.draft(
                        request.text,
                        request.answers,
                        effects=LiveEffects(kernel, meter.over(upstream)),
                        budget=meter.budget,
                        sampling=sampling,
                        price=price_call(choice, Role.FORMALIZER, service.settings),
                    )
            except UpstreamError as error:
                raise _failed(service, error) from error
            made = made.model_copy(update={"unread": (*stops, *made.unread)})
    return FormalizeResult(**{name: getattr(made, name) for name in made.model_fields_set})


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
        result = await attend(request, service.jobs.attend_to(formalize(service, body)))
    except ClientGoneError:
        return Response(status_code=CLIENT_GONE)
    return Response(result.model_dump_json(), media_type="application/json")
