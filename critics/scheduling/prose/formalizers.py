"""Formalizers of `calendar`, `meeting` and `trip`: parsers, paraphrases, and what to ask.

A paraphrase says everything that the payload says, also the choices that nobody made in words.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from critics.formalization import Cue, Formalizer
from critics.scheduling.prose.calendar import parse_calendar
from critics.scheduling.prose.meeting import parse_meeting
from critics.scheduling.prose.trip import parse_trip

if TYPE_CHECKING:  # a domain imports this module, so nothing of a domain is imported here
    from critics.scheduling.calendar.schema import CalendarProblem, Preference
    from critics.scheduling.meeting.schema import MeetingProblem
    from critics.scheduling.trip.schema import Semantics, TripProblem

_GOALS = {
    "any": "Any time that fits is right.",
    "earliest": "Only the earliest possible time is right.",
}


def paraphrase_calendar(problem: "CalendarProblem") -> str:
    """Say what a calendar problem asks for."""
    start, end = problem.work_hours
    return "\n".join(
        [
            (
                f"Find one time of {problem.duration_min} minutes for a meeting of "
                f"{_list(problem.participants)}."
            ),
            f"It lies on {_list(problem.days, 'or')}, between {start} and {end}.",
            *_busy(problem),
            *map(_preference, problem.preferences),
            *(
                [f"It starts at a multiple of {problem.grid_min} minutes."]
                if problem.grid_min
                else []
            ),
            _GOALS[problem.objective],
        ]
    )


def _grid(problem: "CalendarProblem") -> list[str]:
    every = problem.grid_min
    return [] if every is None else [f"It starts at a multiple of {every} minutes past midnight."]


def _busy(problem: "CalendarProblem") -> Iterator[str]:
    for name in problem.participants:
        own = [block for block in problem.busy if block.person == name]
        days = dict.fromkeys(block.day for block in own)
        times = (
            f"{day} {', '.join(f'{b.start}-{b.end}' for b in own if b.day == day)}" for day in days
        )
        yield f"- {name} is busy: {'; '.join(times)}." if own else f"- {name} has no busy times."


def _preference(wish: "Preference") -> str:
    when = f"on {wish.day}" if wish.day else "on every day"
    if wish.before:
        when += f" before {wish.before}"
    elif wish.after:
        when += f" after {wish.after}"
    elif wish.between:
        when += f" between {wish.between[0]} and {wish.between[1]}"
    if wish.hard:
        return f"- {wish.person} cannot meet {when} (this decides)."
    return f"- {wish.person} would rather not meet {when} (a wish that does not decide)."


def paraphrase_meeting(problem: "MeetingProblem") -> str:
    """Say what a meeting problem asks for."""
    goals = {
        "max": "Meet as many of them as possible; only the greatest number is right.",
        "all": "Meet all of them.",
        "any": "Meet at least one of them.",
        "at_least": f"Meet at least {problem.at_least} of them.",
    }
    people = (
        f"- {p.person} is at {p.place} from {p.since} to {p.until}; a meeting takes at least "
        f"{p.min_minutes} minutes."
        for p in problem.people
    )
    ways = (
        f"- from {place}: " + ", ".join(f"{minutes} to {other}" for other, minutes in row.items())
        for place, row in problem.travel.items()
    )
    begin = f"Start at {problem.start.place} at {problem.start.time}."
    return "\n".join([begin, *people, goals[problem.objective], "Minutes of travel:", *ways])


def paraphrase_trip(problem: "TripProblem") -> str:
    """Say what a trip problem asks for."""
    stays = _list(f"{city} for {_days(days)}" for city, days in problem.cities.items())
    events = (
        f"- {_semantics(window.mode or problem.windows_semantics)} in {window.city} from day "
        f"{window.first} to day {window.last}."
        for window in problem.windows
    )
    both = [f"{edge.origin} and {edge.target}" for edge in problem.edges if edge.both]
    single = [f"from {edge.origin} to {edge.target}" for edge in problem.edges if not edge.both]
    return "\n".join(
        [
            f"Visit {stays}, each once, in {_days(problem.total_days)} from day 1.",
            *events,
            f"Flights both ways: {', '.join(both) or 'none'}.",
            f"Flights one way only: {', '.join(single) or 'none'}.",
            "The day of a flight counts in both cities.",
        ]
    )


def _semantics(mode: "Semantics") -> str:
    return "Be all the time" if mode == "contain" else "Be on at least one day"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _list(names: Iterable[str], last: str = "and") -> str:
    *first, end = names
    return f"{', '.join(first)} {last} {end}" if first else end


CALENDAR = Formalizer(
    paraphrase=paraphrase_calendar,
    parsers=(parse_calendar,),
    instruction=(
        "Times are written HH:MM on a clock of 24 hours. `days` are in the order of time. A person "
        "who is not busy has no entry in `busy`. A time that somebody refuses or wants to avoid is "
        "a preference with `before`, `after`, `between` or `whole_day: true`; `hard` is false only "
        "where the text calls it a mere wish. `objective` is `earliest` only where the text asks "
        "for the earliest time."
    ),
    cues=(
        Cue("objective", "earliest", r"\bearl(?:y|ie?st)\b|\bas soon as\b|\bsoonest\b|\basap\b"),
        Cue("hard", value=False, pattern=r"prefer|rather|ideally|if possible|would like|avoid",
            telling=False),
        Cue("whole_day", value=True, pattern=r"\bon\b|\bdays?\b|\bexcept\b", telling=False),
    ),
    questions={
        "participants": "Who takes part?",
        "days": "On which days may the meeting be?",
        "duration_min": "How long does the meeting last?",
        "work_hours": "Between which times of the day may the meeting be?",
    },
)  # fmt: skip
"""Of the domain `calendar`."""

MEETING = Formalizer(
    paraphrase=paraphrase_meeting,
    parsers=(parse_meeting,),
    instruction=(
        "Times are written HH:MM on a clock of 24 hours. `travel` holds the minutes from one place "
        "to another for each direction that the text gives; where the text says that a time holds "
        "in both directions, write both. `objective` is `max` unless the text asks for something "
        "else."
    ),
    cues=(
        Cue("objective", "all", r"\ball\b|\beverybody\b|\beveryone\b|\beach\b", telling=False),
        Cue("objective", "at_least", r"\bat least (?:\d+|two|three|four|five|six)\b(?! min)"),
        Cue("objective", "any", r"\bany(?:body|one)?\b|\bsome(?:body|one)\b", telling=False),
    ),
    questions={
        "start": "Where and when does the day begin?",
        "people": "Whom could you meet, where, from when to when, and for how long at least?",
        "travel": "How many minutes does it take from each place to each other?",
    },
)  # fmt: skip
"""Of the domain `meeting`."""

TRIP = Formalizer(
    paraphrase=paraphrase_trip,
    parsers=(parse_trip,),
    instruction=(
        "`cities` holds the days in each city. `windows` holds events: the city and the days on "
        "which one must be there. `edges` holds direct flights; `both` is false where the text "
        "gives one direction only."
    ),
    cues=(
        Cue("both", value=False, pattern=r"\bone[- ]way\b"),
        Cue("both", value=False, pattern=r"\bfrom\b|\bonly\b", telling=False),
        Cue("windows_semantics", "touch", r"\bat least one day\b|\bsome day\b|\boverlap"),
        Cue("mode", "touch", r"\bat least one day\b|\bsome day\b|\boverlap", telling=False),
        Cue("mode", "contain", r"\bbetween\b|\bfrom\b|\bduring\b", telling=False),
    ),
    questions={
        "total_days": "How many days does the whole trip take?",
        "cities": "Which cities, and how many days in each?",
        "edges": "Between which cities are there direct flights, and in which direction?",
    },
)
"""Of the domain `trip`."""
