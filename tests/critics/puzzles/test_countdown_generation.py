"""Made number puzzles: the form of answers, repairs, and what makes puzzles different."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critics.puzzles.countdown import domain
from critics.puzzles.countdown_generation import _worths, answer, identify, repair
from critics.puzzles.countdown_search import Search
from tests.critics.generated import accepts, family_of, seeded

NUMBERS = st.lists(st.integers(1, 13), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("numbers", "target", "expected"),
    [
        ([9, 23], 14, "23 - 9"),
        ([1, 3, 18], 57, "(18 + 1) * 3"),
        ([2, 2, 2], 6, "2 + 2 + 2"),
        ([1, 5, 7], 12, "(7 + 5) * 1"),
        ([5], 5, "5"),
    ],
)
def test_answers_have_one_form(numbers: list[int], target: int, expected: str) -> None:
    payload = {"numbers": numbers, "target": target}
    found = answer(payload)
    assert accepts(domain, payload, found)
    assert answer({**payload, "numbers": numbers[::-1]}) == found == expected


@settings(max_examples=40, deadline=None)
@given(NUMBERS, st.integers(0, 60), st.booleans(), st.sets(st.sampled_from("+-*/"), min_size=1))
def test_an_answer_is_found_exactly_where_one_exists(
    numbers: list[int],
    target: int,
    use_all: bool,  # noqa: FBT001  # hypothesis gives it by name
    signs: set[str],
) -> None:
    payload = {
        "numbers": [*numbers],
        "target": target,
        "use_all": use_all,
        "operators": sorted(signs),
    }
    exists = Search(numbers, signs).find(target, use_all=use_all) is not None
    found = answer(payload)
    assert (found is not None) is exists
    assert found is None or accepts(domain, payload, found)
    if signs == set("+-*/") and use_all:
        near = any(abs(value - target) < 1e-6 for value in _worths(tuple(numbers)))
        assert near is exists


def test_fractions_on_the_way_are_left_to_the_search() -> None:
    payload = {"numbers": [3, 3, 8, 8], "target": 24}
    assert accepts(domain, payload, answer(payload))
    thirds = {"numbers": ["1/3", 7], "target": 21}
    assert accepts(domain, thirds, answer(thirds))
    assert accepts(domain, thirds, repair(thirds, "7 + [1/3]"))


def test_few_operations_come_first_where_not_all_numbers_are_needed() -> None:
    payload = {"numbers": [2, 3, 6, 18], "target": 18, "use_all": False}
    assert answer(payload) == "18"
    assert answer({**payload, "target": 24}) == "18 + 6"


def test_a_repair_keeps_the_first_operations() -> None:
    payload = {"numbers": [1, 2, 3, 4], "target": 24}
    kept = repair(payload, "4 * 3 + 2 + 1")
    assert kept is not None
    assert "4 * 3" in kept
    assert accepts(domain, payload, kept)
    assert repair(payload, "9 * 9") == answer(payload)


def test_numbers_tell_puzzles_apart_and_their_order_does_not() -> None:
    payload = {"numbers": [1, 2, 3], "target": 6}
    assert identify(payload) == identify({"numbers": [3, "2", "1.0"], "target": "6"})
    others = (
        {"numbers": [1, 2, 4]},
        {"target": 7},
        {"use_all": False},
        {"operators": ["+"]},
        {"numbers": [1, 2, 3, 3]},
    )
    assert len({identify({**payload, **other}) for other in ({}, *others)}) == 6


def test_training_levels_have_many_puzzles() -> None:
    make = family_of(domain, "reach").make
    found = {identify(make(seeded(seed), 2)) for seed in range(2000)}
    assert len(found) > 1850  # as if drawn from more than 13,000 with equal chances
