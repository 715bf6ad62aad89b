"""Breakers: whoever keeps failing is left alone for a while, before anything is spent on it.

One breaker stands before each model of each endpoint, in this process. It opens after so many
failures in a row that are the endpoint's own: no connection, a 5xx, or silence for as long as a
call was given patience. A refusal (4xx) says nothing about its health, and a call that its run cut
short says nothing either: no client can open a breaker for others with short budgets.

A retry budget bounds what repetitions add to the load of an endpoint that struggles: over time
they are at most a fraction of the calls.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import IntEnum

from app.failures import ServiceError
from app.setting_groups import BreakerSettings
from app.telemetry.levels import Circuit
from backprompt.budget import Usage
from backprompt.upstream import Completion, Request, Upstream, UpstreamError

FAILURES = frozenset({"upstream-unreachable", "upstream-failed"})
"""Failures that are the endpoint's own, however long the call was."""
SUSPENDED = "upstream-suspended"
CURRENT: "ContextVar[Breaker | None]" = ContextVar("llm_modulo_breaker", default=None)
"""The breaker of the call that is under way in the current task."""


class State(IntEnum):
    """How a breaker stands."""

    CLOSED = 0
    """Calls go through."""
    HALF_OPEN = 1
    """One call may try."""
    OPEN = 2
    """No call goes through."""


class SuspendedError(Exception):
    """Calls are suspended; nothing was sent.

    Attributes:
        retry_after_s: Seconds after which one may be tried.
    """

    def __init__(self, retry_after_s: float) -> None:
        """Keep the time."""
        super().__init__(f"calls are suspended for {retry_after_s:.0f} s")
        self.retry_after_s = retry_after_s


class Breaker:
    """Suspends calls to what keeps failing.

    Attributes:
        opened: How often it has opened.
        suspended: Calls that were not made because it was open.
        retries: Calls that were repeated.
    """

    RESERVE = 10.0
    """Most retries that are saved up; also what there is at the beginning."""

    def __init__(
        self, settings: BreakerSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin closed.

        Args:
            settings: When it opens, and for how long.
            clock: Reads seconds; the wall clock may jump, so it is none.
        """
        self._settings, self._clock = settings, clock
        self._failures = 0
        self._until: float | None = None
        self._trying = False
        self._retries_left = self.RESERVE
        self.opened = self.suspended = self.retries = 0

    @property
    def state(self) -> State:
        """How it stands."""
        if self._until is None:
            return State.CLOSED
        return State.OPEN if self._clock() < self._until else State.HALF_OPEN

    @property
    def retry_after_s(self) -> float:
        """Seconds until a call may try; 0 where one may now."""
        if self._until is None or (self.state is State.HALF_OPEN and not self._trying):
            return 0.0
        return max(self._until - self._clock(), 1.0)

    @contextmanager
    def call(self) -> Iterator["Trial"]:
        """Make a call; whoever leaves without a word about its end has learnt nothing.

        Raises:
            SuspendedError: It is open, or half open and tried by another call.
        """
        wait_s = self.retry_after_s
        if wait_s:
            self.suspended += 1
            raise SuspendedError(wait_s)
        trial = Trial(self, first=self._until is not None)
        self._trying = self._trying or trial.first
        self._retries_left = min(self._retries_left + self._settings.retry_ratio, self.RESERVE)
        try:
            yield trial
        finally:
            if trial.first:
                self._trying = False

    def note_success(self) -> None:
        """Learn that the endpoint works."""
        self._failures, self._until = 0, None

    def note_failure(self, *, first: bool = False) -> None:
        """Learn that it does not; `first` is the call that tried while it was half open."""
        self._failures += 1
        most = self._settings.failures
        if most and (first or (self._until is None and self._failures >= most)):
            self._until = self._clock() + self._settings.open_s
            self.opened += 1

    def counts(self, code: str, within_s: float) -> bool:
        """Say whether a failure is the endpoint's own, of a call that was given so many seconds."""
        patient = within_s >= self._settings.patience_s
        return code in FAILURES or (code == "upstream-timeout" and patient)

    def may_retry(self) -> bool:
        """Take a retry from the budget, if there is one and calls go through."""
        if self._retries_left < 1.0 or self.state is State.OPEN:
            return False
        self._retries_left -= 1.0
        self.retries += 1
        return True


@dataclass(slots=True)
class Trial:
    """A call under way.

    Attributes:
        breaker: Whose.
        first: Whether it tries an endpoint that was suspended.
    """

    breaker: Breaker
    first: bool

    def succeeded(self) -> None:
        """Say that the endpoint answered, even if with a refusal."""
        self.breaker.note_success()

    def failed(self, code: str, within_s: float) -> None:
        """Say how the call failed, and how many seconds it was given."""
        if self.breaker.counts(code, within_s):
            self.breaker.note_failure(first=self.first)
        elif code != "upstream-timeout":
            self.succeeded()


@dataclass(frozen=True, slots=True)
class Guarded:
    """An upstream behind a breaker."""

    upstream: Upstream
    breaker: Breaker

    @property
    def name(self) -> str:
        """The upstream's name."""
        return self.upstream.name

    async def generate(self, request: Request) -> Completion:
        """Ask once, unless calls are suspended.

        Raises:
            UpstreamError: As from the upstream; `upstream-suspended`, which costs nothing.
        """
        try:
            with self.breaker.call() as trial:
                token = CURRENT.set(self.breaker)
                try:
                    completion = await self.upstream.generate(request)
                except UpstreamError as error:
                    trial.failed(error.code, request.timeout_s)
                    raise
                finally:
                    CURRENT.reset(token)
                trial.succeeded()
                return completion
        except SuspendedError as error:
            said = f"`{self.name}` kept failing, so {error}"
            raise UpstreamError(SUSPENDED, said, usage=Usage()) from None

    async def aclose(self) -> None:
        """Close the upstream."""
        await self.upstream.aclose()


class Breakers:
    """The breakers of a service, by endpoint and model."""

    def __init__(
        self, settings: BreakerSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with none."""
        self._settings, self._clock = settings, clock
        self._breakers: dict[tuple[str, str], Breaker] = {}

    def of(self, endpoint: str, model: str) -> Breaker:
        """Find the breaker of a model that the configuration names, or of all others together."""
        key = (endpoint.rstrip("/"), model)
        if key not in self._breakers:
            self._breakers[key] = Breaker(self._settings, self._clock)
        return self._breakers[key]

    @property
    def circuits(self) -> dict[str, Circuit]:
        """Say how they stand, by model; of one model at several endpoints, the worst."""
        found: dict[str, Circuit] = {}
        for (_, model), breaker in self._breakers.items():
            known = found.get(model, Circuit(0, 0, 0, 0))
            found[model] = Circuit(
                state=max(known.state, int(breaker.state)),
                opened=known.opened + breaker.opened,
                suspended=known.suspended + breaker.suspended,
                retries=known.retries + breaker.retries,
            )
        return found


def require_available(asked: Sequence[Guarded]) -> None:
    """Refuse what could ask nobody, before anything is spent.

    Raises:
        ServiceError: `upstream-suspended`: every upstream that could be asked is suspended.
    """
    if asked and all(guarded.breaker.state is State.OPEN for guarded in asked):
        for guarded in asked:
            guarded.breaker.suspended += 1
        raise suspended(min(guarded.breaker.retry_after_s for guarded in asked))


def may_retry() -> bool:
    """Say whether the call that is under way may be sent again, and take it from the budget."""
    breaker = CURRENT.get()
    return breaker is None or breaker.may_retry()


def suspended(retry_after_s: float) -> ServiceError:
    """Tell a client that nobody is asked for a while."""
    seconds = max(round(retry_after_s), 1)
    return ServiceError(
        SUSPENDED,
        f"the upstream kept failing, so it is left alone for another {seconds} s",
        headers={"Retry-After": str(seconds)},
    )
