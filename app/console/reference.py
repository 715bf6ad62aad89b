"""Pages that explain: the front page, the domains, and what a certificate proves."""

import json
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.catalogue import describe
from app.certificates import VerifyRequest, verify_certificate
from app.console.rendering import render
from app.console.routing import PageRoute, page, read_form, twin
from app.engine import RunQuery, RunRecord
from app.failures import ServiceError
from app.nearest import did_you_mean
from app.run_routes import find_run
from app.security.principal import caller
from app.service import Service
from app.strict_json import read_json
from critics.certificate import NotCertifiable
from critics.domain import find_domain, installed
from critics.statement import Certificate, read_envelope
from critics.workers.pool import Pool

router = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)


@router.get("")
async def front(request: Request) -> Response:
    """Show what is here, and the latest runs."""
    service: Service = request.app.state.service
    asking = caller()
    query = RunQuery(tenant=None if asking.everywhere else asking.tenant, limit=8)
    html = render(
        "front.html",
        here="/console",
        choice=await service.choice(),
        running=service.engine.running,
        runs=(await service.engine.list(query)).runs,
        domains=[find_domain(name) for name in sorted(installed())],
    )
    return page(html)


@router.get("/domains")
async def list_domains() -> Response:
    """Show the installed domains."""
    domains = [find_domain(name) for name in sorted(installed())]
    return page(render("domains.html", here="/console/domains", domains=domains))


@router.get("/domains.json")
async def list_domains_as_json() -> Response:
    """Give the same as data."""
    return twin([describe(find_domain(name)) for name in sorted(installed())])


@router.get("/domains/{name}.json")
async def show_domain_as_json(name: str) -> Response:
    """Give the same as data."""
    if name not in installed():
        raise ServiceError("not-found", f"there is no domain `{name[:80]}`")
    return twin(describe(find_domain(name)))


@router.get("/domains/{name}")
async def show_domain(request: Request, name: str, *, test: bool = False) -> Response:
    """Show a domain: its critics, prompt, examples, and on demand its self-test."""
    if name not in installed():
        hint = did_you_mean(name, installed())
        raise ServiceError("not-found", f"there is no domain `{name[:80]}`{hint}")
    pool: Pool = request.app.state.service.pool
    domain = find_domain(name)
    prompt = ""
    if domain.examples:
        prompt = (await pool.prepare(name, domain.examples[0].problem)).prompt
    html = render(
        "domain.html",
        here="/console/domains",
        domain=domain,
        details=describe(domain),
        schema=json.dumps(domain.problem.model_json_schema(), indent=2),
        prompt=prompt,
        report=await pool.selftest(name, deadline_s=60.0) if test else None,
    )
    return page(html)


@router.get("/runs/{run_id}/certificate")
async def show_run_certificate(request: Request, run_id: str) -> Response:
    """Show what the certificate of a run proves."""
    record = await find_run(request.app.state.service, run_id)
    envelope = record.result.certificate if record.result else None
    if envelope is None:
        detail = f"run `{run_id}` is `{record.state}` and has no certificate"
        raise ServiceError("certificate-unknown", detail)
    return page(_write(envelope, record))


@router.get("/certificate")
async def paste_certificate() -> Response:
    """Ask for a certificate to look at."""
    return page(render("paste.html", here="/console/certificate", said=""))


@router.post("/certificate")
async def check_certificate(request: Request) -> Response:
    """Prove a certificate again, and show what it proves."""
    service: Service = request.app.state.service
    said = (await read_form(request)).get("certificate", "")
    envelope = read_json(said.encode(), service.settings.limits.json_depth)
    if not isinstance(envelope, dict):
        raise ServiceError("invalid-request", "a certificate is a JSON object")
    found = await verify_certificate(service, VerifyRequest(certificate=envelope))
    return page(_write(envelope, None, found))


def _write(envelope: dict[str, Any], record: RunRecord | None, found: object = None) -> str:
    certificate: Certificate | None = None
    try:
        certificate = read_envelope(envelope)
    except NotCertifiable:
        if found is None:
            raise ServiceError("certificate-unknown", "this is no certificate") from None
    return render(
        "certificate.html",
        here="/console/certificate",
        record=record,
        certificate=certificate,
        problem=_spell_out(certificate.problem.text) if certificate else "",
        envelope=json.dumps(envelope, indent=1),
        found=found,
    )


def _spell_out(problem: str | None) -> str:
    """Write a problem so that a person can read it: line ends in its texts are line ends."""
    if problem is None:
        return "(kept by its hash alone)"
    fields = json.loads(problem)
    parts = [
        f"{name}:\n{value if isinstance(value, str) else json.dumps(value, indent=1)}"
        for name, value in fields.items()
    ]
    return "\n\n".join(parts)
