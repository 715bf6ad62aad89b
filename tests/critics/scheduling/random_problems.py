"""Small random problems with everything that our schemas know, as payloads."""

from itertools import pairwise
from random import Random
from typing import Any

from critics.scheduling.clock import write_time

PEOPLE = ("Ada", "Bo", "Cyd", "Dee", "Eli", "Fay", "Gus")
PLACES = ("Harbour", "Market", "Station", "Zoo")
CITIES = ("Oslo", "Porto", "Riga", "Split", "Turin", "Vienna")
DAYS = ("Monday", "Tuesday", "Wednesday")


def make_calendar(random: Random, *, busy: int = 8, wishes: int = 3) -> dict[str, Any]:
    """Make a calendar problem; times are multiples of five minutes, and a grid is as likely."""
    people = PEOPLE[: random.randint(1, 3)]
    days = DAYS[: random.randint(1, 3)]
    opens = random.randrange(420, 600, 5)
    closes = opens + random.randrange(120, 480, 5)

    def span() -> tuple[str, str]:
        start = random.randrange(opens - 60, closes, 5)
        return write_time(start), write_time(start + random.randrange(5, 120, 5))

    def wish() -> dict[str, Any]:
        start, end = span()
        form = random.choice(
            [{"before": start}, {"after": end}, {"between": [start, end]}, {"whole_day": True}]
        )
        day = random.choice([*days, None])
        return {"person": random.choice(people), "day": day, "hard": random.random() < 0.5, **form}

    return {
        "participants": list(people),
        "days": list(days),
        "duration_min": random.randrange(5, 90, 5),
        "work_hours": [write_time(opens), write_time(closes)],
        "busy": [
            {"person": random.choice(people), "day": random.choice(days), "start": s, "end": e}
            for s, e in (span() for _ in range(random.randint(0, busy)))
        ],
        "preferences": [wish() for _ in range(random.randint(0, wishes))],
        "objective": random.choice(["any", "earliest"]),
        "grid_min": random.choice([None, None, 15, 20]),
    }


def make_trip(random: Random, *, most: int = 5, share: float = 0.6) -> dict[str, Any]:
    """Make a trip problem; as often as not its days add up and its windows fit some order."""
    cities = list(CITIES[: random.randint(1, most)])
    days = {city: random.randint(1, 5) for city in cities}
    total = sum(days.values()) - len(cities) + 1
    if random.random() < 0.1:
        total += random.choice([-1, 1]) if total > 1 else 1
    order = random.sample(cities, len(cities))
    edges = [
        {"from": a, "to": b, "both": random.random() < 0.6}
        for a in cities
        for b in cities
        if a != b and random.random() < share / 2
    ]
    windows, day = [], 1
    for city in order:
        last = day + days[city] - 1
        if random.random() < 0.3:
            first = random.randint(day, last)
            shift = random.choice([0, 0, 0, 1]) if first < total else 0
            mode = random.choice([None, "contain", "touch"])
            end = random.randint(first, last) + shift
            windows.append({"city": city, "from": first + shift, "to": max(end, first + shift)})
            windows[-1] |= {"mode": mode} if mode else {}
        day = last
    if random.random() < 0.7:
        edges += [{"from": a, "to": b, "both": False} for a, b in pairwise(order)]
    return {
        "total_days": total,
        "cities": days,
        "windows": windows,
        "windows_semantics": random.choice(["contain", "touch"]),
        "edges": edges,
    }


def make_meeting(random: Random, *, most: int = 5) -> dict[str, Any]:
    """Make a meeting problem; some ways are missing, and ways there and back differ."""
    people = PEOPLE[: random.randint(1, most)]

    def person(name: str) -> dict[str, Any]:
        since = random.randrange(480, 1000, 5)
        return {
            "person": name,
            "place": random.choice(PLACES),
            "from": write_time(since),
            "to": write_time(since + random.randrange(30, 300, 5)),
            "min_minutes": random.randrange(0, 120, 5),
        }

    travel = {
        a: {b: random.randrange(1, 60) for b in PLACES if b != a and random.random() < 0.9}
        for a in PLACES
    }
    objective = random.choice(["max", "max", "all", "any", "at_least"])
    problem: dict[str, Any] = {
        "start": {"place": PLACES[0], "time": write_time(random.randrange(480, 700, 5))},
        "people": [person(name) for name in people],
        "travel": travel | {PLACES[0]: dict.fromkeys(PLACES[1:], 10)},
        "objective": objective,
    }
    if objective == "at_least":
        problem["at_least"] = random.randint(1, len(people))
    return problem
