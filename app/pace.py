"""Pace: how fast new work is taken up, so that the event loop gets round to everybody.

A loop goes through everything that is ready before it looks for what has come in. With hundreds of
runs at once one round would take a second, and a request that needs five rounds would take five.
Whatever begins something long waits in line here, and the line moves with the rounds: fast while
they are short, hardly while they are long. What is under way is never held up.

Invariants:
    * Who came first goes on first.
    * The line always moves, however long the rounds are.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic

SHORT_S = 0.005
"""Seconds of a round after which many may go on."""
LONG_S = 0.05
"""Seconds of a round after which nobody does."""
MOST_S = 0.25
"""Seconds after which somebody goes on all the same."""
MANY = 8


class Pace:
    """A line that moves as fast as the event loop does."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Measure rounds with a clock of seconds."""
        self._clock = clock
        self._line: deque[asyncio.Future[None]] = deque()
        self._mover: asyncio.Task[None] | None = None

    async def turn(self) -> None:
        """Wait until there is time to begin something."""
        place = asyncio.get_running_loop().create_future()
        self._line.append(place)
        if self._mover is None:
            self._mover = asyncio.create_task(self._move())
        await place

    async def _move(self) -> None:
        since = 0.0
        try:
            while self._line:
                began = self._clock()
                await asyncio.sleep(0)
                took = self._clock() - began
                since += took
                if many := count_released(took, since):
                    since = 0.0
                    self._release(many)
        finally:
            self._mover = None

    def _release(self, many: int) -> None:
        while self._line and many:
            place = self._line.popleft()
            if not place.done():  # else whoever waited has gone
                place.set_result(None)
                many -= 1


def count_released(round_s: float, since_s: float) -> int:
    """Say how many may go on after a round of the event loop.

    Args:
        round_s: Seconds that it took.
        since_s: Seconds since somebody went on.
    """
    if round_s < SHORT_S:
        return MANY
    return int(round_s < LONG_S or since_s >= MOST_S)
