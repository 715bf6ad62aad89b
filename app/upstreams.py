"""Which model is asked: configured, else a server on loopback, else the embedded one, else none.

There is never a fake answer: where nobody can be asked, the choice says `none` and why.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from app.embedded import Embedded, knows, read_name
from app.failures import Fault, ServiceError
from app.models import MODELS, WeightsError
from app.profiles import Endpoint, Profile
from app.setting_groups import UpstreamSettings
from app.settings import Settings
from backprompt.ladder import Ladder
from backprompt.roles import Roles
from backprompt.upstream import (
    Completion,
    ReplayUpstream,
    Request,
    Role,
    Upstream,
    UpstreamError,
)

if TYPE_CHECKING:
    import httpx

Kind = Literal["configured", "local", "embedded", "replay", "none"]

PORTS = (11434, 8080, 8000, 1234)
"""Where Ollama, llama-server, vLLM and LM Studio listen unless told otherwise."""
PROBE_S = 0.5
MARK = "x-llm-modulo"
"""Header of our own list of models: another llm-modulo on this machine is no model server."""
REMEDY = (
    "set `MODULO_UPSTREAM__BASE_URL` and `MODULO_UPSTREAM__MODEL`, start a model server such as "
    "Ollama, or run `modulo models pull small`"
)


Guard = Callable[[Upstream, str], Upstream]
"""Puts something around an upstream; is told its base URL, or what kind of upstream it is."""


def unguarded(upstream: Upstream, endpoint: str) -> Upstream:
    """Put nothing around it."""
    del endpoint
    return upstream


@dataclass(frozen=True, slots=True)
class Choice:
    """Where guesses come from.

    Attributes:
        kind: Which of the four it is, or a recording.
        model: The model asked where a request names none.
        where: For the start-up line.
        base_url: Of an endpoint; `None` for recordings and the embedded model.
        upstream: The endpoint itself; `None` when there is none.
        guard: Put around whatever is asked.
        embedded: The models of this machine, which a ladder may name beside the upstream.
    """

    kind: Kind
    model: str | None
    where: str
    base_url: str | None = None
    upstream: Upstream | None = None
    guard: "Guard" = unguarded
    embedded: Embedded | None = None

    def answers(self, domain: str | None) -> bool:
        """Say whether the upstream may be asked about a domain; `None`: about anything."""
        named = self.model if self.kind == "embedded" else None
        return self.upstream is not None and knows(named, domain)

    @property
    def help(self) -> str | None:
        """What to do when there is nobody to ask."""
        return REMEDY if self.upstream is None else None


@dataclass(frozen=True, slots=True)
class Bounded:
    """An upstream whose calls take no longer than `upstream.timeout_s`, retries included."""

    upstream: Upstream
    timeout_s: float

    @property
    def name(self) -> str:
        """The upstream's name."""
        return self.upstream.name

    async def generate(self, request: Request) -> Completion:
        """Ask once, within the shorter of both times."""
        within = min(request.timeout_s, self.timeout_s)
        return await self.upstream.generate(request.model_copy(update={"timeout_s": within}))

    async def aclose(self) -> None:
        """Close the upstream."""
        await self.upstream.aclose()


NONE = Choice("none", None, "nobody to ask; checking answers works all the same")


async def choose_upstream(
    settings: Settings, client: "httpx.AsyncClient", embedded: Embedded | None = None
) -> Choice:
    """Find the first upstream that there is.

    Raises:
        ServiceError: The configured recording cannot be read, or no model is named.
    """
    embedded = embedded or Embedded(settings.models_dir)
    choice = await _choose(settings, client, embedded)
    return replace(choice, embedded=embedded if settings.upstream.embedded else None)


async def _choose(settings: Settings, client: "httpx.AsyncClient", embedded: Embedded) -> Choice:
    configured = settings.upstream
    if configured.replay is not None:
        return replay_choice(configured)
    if configured.base_url is not None:
        return _configured(configured, client)
    named = read_name(configured.model) is not None
    if configured.discover and not named and (found := await _discover(settings, client)):
        return found
    return (_embedded(configured, embedded) if configured.embedded else None) or NONE


def require_usable(settings: UpstreamSettings) -> None:
    """Find at start-up what would make every request fail.

    Raises:
        ServiceError: The configured recording cannot be read, no model is named, or the key is
            none.
    """
    if settings.replay is not None:
        replay_choice(settings)
    elif settings.base_url is not None:
        _configured(settings, None)


def replay_choice(settings: UpstreamSettings) -> Choice:
    """Play a recording.

    Raises:
        ServiceError: It cannot be read.
    """
    path = settings.replay or Path()
    try:
        upstream = ReplayUpstream.from_journal(path)
    except (OSError, ValueError) as error:
        raise ServiceError(
            "settings-invalid", f"the recording `{path}` cannot be played: {error}"
        ) from error
    return Choice("replay", upstream.name, f"recording {path}", None, upstream)


def for_model(
    choice: Choice,
    model: str | None,
    settings: Settings,
    client: "httpx.AsyncClient",
    *,
    domain: str | None = None,
) -> Upstream:
    """Get the upstream that a request is to use.

    Args:
        choice: The service's own.
        model: What the request names.
        settings: The configuration.
        client: Of the service.
        domain: What it is asked about; `None` for anything.

    Raises:
        ServiceError: There is none, it has only one model and another one is asked for, or that
            model knows nothing of the domain.
    """
    if (name := read_name(model)) is not None and _is_open(choice, name):
        return _ask_embedded(choice, name, settings)
    if choice.upstream is not None and not choice.answers(domain):
        about = f"problems of `{domain}`" if domain else "anything but problems of its domains"
        detail = f"the built-in model `{choice.model}` cannot be asked about {about}"
        raise ServiceError("upstream-none", detail, help=[REMEDY])
    if choice.upstream is None:
        wanted = model or settings.upstream.model
        named = f"no upstream with the model `{wanted}`" if wanted else "no model"
        raise ServiceError("upstream-none", f"{named} is configured or found", help=[REMEDY])
    timeout_s = settings.upstream.timeout_s
    if model is None or model == choice.model:
        return choice.guard(Bounded(choice.upstream, timeout_s), choice.base_url or choice.kind)
    if choice.base_url is None:
        detail = f"the {choice.kind} upstream has only the model `{choice.model}`"
        fault = Fault(pointer="#/model", code="invalid-request", detail=detail)
        raise ServiceError("invalid-request", detail, faults=[fault])
    upstream = _endpoint(settings.upstream, choice.base_url, model, client)
    return choice.guard(Bounded(upstream, timeout_s), choice.base_url)


def for_profile(
    choice: Choice,
    model: str | None,
    profile: Profile | None,
    settings: Settings,
    client: "httpx.AsyncClient",
    *,
    domain: str | None = None,
) -> Upstream:
    """Get the upstream that a request with a profile is to use: its ladder, if it has one.

    A model that the request names is where the ladder begins, if it is one of its rungs.

    Raises:
        ServiceError: As from `for_model`.
    """
    rungs = profile.models if profile else ()
    if not rungs:
        return for_model(choice, model, settings, client, domain=domain)
    names = [rung.model for rung in rungs]
    first = names.index(model) if model in names else 0
    return Ladder(
        [_ask_at(rung, choice, settings, client, domain=domain) for rung in rungs[first:]]
    )


def with_roles(
    generator: Upstream, choice: Choice, settings: Settings, client: "httpx.AsyncClient"
) -> Upstream:
    """Put the models of the other roles beside a generator, where there are any.

    Raises:
        ServiceError: As from `for_model`.
    """
    named = ((role, getattr(settings.roles, role.value, None)) for role in Role)
    others = {role: _ask_at(at, choice, settings, client) for role, at in named if at is not None}
    return Roles(generator, others) if others else generator


def _ask_at(
    at: Endpoint,
    choice: Choice,
    settings: Settings,
    client: "httpx.AsyncClient",
    *,
    domain: str | None = None,
) -> Upstream:
    if (name := read_name(at.model)) is not None:
        return _ask_embedded(choice, name, settings)
    if at.base_url is None:
        return for_model(choice, at.model, settings, client, domain=domain)
    own = settings.upstream.model_copy(update={"api_key": at.api_key})
    upstream = _endpoint(own, at.base_url, at.model, client)
    return choice.guard(Bounded(upstream, settings.upstream.timeout_s), at.base_url)


def _configured(settings: UpstreamSettings, client: "httpx.AsyncClient | None") -> Choice:
    if settings.base_url is None or settings.model is None:
        raise ServiceError(
            "settings-invalid",
            "`upstream.base_url` is set and `upstream.model` is not",
            help=["set `MODULO_UPSTREAM__MODEL` to a model that the endpoint lists at `/models`"],
        )
    upstream = _endpoint(settings, settings.base_url, settings.model, client)
    return Choice("configured", settings.model, settings.base_url, settings.base_url, upstream)


def _endpoint(
    settings: UpstreamSettings, base_url: str, model: str, client: "httpx.AsyncClient | None"
) -> Upstream:
    from app.breaker import may_retry  # noqa: PLC0415  # it knows settings, which know us
    from app.telemetry.spans import trace_headers  # noqa: PLC0415  # when needed
    from backprompt.openai_upstream import OpenAIUpstream, Price  # noqa: PLC0415  # when needed

    key = settings.api_key.get_secret_value() if settings.api_key else None
    try:
        return OpenAIUpstream(
            base_url,
            model,
            api_key=key,
            client=client,
            prices={name: Price(**p.model_dump()) for name, p in settings.prices.items()},
            retries=settings.retries,
            headers=trace_headers,
            may_retry=may_retry,
        )
    except ValueError as error:
        raise ServiceError("settings-invalid", str(error)) from error


async def _discover(settings: Settings, client: "httpx.AsyncClient") -> Choice | None:
    """Ask the usual ports on loopback at once; the first in our order that answers is taken."""
    import httpx  # noqa: PLC0415  # slow to import, and only needed here

    ports = [port for port in PORTS if port != settings.port]
    # No proxy of the environment stands between us and our own machine.
    async with httpx.AsyncClient(timeout=PROBE_S, trust_env=False) as prober:
        asked = [prober.get(f"http://127.0.0.1:{port}/v1/models") for port in ports]
        answers = await asyncio.gather(*asked, return_exceptions=True)
    for port, answer in zip(ports, answers, strict=True):
        models = _models(answer) if isinstance(answer, httpx.Response) else []
        named = settings.upstream.model
        if not models or (named is not None and named not in models):
            continue
        base_url, model = f"http://127.0.0.1:{port}/v1", named or models[0]
        upstream = _endpoint(settings.upstream, base_url, model, client)
        return Choice("local", model, base_url, base_url, upstream)
    return None


def _models(response: "httpx.Response") -> list[str]:
    """List the models of an OpenAI-compatible server; anything else has none."""
    try:
        ours = MARK in response.headers
        listed: Any = response.json() if response.is_success and not ours else {}
    except (ValueError, RecursionError):
        return []
    rows = listed.get("data") if isinstance(listed, dict) else None
    ids = [row.get("id") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return [name for name in ids if isinstance(name, str) and "embed" not in name.lower()]


def _embedded(settings: UpstreamSettings, embedded: Embedded) -> Choice | None:
    """Use an embedded model, if its runtime and weights are installed and no other is wanted."""
    wanted = read_name(settings.model) or settings.model
    name = wanted if wanted in MODELS else embedded.first()
    try:
        upstream = embedded.open(name) if name else None
    except UpstreamError:
        return None
    if upstream is None or wanted not in {None, upstream.name, *MODELS}:
        return None
    return Choice("embedded", upstream.name, f"embedded model {upstream.name}", None, upstream)


def _is_open(choice: Choice, name: str) -> bool:
    """Say whether a request may name an embedded model: others need gigabytes of memory."""
    return choice.kind == "embedded" or (name in MODELS and MODELS[name].built_in)


def _ask_embedded(choice: Choice, name: str, settings: Settings) -> Upstream:
    """Ask an embedded model by its name, whatever the upstream is."""
    if choice.embedded is None:
        detail = f"the embedded model `{name[:80]}` is asked for, and `upstream.embedded` is off"
        raise ServiceError("upstream-none", detail, help=[REMEDY])
    try:
        upstream = choice.embedded.open(name)
    except WeightsError as error:
        fault = Fault(pointer="#/model", code="invalid-request", detail=str(error))
        raise ServiceError(
            "invalid-request", str(error), help=[error.help], faults=[fault]
        ) from error
    except UpstreamError as error:
        raise ServiceError("upstream-none", str(error)) from error
    return choice.guard(Bounded(upstream, settings.upstream.timeout_s), "embedded")
