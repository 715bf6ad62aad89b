"""Routes that tell what there is: domains and error codes."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from pydantic import JsonValue

from app.codes import SERVICE_CODES, explain, list_codes
from app.failures import ServiceError
from app.nearest import did_you_mean
from app.openapi import problems
from app.protocol import CodeInfo, DomainDetails, DomainSummary
from critics.codes import Code
from critics.domain import Domain, find_domain, installed

router = APIRouter()

NOT_FOUND = problems("not-found", "invalid-request")
UNKNOWN = problems("code-unknown", "invalid-request")


@router.get("/domains", tags=["domains"], summary="The installed domains")
async def domains() -> list[DomainSummary]:
    """List the installed domains."""
    return [_summary(find_domain(name)) for name in sorted(installed())]


@router.get("/domains/{name}", tags=["domains"], summary="One domain in full", responses=NOT_FOUND)
async def domain(name: str) -> DomainDetails:
    """Show a domain's problem schema, answer format, critics, examples and codes."""
    if name not in installed():
        hint = did_you_mean(name, installed())
        raise ServiceError("not-found", f"there is no domain `{name[:80]}`{hint}")
    return describe(find_domain(name))


@router.get("/errors", tags=["errors"], summary="Every error code")
async def errors() -> list[CodeInfo]:
    """List every code of the service, the kernel and the installed domains."""
    return [_info(name, code) for name, code in list_codes().items()]


@router.get(
    "/errors/{code}", tags=["errors"], summary="One error code explained", responses=UNKNOWN
)
async def error(code: str) -> CodeInfo:
    """Explain one code: what happened, why, and what to do next.

    OpenAI's dialect writes codes with `_` instead of `-`.
    """
    code = code if explain(code) else code.replace("_", "-")
    found = explain(code)
    if found is None:
        hint = did_you_mean(code, list_codes())
        raise ServiceError("code-unknown", f"there is no error code `{code[:80]}`{hint}")
    return _info(code, found)


def describe(domain: Domain) -> DomainDetails:
    """Show everything about a domain that its users need."""
    examples: list[Mapping[str, JsonValue]] = [
        {
            "name": example.name,
            "problem": dict(example.problem),
            "good": list(example.good),
            "bad": dict(example.bad),
        }
        for example in domain.examples
    ]
    return DomainDetails(
        **_summary(domain).model_dump(),
        problem_schema=domain.problem.model_json_schema(),
        answer_format=domain.answer_format,
        critics=[_critic(critic) for critic in domain.critics],
        second_opinion=domain.second_opinion is not None,
        translation=domain.translation is not None,
        formalization=domain.formalization is not None,
        examples=[dict(example) for example in examples],
        codes=[_info(name, code) for name, code in sorted(domain.codes.items())],
    )


def _summary(domain: Domain) -> DomainSummary:
    return DomainSummary(name=domain.name, version=domain.version, summary=domain.summary)


def _critic(critic: Any) -> dict[str, JsonValue]:
    names = ("name", "decides", "hard", "sound", "complete", "version")
    return {name: getattr(critic, name) for name in names}


def _info(name: str, code: Code) -> CodeInfo:
    service = SERVICE_CODES.get(name)
    return CodeInfo(
        code=name,
        title=code.title,
        explanation=code.explanation,
        action=code.action,
        status=service.status if service else None,
    )
