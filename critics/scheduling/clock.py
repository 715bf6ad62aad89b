"""Times of day and durations, as people write them and as we do.

A time of day is a number of minutes after midnight, 0 to 1440; `24:00` is the end of a day. It is
written `HH:MM` on a clock of 24 hours. A duration is a whole number of minutes. Nothing is
rounded: what is no whole minute is no time.
"""

import re
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator, Field

HOUR = 60
"""Minutes of an hour."""
DAY = 24 * HOUR
"""Minutes of a day."""
NOON = DAY // 2
HALF = 12
"""Hours on a clock's face."""
MAX_MINUTES = 1_000_000
"""No duration is longer."""

_TIME = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?(?::00)?\s*(?P<half>[ap]\.?\s?m\.?)?",
    re.ASCII | re.IGNORECASE,
)
_PART = re.compile(
    r"(?P<number>\d{1,7}(?:\.\d{1,4})?|\.\d{1,4}|an?|half an)\s*-?\s*"
    r"(?P<unit>hours?|hrs?|h|minutes?|mins?|min|m)(?![a-z])\.?(?:\s*,?\s*(?:and\s+)?)?",
    re.ASCII | re.IGNORECASE,
)


def read_time(text: str) -> int | None:
    """Read a time of day, such as `9:00`, `09:00`, `8:45PM`, `8 pm` or `noon`.

    Returns:
        Minutes after midnight, or nothing if the text is not exactly one time of day. An hour
        without minutes needs `am` or `pm`.
    """
    word = text.strip()
    if word.lower() in ("noon", "midday"):
        return NOON
    found = _TIME.fullmatch(word)
    if found is None or not (found["minute"] or found["half"]):
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= HALF:
            return None
        hour = hour % HALF + (HALF if found["half"][0] in "pP" else 0)
    total = hour * HOUR + minute
    return total if minute < HOUR and total <= DAY else None


def write_time(minutes: int) -> str:
    """Write minutes after midnight as `HH:MM`."""
    return f"{minutes // HOUR:02}:{minutes % HOUR:02}"


def read_duration(text: str) -> int | None:
    """Read a duration, such as `90 min`, `1.5 hours`, `1 h 30 min` or `half an hour`.

    Returns:
        Minutes, or nothing if the text is not a whole number of minutes. A number without a unit
        is minutes.
    """
    word = text.strip()
    if re.fullmatch(r"\d{1,7}", word, re.ASCII):
        return int(word)
    total, at = Fraction(0), 0
    while at < len(word):
        part = _PART.match(word, at)
        if part is None:
            return None
        total += _amount(part["number"].lower()) * (HOUR if part["unit"][0] in "hH" else 1)
        at = part.end()
    return int(total) if at and total.denominator == 1 else None


def _amount(number: str) -> Fraction:
    words = {"a": Fraction(1), "an": Fraction(1), "half an": Fraction(1, 2)}
    return words[number] if number in words else Fraction(number)


def _time(value: object) -> str:
    minutes = read_time(value) if isinstance(value, str) else None
    if minutes is None:
        raise ValueError("a time of day is written like `09:00`, `14:30` or `8:45PM`")
    return write_time(minutes)


def _duration(value: object) -> int:
    if isinstance(value, str):
        value = read_duration(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("a duration is a whole number of minutes, such as `90` or `1 h 30 min`")  # noqa: TRY004 (pydantic collects ValueErrors only)
    return value


TimeOfDay = Annotated[
    str,
    BeforeValidator(_time),
    Field(description='A time of day, such as "09:00" or "8:45PM"; kept as "HH:MM".'),
]
"""A time of day in a payload; whatever way it was written, it is kept as `HH:MM`."""

Minutes = Annotated[
    int,
    BeforeValidator(_duration, json_schema_input_type=int | str),
    Field(ge=0, le=MAX_MINUTES, description='Minutes: 90, "90 min" or "1 h 30 min".'),
]
"""A duration in a payload, kept as a number of minutes."""

Name = Annotated[str, Field(min_length=1, max_length=200)]
"""The name of a person, a place, a day or a city."""
