"""Every possible start of a meeting, from the gaps between what is to be kept clear.

The number of wishes that a meeting goes against falls only where it starts at the end of a wish,
so the first of the best starts is the start of a gap or the end of a wish, moved up to the grid.
"""

from collections.abc import Iterator, Sequence

from critics.scheduling.calendar.answer import Slot
from critics.scheduling.calendar.problem import Block, Calendar


def find_gaps(calendar: Calendar, day: int, blocks: Sequence[Block]) -> Iterator[range]:
    """Give the possible starts of a day in maximal runs, in order, on the grid."""
    free_from = calendar.opens
    spans = sorted((b.start, b.end) for b in blocks if b.day == day and b.start < b.end)
    for start, end in (*spans, (calendar.closes, calendar.closes)):
        last = min(start, calendar.closes) - calendar.duration
        first = -(-free_from // calendar.grid) * calendar.grid
        if first <= last:
            yield range(first, last + 1, calendar.grid)
        free_from = max(free_from, end)


def find_first(calendar: Calendar, blocks: Sequence[Block] | None = None) -> Slot | None:
    """Find the first possible meeting, over the days in their order.

    Args:
        calendar: The problem.
        blocks: What to keep clear; by default everything that decides.
    """
    kept = calendar.hard if blocks is None else blocks
    by_day = _by_day(calendar, kept)
    for number, day in enumerate(calendar.names):
        for gap in find_gaps(calendar, number, by_day[number]):
            return Slot(day, gap[0], gap[0] + calendar.duration)
    return None


def is_possible(calendar: Calendar, slot: Slot) -> bool:
    """Whether a meeting keeps every rule but that of being the earliest."""
    day = calendar.days.get(slot.day)
    return (
        day is not None
        and slot.end - slot.start == calendar.duration
        and calendar.opens <= slot.start
        and slot.end <= calendar.closes
        and slot.start % calendar.grid == 0
        and not any(block.day == day and overlaps(block, slot) for block in calendar.hard)
    )


def find_best(calendar: Calendar) -> Slot | None:
    """Find the first meeting among those that go against the fewest wishes."""
    if calendar.earliest or not calendar.soft:
        return find_first(calendar)
    hard, soft = _by_day(calendar, calendar.hard), _by_day(calendar, calendar.soft)
    slots = (
        Slot(day, start, start + calendar.duration)
        for number, day in enumerate(calendar.names)
        for gap in find_gaps(calendar, number, hard[number])
        for start in _turns(gap, soft[number])
    )
    return min(
        slots,
        key=lambda s: (_against(soft[calendar.days[s.day]], s), calendar.days[s.day], s.start),
        default=None,
    )


def count_against(calendar: Calendar, slot: Slot) -> int:
    """Count the soft wishes that a meeting goes against."""
    day = calendar.days[slot.day]
    return _against([wish for wish in calendar.soft if wish.day == day], slot)


def days_possible(calendar: Calendar) -> list[str]:
    """List the days on which a meeting is possible."""
    by_day = _by_day(calendar, calendar.hard)
    return [
        day
        for number, day in enumerate(calendar.names)
        if next(find_gaps(calendar, number, by_day[number]), None)
    ]


def overlaps(block: Block, slot: Slot) -> bool:
    """Whether a meeting of the block's day and the block overlap; both are half-open.

    A meeting that ends before it starts overlaps nothing; its length is objected to.
    """
    return max(slot.start, block.start) < min(slot.end, block.end)


def _turns(gap: range, wishes: Sequence[Block]) -> Iterator[int]:
    """Give the starts of a gap at which the number of wishes gone against can fall."""
    yield gap[0]
    for wish in wishes:
        start = -(-wish.end // gap.step) * gap.step
        if start in gap:
            yield start


def _against(wishes: Sequence[Block], slot: Slot) -> int:
    return sum(overlaps(wish, slot) for wish in wishes)


def _by_day(calendar: Calendar, blocks: Sequence[Block]) -> list[list[Block]]:
    sorted_in: list[list[Block]] = [[] for _ in calendar.names]
    for block in blocks:
        sorted_in[block.day].append(block)
    return sorted_in
