"""A week of busy times and a proposed meeting, for whoever wants to look at it."""

from critics.picture import MOST_SPANS, Span, Timeline
from critics.scheduling.calendar.answer import Slot
from critics.scheduling.calendar.problem import Block, Calendar


def picture_slot(calendar: Calendar, slot: Slot) -> Timeline:
    """Show everybody's blocks on the meeting's day, and the meeting over them."""
    day = calendar.days.get(slot.day)
    blocks = [block for block in (*calendar.busy, *calendar.wishes) if block.day == day]
    people = tuple(dict.fromkeys(block.person for block in blocks))
    meeting = f"{slot.day} (meeting)"
    spans = [_show(block, slot) for block in blocks[:MOST_SPANS]]
    outside = slot.start < calendar.opens or slot.end > calendar.closes or day is None
    wrong = outside or any(span.conflict and span.role == "busy" for span in spans)
    own = Span(
        row=meeting, start=slot.start, end=slot.end, label="meeting", role="answer", conflict=wrong
    )
    return Timeline(
        unit="minute",
        start=min(calendar.opens, slot.start),
        end=max(calendar.closes, slot.end),
        rows=(meeting, *people),
        spans=(own, *spans),
    )


def _show(block: Block, slot: Slot) -> Span:
    return Span(
        row=block.person,
        start=block.start,
        end=block.end,
        label="would rather not" if block.wish else "busy",
        role="wish" if block.wish else "busy",
        conflict=block.start < slot.end and slot.start < block.end,
    )
