"""Principal: on whose behalf something is done.

It is a context variable, set by the gate for each request, so that no way to spending can forget
to pass it on. Runs are not executed in it: whatever they need of it stands in their `RunSpec`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from app.engine import LOCAL
from app.failures import ServiceError
from app.security.keys import Key, Scope

ALL = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks.

    Attributes:
        tenant: Whose runs are started and seen.
        scopes: What may be done.
        key: The key that was shown; `None` where none is needed.
    """

    tenant: str
    scopes: frozenset[Scope]
    key: Key | None = None

    @classmethod
    def of(cls, key: Key) -> "Principal":
        """Give whoever holds a key."""
        scopes = frozenset(key.scopes)
        return cls(key.tenant, ALL if Scope.ADMIN in scopes else scopes, key)

    @property
    def name(self) -> str:
        """What its streams and rates are counted by."""
        return self.key.id if self.key else ""

    @property
    def everywhere(self) -> bool:
        """Say whether the runs of all tenants are open to it."""
        return self.key is not None and Scope.ADMIN in self.scopes

    def sees(self, tenant: str) -> bool:
        """Say whether a tenant's runs are open to it."""
        return self.everywhere or tenant == self.tenant

    def require(self, scope: Scope) -> None:
        """Refuse what needs another scope.

        Raises:
            ServiceError: `scope-missing`.
        """
        if scope not in self.scopes:
            raise ServiceError("scope-missing", f"this needs a key with the scope `{scope}`")


ANYBODY = Principal(LOCAL, ALL)
"""Whoever reaches a service that needs no key, and who runs the command line."""
NOBODY = Principal("", frozenset())
"""Whoever asks without a key for what is open to all."""

_current: ContextVar[Principal] = ContextVar("principal", default=ANYBODY)


def caller() -> Principal:
    """Give the one on whose behalf this is done."""
    return _current.get()


@contextmanager
def acting_for(principal: Principal) -> Iterator[None]:
    """Do something on somebody's behalf."""
    token = _current.set(principal)
    try:
        yield
    finally:
        _current.reset(token)
