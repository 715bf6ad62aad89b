"""`modulo check`: verdicts without a model, but for translating prose."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from app.cli.exits import VERDICTS
from app.cli.options import Assurance
from app.cli.payloads import read_problem, read_text
from app.cli.terminal import is_colored, note, put, quit_with, reported, show, show_json
from app.failures import ServiceError
from app.protocol import CheckRequest
from app.service import Service
from app.settings import Settings, load_settings
from backprompt.render import draw_judgement, printable
from critics.judge import Demand
from critics.types import Judgement

T = TypeVar("T")

FEWEST = 3
"""Arguments of `check`: a domain, its problem and an answer."""


def run_check(
    files: Sequence[str],
    *,
    exact: bool,
    as_json: bool,
    assurance: Assurance,
    translate: int | None = None,
) -> None:
    """Judge one answer, or a model's translations of it, and print why."""
    with reported(as_json=as_json):
        if len(files) < FEWEST:
            raise ServiceError("usage", "`modulo check` takes DOMAIN PROBLEM ANSWER, or --jsonl")
        request = CheckRequest(
            domain=files[0],
            problem=read_problem(files[0], files[1:-1]),
            answer=read_text(files[-1]),
            exact=exact,
            assurance=Demand(assurance),
            translate=translate,
        )
        judgement = with_service(load_settings(), lambda service: _check(service, request))
        _show(judgement, as_json=as_json)
        quit_with(VERDICTS[judgement.verdict])


async def _check(service: Service, request: CheckRequest) -> Judgement:
    if request.translate is None:
        return await service.check(request)
    from app.prose import check_prose  # noqa: PLC0415  # only for prose

    result = await check_prose(service, request)
    if result.translation is not None:
        said = result.translation
        note(f"translated by `{printable(said.by)}`, {len(said.texts)} of {said.k} times")
        note(f"judged: {printable(result.candidate) or 'nothing'}")
        note(said.note)
    return result


def run_jsonl(files: Sequence[str], assurance: Assurance, *, translated: bool = False) -> None:
    """Answer JSON lines with JSON lines, in order, until the input ends."""
    from critics.batch import check_stream, read_lines  # noqa: PLC0415  # only for batches

    with reported():
        if files:
            raise ServiceError("usage", "`modulo check --jsonl` reads standard input only")
        if translated:
            raise ServiceError("usage", "`--jsonl` asks no model, so it cannot `--translate`")
        settings = load_settings()

        async def stream(service: Service) -> None:
            await check_stream(
                service.pool,
                read_lines(sys.stdin.fileno()),
                put,
                demand=Demand(assurance),
                deadline_s=settings.worker.deadline_s,
            )

        with_service(settings, stream)


def with_service(settings: Settings, work: Callable[[Service], Awaitable[T]]) -> T:
    """Do something with a service that ends with it."""

    async def run() -> T:
        service = Service(settings)
        try:
            return await work(service)
        finally:
            await service.aclose()

    return asyncio.run(run())


def _show(judgement: Judgement, *, as_json: bool) -> None:
    if as_json:
        show_json(judgement.model_dump(mode="json") | {"codes": list(judgement.codes)})
    else:
        show(draw_judgement(judgement, color=is_colored(sys.stdout)))
