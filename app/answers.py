"""Answers: `POST /runs/{id}/answer`, by which a run that waits for its client goes on.

The run keeps its id, its text, its budget and what it has spent; its record begins anew.
"""

from typing import Annotated, Self

from fastapi import APIRouter, Body, Request
from pydantic import ConfigDict, Field, JsonValue, model_validator
from starlette.responses import Response

from app.drafts import Draft, answer
from app.engine import RunRecord
from app.failures import ServiceError
from app.formalizing import formalizing
from app.intake import StrictRoute
from app.openapi import ANSWER_RESPONSES
from app.protocol import SolveResult, Wire
from app.run_routes import find_run
from app.run_views import RunView
from app.service import Service
from app.stream import ClientGoneError, attend

router = APIRouter(route_class=StrictRoute, tags=["runs"])

CLIENT_GONE = 499
MAX_ANSWERS = 100


class AnswerRequest(Wire):
    """What a waiting run is told: exactly one of the three."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"answers": {"duration_min": "half an hour"}}, {"confirm": True}]
        }
    )

    answers: dict[str, JsonValue] | None = Field(None, min_length=1, max_length=MAX_ANSWERS)
    """Answers to the questions of `missing`, or corrections, by field; in words or as values. The
    text is formalised again with them."""
    confirm: bool | None = None
    """`true`: the formal problem says what the text means."""
    problem: dict[str, JsonValue] | None = None
    """The problem's payload, corrected by you; it takes the place of what was made of the text."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        said = (self.answers is not None, self.confirm is True, self.problem is not None)
        if sum(said) != 1 or self.confirm is False:
            raise ValueError("an answer has exactly one of `answers`, `confirm: true`, `problem`")
        return self


@router.post(
    "/runs/{run_id}/answer",
    summary="Answer a run that waits for your word on its problem",
    response_model=SolveResult,
    responses=ANSWER_RESPONSES,
)
async def answer_run(
    request: Request, run_id: str, body: Annotated[AnswerRequest, Body()]
) -> Response:
    """Go on with the same run and wait for its end, or not (`Prefer: respond-async`).

    Leaving does not cancel the run.
    """
    service: Service = request.app.state.service
    record = await go_on(service, await find_run(service, run_id), body)
    if "respond-async" in request.headers.get("prefer", ""):
        return Response(
            RunView.of(record).model_dump_json(),
            status_code=202,
            media_type="application/json",
            headers={"Location": f"/runs/{run_id}", "Preference-Applied": "respond-async"},
        )
    try:
        result = await attend(request, service.jobs.attend_to(service.finish(run_id)))
    except ClientGoneError:
        return Response(status_code=CLIENT_GONE)
    return Response(result.model_dump_json(), media_type="application/json")


async def go_on(service: Service, record: RunRecord, body: AnswerRequest) -> RunRecord:
    """Start the run again under its id, with what its client has answered.

    Raises:
        ServiceError: The run waits for nothing, there is nothing to confirm, the payload is
            wrong, or too many runs are under way.
    """
    spec = record.spec
    if record.state != "needs_input" or spec.request.text is None:
        raise ServiceError("run-not-waiting", f"`{spec.id}` does not wait for an answer")
    work = formalizing(service.pool, spec.task.domain, service.settings.worker)
    draft = await answer(
        work,
        made=record.result.formalization if record.result else None,
        draft=spec.draft or Draft(),
        spent=record.usage,
        answers=body.answers,
        problem=body.problem,
    )
    now = await service.engine.get(spec.id)  # reading a payload has taken its time
    same = now is not None and (now.state, now.ended_at) == (record.state, record.ended_at)
    # What it may go on to spend is reserved while its record is still there.
    going_on, _ = await service.access.reserve(
        spec.model_copy(update={"draft": draft}), goes_on=True
    )
    if not same or not await service.engine.delete(spec.id):
        await service.access.settle(record)
        raise ServiceError("run-not-waiting", f"`{spec.id}` was answered a moment ago")
    return await service.engine.start(going_on)
