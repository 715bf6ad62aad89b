"""A trip through cities day by day, for whoever wants to look at it."""

from collections.abc import Iterator

from critics.picture import MOST_SPANS, Span, Timeline
from critics.scheduling.trip.answer import Itinerary
from critics.scheduling.trip.problem import Trip


def picture_itinerary(trip: Trip, answer: Itinerary) -> Timeline:
    """Show the events of every city and the stays over them."""
    stays = answer.stays
    rows = tuple(dict.fromkeys((*trip.cities, *(stay.city for stay in stays))))
    spans = [*_events(trip), *_stays(trip, answer)][:MOST_SPANS]
    return Timeline(
        unit="day",
        start=1,
        end=max([trip.total, *(stay.last for stay in stays)]),
        rows=rows,
        spans=tuple(spans),
    )


def _events(trip: Trip) -> Iterator[Span]:
    for events in trip.events.values():
        for event in events:
            yield Span(
                row=event.city, start=event.first, end=event.last, label="event", role="window"
            )


def _stays(trip: Trip, answer: Itinerary) -> Iterator[Span]:
    """Show each stay; one of a wrong length, or that no flight leads to, is a conflict."""
    before = None
    for stay in answer.stays:
        needed = trip.cities.get(stay.city)
        reached = before is None or (
            stay.city in trip.flights.get(before.city, ()) and stay.first == before.last
        )
        yield Span(
            row=stay.city,
            start=stay.first,
            end=stay.last,
            label=f"days {stay.first} to {stay.last}, {needed} asked for",
            role="answer",
            conflict=stay.length != needed or not reached,
        )
        before = stay
