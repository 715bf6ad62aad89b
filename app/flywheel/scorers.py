"""Scorers: who rewards completions for a program that has no event loop, such as a trainer.

In this process, with workers of its own, or at a service. Both give the same rewards, since both
end in `score()`.

Invariants:
    * Model text is read in worker processes only, never in the trainer's own.
    * A scorer can be sent to another process (pickle), where it starts anew.
"""

import asyncio
import os
import threading
import time
import weakref
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any, Protocol, Self, TypeVar

import httpx
from pydantic import ValidationError

from app.flywheel.rewards import Reward, RewardOptions, RewardResult
from app.flywheel.scoring import score
from critics.reward import Outcome, RewardQuestion
from critics.workers.pool import Pool
from critics.workers.rewards import Prompted

T = TypeVar("T")

JOIN_S = 10.0
"""Seconds that a scorer's thread gets to end."""
MOST_SENT, MOST_SENT_CHARS = 256, 1_000_000
"""Completions, and their characters, of one request to a service."""
ATTEMPTS, LONGEST_PAUSE_S = 6, 30.0
"""How often a busy service is asked, and the longest pause between two times."""
BUSY = frozenset({429, 503})


class ScorerError(RuntimeError):
    """Nobody could say what completions are worth. It is never told as a reward of 0."""


class Scorer(Protocol):
    """Rewards completions."""

    def score(self, batch: Sequence[Prompted], options: RewardOptions) -> list[list[Reward]]:
        """Reward every completion.

        Raises:
            ProblemError: A problem is wrong.
            DomainError: There is no such domain.
            ScorerError: Nobody could tell.
        """
        ...

    def close(self) -> None:
        """End what was started."""


class LocalScorer:
    """Rewards completions with worker processes of its own, which start with the first batch."""

    def __init__(self, *, workers: int | None = None, deadline_s: float = 4.5) -> None:
        """Start nothing yet.

        Args:
            workers: How many; one per core by default.
            deadline_s: Seconds for each completion.
        """
        self._workers, self._deadline_s = workers, deadline_s
        self._home: Home | None = None
        self._opening = threading.Lock()

    def score(self, batch: Sequence[Prompted], options: RewardOptions) -> list[list[Reward]]:
        """Reward every completion; see `Scorer.score`."""
        deadline_s = self._deadline_s
        asked = self._at_home().do(lambda pool: score(pool, batch, options, deadline_s=deadline_s))
        return asked.result()

    async def examine(
        self, batch: Sequence[Prompted], question: RewardQuestion
    ) -> list[list[Outcome]]:
        """Give what the critics say of every completion, in whichever event loop this is.

        Raises:
            ProblemError: A problem is wrong.
            DomainError: There is no such domain.
        """
        deadline_s = self._deadline_s
        asked = self._at_home().do(
            lambda pool: pool.rewards.evaluate(batch, question, deadline_s=deadline_s)
        )
        return await asyncio.wrap_future(asked)

    def close(self) -> None:
        """End the workers; a later batch starts new ones."""
        with self._opening:
            home, self._home = self._home, None
        if home is not None and home.process == os.getpid():
            home.close()

    def _at_home(self) -> "Home":
        with self._opening:
            if self._home is None or self._home.process != os.getpid():  # forked: not ours
                self._home = Home(self._workers)
            return self._home

    def __getstate__(self) -> dict[str, Any]:
        """Leave processes and threads behind."""
        return {"workers": self._workers, "deadline_s": self._deadline_s}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Start anew."""
        LocalScorer.__init__(self, **state)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Share the workers with a copy in the same process."""
        memo[id(self)] = self
        return self

    __copy__ = __deepcopy__


class Home:
    """A thread with an event loop, and a pool that lives there.

    Attributes:
        process: The process that it lives in.
    """

    def __init__(self, workers: int | None) -> None:
        """Start the thread; processes start with the first job."""
        self.process = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="rewards", daemon=True)
        self._thread.start()
        self._pool = Pool(size=workers)
        self._end = weakref.finalize(self, _end, self._loop, self._thread, self._pool)

    def do(self, work: Callable[[Pool], Awaitable[T]]) -> "Future[T]":
        """Have work done there; gives its future."""
        pool = self._pool

        async def there() -> T:
            return await work(pool)

        return asyncio.run_coroutine_threadsafe(there(), self._loop)

    def close(self) -> None:
        """End the processes and the thread."""
        self._end()


def _end(loop: asyncio.AbstractEventLoop, thread: threading.Thread, pool: Pool) -> None:
    if not thread.is_alive():
        return
    asyncio.run_coroutine_threadsafe(pool.aclose(), loop).result(JOIN_S)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(JOIN_S)
    loop.close()


class ServiceScorer:
    """Has completions rewarded by a service (`POST /reward`)."""

    def __init__(self, url: str, *, api_key: str | None = None, timeout_s: float = 120.0) -> None:
        """Connect to nothing yet.

        Args:
            url: The service's base URL.
            api_key: Where it asks for one.
            timeout_s: Seconds for one request.
        """
        self._url, self._api_key, self._timeout_s = url.rstrip("/"), api_key, timeout_s

    def score(self, batch: Sequence[Prompted], options: RewardOptions) -> list[list[Reward]]:
        """Reward every completion; see `Scorer.score`.

        A busy service is asked again; what it refuses for good is an error, and no reward.
        """
        wish = options.model_dump(mode="json", include=set(RewardOptions.model_fields))
        scored: list[list[Reward]] = [[] for _ in batch]
        with httpx.Client(timeout=self._timeout_s, headers=self._headers()) as client:
            for places, items in split(batch):
                result = self._post(client, {**wish, "items": items})
                for place, reward in zip(places, result.results, strict=True):
                    scored[place].append(reward)
        return scored

    def close(self) -> None:
        """Do nothing: no connection is kept."""

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._api_key}"} if self._api_key else {}

    def _post(self, client: httpx.Client, body: dict[str, Any]) -> RewardResult:
        response = self._send(client, body)
        for attempt in range(ATTEMPTS - 1):
            if response.status_code not in BUSY:
                break
            time.sleep(_pause(response, attempt))
            response = self._send(client, body)
        if response.status_code != httpx.codes.OK:
            raise ScorerError(f"`{self._url}` gives no rewards: {_told(response)}")
        try:
            return RewardResult.model_validate_json(response.content)
        except ValidationError as error:
            raise ScorerError(f"`{self._url}` answers with no rewards") from error

    def _send(self, client: httpx.Client, body: dict[str, Any]) -> httpx.Response:
        try:
            return client.post(f"{self._url}/reward", json=body)
        except (httpx.HTTPError, ValueError) as error:
            raise ScorerError(f"`{self._url}` gives no rewards: {error}") from error


def split(batch: Sequence[Prompted]) -> Iterator[tuple[list[int], list[dict[str, Any]]]]:
    """Cut a batch into requests: the place of each completion, and the items."""
    places, items, size = list[int](), list[dict[str, Any]](), 0
    for place, prompted in enumerate(batch):
        for text in prompted.completions:
            if places and (len(places) >= MOST_SENT or size + len(text or "") > MOST_SENT_CHARS):
                yield places, items
                places, items, size = [], [], 0
            if not items or places[-1] != place:
                items.append(
                    {"domain": prompted.domain, "problem": prompted.problem, "completions": []}
                )
            items[-1]["completions"].append(sendable(text))
            places.append(place)
            size += len(text or "")
    if places:
        yield places, items


def sendable(text: str | None) -> str | None:
    """Write lone surrogates, which cannot be sent as UTF-8, as the workers would read them."""
    return None if text is None else text.encode("utf-8", "replace").decode()


def _pause(response: httpx.Response, attempt: int) -> float:
    asked = response.headers.get("retry-after", "")
    seconds = float(asked) if asked.isdecimal() else 2.0**attempt
    return min(seconds, LONGEST_PAUSE_S)


def _told(response: httpx.Response) -> str:
    try:
        document = response.json()
    except ValueError:
        document = None
    detail = document.get("detail") if isinstance(document, dict) else None
    return f"{response.status_code}, {detail or response.reason_phrase}"[:500]
