"""Moves of answers: every domain that offers them keeps its promises; broken ones are caught."""

from dataclasses import replace

import pytest

from critics.domain import find_domain
from critics.judge import judge, read_problem
from critics.prefix import Prefix, choose_estimate, examine_prefix
from critics.selftest import check_domain
from critics.types import Verdict
from tests.critics.pddl.random_tasks import write_task

DOMAINS = ("countdown", "coloring", "trip", "meeting")
GRAPHS = [
    {"edges": [[1, 2], [2, 3], [3, 1], [3, 4]], "objective": "min"},
    {"edges": [["a", "b"], ["b", "c"]], "colors": ["x", "Y"], "precolored": {"c": "y"}},
    {"edges": [["a", "b"], ["b", "c"]], "colors": 3, "precolored": {"c": "2", "a": "1"}},
]


def opened(name, payload):
    domain = find_domain(name)
    problem = read_problem(domain, payload)
    return domain, problem, domain.prefix(domain.load(problem))


def examine(name, payload, seed=0):
    domain, problem, prefix = opened(name, payload)
    return list(
        examine_prefix(
            prefix, lambda text: judge(domain, problem, text).verdict is Verdict.ACCEPTED, seed=seed
        )
    )


@pytest.mark.parametrize("name", DOMAINS)
def test_the_examples_of_every_domain_pass(name):
    examples = find_domain(name).examples
    assert [examine(name, example.problem) for example in examples] == [[]] * len(examples)


@pytest.mark.parametrize("payload", GRAPHS)
@pytest.mark.parametrize("seed", range(3))
def test_colourings_with_given_colours_and_fewest_pass(payload, seed):
    assert examine("coloring", payload, seed) == []


@pytest.mark.parametrize("seed", range(12))
def test_random_planning_tasks_pass(seed):
    domain, problem, *_ = write_task(seed)
    assert examine("pddl", {"domain": domain, "problem": problem}, seed) == []


@pytest.mark.parametrize("name", [*DOMAINS, "pddl"])
def test_good_answers_can_be_followed_to_a_goal(name):
    followed = 0
    for example in find_domain(name).examples:
        _, _, prefix = opened(name, example.problem)
        for text in example.good:
            state, made = prefix.follow(prefix.split(text))
            followed += prefix.is_goal(state)
            assert prefix.join(made) is not None
    assert followed > 0


@pytest.mark.parametrize("name", [*DOMAINS, "pddl"])
@pytest.mark.parametrize("junk", ["", "(((", "{}", "null", "1 / 0", "(no such thing)", "= ", "\0"])
def test_junk_is_no_move_and_splits_into_none_that_can_be_made(name, junk):
    _, _, prefix = opened(name, find_domain(name).examples[0].problem)
    assert prefix.apply(prefix.start, junk) is None
    assert prefix.follow(prefix.split(junk))[1] == []


def test_keys_are_the_same_however_a_state_was_found():
    example = find_domain("pddl").examples[0].problem
    one, other = (opened("pddl", example)[2] for _ in range(2))
    first = dict(one.moves(one.start))
    for move in reversed(list(first)):
        assert other.key(other.apply(other.start, move)) == one.key(first[move])


def test_an_estimate_is_chosen_by_name():
    prefix = opened("pddl", find_domain("pddl").examples[0].problem)[2]
    assert choose_estimate(prefix, None) is prefix.h["hadd"]
    assert choose_estimate(prefix, "goals") is prefix.h["goals"]
    assert choose_estimate(prefix, "none") is None
    with pytest.raises(KeyError):
        choose_estimate(prefix, "made-up")


def count_to(most: int) -> Prefix:
    """A sound toy: one adds 1 or 2 until a number is reached exactly."""
    return Prefix(
        start=0,
        apply=lambda state, move: state + int(move) if state + int(move) <= most else None,
        is_goal=lambda state: state == most,
        key=str,
        join=" ".join,
        split=str.split,
        tell=str,
        moves=lambda state: [(str(n), state + n) for n in (1, 2) if state + n <= most],
        h={"left": lambda state: most - state},
    )


def adds_up(text):
    return sum(map(int, text.split())) == 5


SOUND = count_to(5)
BROKEN = {
    "`apply` and `moves` disagree on `1`": replace(SOUND, apply=lambda state, _move: state),
    "`moves` gives one move twice": replace(SOUND, moves=lambda state: [("1", state + 1)] * 2),
    "the critics do not accept": replace(SOUND, is_goal=lambda state: state >= 4),
    "different futures": replace(SOUND, key=lambda state: str(state % 2)),
    "is not 0": replace(SOUND, h={"one": lambda _state: 1.0}),
    "does not find the moves": replace(SOUND, split=lambda _text: []),
}


def test_a_sound_toy_passes():
    assert list(examine_prefix(SOUND, adds_up)) == []


@pytest.mark.parametrize("told", BROKEN)
def test_a_broken_promise_is_found(told):
    assert any(told in found for found in examine_prefix(BROKEN[told], adds_up))


def test_moves_that_change_are_found():
    turns = iter(range(10_000))
    fickle = replace(SOUND, moves=lambda state: [(str(next(turns)), state)])
    assert any("other moves" in found for found in examine_prefix(fickle, adds_up))


def test_the_self_test_of_a_domain_examines_its_moves():
    domain = find_domain("trip")
    broken = replace(
        domain, prefix=lambda trip: replace(domain.prefix(trip), join=lambda _moves: "{}")
    )
    failures = check_domain(broken).failures
    assert {failure.case for failure in failures} == {"moves"}
    raises = replace(domain, prefix=lambda _trip: 1 / 0)
    assert {failure.case for failure in check_domain(raises).failures} == {"moves"}
