"""A day of meetings on the way through a city, for whoever wants to look at it."""

from collections.abc import Iterator, Sequence

from critics.picture import MOST_SPANS, Span, Timeline
from critics.scheduling.meeting.answer import Itinerary, Met
from critics.scheduling.meeting.problem import Day, Friend

WAYS = "(on the way)"


def picture_itinerary(day: Day, answer: Itinerary) -> Timeline:
    """Show when everybody is there, the meetings over it, and the ways between them."""
    met = answer.meetings
    names = tuple(dict.fromkeys((*day.people, *(meeting.person for meeting in met))))
    windows = [_window(friend) for friend in day.people.values()]
    spans = [*windows, *_meetings(day, met), *_ways(day, met)][:MOST_SPANS]
    return Timeline(
        unit="minute",
        start=min([day.start, *(span.start for span in spans)]),
        end=max([day.start, *(span.end for span in spans)]),
        rows=(WAYS, *names),
        spans=tuple(spans),
    )


def _window(friend: Friend) -> Span:
    label = f"{friend.place}, at least {friend.minimum} min"
    return Span(row=friend.name, start=friend.since, end=friend.until, label=label, role="window")


def _meetings(day: Day, met: Sequence[Met]) -> Iterator[Span]:
    for meeting in met:
        friend = day.people.get(meeting.person)
        fits = (
            friend is not None
            and friend.since <= meeting.start
            and meeting.end <= friend.until
            and meeting.end - meeting.start >= friend.minimum
        )
        yield Span(
            row=meeting.person,
            start=meeting.start,
            end=meeting.end,
            label=friend.place if friend else "",
            role="answer",
            conflict=not fits,
        )


def _ways(day: Day, met: Sequence[Met]) -> Iterator[Span]:
    """Show each way as long as it takes; one that does not end in time is a conflict."""
    place, free = day.place, day.start
    for meeting in met:
        friend = day.people.get(meeting.person)
        target = friend.place if friend else place
        minutes = day.way(place, target)
        if minutes is None or minutes:
            late = minutes is None or free + minutes > meeting.start
            yield Span(
                row=WAYS,
                start=free,
                end=free + (minutes or 0),
                label=f"{place} to {target}",
                role="travel",
                conflict=late,
            )
        place, free = target, meeting.end
