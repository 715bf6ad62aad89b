"""The page to try things: check an answer without any model, or have a problem solved."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from app.console.forms import faults_by_field, list_fields, read_problem
from app.console.pictures import draw_candidate
from app.console.rendering import render
from app.console.routing import PageRoute, page, read_form
from app.failures import ServiceError
from app.nearest import did_you_mean
from app.protocol import CheckRequest, SolveRequest
from app.schema_faults import schema_failure
from app.service import Service
from backprompt.strategy import Feedback, SolverMode
from critics.domain import Domain, Example, find_domain, installed
from critics.types import Judgement

router = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)

FIRST = "pddl"
SEE_OTHER = 303


@router.get("/try")
async def show_form(request: Request, domain: str = FIRST, example: int = 0) -> Response:
    """Show a domain's fields, filled with an example."""
    return page(await _write(request, _find(domain), example))


@router.post("/try")
async def answer_form(request: Request) -> Response:
    """Check the answer, or start a run; what is wrong with the form is said beside it."""
    said = await read_form(request)
    domain = _find(said.get("domain", FIRST))
    service: Service = request.app.state.service
    try:
        if said.get("do") == "check":
            return page(await _check(request, service, domain, said))
        run = await service.enqueue(_ask(domain, said))
        return RedirectResponse(f"/console/runs/{run.spec.id}", SEE_OTHER)
    except ServiceError as error:
        return page(await _write(request, domain, 0, said=said, error=error), error.status)


def _find(name: str) -> Domain:
    if name not in installed():
        hint = did_you_mean(name, installed())
        raise ServiceError("not-found", f"there is no domain `{name[:80]}`{hint}")
    return find_domain(name)


async def _check(
    request: Request, service: Service, domain: Domain, said: Mapping[str, str]
) -> str:
    """Judge the answer that was typed, and draw it."""
    problem = read_problem(domain, said)
    asked = CheckRequest(
        domain=domain.name, problem=problem, answer=said.get("answer", ""), exact=False
    )
    judged = await service.check(asked)
    drawn = await draw_candidate(service.pool, domain.name, problem, judged.candidate)
    return await _write(request, domain, 0, said=said, judged=judged, drawn=drawn)


def _ask(domain: Domain, said: Mapping[str, str]) -> SolveRequest:
    """Make a request of what was typed."""
    text = said.get("text", "").strip()
    chosen = {name: said[name] for name in ("feedback", "solver") if said.get(name)}
    wishes: dict[str, object] = {"domain": domain.name, "trace": True}
    if text:
        wishes["text"] = text
    else:
        wishes["problem"] = read_problem(domain, said)
    if said.get("model", "").strip():
        wishes["model"] = said["model"].strip()
    if said.get("rounds", "").isdigit():
        wishes["budget"] = {"rounds": int(said["rounds"])}
    if chosen:
        wishes["strategy"] = "auto" if chosen.get("feedback") == "auto" else chosen
    try:
        return SolveRequest.model_validate(wishes)
    except ValidationError as error:
        raise schema_failure(error.errors(), SolveRequest) from error


async def _write(
    request: Request,
    domain: Domain,
    example: int,
    *,
    said: Mapping[str, str] | None = None,
    error: ServiceError | None = None,
    judged: Judgement | None = None,
    drawn: str = "",
) -> str:
    service: Service = request.app.state.service
    shown: Example | None = None
    if domain.examples:
        shown = domain.examples[min(max(example, 0), len(domain.examples) - 1)]
    good = shown.good[0] if shown and shown.good else ""
    typed = said or {}
    return render(
        "try.html",
        here="/console/try",
        domain=domain,
        domains=sorted(installed()),
        fields=list_fields(
            domain,
            {} if said else (shown.problem if shown else {}),
            said,
            faults_by_field(error) if error else {},
        ),
        example=shown.name if shown else "",
        answer=typed.get("answer", good),
        typed=typed,
        error=error,
        judged=judged,
        drawn=drawn,
        choice=await service.choice(),
        feedbacks=["auto", *Feedback],
        solvers=list(SolverMode),
    )
