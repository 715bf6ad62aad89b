"""Endings: what a prompt says after its task about the form of the answer.

Such sentences change no problem, so they may be passed over, but only as a whole and only those
that are known: whatever else stands behind a task may be a constraint.
"""

import re

from critics.scheduling.prose.scanner import NAME, NUMBER, TIME, Scanner, StuckError, sentence

_TEXT = (
    r'"(?:[a-z_]{1,20}|<[A-Z_:]{1,20}>|\{?(?:\d{1,2}|HH):(?:\d{2}|MM):(?:\d{1,2}|HH):(?:\d{2}|MM)\}?'
    r'|HH:MM|Day X-Y|[A-Z][a-z]{1,12})"'
)
_SHAPE = rf"\{{(?:\s|[{{}}\[\]:,]|{_TEXT}){{1,200}}\}}\.?"
"""A JSON object of single words, times and placeholders."""

_BEGINNING = re.compile(
    r"(?i)\b(?:IMPORTANT:|(?:please|simply)\s+(?:output|provide|give|write|return)\b)"
)
_SENTENCES = (
    sentence("{mark}Do not write any code or algorithms.", mark=r"(?i:IMPORTANT:\s+)?"),
    sentence(
        "{polite} {verb} the {what} in the following JSON format: {shape}",
        polite="(?i:please|simply)",
        verb="(?i:output|provide|give|write|return)",
        what="(?i:answer|solution|proposed time|meeting schedule|schedule|trip plan|itinerary)",
        shape=_SHAPE,
    ),
    sentence(
        "For example, if the proposed time is {day}, {start} to {end}, the output should be: "
        "{shape}",
        day=NAME,
        start=TIME,
        end=TIME,
        shape=_SHAPE,
    ),
    sentence("Make sure to include the person's name for each meeting."),
    sentence("Include all city visits with their day ranges."),
    sentence("Do not include separate flight entries in the JSON output."),
    sentence(
        "IMPORTANT: When you fly from city A to city B on day X, that day counts for both cities."
    ),
    sentence(
        "For example: - If you stay in {one} from Day {a}-{b} and fly to {other} on Day {c}, then: "
        "- {first}: Day {d}-{e} ({f} days) "
        "- {second}: Day {g}-{h} ({i} days, including the flight day) "
        "- The flight day (Day {j}) is counted for both {third} and {fourth}.",
        **dict.fromkeys(("one", "other", "first", "second", "third", "fourth"), NAME),
        **dict.fromkeys("abcdefghij", NUMBER),
    ),
    sentence("- Do not create separate flight entries in the JSON."),
)


def cut_ending(text: str, end: int) -> int:
    """Give where a text ends without what it says about the form of the answer.

    Args:
        text: A prompt.
        end: Where it ends.
    """
    for mark in _BEGINNING.finditer(text, 0, end):
        scanner = Scanner(text, mark.start(), end)
        while scanner.take(*_SENTENCES):
            pass
        try:
            scanner.finish()
        except StuckError:
            continue
        return mark.start()
    return end
