"""Books: which keys there are, and what each has spent.

Two of them: a file of keys with accounts in memory, for one process, and a database that replicas
share (`app.security.database`). Their methods block, and are called in threads.

Invariants:
    * What a run may spend is reserved before it is started, in one step with the look at what is
      left, so runs that start at once cannot share one rest.
    * What was spent stays spent, even if its run is deleted and another one gets its id.
    * A reservation stands until it is settled by what the run has spent; if nobody settles it, it
      counts in full.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.security.keys import Allowance, Key


class BooksAwayError(Exception):
    """The books cannot be read or written now."""


class SpentError(Exception):
    """A key has nothing left.

    Attributes:
        what: The dimension: `runs`, `tokens` or `usd`.
        waiting: Whether something may come back, once runs that are under way have ended.
    """

    def __init__(self, what: str, *, waiting: bool) -> None:
        """Keep both."""
        super().__init__(what)
        self.what = what
        self.waiting = waiting


@dataclass(frozen=True, slots=True)
class Amount:
    """What was or may be spent.

    Attributes:
        runs: Runs.
        tokens: Tokens.
        usd: US dollars.
    """

    runs: int = 0
    tokens: int = 0
    usd: float = 0.0

    def __add__(self, other: "Amount") -> "Amount":
        """Add dimension by dimension."""
        return Amount(self.runs + other.runs, self.tokens + other.tokens, self.usd + other.usd)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a run asks for.

    Attributes:
        tokens: Its budget; `None` takes what is left.
        usd: Likewise.
        first: What its first call costs at least.
        goes_on: Whether it goes on with a run that was over, and whose usage it adds to. Otherwise
            an earlier charge of the same id is another run's, which was deleted, and stays.
    """

    tokens: int | None
    usd: float | None
    first: Amount
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """What a run may spend; `None` where its key's day has no limit.

    Attributes:
        tokens: Tokens.
        usd: US dollars.
        held: What is reserved for it.
        fresh: Whether this reserved it, and not an earlier call for the same run.
    """

    tokens: int | None
    usd: float | None
    held: Amount
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class Account:
    """A key's day.

    Attributes:
        spent: By runs that are over.
        held: For runs that are not.
    """

    spent: Amount = Amount()
    held: Amount = Amount()


class Books(Protocol):
    """Where keys and accounts are kept."""

    def prepare(self) -> None:
        """Make what is missing; raises `BooksAwayError`."""
        ...

    def read_keys(self, known: object) -> tuple[object, Sequence[Key]] | None:
        """Read all keys, with a mark; `None` if the mark is still the known one."""
        ...

    def put_key(self, key: Key) -> None:
        """Add a key, or change it."""
        ...

    def account(self, key: str, day: str) -> Account:
        """Say what a key has spent on a day."""
        ...

    def reserve(self, key: Key, day: str, charge: str, claim: Claim) -> Grant:
        """Reserve what a run may spend; the same again for the same charge.

        Raises:
            SpentError: There is nothing left.
        """
        ...

    def settle(self, charge: str, amount: Amount) -> None:
        """Put what was spent in the place of what was reserved, if that stands open."""
        ...

    def release(self, charge: str) -> None:
        """Take back what was reserved for a run that was never started."""
        ...

    def held_by(self, key: str, most: int) -> list[str]:
        """List reservations of a key that are not settled, the oldest first."""
        ...

    def close(self) -> None:
        """Release everything."""
        ...


TINY = 1e-12
"""Less than any sum that is left."""


def grant(allowance: Allowance, account: Account, claim: Claim) -> Grant:
    """Decide what a run may spend of what is left of a day.

    Raises:
        SpentError: Nothing is left, or less than its first call costs.
    """
    limits = {"runs": allowance.runs, "tokens": allowance.tokens, "usd": allowance.usd}
    left: dict[str, float] = {}
    for what, limit in limits.items():
        if limit is None:
            continue
        spent, held = getattr(account.spent, what), getattr(account.held, what)
        left[what] = limit - spent - held
        if left[what] <= 0 or left[what] < getattr(claim.first, what):
            back = what != "runs" and held > 0  # a run that ends has been one all the same
            waiting = back and limit - spent >= max(getattr(claim.first, what), TINY)
            raise SpentError(what, waiting=waiting)
    tokens = usd = None
    if "tokens" in left:
        tokens = int(left["tokens"] if claim.tokens is None else min(claim.tokens, left["tokens"]))
    if "usd" in left:
        usd = left["usd"] if claim.usd is None else min(claim.usd, left["usd"])
    held = Amount(1, max(tokens or 0, claim.first.tokens), max(usd or 0.0, claim.first.usd))
    return Grant(tokens, usd, held)
