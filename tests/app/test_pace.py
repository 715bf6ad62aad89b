"""New work waits for its turn while rounds of the event loop are long."""

import asyncio
from collections.abc import Iterator

import pytest

from app.pace import LONG_S, MANY, MOST_S, SHORT_S, Pace, count_released


@pytest.mark.parametrize(
    ("round_s", "since_s", "released"),
    [
        (0.0, 0.0, MANY),
        (SHORT_S, SHORT_S, 1),
        (LONG_S, LONG_S, 0),
        (LONG_S, MOST_S, 1),
        (10.0, 10.0, 1),
    ],
)
def test_the_line_moves_with_the_rounds(round_s: float, since_s: float, released: int) -> None:
    """Fast while they are short, hardly while they are long, and never not at all."""
    assert count_released(round_s, since_s) == released


def rounds_of(seconds: float) -> Iterator[float]:
    """Tell a time in which every round takes so long."""
    now = 0.0
    while True:
        yield now
        now += seconds


async def test_who_came_first_goes_on_first_and_one_at_a_time_in_long_rounds() -> None:
    """Each is followed by many rounds in which nobody begins anything."""
    clock = rounds_of(2 * LONG_S)
    pace, began, rounds = Pace(clock.__next__), list[int](), 0

    async def begin(number: int) -> None:
        await pace.turn()
        began.append(number)

    tasks = [asyncio.create_task(begin(number)) for number in range(4)]
    while not all(task.done() for task in tasks):
        rounds += 1
        await asyncio.sleep(0)
    assert began == [0, 1, 2, 3]
    assert rounds >= 4 * int(MOST_S / (2 * LONG_S))


async def test_who_leaves_the_line_holds_up_nobody() -> None:
    """A client may hang up while it waits."""
    pace = Pace(rounds_of(LONG_S).__next__)
    gone = [asyncio.create_task(pace.turn()) for _ in range(3)]
    await asyncio.sleep(0)
    for task in gone:
        task.cancel()
    left = await asyncio.gather(*gone, return_exceptions=True)
    assert all(isinstance(one, asyncio.CancelledError) for one in left)
    async with asyncio.timeout(60):
        await pace.turn()
        await pace.turn()  # the line was empty in between
    assert not pace._line
