"""`modulo solve`: the loop in this terminal, through the same service object as over HTTP."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.cli.check import with_service
from app.cli.exits import exit_of_run
from app.cli.formalize import tell_formalization
from app.cli.options import Assurance
from app.cli.payloads import read_object, read_problem, read_text
from app.cli.terminal import is_colored, note, quit_with, reported, show, show_json
from app.cli.watch import Watcher
from app.failures import ServiceError
from app.protocol import SolveRequest, SolveResult
from app.runs import Run
from app.schema_faults import schema_failure
from app.service import Service
from app.setting_groups import UpstreamSettings
from app.settings import Settings, load_settings
from backprompt.events import Origin
from backprompt.render import draw, printable

FOUND = {
    Origin.SOLVER: "; found by a solver",
    Origin.SEARCH: "; found by a search without a model",
    Origin.MODEL_GUIDED_SEARCH: "; found by a search that a model guided",
}
"""What the summary says of answers that are not the model's own."""


@dataclass(frozen=True, kw_only=True)
class SolveOptions:
    """What was typed; see `modulo solve --help`."""

    files: Sequence[str]
    watch: bool
    as_json: bool
    upstream_url: str | None
    model: str | None
    replay: Path | None
    rounds: int | None
    seconds: float | None
    feedback: str | None
    solver: str | None
    temperature: float | None
    start_from: Path | None
    assurance: Assurance | None
    best_effort: bool
    certificate: Path | None
    journal: Path | None


def run_solve(options: SolveOptions) -> None:
    """Solve one problem and print how it ended."""
    with reported(as_json=options.as_json):
        request = _read_request(options)
        settings = _settings(options)

        opened: list[Run] = []

        async def work(service: Service) -> SolveResult:
            async with service.open_run(request) as run:
                note(f"run {run.id}: {request.domain}, upstream {run.source} {run.upstream.name}")
                if options.watch:
                    run.journal.subscribe(Watcher(run.budget, sys.stderr).see)
                opened.append(run)
                return await run.execute()

        try:
            result = with_service(settings, work)
            _show(opened[0], result, options)
        finally:
            for run in opened:
                _keep_journal(run, options.journal)
        _keep_certificate(result, options.certificate)
        quit_with(exit_of_run(result.status, result.reason))


def _read_request(options: SolveOptions) -> SolveRequest:
    """Put files and options together; an option wins over the file.

    Raises:
        ServiceError: They are no request.
    """
    first, *rest = options.files
    body = _read_body(first, rest)
    options_of: dict[str, dict[str, Any]] = {
        "budget": {"rounds": options.rounds, "seconds": options.seconds},
        "strategy": {"feedback": options.feedback, "solver": options.solver},
        "sampling": {"temperature": options.temperature},
    }
    for name, given in options_of.items():
        typed = {key: value for key, value in given.items() if value is not None}
        if typed:
            body[name] = {**(body.get(name) or {}), **typed}
    if options.start_from is not None:
        body["start_from"] = read_text(str(options.start_from))
    if options.assurance is not None:
        body["assurance"] = options.assurance
    if options.best_effort:
        body["on_fail"] = "best_effort"
    try:
        return SolveRequest.model_validate(body)
    except ValidationError as error:
        raise schema_failure(error.errors(), SolveRequest) from error


def _read_body(first: str, rest: Sequence[str]) -> dict[str, Any]:
    if rest:
        return {"domain": first, "problem": read_problem(first, rest)}
    if first.endswith(".pddl"):
        raise ServiceError("usage", "name the domain first: `modulo solve pddl DOMAIN PROBLEM`")
    return read_object(first)


def _settings(options: SolveOptions) -> Settings:
    """Lay the options over the configuration."""
    settings = load_settings()
    typed: dict[str, Any] = {"model": options.model} if options.model else {}
    if options.upstream_url is not None:
        typed |= {"base_url": options.upstream_url, "replay": None}
    if options.replay is not None:
        typed |= {"replay": options.replay}
    kept = {name: getattr(settings.upstream, name) for name in UpstreamSettings.model_fields}
    try:
        upstream = UpstreamSettings.model_validate({**kept, **typed})
    except ValidationError as error:
        said = error.errors()[0]["msg"]
        raise ServiceError("usage", f"`--upstream-url`: {said}") from error
    return settings.model_copy(update={"upstream": upstream})


def _keep_journal(run: Run, path: Path | None) -> None:
    """Write the record, also of a run that was interrupted."""
    if path is not None:
        _write(path, "".join(f"{line}\n" for line in run.journal.dump()))


def _keep_certificate(result: SolveResult, path: Path | None) -> None:
    """Write the certificate, after the answer was shown: a bad path must not lose it."""
    if path is not None and result.certificate is not None:
        _write(path, json.dumps(result.certificate, separators=(",", ":")))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise ServiceError("usage", f"`{path}` cannot be written: {error.strerror}") from error


def _show(run: Run, result: SolveResult, options: SolveOptions) -> None:
    if options.as_json:
        show_json(result.model_dump(mode="json"))
        return
    if result.answer is not None:
        show(result.answer)
    elif result.best is not None:
        show(result.best.answer)
    note(_sum_up(result))
    if result.formalization is not None:
        tell_formalization(result.formalization)
    if result.feasibility is not None and result.status == "infeasible":
        note(draw(result.feasibility.diagnostics, color=is_colored(sys.stderr)))
        return
    judgement = run.best
    if judgement is not None and not result.certified:
        note(draw(judgement.diagnostics, color=is_colored(sys.stderr)))
    if result.status == "failed":
        note(f"  = cause: {printable(run.explain_failure())}")


def _compare(result: SolveResult) -> str:
    """Say how much better the answer became, where better ones were looked for."""
    bred = result.evolution
    if bred is None or bred.value is None:
        return ""
    before = f", at first {bred.history[0].value}" if len(bred.history) > 1 else ""
    return f"; {printable(bred.objective)} {bred.value}{before}"


def _sum_up(result: SolveResult) -> str:
    """Say in a line how it ended and what it took."""
    usage = result.usage
    tokens = usage.prompt_tokens + usage.completion_tokens
    took = f"{result.rounds} rounds, {tokens:,} tokens, {result.elapsed_s:.1f} s"
    if usage.cost_usd:
        took += f", ${usage.cost_usd:.4f}"
    told = result.reason is not None and result.reason != result.status
    reason = f" ({result.reason})" if told else ""
    best = {True: "; proved optimal", False: "; a better answer exists", None: ""}[result.optimal]
    rest = "that there is none is certified" if result.certificate else "nothing is certified"
    found = FOUND.get(result.origin, "") if result.origin else ""
    best = f"{found}{_compare(result)}{best}"
    marked = best if result.certified else f"; {rest}"
    replayed = "; a replayed recording" if result.upstream == "replay" else ""
    return f"{result.status}{reason} after {took}{marked}{replayed}"
