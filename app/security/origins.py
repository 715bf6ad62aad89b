"""origins: keeps foreign web pages away from a service that needs no key.

A browser lets any page send requests to this machine. Two things give such a page away: a `Host`
that is a name of its own, made to lead here (DNS rebinding), and an `Origin` that is not ours.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from app.failures import ServiceError

OURS = frozenset({b"same-origin", b"none"})
"""Values of `Sec-Fetch-Site` that no foreign page causes."""


def require_host(host: bytes | None, allowed: Sequence[str], *, keyed: bool) -> None:
    """Refuse a request that was sent to a name which is not ours.

    Args:
        host: The header `Host`; browsers always send one.
        allowed: Names that are ours; without any, all are where keys are needed. What no stranger
            can own is ours anyway: probes and Prometheus ask for the address of a container.
        keyed: Whether requests need a key, which no foreign page has.

    Raises:
        ServiceError: `host-not-allowed`.
    """
    if host is None or (keyed and not allowed):
        return
    name = host_name(host.decode("latin-1"))
    if is_local_name(name) or any(_covers(one.lower(), name) for one in allowed):
        return
    raise ServiceError("host-not-allowed", f"this service is not known as `{name[:80]}`")


def host_name(host: str) -> str:
    """Give the name in a `Host`, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].rstrip(".").lower()


def is_local_name(name: str) -> bool:
    """Say whether no stranger can own a name: an IP address, or one without a dot."""
    if not name:
        return False
    if "." not in name and ":" not in name:
        return True
    if name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _covers(allowed: str, name: str) -> bool:
    if allowed.startswith("*."):
        return name.endswith(allowed[1:]) and len(name) > len(allowed) - 1
    return name == host_name(allowed)


def require_same_origin(headers: Mapping[bytes, bytes], allowed: Sequence[str]) -> None:
    """Refuse what a foreign web page has sent.

    Args:
        headers: Names in lower case.
        allowed: Origins whose pages may ask.

    Raises:
        ServiceError: `origin-not-allowed`.
    """
    origin = headers.get(b"origin")
    if origin is None:
        if headers.get(b"sec-fetch-site", b"none") in OURS:
            return
        raise _foreign("another site")
    said = origin.decode("latin-1")
    if said in allowed:
        return
    own = headers.get(b"host", b"").decode("latin-1").lower()
    if said != "null" and own and _place(said) == own:
        return
    raise _foreign(f"`{said[:80]}`")


def _place(origin: str) -> str:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    return parts.netloc.lower() if parts.scheme in {"http", "https"} else ""


def _foreign(whom: str) -> ServiceError:
    return ServiceError(
        "origin-not-allowed", f"a web page of {whom} sent the request, and that may not ask here"
    )
