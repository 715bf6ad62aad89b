"""Splits: which part of the data a problem belongs to.

Invariants:
    * The part depends on the problem's identity and the shares alone: not on how many rows there
      are, in which order they come, or from which seed.
    * Renamed twins have one identity, so they are in one part.
"""

from collections.abc import Mapping
from hashlib import sha256
from math import isclose

from app.failures import ServiceError

SALT = "llm-modulo split 1"
"""Makes parts independent of every other use of identities."""
BITS = 53


def choose_split(identity: str, shares: Mapping[str, float]) -> str:
    """Give the part of the data that a problem belongs to.

    Args:
        identity: Equal for problems that are equal up to names and order.
        shares: Parts, in order, and how large they are; together 1.
    """
    drawn = sha256(f"{SALT}\0{identity}".encode()).digest()[:8]
    place = (int.from_bytes(drawn) >> (64 - BITS)) / (1 << BITS)
    upto = 0.0
    for name, share in shares.items():
        upto += share
        if place < upto:
            return name
    return max(shares, key=lambda name: (shares[name], name))


def read_shares(text: str) -> Mapping[str, float]:
    """Read shares such as `train=.8,dev=.1,test=.1`.

    Raises:
        ServiceError: `usage`: it is no list of shares that add up to 1.
    """
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, _, share = (piece.strip() for piece in part.partition("="))
        if not name.isidentifier() or name in shares or not _is_share(share):
            raise _unclear(text, f"`{part.strip()}` is no part with a share between 0 and 1")
        shares[name] = float(share)
    if not isclose(sum(shares.values()), 1, abs_tol=1e-9):
        raise _unclear(text, f"the shares add up to {sum(shares.values()):g}")
    return shares


def _is_share(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


def _unclear(text: str, why: str) -> ServiceError:
    return ServiceError(
        "usage",
        f"`{text}` divides no data: {why}",
        help=["write parts and shares that add up to 1, such as `train=.8,dev=.1,test=.1`"],
    )
