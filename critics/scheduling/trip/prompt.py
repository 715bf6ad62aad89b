"""The problem and the answer's format as they are put to a model."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from critics.scheduling.trip.problem import Trip

ANSWER_FORMAT = """\
Answer with one JSON object and nothing else: the stays in their order, first and last day
included, such as
{"itinerary": [{"city": "Oslo", "first_day": 1, "last_day": 3}, {"city": "Rome", "first_day": 3, "last_day": 5}]}\
"""  # noqa: E501  # one line of JSON


def write_prompt(trip: Trip) -> str:
    """Put a problem to a model."""
    return "\n".join(_lines(trip))


def write_answer_schema(trip: Trip) -> Mapping[str, JsonValue]:
    """Give the JSON Schema of an answer."""
    day: JsonValue = {"type": "integer", "minimum": 1, "maximum": trip.total}
    stay: JsonValue = {
        "type": "object",
        "properties": {
            "city": {"type": "string", "enum": list(trip.cities)},
            "first_day": day,
            "last_day": day,
        },
        "required": ["city", "first_day", "last_day"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"itinerary": {"type": "array", "items": stay}},
        "required": ["itinerary"],
        "additionalProperties": False,
    }


def _lines(trip: Trip) -> Iterator[str]:
    yield f"Plan a trip of {trip.total} days through {len(trip.cities)} cities, by direct flights."
    yield "Visit every city exactly once, for exactly its number of days, from day 1 to the last."
    yield "The day of a flight counts in both cities: the next stay starts on the day on which"
    yield "the one before ends."
    yield from ("", "Cities:")
    for city, days in trip.cities.items():
        yield f"- {city}: {days} {'day' if days == 1 else 'days'}"
    events = [event for events in trip.events.values() for event in events]
    if events:
        yield from ("", "Events:")
    for event in events:
        rule = (
            "be in the city on every day"
            if event.mode == "contain"
            else "be in the city on at least one day"
        )
        yield f"- {event.city}, day {event.first} to day {event.last}: {rule} of it"
    yield from ("", "Direct flights:")
    for edge in trip.problem.edges:
        yield f"- {edge.origin} {'<->' if edge.both else '->'} {edge.target}"
    if any(not edge.both for edge in trip.problem.edges):
        yield "(`<->` is a flight both ways, `->` one way only.)"
