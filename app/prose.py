"""Checks of prose: a model translates it first, several times, and the translation is judged.

Invariants:
    * The verdict is about the translation, which travels with it; nothing is certified.
    * Prose that was translated less often than asked for is not judged.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.admission import settle_budget, settle_sampling
from app.failures import Fault, ServiceError, from_kernel
from app.ladders import price_call
from app.protocol import CheckRequest, CheckResult
from app.security.keys import Scope
from app.security.permission import require_models
from app.security.principal import caller
from app.upstreams import for_model
from backprompt.strategy import Strategy
from backprompt.translation import TranslationReport, Translations, translate
from backprompt.upstream import Role, UpstreamError
from critics.domain import DomainError, find_domain
from critics.translation import Merged, relate
from critics.types import Diagnostic, Judgement, KernelError, Severity, Undecided, Verdict

if TYPE_CHECKING:
    from app.service import Service

MAX_PROSE_CHARS = 20_000
MODEL_CHARS = 200


async def check_prose(service: "Service", request: CheckRequest) -> CheckResult:
    """Have the answer translated by a model, and judge the translation.

    Raises:
        ServiceError: The request, its problem or its domain is wrong, nobody can be asked, or the
            upstream failed.
    """
    count = request.translate or 0
    caller().require(Scope.SOLVE)
    _require_translatable(request)
    budget = settle_budget(request.budget, service.settings)
    sampling = settle_sampling(None, service.settings, Strategy())
    with service.runs.take():
        prompt = await _write_prompt(service, request)
        choice = await service.choice()
        require_models(choice, None, None, service.settings)
        upstream = for_model(choice, None, service.settings, service.client)
        try:
            async with service.access.spending(budget, len(request.answer)) as meter:
                said = await translate(
                    prompt,
                    count,
                    upstream=meter.over(upstream),
                    budget=meter.budget,
                    sampling=sampling,
                    price=price_call(choice, Role.GENERATOR, service.settings),
                )
        except UpstreamError as error:
            if error.code == "upstream-unreachable":
                service.look_again()
            raise _failed(error) from error
        try:
            judgement = await _judge(service, request, said)
        except KernelError as error:
            raise from_kernel(error, request.domain) from error
    report = TranslationReport(
        by=said.model[:MODEL_CHARS], k=count, texts=said.texts, usage=said.usage
    )
    kept = {name: getattr(judgement, name) for name in judgement.model_fields_set}
    return CheckResult(**kept, translation=report)


def _require_translatable(request: CheckRequest) -> None:
    """Refuse what need not be asked."""
    try:
        domain = find_domain(request.domain)
    except DomainError as error:
        raise from_kernel(error, request.domain) from error
    if domain.translation is None:
        detail = f"domain `{domain.name}` has no translation from prose"
        fault = Fault(pointer="#/translate", code="translation-unsupported", detail=detail)
        raise ServiceError("translation-unsupported", detail, faults=[fault])
    faults = list(_unfit_prose(request.answer))
    if faults:
        raise ServiceError("invalid-request", faults[0].detail, faults=faults)


def _unfit_prose(prose: str) -> Iterator[Fault]:
    if not prose.strip():
        detail = "`answer` is empty, so there is nothing to translate"
    elif len(prose) > MAX_PROSE_CHARS:
        detail = (
            f"`answer` has {len(prose):,} characters; at most {MAX_PROSE_CHARS:,} are translated"
        )
    else:
        return
    yield Fault(pointer="#/answer", code="invalid-request", detail=detail)


async def _write_prompt(service: "Service", request: CheckRequest) -> str:
    deadline_s = service.settings.worker.deadline_s
    try:
        return await service.pool.prose.write_prompt(
            request.domain, request.problem, request.answer, deadline_s=deadline_s
        )
    except Undecided as error:
        raise ServiceError("problem-not-read", str(error)) from error
    except KernelError as error:
        raise from_kernel(error, request.domain) from error


async def _judge(service: "Service", request: CheckRequest, said: Translations) -> Judgement:
    worker = service.settings.worker
    if said.short is not None:
        merged = Merged(open=(_short(said, request.translate or 0),))
    else:
        merged = await service.pool.prose.merge(
            request.domain,
            request.problem,
            request.answer,
            said.texts,
            deadline_s=worker.deadline_s,
        )
    if merged.answer is None:
        return relate(_nothing(request), merged.open)
    judgement = await service.pool.judge(
        request.domain,
        request.problem,
        merged.answer,
        demand=request.assurance,
        deadline_s=worker.deadline_s,
        opinion_deadline_s=worker.opinion_deadline_s,
    )
    return relate(judgement, merged.open)


def _nothing(request: CheckRequest) -> Judgement:
    domain = find_domain(request.domain)
    return Judgement(
        domain=domain.name,
        domain_version=domain.version,
        verdict=Verdict.UNKNOWN,
        candidate="",
        score=0.0,
    )


def _short(said: Translations, wanted: int) -> Diagnostic:
    ended = "the recording" if said.short == "recording" else f"the budget's `{said.short}`"
    return Diagnostic(
        code="translation-short",
        headline=f"{ended} ended after {len(said.texts)} of {wanted} translations",
        help=("raise that part of the budget, or ask for fewer translations",),
        data={"wanted": wanted, "made": len(said.texts), "short": said.short},
        severity=Severity.UNKNOWN,
    )


def _failed(error: UpstreamError) -> ServiceError:
    """Tell a failure with what was spent; after that a client must not retry by itself."""
    return ServiceError(
        error.code,
        str(error)[:500],
        headers={"x-should-retry": "false"} if error.usage.calls else {},
        extra={"usage": error.usage.model_dump()},
    )
