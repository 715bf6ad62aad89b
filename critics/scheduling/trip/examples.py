"""Self-test examples of the domain `trip`: answers that must pass, and why others must not."""

import json
from collections.abc import Sequence

from critics.domain import Example


def _plan(*stays: tuple[str, int, int], then: Sequence[dict[str, str | int]] = ()) -> str:
    listed = [{"city": city, "first_day": first, "last_day": last} for city, first, last in stays]
    return json.dumps({"itinerary": [*listed, *then]})


GOOD = _plan(("Oslo", 1, 3), ("Porto", 3, 4), ("Riga", 4, 8))

NORTH = Example(
    name="three-cities",
    problem={
        "total_days": 8,
        "cities": {"Riga": 5, "Oslo": 3, "Porto": 2},
        "windows": [
            {"city": "Oslo", "from": 2, "to": 3},
            {"city": "Riga", "from": 2, "to": 4, "mode": "touch"},
        ],
        "edges": [
            {"from": "Oslo", "to": "Porto", "both": False},
            {"from": "Porto", "to": "Riga", "both": True},
            {"from": "Riga", "to": "Oslo", "both": True},
        ],
    },
    good=(
        GOOD,
        (
            '{"itinerary": [{"city": "Oslo", "first_day": 1, "last_day": 3, "days": 3},'
            ' {"fly_from": "Oslo", "fly_to": "Porto", "day": 3},'
            ' {"city": "Porto", "first_day": 3, "last_day": 4},'
            ' {"city": "Riga", "first_day": 4, "last_day": 8}]}'
        ),
    ),
    bad={
        _plan(("Porto", 1, 2), ("Oslo", 2, 4), ("Riga", 4, 8)): "trip-no-flight",
        _plan(("Riga", 1, 5), ("Oslo", 5, 7), ("Porto", 7, 8)): "trip-window",
        _plan(("Oslo", 1, 3), ("Porto", 4, 5), ("Riga", 5, 9)): "trip-flight-day",
        _plan(("Oslo", 1, 3), ("Porto", 3, 4), ("Riga", 4, 7)): "trip-stay-length",
        _plan(("Oslo", 3, 1), ("Porto", 3, 4), ("Riga", 4, 8)): "trip-stay-length",
        _plan(("Oslo", 2, 4), ("Porto", 4, 5), ("Riga", 5, 9)): "trip-start-day",
        _plan(("Oslo", 1, 3), ("Riga", 3, 7)): "trip-end-day",
        _plan(("Oslo", 1, 3), ("Riga", 3, 8)): "trip-city-missing",
        _plan(("Oslo", 1, 3), ("Porto", 3, 4), ("Riga", 4, 8), ("Oslo", 8, 10)): "trip-city-twice",
        _plan(("Oslo", 1, 3), ("Porto", 3, 4), ("Riga", 4, 8), ("Moon", 8, 9)): "trip-city-unknown",
        GOOD.replace("]}", ', {"unread": "You teleport to the Moon."}]}'): "trip-unread",
        GOOD.replace('"last_day": 3}', '"last_day": 3, "days": 4}'): "trip-statement",
        GOOD.replace(
            '"last_day": 3}', '"last_day": 3}, {"fly_from": "Oslo", "fly_to": "Riga", "day": 3}'
        ): "trip-flight-record",
        GOOD.replace(
            '"last_day": 3}', '"last_day": 3}, {"fly_from": "Oslo", "fly_to": "Porto", "day": 4}'
        ): "trip-flight-record",
        GOOD.replace("8", "8.0"): "trip-format",
        "Oslo, Porto, Riga": "trip-format",
        "[]": "trip-format",
    },
    responses={
        "Here is the trip plan:\n\n"
        "**Day 1-3:** Arriving in Oslo and visit Oslo for 3 days.\n"
        "**Day 3:** Fly from Oslo to Porto.\n"
        "**Day 3-4:** Visit Porto for 2 days.\n"
        "**Day 4:** Fly from Porto to Riga.\n"
        "**Day 4-8:** Visit Riga for 5 days.\n"
        "**Day 8:** You teleport to the Moon.\n": [
            (
                '{"itinerary": [{"city": "Oslo", "first_day": 1, "last_day": 3, "days": 3}, '
                '{"fly_from": "Oslo", "fly_to": "Porto", "day": 3}, '
                '{"city": "Porto", "first_day": 3, "last_day": 4, "days": 2}, '
                '{"fly_from": "Porto", "fly_to": "Riga", "day": 4}, '
                '{"city": "Riga", "first_day": 4, "last_day": 8, "days": 5}, '
                '{"unread": "Day 8: You teleport to the Moon."}]}'
            )
        ],
        '```json\n{"itinerary": [{"day_range": "Day 1-3", "place": "oslo"}, '
        '{"flying": "Day 3-3", "from": "Oslo", "to": "Porto"}, '
        '{"day_range": "Day 3-4", "place": "Porto"}, {"day_range": "Days 4,5,6", "place": "Riga"}]}'
        "\n```": [
            (
                '{"itinerary": [{"city": "Oslo", "first_day": 1, "last_day": 3}, '
                '{"fly_from": "Oslo", "fly_to": "Porto", "day": 3}, '
                '{"city": "Porto", "first_day": 3, "last_day": 4}, '
                '{"city": "Riga", "first_day": "Days 4,5,6", "last_day": "Days 4,5,6"}]}'
            )
        ],
        "I would fly to Oslo first.": [],
    },
)

EXAMPLES = (NORTH,)
