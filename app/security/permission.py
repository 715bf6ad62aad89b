"""permission: whether a key may have a model, a profile, an endpoint or a priority."""

from collections.abc import Iterable

from app.embedded import read_name
from app.failures import Fault, ServiceError
from app.profiles import Profile
from app.security.keys import Key
from app.security.principal import caller
from app.settings import Settings
from app.upstreams import Choice

FREE = frozenset({"replay", "embedded", "local"})
"""Upstreams that nobody sends a bill for."""


def require_models(
    choice: Choice, model: str | None, profile: Profile | None, settings: Settings
) -> None:
    """Refuse what the caller's key may not have asked.

    Args:
        choice: The upstream.
        model: The model that the request names.
        profile: The profile whose ladder is climbed.
        settings: What models cost.

    Raises:
        ServiceError: `key-forbids`, `model-unpriced`.
    """
    key = caller().key
    if key is None:
        return
    own = choice.base_url or choice.kind
    rungs = profile.models if profile else ()
    asked = [(rung.base_url or own, rung.model) for rung in rungs]
    for endpoint, name in asked or [(own, model or choice.model or "")]:
        endpoint = "embedded" if read_name(name) else endpoint  # noqa: PLW2901  # where it really is
        require_model(key, endpoint, name, settings)
    for role in settings.roles.__class__.model_fields:
        at = getattr(settings.roles, role)
        if at is not None:
            _require_price(key, at.base_url or own, at.model, settings)


def require_model(key: Key, endpoint: str, model: str, settings: Settings) -> None:
    """Refuse a model or an endpoint that a key may not have asked.

    Raises:
        ServiceError: `key-forbids`, `model-unpriced`.
    """
    if key.models is not None and model not in key.models:
        raise _forbidden("model", model, key, "#/model")
    if key.upstreams is not None and endpoint.rstrip("/") not in _bare(key.upstreams):
        raise _forbidden("endpoint of the model", model, key, "#/model")
    _require_price(key, endpoint, model, settings)


def _require_price(key: Key, endpoint: str, model: str, settings: Settings) -> None:
    unpriced = endpoint not in FREE and model not in settings.upstream.prices
    if key.per_day.usd is not None and unpriced:
        detail = f"the key `{key.shown}` has a budget in dollars, and `{model[:80]}` has no price"
        raise ServiceError("model-unpriced", detail)


def require_profile(name: str | None) -> None:
    """Refuse a profile that the caller's key may not name.

    Raises:
        ServiceError: `key-forbids`.
    """
    key = caller().key
    if key is None or name is None or key.profiles is None or name in key.profiles:
        return
    raise _forbidden("profile", name, key, "#/llm_modulo/profile")


def require_priority(priority: int) -> None:
    """Refuse a priority above the caller's cap.

    Raises:
        ServiceError: `key-forbids`.
    """
    key = caller().key
    if key is not None and priority > max(key.priority, 0):
        detail = f"`priority` is {priority}; the key `{key.shown}` allows {max(key.priority, 0)}"
        fault = Fault(pointer="#/priority", code="key-forbids", detail=detail)
        raise ServiceError("key-forbids", detail, faults=[fault])


def require_unmetered() -> None:
    """Refuse to pass on what nobody counts, to a key whose spending is counted.

    Raises:
        ServiceError: `key-forbids`.
    """
    key = caller().key
    if key is not None and not key.per_day.is_open:
        detail = (
            f"the key `{key.shown}` has a daily budget, and what is passed through is not counted"
        )
        help_ = ["name something to verify in `llm_modulo`, or use a key without a daily budget"]
        raise ServiceError("key-forbids", detail, help=help_)


def _bare(urls: Iterable[str]) -> set[str]:
    return {url.rstrip("/") for url in urls}


def _forbidden(what: str, name: str, key: Key, pointer: str) -> ServiceError:
    detail = f"the key `{key.shown}` may not use the {what} `{name[:80]}`"
    fault = Fault(pointer=pointer, code="key-forbids", detail=detail)
    return ServiceError("key-forbids", detail, faults=[fault])
