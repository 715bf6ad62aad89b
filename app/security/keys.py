"""API keys: what a caller proves itself with, and what it may do then.

A key is `mdl_`, its public id and 256 random bits. Only its SHA-256 is kept. A slow hash, such as
passwords need, would add nothing: nobody can guess 256 random bits, however fast the hash is, and
every request would pay for it.

Invariants:
    * The key itself is shown once, by the command that made it, and is nowhere else.
    * Two hashes are compared in constant time.
"""

import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

PREFIX = "mdl_"
_TOKEN = re.compile(r"mdl_([0-9a-f]{12})_[0-9a-f]{64}")
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"


class Scope(StrEnum):
    """What a key may do."""

    SOLVE = "solve"
    """Start runs and use the proxy, which spends; see its own tenant's runs."""
    CHECK = "check"
    """Judge answers and certificates, which is free."""
    METRICS = "metrics"
    """Read `/metrics`."""
    ADMIN = "admin"
    """Everything, and the runs of all tenants."""


class _Record(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


class Allowance(_Record):
    """What a key may spend in a day of UTC; `None` leaves a dimension open."""

    runs: int | None = Field(default=None, ge=1)
    """Runs, and translations and formalisations without one."""
    tokens: int | None = Field(default=None, ge=1)
    """Prompt and completion tokens together."""
    usd: float | None = Field(default=None, gt=0)
    """US dollars, by `upstream.prices`."""

    @property
    def is_open(self) -> bool:
        """Say whether nothing is limited."""
        return self.runs is None and self.tokens is None and self.usd is None


class Key(_Record):
    """A key as it is kept: everything but the key itself."""

    id: str = Field(pattern=r"^[0-9a-f]{12}$")
    """Its public part, by which it is listed and revoked."""
    name: str = Field(pattern=NAME)
    """What people call it."""
    tenant: str = Field(pattern=NAME)
    """Whose runs it starts and sees; keys of one tenant share them."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Of the whole key."""
    scopes: tuple[Scope, ...] = Field(min_length=1)
    """What it may do."""
    created_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None
    per_day: Allowance = Allowance()
    """What it may spend."""
    per_minute: int | None = Field(default=None, ge=1, le=1_000_000)
    """Requests, in each process; a sixth of them may come at once."""
    models: tuple[str, ...] | None = None
    """Models it may have asked; `None` for any."""
    profiles: tuple[str, ...] | None = None
    """Profiles it may name; `None` for any."""
    upstreams: tuple[str, ...] | None = None
    """Endpoints it may have asked: base URLs, or `local`, `embedded`, `replay`; `None` for any."""
    priority: int = Field(default=0, ge=-100, le=100)
    """The highest priority that its runs may have."""

    @property
    def shown(self) -> str:
        """The beginning of the key, by which its owner knows it."""
        return PREFIX + self.id

    def fault(self, now: datetime) -> str | None:
        """Say why it cannot be used any more."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return None

    def fits(self, token: str) -> bool:
        """Say whether this is the key."""
        return hmac.compare_digest(self.sha256, digest(token))


def digest(token: str) -> str:
    """Hash a key."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def key_id(token: str) -> str | None:
    """Read the public id of a key; `None` if this is no key of ours."""
    found = _TOKEN.fullmatch(token)
    return found[1] if found else None


def make_key(name: str, scopes: tuple[Scope, ...], **rest: object) -> tuple[Key, str]:
    """Make a key.

    Args:
        name: What people call it.
        scopes: What it may do.
        rest: Further fields of `Key`.

    Returns:
        What is kept, and the key itself.

    Raises:
        ValidationError: A field is wrong.
    """
    public = secrets.token_hex(6)
    token = f"{PREFIX}{public}_{secrets.token_hex(32)}"
    fields = {"tenant": name, "created_at": datetime.now(UTC), **rest}
    kept = Key.model_validate(
        {"id": public, "name": name, "scopes": scopes, "sha256": digest(token), **fields}
    )
    return kept, token
