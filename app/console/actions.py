"""Actions: what a person does to a run from its page: cancel it, go on differently, answer it."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from pydantic import BaseModel, JsonValue, ValidationError
from starlette.responses import RedirectResponse, Response

from app.answers import AnswerRequest, go_on
from app.console.routing import SEE_OTHER, PageRoute, read_form
from app.failures import ServiceError
from app.run_routes import find_run
from app.run_views import ForkRequest
from app.schema_faults import schema_failure
from app.service import Service
from backprompt.strategy import Strategy

router = APIRouter(prefix="/console/runs", route_class=PageRoute, include_in_schema=False)

T = TypeVar("T", bound=BaseModel)
ANSWER = "answer."
"""What the names of the fields for a run's questions begin with."""


@router.post("/{run_id}/cancel")
async def cancel_run(request: Request, run_id: str) -> Response:
    """End a run."""
    service: Service = request.app.state.service
    await find_run(service, run_id)
    await service.engine.cancel(run_id)
    return _lead_to(run_id)


@router.post("/{run_id}/fork")
async def fork_run(request: Request, run_id: str) -> Response:
    """Go on from a round with another model or strategy."""
    service: Service = request.app.state.service
    record = await find_run(service, run_id)
    asked = read_fork(await read_form(request), record.spec.strategy)
    forked = await service.fork(run_id, asked)
    return _lead_to(forked.spec.id)


@router.post("/{run_id}/answer")
async def answer_run(request: Request, run_id: str) -> Response:
    """Confirm the problem that was made of a text, correct it, or answer what is missing in it."""
    service: Service = request.app.state.service
    record = await find_run(service, run_id)
    await go_on(service, record, read_answer(await read_form(request)))
    return _lead_to(run_id)


def read_fork(said: Mapping[str, str], strategy: Strategy) -> ForkRequest:
    """Read how a run is to go on; what is left empty stays as it was.

    Raises:
        ServiceError: `invalid-request`.
    """
    changed = {name: said[name] for name in ("feedback", "solver") if said.get(name)}
    wishes: dict[str, Any] = {name: said[name] for name in ("model",) if said.get(name)}
    if said.get("from_round", "").isdecimal():
        wishes["from_round"] = int(said["from_round"])
    if changed:
        wishes["strategy"] = {**strategy.model_dump(mode="json"), **changed}
    return _read(ForkRequest, wishes)


def read_answer(said: Mapping[str, str]) -> AnswerRequest:
    """Read what a run that waits is told: one of three things.

    Raises:
        ServiceError: `invalid-request`.
    """
    match said.get("do"):
        case "confirm":
            return _read(AnswerRequest, {"confirm": True})
        case "correct":
            return _read(AnswerRequest, {"problem": _read_object(said.get("problem", ""))})
        case _:
            answers = {
                name.removeprefix(ANSWER): text
                for name, text in said.items()
                if name.startswith(ANSWER) and text.strip()
            }
            if not answers:
                raise ServiceError("invalid-request", "none of the questions is answered")
            return _read(AnswerRequest, {"answers": answers})


def _read_object(text: str) -> dict[str, JsonValue]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        detail = f"the corrected problem is no JSON: {str(error)[:120]}"
        raise ServiceError("invalid-request", detail) from error
    if not isinstance(found, dict):
        raise ServiceError("invalid-request", "the corrected problem is no JSON object")
    return found


def _read(model: type[T], wishes: dict[str, Any]) -> T:
    try:
        return model.model_validate(wishes)
    except ValidationError as error:
        raise schema_failure(error.errors(), model) from error


def _lead_to(run_id: str) -> Response:
    return RedirectResponse(f"/console/runs/{run_id}", SEE_OTHER)
