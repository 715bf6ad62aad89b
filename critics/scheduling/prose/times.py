"""Times and durations in sentences, on top of how payloads write them."""

import re

from critics.scheduling.clock import DAY, HOUR, read_duration, read_time
from critics.scheduling.prose.scanner import NUMBER, StuckError

_COUNT = "one|two|three|four|five|six|seven|eight|nine|ten"
DURATION = (
    rf"(?:half\s+an\s+hour|(?:an?|{_COUNT}|{NUMBER}(?:\.\d+)?)\s+(?:hours?|minutes?)"
    rf"(?:\s+and\s+(?:a\s+half|(?:an?|{_COUNT}|{NUMBER})\s+minutes?))?)"
)
_COUNTS = {word: str(number) for number, word in enumerate(_COUNT.split("|"), 1)}


def minutes_of(text: str, at: int) -> int:
    """Read a duration.

    Raises:
        StuckError: It is no whole number of minutes.
    """
    plain = re.sub(rf"\b(?:{_COUNT})\b", lambda word: _COUNTS[word[0]], text.lower())
    halved = re.fullmatch(r"(\d+|an?)\s+hours?\s+and\s+a\s+half", plain)
    if halved:
        whole = 1 if halved[1].startswith("a") else int(halved[1])
        return whole * HOUR + HOUR // 2
    minutes = read_duration(" ".join(plain.split()))
    if not minutes:
        raise StuckError(at, "a duration in whole minutes")
    return minutes


def time_of(text: str, at: int, *, half_needed: bool = False) -> int:
    """Read a time of day, in minutes after midnight.

    Args:
        text: The time as it is written.
        at: Where it stands.
        half_needed: Refuse a time without AM or PM, where others have it.

    Raises:
        StuckError: It is none.
    """
    minutes = read_time(text)
    if minutes is None or (half_needed and text[-1].isdigit()):
        raise StuckError(at, "a time of day" + (" with AM or PM" if half_needed else ""))
    return minutes


def span_of(start: str, end: str, at: int, *, half_needed: bool = False) -> tuple[int, int]:
    """Read two times of the same day, the earlier one first; midnight ends the day.

    Raises:
        StuckError: They are not.
    """
    first = time_of(start, at, half_needed=half_needed)
    last = time_of(end, at, half_needed=half_needed) or DAY
    if first >= last:
        raise StuckError(at, "an end after the start")
    return first, last
