"""sources: makes the upstreams of a suite, each when it is first needed.

Invariant: a recording invents nothing. A conversation that is over ends the run, and a problem of
which nothing is recorded is left out.
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.bench.cells import Cell
from app.bench.guesses import RandomUpstream
from app.bench.problems import read_rows
from app.bench.suite import Source
from app.embedded import embedded_upstream, serve_file
from app.failures import ServiceError
from app.models import WeightsError
from app.settings import Settings
from app.upstreams import REMEDY, choose_upstream
from backprompt.budget import Usage
from backprompt.upstream import Completion, ReplayUpstream, Request, Upstream, UpstreamError

if TYPE_CHECKING:
    import httpx


class Nobody:
    """An upstream for strategies that ask no model: any call fails, at no cost."""

    name = "none"

    async def generate(self, request: Request) -> Completion:  # noqa: ARG002  # the protocol's
        """Refuse."""
        raise UpstreamError("upstream-none", "this row has no model to ask", usage=Usage())

    async def aclose(self) -> None:
        """Hold nothing."""


class Sources:
    """The upstreams of a suite."""

    def __init__(
        self, named: Mapping[str, Source], settings: Settings, client: "httpx.AsyncClient"
    ) -> None:
        """Open nothing yet."""
        self._named = named
        self._settings = settings
        self._client = client
        self._opened: dict[str, Upstream] = {}
        self._recordings: dict[str, Mapping[str, ReplayUpstream]] = {}

    async def upstream_of(self, cell: Cell) -> Upstream:
        """Give the upstream that a cell asks.

        Raises:
            ServiceError: There is none.
        """
        source = cell.source
        if source.kind == "replay":
            return self._recorded(cell.upstream, source, cell.problem.id)
        if cell.upstream not in self._opened:
            self._opened[cell.upstream] = await self._open(cell.upstream, source)
        return self._opened[cell.upstream]

    async def aclose(self) -> None:
        """Close whatever was opened."""
        for upstream in self._opened.values():
            await upstream.aclose()

    async def _open(self, name: str, source: Source) -> Upstream:
        match source.kind:
            case "random":
                return RandomUpstream()
            case "none":
                return Nobody()
            case "embedded":
                return _embedded(source, self._settings)
            case "openai":
                return self._endpoint(name, source)
            case _:
                choice = await choose_upstream(self._settings, self._client)
                if choice.upstream is None:
                    raise ServiceError("upstream-none", "no model is configured", help=[REMEDY])
                return choice.upstream

    def _endpoint(self, name: str, source: Source) -> Upstream:
        from backprompt.openai_upstream import OpenAIUpstream, Price  # noqa: PLC0415  # when needed

        key = os.environ.get(source.api_key_env, "") if source.api_key_env else ""
        if source.api_key_env and not key:
            detail = f"`upstreams.{name}`: the variable `{source.api_key_env}` is not set"
            raise ServiceError("bench-invalid", detail)
        model = source.model or ""
        price = {model: Price(**source.price.model_dump())} if source.price else {}
        try:
            return OpenAIUpstream(
                source.base_url or "",
                model,
                api_key=key,
                client=self._client,
                prices=price,
                structured=source.structured,
            )
        except ValueError as error:
            raise ServiceError("bench-invalid", f"`upstreams.{name}`: {error}") from error

    def _recorded(self, name: str, source: Source, problem: str) -> Upstream:
        if name not in self._recordings:
            self._recordings[name] = read_conversations(name, source)
        found = self._recordings[name].get(problem)
        if found is None:
            raise ServiceError("bench-unrecorded", f"`{name}` has recorded nothing of `{problem}`")
        return found


def read_conversations(name: str, source: Source) -> Mapping[str, ReplayUpstream]:
    """Read recorded conversations: lines with `problem_id`, `model` and `rounds`.

    A round has a `response`, and may have `usage` and `seconds`. Of several conversations about
    one problem the first counts.

    Raises:
        ServiceError: The file cannot be read, or a line is no conversation.
    """
    found: dict[str, ReplayUpstream] = {}
    path = source.path
    if path is None:
        return found
    for row in read_rows(path):
        if not isinstance(row, dict) or not isinstance(row.get("rounds"), list):
            raise ServiceError("bench-invalid", f"`{path}`: a line is no recorded conversation")
        wanted = source.model is None or row.get("model") == source.model
        if wanted and row.get("problem_id") not in found:
            found[str(row.get("problem_id"))] = _replay(row["rounds"], name, source)
    return found


def _replay(rounds: list[object], name: str, source: Source) -> ReplayUpstream:
    try:
        answers = [_completion(row, name, source) for row in rounds if isinstance(row, dict)]
    except ValueError as error:
        raise ServiceError("bench-invalid", f"`{source.path}`: {error}") from error
    return ReplayUpstream(answers, name=name)


def _completion(row: dict[str, object], name: str, source: Source) -> Completion:
    text = row.get("response")
    if not isinstance(text, str):
        raise ValueError("a recorded round has no text `response`")  # noqa: TRY004  # the file's
    told = row.get("usage")
    told = told if isinstance(told, dict) else {}
    usage = Usage(
        calls=1,
        prompt_tokens=int(told.get("prompt_tokens") or 0),
        completion_tokens=int(told.get("completion_tokens") or 0),
        reasoning_tokens=int(told.get("reasoning_tokens") or 0),
    )
    if source.price:
        paid = usage.prompt_tokens * source.price.input
        paid += usage.completion_tokens * source.price.output
        usage = usage.model_copy(update={"cost_usd": paid / 1_000_000})
    seconds = row.get("seconds")
    return Completion(
        text=text,
        model=str(row.get("model") or name)[:200],
        usage=usage,
        latency_s=float(seconds) if isinstance(seconds, int | float) else 0.0,
    )


def _embedded(source: Source, settings: Settings) -> Upstream:
    if source.path is not None:
        return serve_file(source.path, threads=source.threads, structured=source.structured)
    try:
        return embedded_upstream(
            source.model or "small",
            settings.models_dir,
            threads=source.threads,
            structured=source.structured,
        )
    except WeightsError as error:
        raise ServiceError(error.code, str(error), help=[error.help]) from error
    except UpstreamError as error:
        raise ServiceError(error.code, str(error)) from error
