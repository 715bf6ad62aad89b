"""What the proposer notes before an answer is true, and leads to it."""

import json
import re
from itertools import chain, pairwise
from random import Random

import pytest

from critics.pddl.generation_blocksworld import DOMAIN
from critics.pddl.generation_structure import find_shape, match_symbols
from critics.pddl.problem_reader import read_task
from critics.types import Verdict
from examples.proposer.corpus import corrupt
from examples.proposer.problems import KINDS, draw
from examples.proposer.thoughts import find_roles, put

KINDS_AND_LEVELS = [
    pytest.param(kind, level, id=f"{kind.name}-{level}") for kind in KINDS for level in kind.levels
]
OWN = {"on": "on", "unstack": "unstack", "stack": "stack", "put": "put-down", "pick": "pick-up"}


def draw_one(name: str, seed: int, level: int = 2):
    kind = next(kind for kind in KINDS if kind.name == name)
    return draw(Random(seed), kind, level, held_out=False)  # noqa: S311  # no secret


def read_thought(text: str) -> tuple[list[str], str]:
    """Give the lines of a thought, of which there are none where nothing is to be changed."""
    thought, _, answer = text.removeprefix("<think>\n").rpartition("\n</think>\n")
    return thought.splitlines(), answer


@pytest.mark.parametrize(("kind", "level"), KINDS_AND_LEVELS)
def test_the_service_finds_the_right_answer_behind_a_thought_and_nothing_else(kind, level):
    random = Random(level)  # noqa: S311  # no secret
    instance = draw(random, kind, level, held_out=False)
    answer = instance.answer()
    wrong = corrupt(random, instance, answer)
    for text in (put(instance, answer), put(instance, instance.repair(wrong), wrong)):
        [found] = instance.find(text)
        assert instance.judge(found).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("seed", range(5))
def test_roles_are_those_of_the_domain_that_was_renamed(seed):
    instance = draw_one("mystery", seed)
    payload = instance.payload
    task = read_task(payload["domain"], payload["problem"])
    own = "(define (problem p) (:domain blocksworld) (:init) (:goal (and)))"
    symbols = match_symbols(find_shape(read_task(DOMAIN, own)), find_shape(task))
    names = {own: name for (_, own), name in symbols.items()}
    assert find_roles(payload["domain"]) == {role: names[own] for role, own in OWN.items()}


@pytest.mark.parametrize("seed", range(5))
def test_towers_hold_every_block_once_and_stand_as_the_problem_says(seed):
    instance = draw_one("blocksworld", seed, 4)
    [now, goal], _ = read_thought(put(instance, instance.answer()))
    before, after = instance.payload["problem"].split("(:goal")
    towers = [part.split() for part in now.removeprefix("now:").split("/")]
    blocks = before.split("(:objects ")[1].split(")")[0].split()
    assert sorted(chain(*towers)) == sorted(blocks)
    stands = {(a, b) for tower in towers for a, b in pairwise(tower)}
    assert stands == set(re.findall(r"\(on (\S+) (\S+)\)", before))
    chains = [part.split() for part in goal.removeprefix("goal:").split("/")]
    wanted = {(b, a) for tower in chains for a, b in pairwise(tower)}
    assert wanted == set(re.findall(r"\(on (\S+) (\S+)\)", after))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", ["blocksworld", "mystery", "logistics"])
def test_who_mends_a_plan_notes_the_step_at_which_the_new_one_leaves_it(name, seed):
    instance = draw_one(name, seed)
    wrong = corrupt(Random(seed), instance, instance.answer())  # noqa: S311  # no secret
    lines, answer = read_thought(put(instance, instance.repair(wrong), wrong))
    before, after = re.fullmatch(r"not (.+): (.+)", lines[-1]).groups()
    old, new = [*wrong.splitlines(), "end"], [*answer.splitlines(), "end"]
    pairs = zip(old, new, strict=False)
    step = next(place for place, (one, other) in enumerate(pairs) if one != other)
    assert (before, after) == (old[step], new[step])


@pytest.mark.parametrize("wrong", ["", "{}", "[1]", '{"itinerary": 3}', '{"itinerary": [3, {}]}'])
def test_an_answer_that_is_no_itinerary_is_left_at_its_first_meeting(wrong):
    instance = draw_one("meeting", 1)
    answer = instance.answer()
    lines, _ = read_thought(put(instance, answer, wrong))
    first = json.loads(answer)["itinerary"][0]
    assert lines[0].endswith(f": {first['person']} {first['start']} {first['end']}")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("mended", [False, True])
def test_a_colour_is_none_of_those_noted_beside_it(seed, mended):
    instance = draw_one("coloring", seed)
    answer = instance.answer()
    wrong = corrupt(Random(seed), instance, answer) if mended else None  # noqa: S311  # no secret
    lines, text = read_thought(put(instance, instance.repair(wrong) if mended else answer, wrong))
    colors = json.loads(text)
    for line in lines:
        vertex, beside, color = re.fullmatch(r"(.+): (.*); \1 (.+)", line).groups()
        noted = dict(part.rsplit(" ", 1) for part in beside.split(", ") if part)
        assert colors[vertex] == color not in noted.values()
        assert noted.items() <= colors.items()


@pytest.mark.parametrize("seed", range(5))
def test_numbers_noted_are_results_and_what_meets_is_both(seed):
    instance = draw_one("countdown", seed)
    target = instance.payload["target"]
    lines, _ = read_thought(put(instance, "0"))
    *groups, met = lines
    for group in groups:
        last, wanted, one, other, given = re.fullmatch(
            r"(\d+): ([\d, ]+); (\d+), (\d+): ([\d, ]+)", group
        ).groups()
        n, a, b = int(last), int(one), int(other)
        results, needs = ({int(v) for v in part.split(", ")} for part in (given, wanted))
        assert results <= {a + b, a - b, a * b, a / b}
        assert all(target in {v + n, v - n, n - v, v * n, v / n} for v in needs)
        assert bool(results & needs) is (group == groups[-1])
    assert int(met) in results & needs


@pytest.mark.parametrize("seed", range(5))
def test_meetings_begin_when_one_is_there_and_the_person_too(seed):
    instance = draw_one("meeting", seed)
    lines, text = read_thought(put(instance, instance.answer()))
    for line, meeting in zip(lines, json.loads(text)["itinerary"], strict=True):
        name, arrives, since, start, end = re.fullmatch(
            r"(.+): .+ \d+, (\S+), (\S+); (\S+), \d+, (\S+)", line
        ).groups()
        assert (name, start, end) == (meeting["person"], meeting["start"], meeting["end"])
        assert start == max(arrives, since)
