"""thoughts: what the proposer writes down before an answer, so that each step is a small one.

A small network cannot solve these problems in one glance. So it learns to note what it needs first,
between `<think>` and `</think>`, where the service looks for no answers: towers of blocks, a
graph's colours one vertex after the other, what arithmetic can reach, when one arrives where. Who
mends an answer first notes where the new one leaves it, or what was wrong would be said again. A
note is made by rule from the problem and a right answer; nothing depends on it but the answer.

Invariant: nothing that is noted needs more than what stands in the conversation before it.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, TypeAlias

from examples.proposer.problems import Instance

Note: TypeAlias = Callable[[Mapping[str, Any], str, str | None], Iterator[str]]
"""From a problem, a right answer and a wrong one before it to the lines of a thought."""
MOST = 1000
"""Numbers from here on are not noted."""
_ACTION = re.compile(
    r"\(:action (?P<name>\S+)\s+:parameters \((?P<given>[^)]*)\)\s+"
    r":precondition (?P<needed>.*?)\s+:effect",
    re.DOTALL,
)


def put(instance: Instance, answer: str, wrong: str | None = None) -> str:
    """Write an answer as the model learns to: with a thought before it, where there is one.

    Args:
        instance: The problem.
        answer: A right answer to it.
        wrong: The answer before, which this one mends.
    """
    kind, payload = instance.kind.name, instance.payload
    if kind == "countdown":
        lines, answer = note_results(payload) or ([], answer)
    else:
        lines = list(NOTES[kind](payload, answer, wrong)) if kind in NOTES else []
    return "\n".join(["<think>", *lines, "</think>", answer]) if lines else answer


def note_change(answer: str, wrong: str) -> Iterator[str]:
    """Note the first step that is another one than in the wrong plan."""
    yield from _note_first_change(wrong.splitlines(), answer.splitlines())


def note_towers(payload: Mapping[str, Any], answer: str, wrong: str | None) -> Iterator[str]:
    """Note the towers, from the top, and those of the goal, from below; or what is changed."""
    if wrong is not None:
        yield from note_change(answer, wrong)
        return
    yield from _note_blocks(payload["problem"], "on")


def note_roles(payload: Mapping[str, Any], answer: str, wrong: str | None) -> Iterator[str]:
    """Note what the words of a renamed Blocksworld mean, and then its towers."""
    if wrong is not None:
        yield from note_change(answer, wrong)
        return
    roles = find_roles(payload["domain"])
    yield from (f"{role}={word}" for role, word in roles.items())
    yield from _note_blocks(payload["problem"], roles["on"])


def note_places(payload: Mapping[str, Any], answer: str, wrong: str | None) -> Iterator[str]:
    """Note where the vehicles are, and from where to where packages must go, first things first."""
    if wrong is not None:
        yield from note_change(answer, wrong)
        return
    before, after = payload["problem"].split("(:goal")
    at, wanted = dict(_find_rows(before, "at")), dict(_find_rows(after, "at"))
    vehicles = [thing for thing in at if f"(obj {thing})" not in before]
    yield f"at:{'/'.join(f' {thing} {at[thing]}' for thing in vehicles)}"
    moved = dict.fromkeys(re.findall(r"^\(load-\S+ (\S+)", answer, re.MULTILINE))
    ways = [f" {thing} {at[thing]} {wanted[thing]}" for thing in moved if thing in wanted]
    yield f"to:{'/'.join(ways)}"


def find_roles(domain: str) -> dict[str, str]:
    """Tell the words of a renamed Blocksworld apart by how they are used."""
    actions = list(_ACTION.finditer(domain))
    roles = {"on": _find(r"\((\S+) \?\w+ \?\w+\)", domain)}
    for action in actions:
        needed = action["needed"]
        if action["given"].count("?") > 1:
            roles["unstack" if f"({roles['on']} " in needed else "stack"] = action["name"]
        else:
            roles["pick" if needed.startswith("(and") else "put"] = action["name"]
    return {name: roles[name] for name in ("on", "unstack", "stack", "put", "pick")}


def note_colors(payload: Mapping[str, Any], answer: str, wrong: str | None) -> Iterator[str]:
    """Note, for each vertex that is coloured, the colours beside it that are settled."""
    colors: dict[str, str] = json.loads(answer)
    settled = {str(vertex) for vertex in payload.get("precolored", ())}
    before = _read_object(wrong) if wrong is not None else {}
    waiting = [vertex for vertex in colors if before.get(vertex) != colors[vertex]]
    settled |= colors.keys() - set(waiting)
    for vertex in waiting:
        beside = [
            other
            for edge in payload["edges"]
            for one, other in (edge, edge[::-1])
            if str(one) == vertex and str(other) in settled
        ]
        settled.add(vertex)
        listed = ", ".join(f"{other} {colors[str(other)]}" for other in beside)
        yield f"{vertex}: {listed}; {vertex} {colors[vertex]}"


def note_results(payload: Mapping[str, Any]) -> tuple[list[str], str] | None:
    """Note what two of three numbers give, what would do beside the third, and what meets.

    Returns:
        The lines, and the answer to which they lead; None where whole numbers do not.
    """
    numbers: list[int] = payload["numbers"]
    lines = list[str]()
    for place, last in enumerate(numbers if len(numbers) == 3 else ()):  # noqa: PLR2004
        one, other = sorted(numbers[:place] + numbers[place + 1 :], reverse=True)
        wanted = dict(reversed([*_list_wanted(payload["target"], last)]))
        given = dict(reversed([*_list_results(one, other)]))
        tried = [", ".join(map(str, reversed(values))) for values in (wanted, given)]
        lines.append(f"{last}: {tried[0]}; {one}, {other}: {tried[1]}")
        for value, made in reversed(given.items()):
            if value in wanted:
                return [*lines, str(value)], wanted[value].format(made)
    return None


def note_meetings(payload: Mapping[str, Any], answer: str, wrong: str | None) -> Iterator[str]:
    """Note for each meeting when one arrives, since when the person is there, and for how long."""
    people = {person["person"]: person for person in payload["people"]}
    place, time = payload["start"]["place"], payload["start"]["time"]
    if wrong is not None:
        yield from _note_first_change([*_list_meetings(wrong)], [*_list_meetings(answer)])
    for meeting in json.loads(answer)["itinerary"]:
        person = people[meeting["person"]]
        way = payload["travel"][place][person["place"]]
        place = person["place"]
        yield (
            f"{meeting['person']}: {place} {way}, {shift_clock(time, way)}, {person['from']}; "
            f"{meeting['start']}, {person['min_minutes']}, {meeting['end']}"
        )
        time = meeting["end"]


NOTES: Mapping[str, Note] = {
    "blocksworld": note_towers,
    "mystery": note_roles,
    "logistics": note_places,
    "coloring": note_colors,
    "meeting": note_meetings,
}
"""By kind; countdown finds its own way to an answer, calendar is answered at once."""


def _note_blocks(text: str, on: str) -> Iterator[str]:
    """Write towers as in `now: b d c/ a` and `goal: c b d a`."""
    objects = _find(r"\(:objects([^)]*)\)", text).split()
    before, after = text.split("(:goal")
    below, goal = dict(_find_rows(before, on)), _find_rows(after, on)
    covered = set(below.values())
    towers = [_follow(top, below) for top in objects if top not in covered]
    yield f"now:{'/'.join(towers)}"
    above, stands = {under: block for block, under in goal}, {block for block, _ in goal}
    chains = [_follow(under, above) for _, under in goal if under not in stands]
    yield f"goal:{'/'.join(chains)}"


def _follow(block: str, way: Mapping[str, str]) -> str:
    line = f" {block}"
    while block in way:
        block = way[block]
        line += f" {block}"
    return line


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise LookupError(pattern)
    return found[1]


def _find_rows(text: str, predicate: str) -> list[tuple[str, str]]:
    return re.findall(rf"\({re.escape(predicate)} (\S+) ([^\s)]+)\)", text)


def _note_first_change(wrong: Sequence[str], right: Sequence[str]) -> Iterator[str]:
    for one, other in zip_longest(wrong, right, fillvalue="end"):
        if one != other:
            yield f"not {one}: {other}"
            return


def _list_meetings(answer: str) -> Iterator[str]:
    listed = _read_object(answer).get("itinerary")
    for meeting in listed if isinstance(listed, list) else ():
        said = meeting if isinstance(meeting, dict) else {}
        yield " ".join(str(said.get(key)) for key in ("person", "start", "end"))


def _read_object(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _list_wanted(target: int, last: int) -> Iterator[tuple[int, str]]:
    """Give what two numbers must make, and what is written then."""
    if target > last:
        yield target - last, f"({{}}) + {last}"
    yield target + last, f"({{}}) - {last}"
    if last > target:
        yield last - target, f"{last} - ({{}})"
    if target % last == 0:
        yield target // last, f"({{}}) * {last}"
    if target * last < MOST:
        yield target * last, f"({{}}) / {last}"


def _list_results(one: int, other: int) -> Iterator[tuple[int, str]]:
    yield one + other, f"{one} + {other}"
    if one > other:
        yield one - other, f"{one} - {other}"
    yield one * other, f"{one} * {other}"
    if one % other == 0:
        yield one // other, f"{one} / {other}"


def shift_clock(clock: str, minutes: int) -> str:
    """Give the time of day so many minutes later."""
    hours, rest = map(int, clock.split(":"))
    total = 60 * hours + rest + minutes
    return f"{total // 60:02}:{total % 60:02}"
