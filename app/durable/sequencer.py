"""Sequencer: hands the results of effects to the loop one by one, in an order that can be repeated.

Effects run side by side, but what the loop does next depends on which of them it sees finished
first. So each result is stored with a number, results are handed over in the order of their
numbers, and the next one only when the loop has done all that it does without it. Played again,
the stored results arrive in the same order at the same points, so the loop takes the same turns.

Invariants:
    * Steps are numbered in the order in which the loop starts them; a result is handed over only
      after it was stored.
    * While stored results are left, nothing is executed: a call that had lost the race before
      is not paid again.
    * An effect that is cancelled has ended, or its result is stored, before anything else happens.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import JsonValue

QUIET_TURNS = 12
"""Turns of the event loop without any activity, after which the loop waits for an effect. What it
does between two effects takes three to five."""

Stored = dict[str, Any]
"""A result as it is stored: `kind`, `n` (its number), `at` (the run's clock) and `value`."""
Work = Callable[[int], Awaitable[JsonValue]]
"""Is told the position of its step."""


class ReplayMismatchError(Exception):
    """What is recorded of a run does not fit to what the program does now."""


class Steps(Protocol):
    """Stores the result of a step, in a transaction that fails if somebody else owns the run."""

    def reserve(self) -> int:
        """Number the next step."""
        ...

    async def perform(
        self, position: int, kind: str, work: Callable[[], Awaitable[Stored]]
    ) -> Stored:
        """Do the work and store its result. Cancelled work stores nothing."""
        ...


@dataclass(slots=True, eq=False)
class _Effect:
    position: int
    kind: str
    work: Work
    done: "asyncio.Future[Stored]"
    step: "asyncio.Task[None] | None" = None
    job: "asyncio.Future[JsonValue] | None" = None
    number: int | None = None
    """Given once the work is done."""
    stored: Stored | None = None
    withdrawn: bool = False


class Sequencer:
    """Executes effects as steps, or plays them."""

    def __init__(
        self,
        steps: Steps,
        past: Mapping[int, Stored],
        clock: Callable[[], float],
        note: Callable[[], Stored] = dict,
        saved: Callable[[Stored], None] = lambda _stored: None,
    ) -> None:
        """Start where the past ends.

        Args:
            steps: Stores results.
            past: What is stored already, by position.
            clock: Reads seconds.
            note: Gives what is to be stored along with a result.
            saved: Is told what was stored.
        """
        self._steps, self._past, self._clock = steps, dict(past), clock
        self._note, self._saved = note, saved
        by_number = sorted(self._past, key=lambda position: self._past[position]["n"])
        self._order = deque(by_number)
        self._next = 1 + max((stored["n"] for stored in self._past.values()), default=-1)
        self._base = max((stored["at"] for stored in self._past.values()), default=0.0)
        self._began = clock()
        self.at = 0.0
        """Seconds since the start of the run, as of the latest result handed over."""
        self._effects: dict[int, _Effect] = {}
        self._holds = 0
        self._moves = 0
        self._stirred = asyncio.Event()
        self._deliverer: asyncio.Task[None] | None = None
        self._jobs: set[asyncio.Task[None]] = set()

    async def aclose(self) -> None:
        """End, and wait for what is still being stored."""
        for effect in self._effects.values():
            self._withdraw_job(effect)
        if self._deliverer is not None:
            self._deliverer.cancel()
            await asyncio.wait({self._deliverer, *self._jobs})

    @property
    def now(self) -> float:
        """Seconds that the run has taken, without the time in which nobody executed it."""
        return round(self._base + self._clock() - self._began, 3)

    async def perform(self, kind: str, work: Work, *, keep: bool = False) -> Stored:
        """Do the work as the next step, or play it.

        Args:
            kind: What it is.
            work: The work.
            keep: Whether a result that is stored already when this is cancelled is returned.

        Raises:
            ReplayMismatchError: Another step is recorded here.
        """
        if self._deliverer is None:
            self._deliverer = asyncio.create_task(self._deliver())
        position = self._steps.reserve()
        effect = _Effect(position, kind, work, asyncio.get_running_loop().create_future())
        self._effects[position] = effect
        recorded = self._past.get(position)
        if recorded is not None and recorded["kind"] != kind:
            self._fail(effect, recorded["kind"])
        elif not self._order:
            self._begin(effect)
        self._stir()
        try:
            return await asyncio.shield(effect.done)
        except asyncio.CancelledError:
            stored = await self._withdraw(effect)
            if stored is None or not keep:
                raise
            return stored
        finally:
            self._effects.pop(position, None)
            effect.done.cancel()

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[None]:
        """Hand nothing over meanwhile."""
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1
            self._stir()

    def _begin(self, effect: _Effect) -> None:
        effect.step = asyncio.create_task(self._store(effect))
        self._jobs.add(effect.step)
        effect.step.add_done_callback(self._jobs.discard)

    async def _store(self, effect: _Effect) -> None:
        async def work() -> Stored:
            if effect.withdrawn:
                raise asyncio.CancelledError
            effect.job = asyncio.ensure_future(effect.work(effect.position))
            value = await effect.job
            effect.number, self._next = self._next, self._next + 1
            noted = self._note()
            return {"kind": effect.kind, "n": effect.number, "at": self.now, "value": value} | noted

        try:
            effect.stored = stored = await self._steps.perform(effect.position, effect.kind, work)
        except asyncio.CancelledError:
            pass
        except BaseException as error:  # noqa: BLE001  # the engine's own are no `Exception`
            if not effect.done.done():
                effect.done.set_exception(error)
        else:
            self._saved(stored)
        self._stir()

    async def _withdraw(self, effect: _Effect) -> Stored | None:
        """End the work; return what is stored of it all the same."""
        recorded = self._past.get(effect.position)
        if recorded is not None:
            if effect.position in self._order:
                self._order.remove(effect.position)
            return recorded
        async with self.hold():
            self._withdraw_job(effect)
            if effect.step is not None:
                await asyncio.wait({effect.step})
            return effect.stored

    @staticmethod
    def _withdraw_job(effect: _Effect) -> None:
        effect.withdrawn = True
        if effect.job is not None and not effect.job.done():
            effect.job.cancel()

    async def _deliver(self) -> None:
        while True:
            await self._quiet()
            if not (self._holds == 0 and self._hand_over()):
                await self._stirred.wait()

    async def _quiet(self) -> None:
        """Wait until the loop has done all that it does without another result."""
        turns, seen = 0, -1
        while turns < QUIET_TURNS:
            turns, seen = (turns + 1, seen) if seen == self._moves else (0, self._moves)
            self._stirred.clear()
            await asyncio.sleep(0)

    def _hand_over(self) -> bool:
        """Hand over the next result; says whether there was one."""
        if self._order:
            effect = self._effects.get(self._order[0])
            if effect is None:
                self._fail_all(f"step {self._order[0]}, which is not taken")
                return False
            stored = self._past[self._order.popleft()]
        else:
            for parked in sorted(self._effects.values(), key=lambda parked: parked.position):
                if parked.step is None and not parked.done.done():
                    self._begin(parked)
            waiting = [found for found in self._effects.values() if not found.done.done()]
            numbered = [found for found in waiting if found.number is not None]
            effect = min(numbered, key=lambda found: found.number or 0, default=None)
            if effect is None or effect.stored is None:
                return False
            stored = effect.stored
        self.at = max(self.at, stored["at"])
        effect.done.set_result(stored)
        self._stir()
        return True

    def _fail(self, effect: _Effect, recorded: str) -> None:
        said = f"step {effect.position} is `{effect.kind}`, recorded is {recorded}"
        effect.done.set_exception(ReplayMismatchError(said))

    def _fail_all(self, recorded: str) -> None:
        for effect in self._effects.values():
            if not effect.done.done():
                self._fail(effect, recorded)

    def _stir(self) -> None:
        self._moves += 1
        self._stirred.set()
