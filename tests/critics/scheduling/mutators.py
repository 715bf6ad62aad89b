"""Mutators: each changes a good answer in one way, so that one critic has to object."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from random import Random
from typing import Any

from critics.scheduling.calendar.enumeration import list_starts
from critics.scheduling.clock import DAY, read_time, write_time

Answer = dict[str, Any]
Mutator = Callable[[Random, Any, Answer], Iterator[Answer]]
MUTATORS: dict[str, Mutator] = {}


def mutates(code: str) -> Callable[[Mutator], Mutator]:
    """Register a mutator for the code that its mutants must be rejected with."""

    def register(mutator: Mutator) -> Mutator:
        MUTATORS[code] = mutator
        return mutator

    return register


def minutes(time: str) -> int:
    found = read_time(time)
    assert found is not None
    return found


def at(answer: Answer, start: int, end: int) -> Iterator[Answer]:
    """Move a meeting, if the day has these times."""
    if 0 <= start <= end <= DAY:
        yield {**answer, "start": write_time(start), "end": write_time(end)}


@mutates("calendar-day")
def other_day(random: Random, _problem: Any, answer: Answer) -> Iterator[Answer]:
    for day in ("Sunday", "", "monday", answer["day"] + " "):
        yield {**answer, "day": day}
    yield {**answer, "day": f"Day {random.randint(1, 9)}"}


@mutates("calendar-duration")
def other_length(_random: Random, problem: Any, answer: Answer) -> Iterator[Answer]:
    start = minutes(answer["start"])
    for length in {1, problem.duration_min // 2, problem.duration_min - 1} - {0}:
        yield from at(answer, start, start + length) if length != problem.duration_min else ()


@mutates("calendar-hours")
def outside(random: Random, problem: Any, answer: Answer) -> Iterator[Answer]:
    opens, closes = map(minutes, problem.work_hours)
    length, by = problem.duration_min, random.randint(1, problem.duration_min)
    yield from at(answer, opens - by, opens - by + length)
    yield from at(answer, closes + by - length, closes + by)


@mutates("calendar-grid")
def off_grid(random: Random, problem: Any, answer: Answer) -> Iterator[Answer]:
    if problem.grid_min:
        start = minutes(answer["start"]) + random.randint(1, problem.grid_min - 1)
        yield from at(answer, start, start + problem.duration_min)


@mutates("calendar-conflict")
def onto_busy(random: Random, problem: Any, answer: Answer) -> Iterator[Answer]:
    for busy in problem.busy:
        start = random.randint(
            minutes(busy.start) - problem.duration_min + 1, minutes(busy.end) - 1
        )
        yield from at({**answer, "day": busy.day}, start, start + problem.duration_min)


@mutates("calendar-preference")
def onto_wish(_random: Random, problem: Any, answer: Answer) -> Iterator[Answer]:
    for wish in problem.preferences:
        moved = {**answer, "day": wish.day or answer["day"]}
        length = problem.duration_min
        if not wish.hard:
            continue
        if wish.before not in (None, "00:00"):
            yield from at(moved, minutes(wish.before) - 1, minutes(wish.before) - 1 + length)
        if wish.after is not None:
            yield from at(moved, minutes(wish.after) + 1 - length, minutes(wish.after) + 1)
        if wish.between is not None:
            yield from at(moved, minutes(wish.between[0]), minutes(wish.between[0]) + length)
        if wish.whole_day:
            yield moved


@mutates("calendar-not-earliest")
def later(random: Random, problem: Any, answer: Answer) -> Iterator[Answer]:
    if problem.objective == "earliest":
        others = list(list_starts(problem))[1:]
        for day, start in random.sample(others, min(10, len(others))):
            yield from at({**answer, "day": day}, start, start + problem.duration_min)


def redate(problem: Any, cities: list[str]) -> Answer:
    """Give an order of cities its days."""
    stays, day = [], 1
    for city in cities:
        last = day + problem.cities.get(city, 1) - 1
        stays.append({"city": city, "first_day": day, "last_day": last})
        day = last
    return {"itinerary": stays}


def change(answer: Answer, index: int, **values: Any) -> Answer:
    """Change a part of an itinerary."""
    parts = [dict(part) for part in answer["itinerary"]]
    parts[index] |= values
    return {"itinerary": parts}


def insert(answer: Answer, index: int, part: dict[str, Any]) -> Answer:
    """Insert a part into an itinerary."""
    parts = answer["itinerary"]
    return {"itinerary": [*parts[:index], part, *parts[index:]]}


def each(answer: Answer) -> Iterator[tuple[int, dict[str, Any]]]:
    return enumerate(answer["itinerary"])


@mutates("trip-unread")
@mutates("meeting-unread")
def nonsense(random: Random, _problem: Any, answer: Answer) -> Iterator[Answer]:
    tail = random.choice(["You teleport to the Moon.", "", "Day 3: rest"])
    for index in range(len(answer["itinerary"]) + 1):
        yield insert(answer, index, {"unread": tail})


@mutates("trip-city-unknown")
def unknown_city(_random: Random, _problem: Any, answer: Answer) -> Iterator[Answer]:
    for index, stay in each(answer):
        for name in ("Atlantis", stay["city"].lower(), stay["city"] + " "):
            yield change(answer, index, city=name)


@mutates("trip-city-twice")
def twice(random: Random, problem: Any, answer: Answer) -> Iterator[Answer]:
    order = [stay["city"] for _, stay in each(answer)]
    for city in order:
        again = list(order)
        again.insert(random.randint(0, len(order)), city)
        yield redate(problem, again)


@mutates("trip-city-missing")
def missing(_random: Random, problem: Any, answer: Answer) -> Iterator[Answer]:
    order = [stay["city"] for _, stay in each(answer)]
    for city in order:
        yield redate(problem, [other for other in order if other != city])


@mutates("trip-stay-length")
def longer_stay(random: Random, problem: Any, answer: Answer) -> Iterator[Answer]:
    for city in problem.cities:
        days = problem.cities[city] + random.choice([-1, 1, 2])
        lengths = problem.model_copy(update={"cities": {**problem.cities, city: max(days, 0)}})
        yield redate(lengths, [stay["city"] for _, stay in each(answer)])


@mutates("trip-start-day")
@mutates("trip-end-day")
def shifted(random: Random, _problem: Any, answer: Answer) -> Iterator[Answer]:
    by = random.randint(1, 9)
    for _ in range(2):
        by += 1
        yield {
            "itinerary": [
                {**s, "first_day": s["first_day"] + by, "last_day": s["last_day"] + by}
                for _, s in each(answer)
            ]
        }


@mutates("trip-flight-day")
def gap(random: Random, _problem: Any, answer: Answer) -> Iterator[Answer]:
    for index, stay in each(answer):
        if index:
            by = random.choice([-1, 1, 2])
            yield change(answer, index, first_day=stay["first_day"] + by)


@mutates("trip-no-flight")
def other_order(random: Random, problem: Any, _answer: Answer) -> Iterator[Answer]:
    there = {(e.origin, e.target) for e in problem.edges}
    there |= {(e.target, e.origin) for e in problem.edges if e.both}
    free = {city for city in problem.cities if city not in {w.city for w in problem.windows}}
    for _ in range(5):
        order = random.sample(list(problem.cities), len(problem.cities))
        if free == set(order) and not set(pairwise(order)) <= there:
            yield redate(problem, order)


@mutates("trip-window")
def other_days(random: Random, problem: Any, _answer: Answer) -> Iterator[Answer]:
    """Exchange cities where every flight exists; presence is computed here day by day."""
    there = {(e.origin, e.target) for e in problem.edges}
    there |= {(e.target, e.origin) for e in problem.edges if e.both}
    for _ in range(5):
        order = random.sample(list(problem.cities), len(problem.cities))
        moved = redate(problem, order)
        days = {s["city"]: range(s["first_day"], s["last_day"] + 1) for _, s in each(moved)}
        missed = False
        for window in problem.windows:
            here = [day in days[window.city] for day in range(window.first, window.last + 1)]
            contain = (window.mode or problem.windows_semantics) == "contain"
            missed = missed or not (all(here) if contain else any(here))
        if missed and set(pairwise(order)) <= there:
            yield moved


@mutates("trip-flight-record")
def wrong_flight(random: Random, _problem: Any, answer: Answer) -> Iterator[Answer]:
    for index, stay in each(answer):
        before = answer["itinerary"][index - 1]
        good = {"fly_from": before["city"], "fly_to": stay["city"], "day": stay["first_day"]}
        yield insert(answer, 0, good)
        yield insert(answer, len(answer["itinerary"]), good)
        if index:
            yield insert(answer, index, {**good, "day": good["day"] + random.choice([-1, 1])})
            yield insert(answer, index, {**good, "fly_to": "Atlantis"})
            yield insert(answer, index, {**good, "fly_from": good["fly_to"]})
            yield insert(answer, index, {**good, "day": f"{good['day']}-{good['day'] + 1}"})


@mutates("trip-statement")
def wrong_days(random: Random, _problem: Any, answer: Answer) -> Iterator[Answer]:
    for index, stay in each(answer):
        length = stay["last_day"] - stay["first_day"] + 1
        yield change(answer, index, days=length + random.choice([-1, 1, 7]))


@mutates("meeting-person-unknown")
def stranger(_random: Random, _problem: Any, answer: Answer) -> Iterator[Answer]:
    end = answer["itinerary"][-1]["end"] if answer["itinerary"] else "09:00"
    for name in ("Zoe", "", "ada"):
        met = {"person": name, "place": "Harbour", "start": end, "end": end}
        yield insert(answer, len(answer["itinerary"]), met)


@mutates("meeting-person-twice")
def again(random: Random, _problem: Any, answer: Answer) -> Iterator[Answer]:
    for index, met in each(answer):
        yield insert(answer, index + 1, {**met, "start": met["end"]})
        yield insert(answer, random.randint(0, index), met)


@mutates("meeting-place")
def elsewhere(_random: Random, _problem: Any, answer: Answer) -> Iterator[Answer]:
    for index, met in each(answer):
        for place in {"Moon", "Harbour", met["place"].lower()} - {met["place"]}:
            yield change(answer, index, place=place)


@mutates("meeting-window")
def after_hours(random: Random, problem: Any, answer: Answer) -> Iterator[Answer]:
    times = {p.person: (minutes(p.since), minutes(p.until)) for p in problem.people}
    for index, met in each(answer):
        since, until = times[met["person"]]
        yield change(answer, index, end=write_time(until + random.randint(1, 60)))
        yield change(answer, index, start=write_time(since - random.randint(1, 60)))
        yield change(answer, index, end=write_time(max(minutes(met["start"]) - 1, 0)))


@mutates("meeting-too-short")
def hurry(random: Random, problem: Any, answer: Answer) -> Iterator[Answer]:
    least = {p.person: p.min_minutes for p in problem.people}
    for index, met in each(answer):
        if least[met["person"]]:
            length = random.randrange(least[met["person"]])
            yield change(answer, index, end=write_time(minutes(met["start"]) + length))


@mutates("meeting-overlap")
def exchanged(_random: Random, _problem: Any, answer: Answer) -> Iterator[Answer]:
    parts = answer["itinerary"]
    for index in range(1, len(parts)):
        if minutes(parts[index]["end"]) > minutes(parts[index - 1]["start"]):
            order = [*parts[: index - 1], parts[index], parts[index - 1], *parts[index + 1 :]]
            yield {"itinerary": order}


@mutates("meeting-travel")
def too_early(random: Random, problem: Any, answer: Answer) -> Iterator[Answer]:
    place, left = problem.start.place, minutes(problem.start.time)
    for index, met in each(answer):
        way = 0 if place == met["place"] else problem.travel[place][met["place"]]
        if way:
            start = left + random.randrange(way)
            yield change(answer, index, start=write_time(start))
        place, left = met["place"], minutes(met["end"])


@mutates("meeting-no-way")
def no_way(_random: Random, problem: Any, _answer: Answer) -> Iterator[Answer]:
    for person in problem.people:
        for other in problem.people:
            ways = problem.travel.get(person.place, {})
            if person.place != other.place and other.place not in ways:
                times = {"start": "12:00", "end": "12:00"}
                met = [{"person": p.person, "place": p.place, **times} for p in (person, other)]
                yield {"itinerary": met}
                yield {"itinerary": [met[0], {**met[1], "end": "13:00"}]}
                yield {"itinerary": [{**met[0], "start": "11:00"}, met[1]]}


@mutates("meeting-statement")
def wrong_statement(random: Random, problem: Any, answer: Answer) -> Iterator[Answer]:
    place, left = problem.start.place, minutes(problem.start.time)
    for index, met in each(answer):
        way = 0 if place == met["place"] else problem.travel[place][met["place"]]
        length = minutes(met["end"]) - minutes(met["start"])
        yield change(
            answer, index, minutes=max(length + random.choice([-1, 1]), 0 if length else 1)
        )
        yield insert(answer, index, {"travel_to": met["place"], "minutes": way + 1})
        yield insert(answer, index, {"travel_to": met["place"], "travel_from": "Moon"})
        late = minutes(met["start"]) + random.randint(1, 30)
        yield insert(answer, index, {"wait_until": write_time(min(late, DAY))})
        if way:
            soon = write_time(left + random.randrange(way))
            yield insert(answer, index, {"travel_to": met["place"], "end": soon})
        place, left = met["place"], minutes(met["end"])
    yield insert(answer, 0, {"start_at": "Moon", "start": problem.start.time})


@mutates("meeting-too-few")
def fewer(_random: Random, problem: Any, answer: Answer) -> Iterator[Answer]:
    parts = answer["itinerary"]
    asked = {"all": len(parts), "max": len(parts), "any": 1}
    needed = asked.get(problem.objective, problem.at_least or 0)
    for most in range(needed):
        kept = parts[:most]
        yield {"itinerary": kept}
