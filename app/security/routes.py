"""routes: which scope each path needs.

Invariant: a path that is not listed needs the scope `admin`, so a route that nobody thought of is
closed to all others.
"""

from collections.abc import Mapping
from types import MappingProxyType

from app.security.keys import Scope

Scopes = frozenset[Scope]
OPEN: Scopes = frozenset()
ANY: Scopes = frozenset({Scope.SOLVE, Scope.CHECK})
SOLVE: Scopes = frozenset({Scope.SOLVE})
CHECK: Scopes = frozenset({Scope.CHECK})

BY_SEGMENT: Mapping[str, Scopes] = MappingProxyType(
    {
        "": OPEN,
        "docs": OPEN,
        "console": SOLVE,
        "openapi.json": OPEN,
        "healthz": OPEN,
        "readyz": OPEN,
        "health": OPEN,
        "keys": OPEN,
        "errors": OPEN,
        "domains": ANY,
        "check": CHECK,
        "reward": CHECK,
        "certificates": ANY,
        "solve": SOLVE,
        "formalize": SOLVE,
        "runs": SOLVE,
        "v1": SOLVE,
        "p": SOLVE,
        "metrics": frozenset({Scope.METRICS}),
    }
)
"""By the first segment of a path; any one of the scopes is enough, and none means that no key is
needed."""

OPEN_PAGES = frozenset({"/console/sign-in", "/console/sign-out"})
OPEN_FILES = "/console/static/"
"""What a browser needs before its user has signed in."""


def needed(path: str) -> Scopes:
    """Give the scopes of which a path needs one; empty where it is open to all."""
    if path in OPEN_PAGES or path.startswith(OPEN_FILES):
        return OPEN
    return BY_SEGMENT.get(_segment(path), frozenset({Scope.ADMIN}))


def is_listed(path: str) -> bool:
    """Say whether somebody thought of a path."""
    return _segment(path) in BY_SEGMENT


def _segment(path: str) -> str:
    first, slash, _ = path.removeprefix("/").partition("/")
    return first or slash
