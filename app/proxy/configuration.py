"""Configuration of the proxy, checked when the service starts: a wrong profile fails no request."""

from app.admission import settle_budget, settle_sampling, settle_strategy
from app.failures import ServiceError
from app.nearest import did_you_mean
from app.profiles import Profile
from app.settings import Settings
from critics.domain import installed


def require_profiles(settings: Settings) -> None:
    """Find at start-up what would make every request with a profile fail.

    Raises:
        ServiceError: `settings-invalid`, with the profile and what is wrong with it.
    """
    for name, profile in settings.profiles.items():
        try:
            _require_usable(profile, settings)
        except ServiceError as error:
            raise ServiceError("settings-invalid", f"`profiles.{name}`: {error.detail}") from error


def _require_usable(profile: Profile, settings: Settings) -> None:
    if profile.domain is not None and profile.domain not in installed():
        near = did_you_mean(profile.domain, installed())
        detail = f"there is no domain `{profile.domain}`{near}"
        raise ServiceError("settings-invalid", detail)
    if profile.problem and profile.domain is None:
        raise ServiceError("settings-invalid", "`problem` needs a `domain`")
    settle_budget(profile.budget, settings)
    settle_sampling(None, settings, settle_strategy(profile.strategy, settings))
