"""What decides an itinerary of meetings: one critic for each rule.

What the answer states beyond its meetings is judged in `statements`.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pydantic import JsonValue

from critics.critic import critic
from critics.scheduling.clock import write_time
from critics.scheduling.meeting.answer import Itinerary, Met, Unread
from critics.scheduling.meeting.problem import Day
from critics.scheduling.meeting.search import TooLarge, find_plan
from critics.scheduling.meeting.statements import find_contradictions
from critics.scheduling.objects import quote
from critics.types import Diagnostic, Location, Severity, Undecided

LISTED = 20


@critic(decides="that every part of the answer means something")
def all_read(_day: Day, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to parts that mean nothing."""
    for part in plan.parts:
        if isinstance(part, Unread):
            headline = f"part {part.index + 1} is no meeting, way or wait: {quote(part.text)}"
            yield _object("unread", headline, part.index)


@critic(decides="that only the listed people are met")
def people_known(day: Day, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to other people."""
    for met in plan.meetings:
        if met.person not in day.people:
            listed = ", ".join(list(day.people)[:LISTED])
            headline = f"{quote(met.person)} is nobody of the people to meet"
            yield _object("person-unknown", headline, met.index, help_=f"choose from: {listed}")


@critic(decides="that nobody is met twice")
def people_once(_day: Day, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to every further meeting with the same person."""
    seen: set[str] = set()
    for met in plan.meetings:
        if met.person in seen:
            headline = f"{quote(met.person)} is met again from {_span(met)}"
            yield _object("person-twice", headline, met.index)
        seen.add(met.person)


@critic(decides="that stated places are where the people are")
def places_right(day: Day, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to a meeting that is said to be at another place."""
    for met in plan.meetings:
        friend = day.people.get(met.person)
        if friend is not None and met.place not in (None, friend.place):
            yield _object(
                "place",
                f"`{met.person}` is at {friend.place}, not at {quote(met.place)}",
                met.index,
                data={"place": friend.place},
            )


@critic(decides="that every meeting lies in the person's time")
def inside_windows(day: Day, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to meetings before a person comes or after they go."""
    for met in plan.meetings:
        friend = day.people.get(met.person)
        if friend is not None and not friend.since <= met.start <= met.end <= friend.until:
            there = f"from {write_time(friend.since)} to {write_time(friend.until)}"
            if met.end < met.start:
                headline = (
                    f"the meeting with `{met.person}` from {_span(met)} ends before it starts"
                )
            else:
                headline = (
                    f"the meeting with `{met.person}` is from {_span(met)}; they are there {there}"
                )
            yield _object("window", headline, met.index, data={"person": met.person})


@critic(decides="that every meeting lasts at least its minimum")
def long_enough(day: Day, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to meetings that are too short."""
    for met in plan.meetings:
        friend = day.people.get(met.person)
        length = max(met.end - met.start, 0)
        if friend is not None and length < friend.minimum:
            yield _object(
                "too-short",
                f"the meeting with `{met.person}` from {_span(met)} lasts {length} minutes; it "
                f"must last at least {friend.minimum}",
                met.index,
                data={"person": met.person, "minutes": length, "required": friend.minimum},
            )


@critic(decides="that meetings are held one after the other")
def in_order(_day: Day, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to a meeting that starts before the one before ends."""
    for before, after in pairwise(plan.meetings):
        if after.start < before.end:
            yield _object(
                "overlap",
                f"the meeting with {quote(after.person)} starts at {write_time(after.start)}, "
                f"before the one with {quote(before.person)} ends at {write_time(before.end)}",
                after.index,
            )


@critic(decides="that one can be at every meeting in time")
def reachable(day: Day, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to every way that takes longer than there is, with the arithmetic."""
    place, left, whence = day.place, day.start, "the day starts"
    for met in plan.meetings:
        friend = day.people.get(met.person)
        if friend is None:
            continue
        way = day.way(place, friend.place)
        if way is None:
            yield _object(
                "no-way",
                f"there is no way from {place} to {friend.place}, where `{met.person}` is",
                met.index,
                note=f"from {place} one can travel to: {_targets(day, place)}",
            )
        elif met.start < left + way and (met.start >= left or left == day.start):
            yield _object(
                "travel",
                f"the meeting with `{met.person}` starts at {write_time(met.start)}, and one "
                f"cannot be at {friend.place} before {_clock(left + way)}",
                met.index,
                note=f"{whence} at {place} at {write_time(left)}, and the way to {friend.place} "
                f"takes {way} minutes",
                data={"person": met.person, "earliest": _clock(left + way), "way": way},
            )
        place, left = friend.place, max(met.end, met.start)
        whence = f"the meeting with `{met.person}` ends"


@critic(decides="that what the answer states of ways, waiting and lengths is so")
def statements_true(day: Day, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to everything stated that contradicts the problem or the rest of the answer."""
    for index, headline, note in find_contradictions(day, plan):
        yield _object("statement", headline, index, note=note)


@critic(decides="that enough people are met for the objective")
def enough_people(day: Day, plan: Itinerary) -> Iterator[Diagnostic]:
    """Object to an itinerary that meets fewer people than it must."""
    met, total = _count(day, plan), len(day.people)
    if day.problem.objective != "max":
        if met < day.needed:
            yield _too_few(met, total, f"it must meet {day.needed}")
        return
    if met == total:
        return
    try:
        most = len(find_plan(day))
    except TooLarge as why:
        raise Undecided([_undecided(f"{why}")]) from why
    if met < most:
        yield _too_few(met, total, "it is possible to meet more")


@critic(decides="how many people are met", hard=False)
def more_possible(day: Day, plan: Itinerary) -> Iterator[Diagnostic]:
    """Tell that more people could be met, where the objective does not ask for them."""
    met = _count(day, plan)
    if day.problem.objective == "max" or met == len(day.people):
        return
    try:
        most = len(find_plan(day))
    except TooLarge:
        return
    if met < most:
        yield _object(
            "more-possible",
            f"{met} of {len(day.people)} people are met, and {most} can be",
            data={"score": round(met / most, 6)},
        )


CRITICS = (
    all_read,
    people_known,
    people_once,
    places_right,
    inside_windows,
    long_enough,
    in_order,
    reachable,
    statements_true,
    enough_people,
    more_possible,
)


def share_of_people(day: Day, plan: Itinerary, errors: Sequence[Diagnostic]) -> float:
    """Score a rejected itinerary by the people that it meets without an objection."""
    wrong = {error.at.step for error in errors if error.at is not None}
    right = {met.person for met in plan.meetings if met.index + 1 not in wrong}
    return len(right & day.people.keys()) / len(day.people) / (1 + len(wrong - {None}) / 10)


def _count(day: Day, plan: Itinerary) -> int:
    return len({met.person for met in plan.meetings} & day.people.keys())


def _too_few(met: int, total: int, why: str) -> Diagnostic:
    return _object(
        "too-few",
        f"the itinerary meets {met} of {total} people; {why}",
        data={"met": met, "people": total},
    )


def _undecided(why: str) -> Diagnostic:
    return Diagnostic(
        code="meeting-undecided",
        headline="whether more people can be met was not decided",
        notes=(why,),
        help=("ask for a number of people with objective `at_least`",),
        severity=Severity.UNKNOWN,
    )


def _span(met: Met) -> str:
    return f"{write_time(met.start)} to {write_time(met.end)}"


def _clock(minutes: int) -> str:
    days, rest = divmod(minutes, 1440)
    return write_time(rest) + (f" (+{days} day)" if days == 1 else f" (+{days} days)" * (days > 1))


def _targets(day: Day, place: str) -> str:
    return ", ".join(list(day.problem.travel.get(place, {}))[:LISTED]) or "nowhere"


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
        code=f"meeting-{kind}",
        headline=headline,
        at=Location(source="answer", pointer=pointer, step=step),
        notes=(note,) if note else (),
        help=(help_,) if help_ else (),
        data=data or {},
    )
