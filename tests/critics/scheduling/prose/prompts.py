"""Problems and the prompts that say them, in the wordings of Natural Plan's generator."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

NAMES = [
    "Ann",
    "Anna",
    "Annabel",
    "J. R. Smith",
    "Mary Jane",
    "O'Brien",
    "José",
    "Will",
    "Monday Kim",
]
PLACES = [
    "Bayview",
    "Fisherman's Wharf",
    "Haight-Ashbury",
    "St. Mary's Square",
    "Nob Hill",
    "The Castro",
]
CITIES = ["Rio de Janeiro", "St. Petersburg", "Nice", "Łódź", "Frankfurt am Main", "Oslo", "York"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
BUSY = ["has blocked their calendar on", "is busy on", "has meetings on"]
FREE = ["has no meetings the whole", "is free the entire", "'s calendar is wide open the entire"]
AVOID = [
    "would rather not meet",
    "do not want to meet",
    "can not meet",
    "would like to avoid more meetings",
]
EVENTS = [
    "You are going to attend a wedding in {city} between day {a} and day {b}.",
    "You have to attend a workshop in {city} between day {a} and day {b}.",
    "From day {a} to day {b}, there is a annual show you want to attend in {city}.",
    "You want to meet a friend in {city} between day {a} and day {b}.",
    "You plan to visit relatives in {city} between day {a} and day {b}.",
    "During day {a} and day {b}, you have to attend a conference in {city}.",
    "You would like to meet your friends at {city} between day {a} and day {b} to tour together.",
]
STAYS = [
    "You would like to visit {city} for {days} days.",
    "You plan to stay in {city} for {days} days.",
    "You want to spend {days} days in {city}.",
]
INTRODUCTION = (
    "You are an expert at scheduling meetings. You are given a few constraints on the existing "
    "schedule of each participant, the meeting duration, and possibly some preferences on the "
    "meeting time. Note there exists a solution that works with existing schedule of every "
    "participant. Here are a few example tasks and solutions:\n\n"
)
SHOT = "TASK: You need to schedule a meeting for Old and New.\nSOLUTION: Monday, 9:00 - 9:30\n\n"


def clock(minutes: int) -> str:
    """Write a time as the prompts do: `9:05`."""
    return f"{minutes // 60}:{minutes % 60:02}"


def padded(minutes: int) -> str:
    """Write a time as payloads do: `09:05`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def halves(minutes: int) -> str:
    """Write a time with AM or PM."""
    hour = minutes // 60
    return f"{hour % 12 or 12}:{minutes % 60:02}{'AM' if hour < 12 else 'PM'}"


def listed(names: list[str], last: str) -> str:
    """Write `A, B and C`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"


Said = tuple[str, dict[str, Any]]


@st.composite
def calendars(draw: st.DrawFn) -> Said:
    """Draw a calendar prompt and its payload."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=5, unique=True))
    days = DAYS[: draw(st.integers(1, 5))]
    duration = draw(st.sampled_from([("half an hour", 30), ("one hour", 60), ("45 minutes", 45)]))
    busy: list[dict] = []
    lines = []
    for name in names:
        blocks = {day: draw(ranges()) for day in days if draw(st.booleans())}
        lines.append(_schedule(draw, name, blocks, days))
        for day, spans in blocks.items():
            busy += [_block(name, day, *span) for span in spans]
    wishes, said = _wishes(draw, names, days)
    earliest = draw(st.booleans())
    if earliest:
        said += "You would like to schedule the meeting at their earlist availability. "
    when = days[0] if len(days) == 1 else f"either {listed(days, 'or')}"
    text = (
        f"TASK: You need to schedule a meeting for {listed(names, 'and')} for {duration[0]} "
        f"between the work hours of 9:00 to 17:00 on {when}. \n\n"
        f"Here are the existing schedules for everyone during the day{'s' * (len(days) > 1)}: \n"
        + "\n".join(lines)
        + f"\n\n{said}"
        "Find a time that works for everyone's schedule and constraints. \nSOLUTION: "
    )
    intro = draw(st.sampled_from(["", INTRODUCTION, INTRODUCTION + SHOT * 2]))
    return intro + text, {
        "participants": names,
        "days": days,
        "duration_min": duration[1],
        "work_hours": ["9:00", "17:00"],
        "busy": busy,
        "preferences": wishes,
        "objective": "earliest" if earliest else "any",
    }


@st.composite
def ranges(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Draw disjoint times of a working day."""
    edges = draw(st.lists(st.integers(18, 34), min_size=2, max_size=6, unique=True))
    edges = sorted(edges)[: len(edges) // 2 * 2]
    return [(30 * a, 30 * b) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _block(name: str, day: str, start: int, end: int) -> dict[str, str]:
    return {"person": name, "day": day, "start": padded(start), "end": padded(end)}


def _schedule(draw: st.DrawFn, name: str, blocks: Mapping[str, list], days: list[str]) -> str:
    if not blocks:
        how = draw(st.sampled_from(FREE))
        span = "day" if len(days) == 1 else "week"
        return f"{name}{'' if how[0] in chr(39) + 'h' else ' '}{how} {span}."
    said = (
        f"{day} during " + ", ".join(f"{clock(a)} to {clock(b)}" for a, b in spans)
        for day, spans in blocks.items()
    )
    return f"{name} {draw(st.sampled_from(BUSY))} {', '.join(said)}; "


def _wishes(draw: st.DrawFn, names: list[str], days: list[str]) -> tuple[list[dict], str]:
    wishes, said = [], ""
    for name in names:
        how = draw(st.sampled_from([*AVOID, "", ""]))
        wanted = [day for day in days if draw(st.booleans())] if how else []
        parts = []
        for day in wanted:
            side = draw(st.sampled_from(["before", "after", ""]))
            at = 30 * draw(st.integers(19, 33))
            form = {side: padded(at)} if side else {"whole_day": True}
            wishes.append({"person": name, "day": day, **form, "text": how})
            parts.append(f"{day} {side} {clock(at)}" if side else day)
        said += f"{name} {how} on {'. '.join(parts)}. " if parts else ""
    return wishes, said


@st.composite
def meetings(draw: st.DrawFn) -> Said:
    """Draw a meeting prompt and its payload."""
    places = draw(st.lists(st.sampled_from(PLACES), min_size=2, max_size=5, unique=True))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True))
    travel = {a: {b: draw(st.integers(1, 90)) for b in places if b != a} for a in places}
    people = []
    for name in names:
        start = 15 * draw(st.integers(28, 80))
        end = start + 15 * draw(st.integers(1, 14))
        person = {"person": name, "place": draw(st.sampled_from(places)), "from": padded(start)}
        people.append(
            {**person, "to": padded(end), "min_minutes": 15 * draw(st.integers(1, 8)), "ends": end}
        )
    begin = 60 * draw(st.integers(6, 14))
    hops = "\n".join(f"{a} to {b}: {n}." for a, row in travel.items() for b, n in row.items())
    told = " ".join(
        f"{p['person']} will be at {p['place']} from {halves(_minutes(p['from']))} to "
        f"{halves(p['ends'])}. You'd like to meet {p['person']} for a minimum of "
        f"{p['min_minutes']} minutes."
        for p in people
    )
    text = (
        "You are visiting San Francisco for the day and want to meet as many friends as possible. "
        "Solve the problem by considering various different schedules and picking the best one to "
        f"optimize your goals.\n\nTravel distances (in minutes):\n{hops}\n\nCONSTRAINTS: You "
        f"arrive at {places[0]} at {halves(begin)}. {told}\n\n"
        "Your response should start with 'SOLUTION:'.\n"
    )
    for person in people:
        del person["ends"]
    start = {"place": places[0], "time": padded(begin)}
    return text, {"travel": travel, "people": people, "start": start, "objective": "max"}


def _minutes(time: str) -> int:
    return int(time[:2]) * 60 + int(time[3:])


@st.composite
def trips(draw: st.DrawFn) -> Said:
    """Draw a trip prompt and its payload."""
    names = draw(st.lists(st.sampled_from(CITIES), min_size=2, max_size=7, unique=True))
    cities = {name: draw(st.integers(2, 7)) for name in names}
    total = sum(cities.values()) - len(cities) + 1
    windows, said = [], []
    for city, days in cities.items():
        said.append(draw(st.sampled_from(STAYS)).format(city=city, days=days))
        if draw(st.booleans()):
            first = draw(st.integers(1, total))
            last = draw(st.integers(first, total))
            windows.append({"city": city, "from": first, "to": last})
            said.append(draw(st.sampled_from(EVENTS)).format(city=city, a=first, b=last))
    pairs = draw(st.lists(st.sampled_from([(a, b) for a in names for b in names if a != b]),
                          min_size=1, max_size=8, unique=True))  # fmt: skip
    edges = [{"from": a, "to": b, "both": draw(st.booleans())} for a, b in pairs]
    ways = (
        f"{e['from']} and {e['to']}" if e["both"] else f"from {e['from']} to {e['to']}"
        for e in edges
    )
    text = (
        f"You plan to visit {len(names)} European cities for {total} days in total. You only take "
        f"direct flights to commute between cities. {' '.join(said)}\n\nHere are the cities that "
        f"have direct flights:\n{', '.join(ways)}.\n\nFind a trip plan of visiting the cities for "
        f"{total} days by taking direct flights to commute between them."
    )
    payload = {"total_days": total, "cities": cities, "windows": windows, "edges": edges}
    return text, {**payload, "windows_semantics": "contain"}
