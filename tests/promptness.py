"""Promises about time, held against what a busy machine adds to it."""

import math
from collections.abc import Awaitable, Callable

TRIES = 5


async def soonest(measure: Callable[[], Awaitable[float]], promised: float) -> float:
    """Measure until a promise is kept, a few times at most; gives the shortest time.

    Something else on the machine can hold up one measurement, or two; what breaks a promise by
    itself breaks it every time.

    Args:
        measure: Does once what was promised, and gives the time that it took.
        promised: The time within which it has to be done, in the same unit.
    """
    best = math.inf
    for _ in range(TRIES):
        best = min(best, await measure())
        if best <= promised:
            break
    return best
