"""Intervals and tests against published values and their own definitions."""

import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bench.statistics import Rate, compare, mcnemar, median


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(hits: int, of: int, low: float, high: float) -> None:
    assert Rate(hits, of).interval == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_stays_between_none_and_all(counted) -> None:
    rate = Rate(*counted)
    low, high = rate.interval
    assert 0 <= low <= rate.share + 1e-12
    assert rate.share - 1e-12 <= high <= 1


def test_mcnemar_counts_every_outcome_of_fair_coins() -> None:
    for better, worse in product(range(6), repeat=2):
        n = better + worse
        tails = [
            flips
            for flips in product((0, 1), repeat=n)
            if abs(2 * sum(flips) - n) >= abs(better - worse)
        ]
        assert mcnemar(better, worse) == pytest.approx(len(tails) / 2**n)


def test_a_row_that_loses_everywhere_is_significantly_worse() -> None:
    lost = {(f"p{n}", 0): False for n in range(8)}
    won = dict.fromkeys(lost, True)
    found = compare(lost, won)
    assert found is not None
    assert found.mean == -1
    assert found.interval == (-1, -1)
    assert found.significantly_worse
    turned = compare(won, lost)
    assert turned is not None
    assert not turned.significantly_worse


def test_equal_rows_differ_by_nothing() -> None:
    row = {(f"p{n}", repeat): n % 2 == 0 for n in range(10) for repeat in range(3)}
    found = compare(row, row)
    assert found is not None
    assert (found.mean, found.interval, found.p) == (0, (0, 0), 1)
    assert not found.significantly_worse


def test_problems_count_once_however_often_they_were_run() -> None:
    often = {("easy", repeat): True for repeat in range(100)} | {("hard", 0): False}
    never = {("easy", 0): False, ("hard", 0): False}
    found = compare(often, never)
    assert found is not None
    assert found.problems == 2
    assert found.mean == 0.5


def test_rows_without_a_common_problem_cannot_be_compared() -> None:
    assert compare({("a", 0): True}, {("b", 0): True}) is None


def test_the_interval_of_a_difference_covers_the_truth_most_of_the_time() -> None:
    draw, covered = random.Random(7), 0  # noqa: S311  # test data
    for _ in range(40):
        one = {(f"p{n}", 0): draw.random() < 0.7 for n in range(40)}
        two = {(f"p{n}", 0): draw.random() < 0.4 for n in range(40)}
        found = compare(one, two)
        assert found is not None
        covered += found.interval[0] <= 0.3 <= found.interval[1]
    assert covered >= 34


@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_half_of_the_values_lie_on_each_side_of_the_median(values) -> None:
    middle = median(values)
    assert middle is not None
    assert sum(v <= middle for v in values) * 2 >= len(values)
    assert sum(v >= middle for v in values) * 2 >= len(values)
