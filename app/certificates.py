"""Routes of certificates: prove one again, fetch one, and the keys that sign them."""

import logging
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Request
from pydantic import ConfigDict, Field, JsonValue
from starlette.responses import Response

from app.failures import ServiceError
from app.intake import StrictRoute
from app.log import LogError
from app.openapi import problems
from app.protocol import Wire
from app.routes import CLIENT_GONE
from app.run_routes import NOT_FOUND, find_run
from app.security.principal import caller
from app.service import Service
from app.stream import ClientGoneError, attend
from critics.statement import NotCertifiable, read_envelope
from critics.types import Assurance, Diagnostic, Judgement, Opinion
from critics.verification import Outcome, Signed, Verification

logger = logging.getLogger("llm_modulo.certificates")

REFUSALS = (
    *("invalid-json", "invalid-request", "body-too-large", "media-type-unsupported"),
    *("too-many-runs", "shutting-down"),
)

router = APIRouter(tags=["certificates"], route_class=StrictRoute)


ENVELOPE: dict[str, JsonValue] = {
    "payloadType": "application/vnd.in-toto+json",
    "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEifQ==",
    "signatures": [{"keyid": "9f0c1d", "sig": "c2lnbmF0dXJl"}],
}
"""What an envelope looks like, much shortened."""
PEM = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA/FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU=
-----END PUBLIC KEY-----
"""


class VerifyRequest(Wire):
    """A certificate, and what it must be about."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"certificate": ENVELOPE}]})

    certificate: dict[str, JsonValue]
    """The DSSE envelope, exactly as it was handed out."""
    problem: dict[str, JsonValue] | None = None
    """The problem that it must be about; needed where the certificate holds only its hash."""
    answer: str | None = Field(default=None, max_length=4_000_000)
    """The answer that it must be about; likewise."""
    signature: bool = True
    """Whether a signature is asked for; without it only the claim is proved."""


class VerifyResult(Wire):
    """What came of proving a certificate again."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"outcome": "verified", "signed": "trusted", "keyid": "9f0c1d", "claim": "answer"}
            ]
        }
    )

    outcome: Outcome
    """`verified`: the claim was proved again just now. `refuted`: the document is no certificate,
    was altered, or its claim is false. `undecided`: it could not be found out."""
    signed: Signed | None = None
    """`trusted`: by a key of this service. `self`: by the key that the certificate names, so that
    nothing was altered since. `unsigned`, or `ignored` as asked."""
    keyid: str | None = None
    """The key whose signature holds."""
    claim: Literal["answer", "optimal", "infeasible"] | None = None
    """What the certificate claims; null where it cannot be read."""
    scope: str | None = None
    """What the guarantee is relative to."""
    certificate: dict[str, JsonValue] | None = None
    """The certificate itself, as it can be read; times, costs and models are only recorded."""
    judgement: Judgement | None = None
    """Of the answer, found just now."""
    assurance: Assurance | None = None
    """Of the claim `optimal` or `infeasible`, reached just now."""
    opinions: tuple[Opinion, ...] = ()
    """What the engines said that have proved such a claim just now."""
    findings: tuple[Diagnostic, ...] = ()
    """Why it is not verified."""
    notes: tuple[str, ...] = ()
    """What else is to be known, such as that another version of the domain had certified."""


class KeyInfo(Wire):
    """A key whose signatures are this service's."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"keyid": "9f0c1d", "public_key": PEM, "kind": "configured"}]
        }
    )

    keyid: str
    """SHA-256 of the key in DER, in hexadecimal; signatures name it."""
    public_key: str
    """Ed25519, in PEM."""
    kind: Literal["configured", "ephemeral", "older"]
    """`ephemeral`: made when the service started and gone with it. `older`: signs no more."""


@router.post(
    "/certificates/verify",
    summary="Prove a certificate again",
    responses=problems(*REFUSALS),
    response_model=VerifyResult,
)
async def verify(request: Request, body: Annotated[VerifyRequest, Body()]) -> Response:
    """Judge a certificate's answer again; `modulo verify` does the same offline."""
    service: Service = request.app.state.service
    try:
        found = await attend(request, service.jobs.attend_to(verify_certificate(service, body)))
    except ClientGoneError:
        return Response(status_code=CLIENT_GONE)
    return Response(found.model_dump_json(), media_type="application/json")


async def verify_certificate(service: Service, body: VerifyRequest) -> VerifyResult:
    """Prove a certificate again, and say whether a key of ours has signed it.

    Raises:
        ServiceError: Too many checks are under way.
    """
    with service.checks.take():
        found = await service.pool.notary.verify(
            body.certificate,
            signature=body.signature,
            problem=body.problem,
            answer=body.answer,
            deadline_s=service.settings.worker.feasibility_deadline_s,
        )
    ours = {key.keyid for key in service.issuer.keys.public_keys}
    if found.signed is Signed.SELF and found.keyid in ours:
        found = found.model_copy(update={"signed": Signed.TRUSTED})
    return _result(found, body)


def _result(found: Verification, body: VerifyRequest) -> VerifyResult:
    told = {name: getattr(found, name) for name in Verification.model_fields}
    try:
        certificate = read_envelope(body.certificate)
    except NotCertifiable:
        return VerifyResult(**told)
    return VerifyResult(
        **told,
        claim=certificate.claim,
        scope=certificate.scope,
        certificate=certificate.model_dump(mode="json"),
    )


@router.get(
    "/certificates/{certificate_id}",
    summary="A certificate",
    responses=problems("certificate-unknown", "invalid-request"),
)
async def show_certificate(request: Request, certificate_id: str) -> Response:
    """Give a certificate exactly as it was handed out: a DSSE envelope."""
    service: Service = request.app.state.service
    try:
        found = await service.issuer.find(certificate_id)
    except LogError as error:
        logger.warning("%s", error)
        found = None
    if found is None or not await _is_open(service, found):
        shown = certificate_id[:80]
        raise ServiceError("certificate-unknown", f"there is no certificate `{shown}`")
    return Response(found, media_type="application/json")


async def _is_open(service: Service, envelope: bytes) -> bool:
    """Say whether the caller may see the run that a certificate is of."""
    asking = caller()
    if asking.key is None or asking.everywhere:
        return True
    run = read_envelope(envelope).provenance.run
    record = await service.engine.get(run) if run is not None else None
    return record is not None and asking.sees(record.spec.tenant)


@router.get(
    "/runs/{run_id}/certificate",
    summary="The certificate of a run",
    responses={**NOT_FOUND, **problems("certificate-unknown")},
)
async def show_run_certificate(request: Request, run_id: str) -> dict[str, JsonValue]:
    """Give the certificate of a run: of its answer, or that there is none."""
    record = await find_run(request.app.state.service, run_id)
    if record.result is None or record.result.certificate is None:
        raise ServiceError(
            "certificate-unknown", f"run `{run_id}` is `{record.state}` and has no certificate"
        )
    return record.result.certificate


@router.get("/keys", summary="The keys that sign certificates")
async def show_keys(request: Request) -> list[KeyInfo]:
    """List the public keys whose signatures are this service's, the present one first."""
    keys = request.app.state.service.issuer.keys
    own, *older = keys.public_keys
    present = KeyInfo(keyid=own.keyid, public_key=own.to_pem(), kind=keys.kind)
    return [
        present,
        *(KeyInfo(keyid=key.keyid, public_key=key.to_pem(), kind="older") for key in older),
    ]
