"""sign_in: the cookie by which a browser shows an API key to the console, and to nothing else."""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie

COOKIE = "modulo_key"
PATH = "/console"


def is_console(path: str) -> bool:
    """Say whether the cookie counts for a path."""
    return path == PATH or path.startswith(f"{PATH}/")


def read_cookie(headers: Mapping[bytes, bytes]) -> str:
    """Read the key of a browser that has signed in; empty without one.

    Args:
        headers: Names in lower case.
    """
    found = SimpleCookie()
    try:
        found.load(headers.get(b"cookie", b"").decode("latin-1"))
    except CookieError:
        return ""
    return found[COOKIE].value if COOKIE in found else ""
