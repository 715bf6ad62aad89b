"""neighbours: problems that differ in one detail, whose right answers are wrong for the first one.

A model that slips answers as if a block or an edge were not there. Its answer is then as orderly as
a right one, which no answer is that was changed at random; so wrong answers come from here, too.

Invariant: whether an answer is wrong is for the judge to say, not for this module.
"""

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from random import Random
from typing import Any, TypeAlias

from critics.judge import read_problem
from critics.types import KernelError
from examples.proposer.problems import Instance
from examples.proposer.thoughts import find_roles, shift_clock

Change: TypeAlias = Callable[[Random, Mapping[str, Any]], dict[str, Any]]
"""Changes a detail of a payload; an `IndexError` where there is none of its sort."""
SOME = 2
"""One of so many may be left out, or take another's place."""
MINUTES = (-30, -15, 15, 30)


def answer_neighbour(random: Random, instance: Instance) -> str | None:
    """Answer a neighbouring problem by rule; None if that one is none, or has no answer."""
    answer = instance.family.answer
    try:
        payload = random.choice(CHANGES.get(instance.kind.name, ()))(random, instance.payload)
        return answer(read_problem(instance.domain, payload)) if answer else None
    except (IndexError, KernelError):
        return None


def uncover(random: Random, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Put a block, with what is on it, from another one on the table."""
    on = find_roles(payload["domain"])["on"]
    head, start, rest = payload["problem"].partition("(:init")
    init, goal = rest.split("(:goal")
    pairs = re.findall(rf"\({re.escape(on)} (\S+) ([^\s)]+)\)", init)
    upper, lower = random.choice(pairs)
    covered = {under for _, under in pairs}
    single = re.findall(r"\((\S+) ([^\s()]+)\)", init)
    table = next(name for name, block in single if block in covered)
    clear = next(name for name, _ in single if name != table)
    init = init.replace(f"({on} {upper} {lower})", f"({table} {upper}) ({clear} {lower})")
    return {**payload, "problem": f"{head}{start}{init}(:goal{goal}"}


def forget(random: Random, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out one of several goals."""
    before, goal = payload["problem"].split("(:goal (and")
    goals = re.findall(r"\([^()]+\)", goal)
    if len(goals) < SOME:
        raise IndexError
    goals.pop(random.randrange(len(goals)))
    return {**payload, "problem": f"{before}(:goal (and {' '.join(goals)})))"}


def exchange(random: Random, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Exchange two things of the goal: blocks that carry others, or places."""
    before, goal = payload["problem"].split("(:goal (and")
    facts = re.findall(r"\((\S+) (\S+) ([^\s)]+)\)", goal)
    named = sorted({second for *_, second in facts})
    if len(named) < SOME:
        raise IndexError
    pair = random.sample(named, 2)
    other = {pair[0]: pair[1], pair[1]: pair[0]}
    goal = re.sub(r"[^\s()]+", lambda found: other.get(found[0], found[0]), goal)
    return {**payload, "problem": f"{before}(:goal (and{goal}"}


def move(random: Random, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Put a package somewhere else, at first or at last."""
    text = payload["problem"]
    packages = "|".join(re.findall(r"\(obj ([^\s)]+)\)", text))
    found = random.choice([*re.finditer(rf"\(at (?:{packages}) ([^\s)]+)\)", text)])
    places = [p for p in re.findall(r"\(location ([^\s)]+)\)", text) if p != found[1]]
    text = f"{text[: found.start(1)]}{random.choice(places)}{text[found.end(1) :]}"
    return {**payload, "problem": text}


def overlook(key: str) -> Change:
    """Make a change that leaves out one entry of a list."""

    def change(random: Random, payload: Mapping[str, Any]) -> dict[str, Any]:
        listed = payload[key]
        place = random.choice(range(len(listed)))
        return {**payload, key: [*listed[:place], *listed[place + 1 :]]}

    return change


def misjudge(random: Random, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Take a way for longer or shorter."""
    changed = deepcopy(dict(payload))
    one, other = random.sample(sorted(changed["travel"]), 2)
    minutes = max(5, changed["travel"][one][other] + random.choice(MINUTES))
    changed["travel"][one][other] = changed["travel"][other][one] = minutes
    return changed


def mistake_person(random: Random, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Take another hour for the one at which a person comes or goes, or ask for more minutes."""
    changed = deepcopy(dict(payload))
    person = random.choice(changed["people"])
    key = random.choice(("from", "to", "min_minutes"))
    by = random.choice(MINUTES)
    longer = key == "min_minutes"
    person[key] = person[key] + abs(by) if longer else shift_clock(person[key], by)
    return changed


CHANGES: Mapping[str, tuple[Change, ...]] = {
    "blocksworld": (uncover, uncover, forget, exchange),
    "mystery": (uncover, uncover, forget, exchange),
    "logistics": (move, exchange),
    "coloring": (overlook("edges"),),
    "calendar": (overlook("busy"),),
    "meeting": (misjudge, mistake_person),
}
"""By kind, which details are changed; numbers nearby are seldom reached, so not in countdown."""
