"""Access: who holds a key, and what its day still allows.

Invariants:
    * A key that was revoked works no more after `LOOK_S`, in every process; where the keys cannot
      be read, none works after `STALE_S`.
    * Once requests need a key, they need one as long as the process lives.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TypeVar

from app.admission import RETRY_AFTER_S
from app.engine import Engine, RunRecord, RunSpec
from app.failures import ServiceError
from app.ids import new_id
from app.security.books import Account, Amount, Books, BooksAwayError, Claim, Grant, SpentError
from app.security.keys import Key, key_id
from app.security.metering import Meter, first_call
from app.security.principal import Principal, caller
from app.security.rates import Rates, Streams
from app.security.settings import SecuritySettings
from app.setting_groups import Price
from backprompt.budget import Budget, Usage
from backprompt.upstream import count_chars

T = TypeVar("T")
logger = logging.getLogger("llm_modulo.security")

LOOK_S = 1.0
"""Seconds after which the keys are looked at again."""
NEW_S = 0.1
"""The same, for a key that nobody knows yet."""
STALE_S = 10.0
"""Seconds for which keys that cannot be read again still count."""
SWEPT = 100
"""Open reservations that are looked at where a key has too little left."""


class Access:
    """The keys of a service, and what they may spend.

    Attributes:
        books: Where both are kept.
        rates: How often each key has asked.
        streams: Who follows how many event streams.
    """

    def __init__(
        self,
        books: Books,
        settings: SecuritySettings,
        *,
        engine: Callable[[], Engine],
        prices: Mapping[str, Price],
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Read nothing yet.

        Args:
            books: Where keys and accounts are kept.
            settings: Whether keys are needed.
            engine: Gives what keeps the runs.
            prices: What models cost.
            clock: A clock that never goes back, in seconds.
            now: The time.
        """
        self.books = books
        self.rates = Rates()
        self.streams = Streams(settings.streams)
        self._auth = settings.auth
        self._engine, self._prices = engine, prices
        self._clock, self._now = clock, now
        self._ring: dict[str, Key] = {}
        self._mark: object = None
        self._read_at = float("-inf")
        self._needed = settings.auth == "keys"
        self._reading = asyncio.Lock()

    async def needs_key(self) -> bool:
        """Say whether requests need a key.

        Raises:
            ServiceError: `keys-away`: it cannot be found out.
        """
        if self._auth == "none":
            return False
        await self._look()
        self._needed = self._needed or bool(self._ring)
        return self._needed

    async def authenticate(self, token: str) -> Principal:
        """Find out who shows a key.

        Raises:
            ServiceError: `key-invalid`: nobody; `keys-away`: it cannot be found out.
        """
        await self._look()
        public = key_id(token)
        if public is not None and public not in self._ring:
            await self._look(NEW_S)  # it may have been made a moment ago
        key = self._ring.get(public or "")
        if key is None or not key.fits(token):
            raise refuse_key("the request's key is none of this service")
        fault = key.fault(self._now())
        if fault is not None:
            raise refuse_key(f"the key `{key.shown}` is {fault}")
        return Principal.of(key)

    async def _look(self, every_s: float = LOOK_S) -> None:
        """Read the keys again, if that is due."""
        if self._clock() - self._read_at < every_s:
            return
        async with self._reading:
            began = self._clock()
            if began - self._read_at < every_s:
                return
            try:
                found = await asyncio.to_thread(self.books.read_keys, self._mark)
            except BooksAwayError as error:
                logger.warning("%s", error)
                if began - self._read_at < STALE_S:
                    return
                raise away() from error
            self._read_at = began
            if found is not None:
                self._mark, keys = found
                self._ring = {key.id: key for key in keys}

    async def account(self, key: Key) -> Account:
        """Say what a key has spent today.

        Raises:
            ServiceError: `keys-away`.
        """
        return await self._ask(self.books.account, key.id, self._day())

    async def begin(self, spec: RunSpec) -> RunRecord:
        """Start a run, with what its key's day allows it to spend.

        Raises:
            ServiceError: `key-budget-spent`, `key-budget-held`, or as from the engine.
        """
        spec, fresh = await self.reserve(spec)
        try:
            return await self._engine().start(spec)
        except (ServiceError, asyncio.CancelledError):
            if fresh:
                await asyncio.shield(self._release_unknown(spec.id))
            raise

    async def _release_unknown(self, run_id: str) -> None:
        """Release what no run needs; another request may have started one with the same id."""
        with suppress(ServiceError):  # what cannot be released counts in full
            if await self._engine().get(run_id) is None:
                await self.release(run_id)

    async def reserve(self, spec: RunSpec, *, goes_on: bool = False) -> tuple[RunSpec, bool]:
        """Reserve what a run may spend of its key's day, and cut its budget to that.

        Args:
            spec: The run.
            goes_on: Whether it is one that was over, and whose usage it adds to.

        Returns:
            The run, and whether something was reserved that would have to be released.

        Raises:
            ServiceError: `key-budget-spent`, `key-budget-held`; nothing was spent.
        """
        key = caller().key
        if key is None or key.per_day.is_open:
            return spec, False
        chars = len(spec.task.prompt) + len(spec.request.text or "")
        chars += count_chars(spec.task.conversation)
        claim = claim_of(spec.budget, chars, goes_on=goes_on)
        budget, granted = await self._claim(key, spec.id, spec.budget, claim)
        return spec.model_copy(update={"budget": budget}), granted.fresh

    async def release(self, run_id: str) -> None:
        """Take back what was reserved for a run that was not started."""
        await self._ask(self.books.release, run_id)

    async def settle(self, record: RunRecord) -> None:
        """Note what a run has spent; what fails now is made up for when it matters."""
        with suppress(ServiceError):
            await self._ask(self.books.settle, record.spec.id, amount_of(record.usage))

    @asynccontextmanager
    async def spending(self, budget: Budget, chars: int) -> AsyncIterator[Meter]:
        """Spend on something that is no run.

        Args:
            budget: What it may spend.
            chars: Characters of its first prompt, at least.

        Yields:
            The budget, cut to what is left of the key's day, and what counts.

        Raises:
            ServiceError: `key-budget-spent`, `key-budget-held`; nothing was spent.
        """
        key = caller().key
        if key is None or key.per_day.is_open:
            yield Meter(budget, self._prices)
            return
        charge = new_id("spend")
        cut, _ = await self._claim(key, charge, budget, claim_of(budget, chars))
        meter = Meter(cut, self._prices)
        try:
            yield meter
        finally:
            await asyncio.shield(self._ask(self.books.settle, charge, amount_of(meter.usage)))

    async def _claim(
        self, key: Key, charge: str, budget: Budget, claim: Claim
    ) -> tuple[Budget, Grant]:
        day, again = self._day(), not claim.goes_on
        if claim.goes_on:  # its old charge could not be put back between two tries
            await self._sweep(key, charge)
        try:
            granted = await self._ask(self.books.reserve, key, day, charge, claim)
            short = (granted.tokens, granted.usd) != _wanted(key, claim)
            if short and granted.fresh and again and await self._sweep(key, charge):
                await self._ask(self.books.release, charge)
                granted = await self._ask(self.books.reserve, key, day, charge, claim)
        except SpentError as error:
            if not (error.waiting and await self._sweep(key, charge)):
                raise _refuse_spending(key, error) from error
            try:
                granted = await self._ask(self.books.reserve, key, day, charge, claim)
            except SpentError as again:
                raise _refuse_spending(key, again) from again
        cut = {"tokens": granted.tokens, "cost_usd": granted.usd}
        lower = {name: value for name, value in cut.items() if value is not None}
        return budget.model_copy(update=lower), granted

    async def _sweep(self, key: Key, but: str) -> int:
        """Settle the runs of a key that are over; says how many."""
        swept = 0
        for charge in await self._ask(self.books.held_by, key.id, SWEPT):
            record = await self._engine().get(charge) if charge.startswith("run_") else None
            if charge != but and record is not None and record.over:
                await self._ask(self.books.settle, charge, amount_of(record.usage))
                swept += 1
        return swept

    def _day(self) -> str:
        return self._now().astimezone(UTC).date().isoformat()

    async def _ask(self, function: Callable[..., T], *args: object) -> T:
        try:
            return await asyncio.to_thread(function, *args)
        except BooksAwayError as error:
            logger.warning("%s", error)
            raise away() from error

    def close(self) -> None:
        """Release everything."""
        self.books.close()


def claim_of(budget: Budget, chars: int, *, goes_on: bool = False) -> Claim:
    """Give what a run with a prompt of so many characters asks for."""
    return Claim(budget.tokens, budget.cost_usd, first_call(chars), goes_on=goes_on)


def amount_of(usage: Usage) -> Amount:
    """Give what a run has spent."""
    return Amount(1, usage.tokens, usage.cost_usd)


def refuse_key(detail: str) -> ServiceError:
    """Refuse a key."""
    return ServiceError("key-invalid", detail, headers=CHALLENGE)


def away() -> ServiceError:
    """Say that the keys cannot be read."""
    return ServiceError(
        "keys-away",
        "the keys of this service cannot be read now",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


CHALLENGE = {"WWW-Authenticate": 'Bearer realm="llm-modulo"'}


def _wanted(key: Key, claim: Claim) -> tuple[int | None, float | None]:
    """Say what would be granted at the beginning of a day."""
    day = key.per_day
    tokens = None if day.tokens is None else min(claim.tokens or day.tokens, day.tokens)
    usd = None if day.usd is None else min(claim.usd or day.usd, day.usd)
    return tokens, usd


def _refuse_spending(key: Key, error: SpentError) -> ServiceError:
    what = {"runs": "runs", "tokens": "tokens", "usd": "dollars"}[error.what]
    if error.waiting:
        detail = f"the rest of what `{key.shown}` may spend today in {what} is held by its runs"
        headers = {"Retry-After": str(RETRY_AFTER_S)}
        return ServiceError("key-budget-held", detail, headers=headers)
    detail = f"the key `{key.shown}` has spent what it may in {what} today (UTC)"
    return ServiceError("key-budget-spent", detail, headers={"x-should-retry": "false"})
