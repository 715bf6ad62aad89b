"""Ids: a kind and a ULID, such as `run_01KANW…`; they sort by the time they were made."""

import hashlib
import secrets
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id(kind: str) -> str:
    """Make an id of a kind from the time in milliseconds (48 bits) and 80 random bits."""
    number = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    digits = (_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
    return f"{kind}_{''.join(digits)}"


def derived_id(kind: str, *parts: str) -> str:
    """Make the id that always belongs to these parts: 130 bits of their SHA-256."""
    hashed = hashlib.sha256("\0".join(parts).encode()).digest()
    number = int.from_bytes(hashed) >> (256 - 130)
    digits = (_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
    return f"{kind}_{''.join(digits)}"
