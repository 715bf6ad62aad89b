"""Settings of security, beside the other groups."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from app.setting_groups import Group

ORIGIN = r"^[a-z][a-z0-9+.-]*://[^\s/]+$"
HOST = r"^(\*\.)?[A-Za-z0-9._:\[\]-]+$"


class SecuritySettings(Group):
    """Who may use the service, and from where."""

    auth: Literal["keys", "none"] | None = None
    """`keys`: every request needs an API key. `none`: nobody needs one. Empty: as soon as there is
    a key, requests need one. `modulo access new` makes keys."""
    keys_file: Path | None = None
    """File that holds the API keys, as hashes; by default they lie in the database of the runs or,
    without one, in `keys.json` in the user's data directory."""
    allow_anonymous: bool = False
    """Listen on other addresses than loopback although requests need no key."""
    allowed_hosts: tuple[Annotated[str, Field(pattern=HOST)], ...] = ()
    """Names that a request's `Host` may have; `*.` before one means all below it. IP addresses and
    names without a dot, which no foreign web page can have, are allowed anyway. By default any
    name, where requests need a key; else no other."""
    cors_origins: tuple[Annotated[str, Field(pattern=ORIGIN)], ...] = ()
    """Origins of web pages, such as `https://app.example`, whose scripts may ask this service."""
    header_bytes: int = Field(default=32_768, ge=1024)
    """Bytes of all headers of a request."""
    header_count: int = Field(default=100, ge=8)
    """Headers of a request."""
    url_bytes: int = Field(default=8_192, ge=256)
    """Bytes of a request's path and query."""
    body_seconds: float = Field(default=30.0, gt=0, le=3600)
    """Seconds in which a request's head, and then its body, must have come."""
    streams: int = Field(default=256, ge=1)
    """Event streams of runs that one key, or all who need none together, may follow at once, in
    each process."""
