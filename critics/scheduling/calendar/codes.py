"""The codes of the domain `calendar`, with their explanations."""

from collections.abc import Mapping
from types import MappingProxyType

from critics.codes import Code

CALENDAR_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "calendar-format": Code(
            "The answer cannot be read",
            'An answer is one JSON object `{"day": ..., "start": ..., "end": ...}`: a day of the '
            "problem and two times of day. Other keys are refused, for nobody would judge them.",
            "Answer with that object.",
        ),
        "calendar-day": Code(
            "The day is none of the problem's",
            "A meeting lies on one of the listed days; their names are compared letter by letter.",
            "Choose one of the listed days.",
        ),
        "calendar-hours": Code(
            "The meeting leaves the work hours",
            "It starts before the work hours do, or ends after they do.",
            "Move it into the work hours.",
        ),
        "calendar-duration": Code(
            "The meeting has another length",
            "A meeting lasts exactly as long as the problem says, counted from start to end.",
            "Correct the start or the end.",
        ),
        "calendar-grid": Code(
            "The meeting starts off the grid",
            "The problem allows starts at multiples of `grid_min` after midnight only.",
            "Choose a start on the grid.",
        ),
        "calendar-conflict": Code(
            "A participant is busy",
            "The meeting and a busy time overlap. Both are half-open: who is busy until 10:00 can "
            "meet at 10:00. Every busy time that is hit is told.",
            "Choose a time when nobody is busy.",
        ),
        "calendar-preference": Code(
            "A participant does not want to meet then",
            "The meeting overlaps a time that somebody wants to avoid, and the problem says that "
            "this wish decides (`hard`, which is the default).",
            'Choose another time, or mark the preference as `"hard": false`.',
        ),
        "calendar-wish": Code(
            "A wish is not fulfilled",
            "The meeting overlaps a time that somebody would rather avoid. The wish is soft: it "
            "lowers the score and decides nothing.",
            "Choose another time if there is one.",
        ),
        "calendar-not-earliest": Code(
            "An earlier time is possible",
            "The problem asks for the earliest possible start, over the days in their order. Every "
            "earlier start was examined, and at least one keeps every rule.",
            "Choose the first time at which everybody can meet.",
        ),
        "calendar-infeasible": Code(
            "No time is possible",
            "Every start was examined: each hits the busy time or the hard preference of at least "
            "one of the named participants, or leaves the work hours.",
            "Allow more days, longer work hours or a shorter meeting, or release a busy time.",
        ),
        "calendar-undecided": Code(
            "Something about the whole problem was not decided",
            "Whether any time, or a better one, is possible is not known: the problem compares no "
            "times, or two methods did not agree.",
            "Judge answers one by one.",
        ),
        "calendar-first": Code(
            "The first possible time",
            "A hint: the first start that keeps every rule. It has passed the critics.",
            "Use it.",
        ),
        "calendar-better": Code(
            "A better time is possible",
            "Another time goes against fewer wishes, or is as good and earlier where the earliest "
            "is asked for.",
            "Choose the better time.",
        ),
        "calendar-problem-twice": Code(
            "A name is listed twice",
            "Participants and days have different names, each listed once.",
            "Remove the repetition, or tell the two apart.",
        ),
        "calendar-problem-person": Code(
            "Somebody is not a participant",
            "Busy times and preferences are those of participants. A misspelt name would otherwise "
            "be ignored in silence.",
            "Correct the name, or list the person in `participants`.",
        ),
        "calendar-problem-day": Code(
            "A day is not listed",
            "Busy times and preferences lie on days of the problem. A misspelt day would otherwise "
            "be ignored in silence.",
            "Correct the day, or list it in `days`.",
        ),
        "calendar-problem-time": Code(
            "A time ends before it starts",
            "Work hours, busy times and times to avoid end after they start, on the same day.",
            "Exchange the two, or split the time at midnight.",
        ),
        "calendar-problem-duration": Code(
            "The meeting has no length",
            "A meeting lasts at least one minute.",
            "Give `duration_min` in minutes.",
        ),
    }
)
