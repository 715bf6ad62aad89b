"""What decides an itinerary: one critic for each rule."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from pydantic import JsonValue

from critics.critic import critic
from critics.scheduling.objects import quote
from critics.scheduling.trip.answer import Flown, Itinerary, Stay, Unread
from critics.scheduling.trip.problem import Trip
from critics.types import Diagnostic, Location

LISTED = 20


@critic(decides="that every part of the answer is a stay or a flight")
def all_read(_trip: Trip, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to parts that mean nothing."""
    for part in plan.parts:
        if isinstance(part, Unread):
            headline = f"part {part.index + 1} is neither a stay nor a flight: {quote(part.text)}"
            yield _object("unread", headline, part.index)


@critic(decides="that only the listed cities are visited")
def cities_known(trip: Trip, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to other cities."""
    for stay in plan.stays:
        if stay.city not in trip.cities:
            listed = ", ".join(list(trip.cities)[:LISTED])
            yield _object(
                "city-unknown",
                f"{quote(stay.city)} is none of the cities to visit",
                stay.index,
                help_=f"visit each of these once: {listed}",
            )


@critic(decides="that no city is visited twice")
def cities_once(_trip: Trip, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to a second stay in a city."""
    counts = Counter(stay.city for stay in plan.stays)
    for city, count in counts.items():
        if count > 1:
            last = [stay for stay in plan.stays if stay.city == city][-1]
            headline = f"{quote(city)} is visited {count} times; it must be visited once"
            yield _object("city-twice", headline, last.index, data={"constraint": f"once {city}"})


@critic(decides="that every city is visited")
def cities_all(trip: Trip, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to every city that is missing."""
    visited = {stay.city for stay in plan.stays}
    for city, days in trip.cities.items():
        if city not in visited:
            headline = f"`{city}` is not visited; it must be, for {days} {_days(days)}"
            yield _object("city-missing", headline, data={"constraint": f"visit {city}"})


@critic(decides="that every stay has exactly its number of days")
def exact_stays(trip: Trip, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to stays that are too short or too long."""
    for stay in plan.stays:
        required = trip.cities.get(stay.city, stay.length)
        if stay.length < 1:
            headline = (
                f"the stay in {quote(stay.city)} ends on day {stay.last}, before it starts on day "
                f"{stay.first}"
            )
            yield _object("stay-length", headline, stay.index)
        elif stay.length != required:
            yield _object(
                "stay-length",
                f"the stay in `{stay.city}` from day {stay.first} to day {stay.last} has "
                f"{stay.length} {_days(stay.length)}; it must have {required}",
                stay.index,
                data={
                    "constraint": f"days of {stay.city}",
                    "days": stay.length,
                    "required": required,
                },
            )


@critic(decides="that the trip starts on day 1")
def starts_first(_trip: Trip, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to a first stay that starts on another day."""
    if plan.stays and plan.stays[0].first != 1:
        stay = plan.stays[0]
        headline = f"the trip starts in {quote(stay.city)} on day {stay.first}; it must on day 1"
        yield _object("start-day", headline, stay.index, data={"constraint": "first day"})


@critic(decides="that the trip ends on its last day")
def ends_last(trip: Trip, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to a last stay that ends on another day."""
    if plan.stays and plan.stays[-1].last != trip.total:
        stay = plan.stays[-1]
        yield _object(
            "end-day",
            f"the trip ends in {quote(stay.city)} on day {stay.last}; it must on day {trip.total}",
            stay.index,
            note=_arithmetic(trip),
            data={"constraint": "last day"},
        )


@critic(decides="that consecutive stays share exactly the day of the flight")
def flight_days_shared(_trip: Trip, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to gaps and overlaps between stays."""
    for before, after in pairwise(plan.stays):
        if before.last != after.first:
            kind = "a gap" if after.first > before.last else "an overlap"
            yield _object(
                "flight-day",
                f"the stay in {quote(before.city)} ends on day {before.last} and the stay in "
                f"{quote(after.city)} starts on day {after.first}, which is {kind}",
                after.index,
                note="one flies on the last day of a stay, which is the first day of the next",
            )


@critic(decides="that direct flights lead from stay to stay")
def direct_flights(trip: Trip, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to every pair of consecutive cities without a flight in that direction."""
    for before, after in pairwise(plan.stays):
        if before.city not in trip.cities or after.city not in trip.cities:
            continue
        targets = trip.flights[before.city]
        if before.city != after.city and after.city not in targets:
            origins = [city for city, leads in trip.flights.items() if after.city in leads]
            yield _object(
                "no-flight",
                f"there is no direct flight from `{before.city}` to `{after.city}`",
                after.index,
                note=f"from `{before.city}` one can fly to: {_list(targets)}; "
                f"to `{after.city}` from: {_list(origins)}",
                data={"from": before.city, "to": after.city},
            )


@critic(decides="that every event's window is attended")
def windows_attended(trip: Trip, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to every stay that misses an event."""
    for stay in plan.stays:
        for event in trip.events.get(stay.city, ()):
            if stay.length > 0 and not event.admits(stay.first, stay.last):
                must = "include all of it" if event.mode == "contain" else "include a day of it"
                yield _object(
                    "window",
                    f"{event} is missed by the stay from day {stay.first} to day {stay.last}; the "
                    f"stay must {must}",
                    stay.index,
                    data={"constraint": f"/windows/{event.index}"},
                )


@critic(decides="that stated flights are those between the stays")
def flights_true(_trip: Trip, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to a stated flight between other cities or on another day."""
    for before, flight, after in _between_stays(plan):
        why = _contradiction(flight, before, after)
        if why:
            headline = (
                f"the flight from {quote(flight.origin)} to {quote(flight.target)} on "
                f"{_on_day(flight.day)} is not the one between the stays"
            )
            yield _object("flight-record", headline, flight.index, note=why)


@critic(decides="that stated numbers of days are right")
def statements_true(_trip: Trip, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to a stated length that is not the number of days from first to last."""
    for stay in plan.stays:
        if stay.days is not None and stay.days != stay.length:
            yield _object(
                "statement",
                f"the stay in {quote(stay.city)} is said to have {stay.days} {_days(stay.days)}; "
                f"from day {stay.first} to day {stay.last} there are {max(stay.length, 0)}",
                stay.index,
            )


CRITICS = (
    all_read,
    cities_known,
    cities_once,
    cities_all,
    exact_stays,
    starts_first,
    ends_last,
    flight_days_shared,
    direct_flights,
    windows_attended,
    flights_true,
    statements_true,
)


def share_of_facts(trip: Trip, _plan: Itinerary, errors: Sequence[Diagnostic]) -> float:
    """Score a rejected itinerary by how many of the facts it must respect it does."""
    facts = 3 * len(trip.cities) + len(trip.problem.windows) + 2
    return max(0.0, 1 - len(errors) / facts)


def _between_stays(plan: Itinerary) -> Iterator[tuple[Stay | None, Flown, Stay | None]]:
    """Give every stated flight with the stays before and after it."""
    stays, at = plan.stays, 0
    for part in plan.parts:
        if isinstance(part, Stay):
            at += 1
        elif isinstance(part, Flown):
            before = stays[at - 1] if at else None
            yield before, part, stays[at] if at < len(stays) else None


def _contradiction(flight: Flown, before: Stay | None, after: Stay | None) -> str | None:
    if before is None or after is None:
        return "a flight is between two stays"
    if (flight.origin, flight.target) != (before.city, after.city):
        return f"the stays around it are in {quote(before.city)} and {quote(after.city)}"
    if flight.day not in (before.last, after.first):
        return f"one leaves {quote(before.city)} on day {before.last}"
    return None


def _arithmetic(trip: Trip) -> str:
    days = " + ".join(map(str, list(trip.cities.values())[:LISTED]))
    more = " + ..." if len(trip.cities) > LISTED else ""
    flights = len(trip.cities) - 1
    return f"{days}{more} days less {flights} shared {_days(flights)} are {trip.needed} days"


def _list(cities: Sequence[str]) -> str:
    return ", ".join(cities[:LISTED]) or "nowhere"


def _days(count: int) -> str:
    return "day" if count == 1 else "days"


def _on_day(day: int | str) -> str:
    return f"day {day}" if isinstance(day, int) else quote(day)


def _object(
    kind: str,
    headline: str,
    index: int | None = None,
    *,
    note: str | None = None,
    help_: str | None = None,
    data: dict[str, JsonValue] | None = None,
) -> Diagnostic:
    pointer = "/itinerary" if index is None else f"/itinerary/{index}"
    step = None if index is None else index + 1
    return Diagnostic(
        code=f"trip-{kind}",
        headline=headline,
        at=Location(source="answer", pointer=pointer, step=step),
        notes=(note,) if note else (),
        help=(help_,) if help_ else (),
        data=data or {},
    )
