"""Directions: what a chat request asks to be verified, and where it may say so.

In this order: the body's object `llm_modulo`, headers `X-LLM-Modulo-*`, the model's name
(`profile/model`), the path (`/p/{profile}/v1`), the server's default. The first place that names a
profile chooses it; the first that names any other thing wins over the profile.

Invariant: nothing that stands in a message's text is a direction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field, JsonValue, ValidationError

from app.failures import Fault, ServiceError
from app.intake import check_values
from app.nearest import did_you_mean
from app.profiles import Profile
from app.protocol import OnFail, Wire
from app.schema_faults import schema_failure
from app.security.permission import require_profile
from app.settings import Settings
from backprompt.budget import Budget
from backprompt.strategy import Strategy
from critics.judge import Demand

FIELD = "llm_modulo"
HEADER = "x-llm-modulo-"
HEADERS: Mapping[str, tuple[str, ...]] = {
    "profile": ("profile",),
    "domain": ("domain",),
    "on-fail": ("on_fail",),
    "assurance": ("assurance",),
    "progress": ("progress",),
    "solver": ("strategy", "solver"),
    "max-rounds": ("budget", "rounds"),
    "max-candidates": ("budget", "candidates"),
    "max-seconds": ("budget", "seconds"),
    "max-tokens": ("budget", "tokens"),
    "max-cost": ("budget", "cost_usd"),
}
"""Where the value of a header `X-LLM-Modulo-…` belongs in the body's object."""


class Directions(Wire):
    """The object `llm_modulo` of a request."""

    profile: str | None = Field(default=None, max_length=80)
    """A profile of the server's configuration."""
    domain: str | None = Field(default=None, min_length=1, max_length=80)
    """Name of an installed domain."""
    problem: dict[str, JsonValue] | None = None
    """The domain's problem payload, over the profile's fixed parts."""
    strategy: Strategy | None = None
    """How the loop reacts."""
    budget: Budget | None = None
    """What the run may spend."""
    on_fail: OnFail | None = None
    """What is returned without a certificate: an error, or the best candidate, marked."""
    assurance: Demand | None = None
    """How many independent opinions a certificate needs."""
    progress: bool | None = None
    """Whether a stream tells a line per round as `reasoning_content`."""


@dataclass(frozen=True, slots=True)
class Directed:
    """What a request wants, all places laid over each other.

    Attributes:
        model: The model that is asked, without a profile before it; `None` for the default.
        name: The profile's name, if there is one.
        profile: The profile; an empty one without a name.
        own: What the request itself says, body over headers.
        strategy: Over the profile's.
        budget: Over the profile's.
        fixed: The profile's parts of the problem, if they are of the domain that is asked for.
        domain: The domain, if anything names one.
    """

    model: str | None
    name: str | None
    profile: Profile
    own: Directions
    strategy: Strategy | None
    budget: Budget | None
    fixed: dict[str, JsonValue]
    domain: str | None

    @property
    def on_fail(self) -> OnFail:
        """What is returned without a certificate."""
        return self.own.on_fail or self.profile.on_fail or "error"


def direct(
    body: Mapping[str, Any], headers: Mapping[str, str], path: str | None, settings: Settings
) -> Directed:
    """Lay the places over each other.

    Args:
        body: The request's body.
        headers: Its headers, names in lower case.
        path: The profile in its path, if there is one.
        settings: Where the profiles are.

    Raises:
        ServiceError: A direction is unknown or wrong, or there is no such profile.
    """
    own = read_directions(body, headers)
    before, model = split_model(body.get("model"), settings)
    name = own.profile or before or path or settings.proxy.default_profile
    require_profile(name)
    profile = _find_profile(name, settings) if name else Profile()
    if before == name and model is not None:
        _require_rung(model, before, profile)
    domain = own.domain or profile.domain
    return Directed(
        model=model,
        name=name,
        profile=profile,
        own=own,
        strategy=_over(Strategy, profile.strategy, own.strategy),
        budget=_over(Budget, profile.budget, own.budget),
        fixed=dict(profile.problem) if domain == profile.domain else {},
        domain=domain,
    )


def read_directions(body: Mapping[str, Any], headers: Mapping[str, str]) -> Directions:
    """Read what the request itself says, the body's object over the headers.

    Raises:
        ServiceError: `invalid-request`, with the nearest known name for one that is not known.
    """
    for name in body:
        if name != FIELD and _bare(name) == _bare(FIELD):
            raise _invalid(f"there is no field `{name}`; did you mean `{FIELD}`?", f"#/{name}")
    said = body.get(FIELD, {})
    if not isinstance(said, dict):
        raise _invalid(f"`{FIELD}` is no object", f"#/{FIELD}")
    check_values(said)
    merged = _read_headers(headers)
    for name, value in said.items():
        both = isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = {**merged[name], **value} if both else value
    try:
        return Directions.model_validate(merged)
    except ValidationError as error:
        faults = [{**fault, "loc": (FIELD, *fault["loc"])} for fault in error.errors()]
        raise schema_failure(faults, _Body) from error


def split_model(model: Any, settings: Settings) -> tuple[str | None, str | None]:
    """Split `profile/model`; a name that begins with no profile is a model of the upstream.

    Raises:
        ServiceError: `invalid-request`: the model is no name.
    """
    if model is None:
        return None, None
    if not isinstance(model, str) or not 0 < len(model) <= 200:  # noqa: PLR2004  # as in SolveRequest
        raise _invalid("`model` is not the name of a model", "#/model")
    before, slash, rest = model.partition("/")
    if before in settings.profiles:
        return before, (rest if slash else "") or None
    return None, model


def _bare(name: str) -> str:
    return "".join(char for char in name[:40].lower() if char.isalnum())


class _Body(Wire):
    """Only to find the nearest name of a field."""

    llm_modulo: Directions


def _read_headers(headers: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for header, value in headers.items():
        if not header.startswith(HEADER):
            continue
        path = HEADERS.get(header.removeprefix(HEADER))
        if path is None:
            near = did_you_mean(header, [HEADER + name for name in HEADERS])
            raise _invalid(f"there is no header `{header[:80]}`{near}", "#")
        inner = found
        for part in path[:-1]:
            inner = inner.setdefault(part, {})
        inner[path[-1]] = value
    return found


def _find_profile(name: str, settings: Settings) -> Profile:
    found = settings.profiles.get(name)
    if found is None:
        near = did_you_mean(name, settings.profiles)
        raise ServiceError("profile-unknown", f"there is no profile `{name[:80]}`{near}")
    return found


def _require_rung(model: str, name: str | None, profile: Profile) -> None:
    """Refuse `profile/model` where the profile's ladder has no such rung."""
    rungs = [rung.model for rung in profile.models]
    if rungs and model not in rungs and name is not None:
        near = did_you_mean(model, rungs)
        detail = f"profile `{name}` has no model `{model[:80]}`{near}"
        fault = Fault(pointer="#/model", code="model-unknown", detail=detail)
        raise ServiceError("model-unknown", detail, faults=[fault])


def _over(kind: Any, below: Any, above: Any) -> Any:
    """Lay what is set in `above` over what is set in `below`; `None` if nothing is."""
    layers = [layer for layer in (below, above) if layer is not None]
    if not layers:
        return None
    merged: dict[str, Any] = {}
    for layer in layers:
        merged |= {name: getattr(layer, name) for name in layer.model_fields_set}
    try:
        return kind.model_validate(merged)
    except ValidationError as error:
        said = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise _invalid(said, f"#/{FIELD}/{kind.__name__.lower()}") from error


def _invalid(detail: str, pointer: str) -> ServiceError:
    fault = Fault(pointer=pointer, code="invalid-request", detail=detail)
    return ServiceError("invalid-request", detail, faults=[fault])
