"""addresses: whom the service may call on a client's word, once the name is resolved.

A name that the operator allowed may come to lead elsewhere: to this machine, to the private network
or to a cloud's metadata service. So the name is resolved here, every address that comes back is
looked at, and the connection goes to one of these very addresses.

Invariant: an address that is not public is called only if the operator has written it down, as an
address or as a network (`webhooks.networks`).
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
PORTS = {"http": 80, "https": 443}
INSIDE = (
    "192.0.0.0/24",  # of protocols (RFC 6890); the metadata of Oracle's cloud
    "168.63.129.16/32",  # Azure's service for its machines
    "192.88.99.0/24",  # relays of 6to4
    "fec0::/10",  # site-local, the private addresses of old
    "3fff::/20",  # documentation
)
"""Networks that older versions of `ipaddress`, or all, take for public."""
PREFIXES = ("64:ff9b::/96",)
"""Networks whose addresses hold an IPv4 address that is really called (NAT64)."""


class RefusedAddressError(Exception):
    """An address is not called; the message says why."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a request goes.

    Attributes:
        url: With an address in the place of the name.
        host: The header `Host`.
        name: What the certificate of the other side must be for.
    """

    url: str
    host: str
    name: str


async def resolve(name: str, port: int) -> Sequence[str]:
    """Ask the system for the addresses of a name."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


async def find_destination(
    url: str, networks: Sequence[Network], *, turn: int = 0, ask: Resolve = resolve
) -> Destination:
    """Find the address of a URL, if that may be called.

    Args:
        url: `http` or `https`.
        networks: Networks that may be called although they are not public.
        turn: Which of several addresses to take, in turn.
        ask: Resolves names.

    Raises:
        RefusedAddressError: It may not be called, or there is no such name.
    """
    parts = _split(url)
    login, at, own = parts.netloc.rpartition("@")
    name, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    if _read(name) is not None or name == "localhost":  # written down by the operator, as it is
        return Destination(url, own, name)
    try:
        found = [ipaddress.ip_address(one.partition("%")[0]) for one in await ask(name, port)]
    except (OSError, UnicodeError, ValueError) as error:
        raise RefusedAddressError(f"`{name}` has no address: {type(error).__name__}") from error
    for address in found:
        if not may_call(address, networks):
            raise RefusedAddressError(
                f"`{name}` leads to {address}, which is not public (`webhooks.networks`)"
            )
    if not found:
        raise RefusedAddressError(f"`{name}` has no address")
    chosen = found[turn % len(found)]
    shown = f"[{chosen}]" if chosen.version == 6 else str(chosen)  # noqa: PLR2004  # of the protocol
    place = shown if parts.port is None else f"{shown}:{parts.port}"
    return Destination(parts._replace(netloc=login + at + place).geturl(), own, name)


def may_call(address: Address, networks: Sequence[Network]) -> bool:
    """Say whether an address is public, or one of the operator's networks."""
    inner = _inner(address)
    if any(
        one.version == network.version and one in network
        for one in {address, inner}
        for network in networks
    ):
        return True
    inside = any(inner in ipaddress.ip_network(one) for one in INSIDE)
    return inner.is_global and not (inner.is_multicast or inner.is_reserved or inside)


def _inner(address: Address) -> Address:
    """Give the IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if any(address in ipaddress.IPv6Network(prefix) for prefix in PREFIXES):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _read(name: str) -> Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise RefusedAddressError("the address cannot be read") from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise RefusedAddressError("the address is neither http nor https")
    return parts
