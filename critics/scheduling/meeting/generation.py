"""Days of meetings made by a program.

The answer meets whoever goes first next, each as early and as short as possible, if as many people
as possible are met in this way; else it is what the exact search finds. A repair keeps as many of
the first meetings of a wrong answer as it can.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, TypeAlias

from pydantic import JsonValue

from critics.generation import Fact, Family, Generation, Payload, fingerprint
from critics.names import PEOPLE, PLACES
from critics.scheduling.clock import HOUR, write_time
from critics.scheduling.meeting.answer import Met, parse_itinerary, write_meetings
from critics.scheduling.meeting.problem import Day, load_day
from critics.scheduling.meeting.schema import MeetingProblem
from critics.scheduling.meeting.search import TooLarge, find_plan
from critics.types import CandidateError

Stay: TypeAlias = tuple[str, str, int, int]
"""A meeting: person, place, start and end."""


@dataclass(frozen=True, slots=True)
class Size:
    """What the problems of a level are like.

    Attributes:
        grid: Times and ways are multiples of so many minutes.
        objectives: What is asked for; one of them is drawn.
        strangers: People at most whom nothing is done to make possible.
    """

    people: tuple[int, ...]
    grid: int
    objectives: tuple[str, ...]
    strangers: int = 0


SIZES = (
    Size(people=(2,), grid=15, objectives=("all", "all", "max")),
    Size(people=(3,), grid=15, objectives=("all", "max", "at_least"), strangers=1),
    Size(people=(4,), grid=5, objectives=("all", "max", "at_least"), strangers=2),
    Size(people=(5, 6, 7), grid=5, objectives=("max", "all", "at_least", "any"), strangers=3),
)
LEVELS = (
    "two people, times on quarters of an hour",
    "three people, not always all of them possible",
    "four people, times on five minutes",
    "five to seven people",
)
LATEST = 21 * HOUR
"""No meeting of a hidden itinerary ends later."""
ONE_WAY = 0.3
"""How many ways take longer in one direction, on the finer grid."""
FINE = 5
"""Minutes of the finer grid."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A day that is being made, without its people."""

    random: Random
    grid: int
    start: int
    places: Sequence[str]
    ways: dict[str, dict[str, int]]

    def draw(self, least: int, most: int) -> int:
        """Draw a number of minutes on the grid."""
        return self.random.randint(least // self.grid, most // self.grid) * self.grid


def make_possible(random: Random, level: int) -> Payload:
    """Make a day around a hidden itinerary."""
    size = SIZES[level - 1]
    count = random.choice(size.people)
    objective = random.choice(size.objectives)
    draft = _begin(random, size, count)
    strangers = 0 if objective == "all" else random.randint(0, size.strangers)
    people, place, time = list[dict[str, JsonValue]](), draft.places[0], draft.start
    names = random.sample(PEOPLE, count)
    for index, (name, target) in enumerate(zip(names, draft.places[1:], strict=True)):
        if index >= count - strangers:
            people.append(_stay(draft, name, target))
            continue
        start = time + draft.ways[place][target] + draft.draw(0, HOUR)
        place, time = target, start + draft.draw(15, 75)
        if time > LATEST:
            return make_possible(random, level)
        since = max(start - draft.draw(0, 2 * HOUR), 7 * HOUR)
        until = time + draft.draw(0, 2 * HOUR)
        people.append(_person(name, target, (since, until), time - start))
    random.shuffle(people)
    return _write(draft, people, objective, random.randint(1, count - strangers))


def make_impossible(random: Random, level: int) -> Payload:
    """Make a day on which not so many people can be met as are asked for."""
    size = SIZES[level - 1]
    while True:
        count = random.choice(size.people)
        draft = _begin(random, size, count)
        names = random.sample(PEOPLE, count)
        people = [_stay(draft, *each) for each in zip(names, draft.places[1:], strict=True)]
        payload = _write(draft, people, "all", count)
        most = len(find_plan(load_day(MeetingProblem.model_validate(payload))))
        if most < count:
            objective = random.choice(("all", "at_least"))
            return _write(draft, people, objective, most + 1)


def answer(payload: Any) -> str | None:
    """Write an itinerary; nothing if there is none, or the search was given up."""
    day = load_day(MeetingProblem.model_validate(payload))
    most = _count_most(day)
    if most is None or most < day.needed:
        return None
    stays = _meet_in_time(day)
    return write_meetings(stays if len(stays) == most else find_plan(day).stays)


def repair(payload: Any, wrong: str) -> str | None:
    """Keep the first meetings of a wrong answer, as many as lead to enough people."""
    day = load_day(MeetingProblem.model_validate(payload))
    most = _count_most(day)
    if most is None:
        return None
    needed = most if day.problem.objective == "max" else day.needed
    kept = list(_keep(day, wrong))
    for count in range(len(kept), 0, -1):
        begun = kept[:count]
        met = {person for person, *_ in begun}
        rest = {name: friend for name, friend in day.people.items() if name not in met}
        _, place, _, end = begun[-1]
        more = find_plan(replace(day, place=place, start=end, people=rest)).stays
        if count + len(more) >= needed:
            return write_meetings([*begun, *more])
    return answer(payload)


def identify(payload: Any) -> str:
    """Tell days apart; names of people and places and the order of lists do not matter."""
    return fingerprint(_facts(load_day(MeetingProblem.model_validate(payload))))


def rename(random: Random, payload: Any) -> Payload:
    """Give people and places other names, and put everything into another order."""
    problem = MeetingProblem.model_validate(payload)
    known = load_day(problem).places
    places = dict(zip(sorted(known), _name(random, PLACES, len(known)), strict=True))
    names = _name(random, PEOPLE, len(problem.people))
    people: list[dict[str, JsonValue]] = [
        person.model_dump(mode="json") | {"person": name, "place": places[person.place]}
        for person, name in zip(problem.people, names, strict=True)
    ]
    renamed = problem.model_dump(mode="json", exclude_defaults=True)
    renamed["start"]["place"] = places[problem.start.place]
    renamed["people"] = random.sample(people, len(people))
    renamed["travel"] = {
        places[place]: {
            places[target]: ways[target] for target in random.sample([*ways], len(ways))
        }
        for place, ways in random.sample([*problem.travel.items()], len(problem.travel))
    }
    return renamed


def _begin(random: Random, size: Size, count: int) -> Draft:
    places = random.sample(PLACES, count + 1)
    ways: dict[str, dict[str, int]] = {place: {} for place in places}
    draft = Draft(random, size.grid, random.choice((8, 9, 9, 9, 10)) * HOUR, places, ways)
    for index, place in enumerate(places):
        for other in places[:index]:
            ways[place][other] = ways[other][place] = max(draft.draw(5, 45), size.grid)
            if size.grid == FINE and random.random() < ONE_WAY:
                ways[place][other] += size.grid
    return draft


def _stay(draft: Draft, name: str, place: str) -> dict[str, JsonValue]:
    """Make somebody who is there for a short time, whenever that is."""
    minimum = draft.draw(15, 90)
    since = draft.start + draft.draw(0, len(draft.places) * HOUR)
    return _person(name, place, (since, since + minimum + draft.draw(0, HOUR)), minimum)


def _person(name: str, place: str, span: tuple[int, int], minimum: int) -> dict[str, JsonValue]:
    since, until = map(write_time, span)
    return {"person": name, "place": place, "from": since, "to": until, "min_minutes": minimum}


def _write(
    draft: Draft, people: Sequence[dict[str, JsonValue]], objective: str, least: int
) -> Payload:
    payload: dict[str, JsonValue] = {
        "start": {"place": draft.places[0], "time": write_time(draft.start)},
        "people": [*people],
        "travel": {place: {**ways} for place, ways in draft.ways.items()},
        "objective": objective,
    }
    return payload | ({"at_least": least} if objective == "at_least" else {})


def _name(random: Random, names: Sequence[str], count: int) -> list[str]:
    extra = [f"{names[0]} {number}" for number in range(count - len(names))]
    return random.sample([*names, *extra], count)


def _facts(day: Day) -> Iterator[Fact]:
    at_start = (("place", day.place),)
    yield f"{day.problem.objective} {day.problem.at_least} from {day.start}", at_start
    for friend in day.people.values():
        label = f"{friend.since} {friend.until} {friend.minimum}"
        yield label, (("person", friend.name), ("place", friend.place))
    for place, ways in day.problem.travel.items():
        for target, minutes in ways.items():
            yield f"way {minutes}", (("place", place), ("place", target))


def _count_most(day: Day) -> int | None:
    try:
        return len(find_plan(day))
    except TooLarge:
        return None


def _meet_in_time(day: Day) -> list[Stay]:
    """Meet everybody who can still be met, whoever goes first next."""
    stays, place, time = list[Stay](), day.place, day.start
    for friend in sorted(day.people.values(), key=lambda f: (f.until, f.since, f.index)):
        way = day.way(place, friend.place)
        if way is None:
            continue
        start = max(time + way, friend.since)
        if start + friend.minimum <= friend.until:
            place, time = friend.place, start + friend.minimum
            stays.append((friend.name, place, start, time))
    return stays


def _keep(day: Day, text: str) -> Iterator[Stay]:
    """Give the first meetings of an answer, as far as they are possible as they are."""
    try:
        meetings = parse_itinerary(day, text).meetings
    except CandidateError:
        return
    place, time, met = day.place, day.start, set[str]()
    for meeting in meetings:
        friend = day.people.get(meeting.person)
        if friend is None or friend.name in met or not _fits(day, meeting, place, time):
            return
        met.add(friend.name)
        place, time = friend.place, meeting.end
        yield friend.name, place, meeting.start, meeting.end


def _fits(day: Day, meeting: Met, place: str, time: int) -> bool:
    friend = day.people[meeting.person]
    way = day.way(place, friend.place)
    return (
        way is not None
        and meeting.place in (None, friend.place)
        and max(time + way, friend.since) <= meeting.start
        and meeting.start + friend.minimum <= meeting.end <= friend.until
    )


MEETING_GENERATION = Generation(
    families=(
        Family(
            name="possible",
            summary="days on which enough people can be met",
            levels=LEVELS,
            make=make_possible,
            answer=answer,
            repair=repair,
        ),
        Family(
            name="impossible",
            summary="days on which not so many people can be met as are asked for",
            levels=(
                *("two people", "three people", "four people, times on five minutes"),
                "five to seven people",
            ),
            make=make_impossible,
            solvable=False,
        ),
    ),
    identity=identify,
    rename=rename,
)
